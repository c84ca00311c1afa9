# shellcheck shell=bash
# Sourced by quickstart.sh and tests/run.sh: what a bare Debian 12 machine needs.

# For building and running the tools.
# shellcheck disable=SC2034
build_packages=(g++ cmake ninja-build pkg-config libasio-dev libcli11-dev libfmt-dev
                nlohmann-json3-dev libssl-dev libpcap-dev libexiv2-dev
                ffmpeg)
# For the tests, on top of these.
# shellcheck disable=SC2034
test_packages=(catch2 clang-19 clang-format-19 clang-tidy-19 libclang-rt-19-dev libbenchmark-dev
               git python3 ccache mandoc shellcheck zsh fish strace tcpdump libxml2-utils)

# install_missing PACKAGE...: installs those that are not there, and says so.
install_missing() {
  local package missing=() as_root=()
  for package; do
    if [[ $(dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null) != ii* ]]; then
      missing+=("$package")
    fi
  done
  ((${#missing[@]})) || return 0
  ((EUID == 0)) || as_root=(sudo)
  echo "installing: ${missing[*]}"
  "${as_root[@]}" apt-get update -q >/dev/null
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -q -y --no-install-recommends "${missing[@]}" >/dev/null
}
