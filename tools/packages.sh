# shellcheck shell=bash
# Sourced by quickstart.sh and tests/run.sh: what a bare Debian 12 or 13 needs; the names are the same in both.

# For building and running the tools.
# shellcheck disable=SC2034
build_packages=(g++ cmake ninja-build pkg-config libasio-dev libcli11-dev libfmt-dev
                nlohmann-json3-dev libssl-dev libpcap-dev ffmpeg)
# For the tests, on top of these.
# shellcheck disable=SC2034
test_packages=(catch2 clang-19 clang-format-19 clang-tidy-19 libclang-rt-19-dev libbenchmark-dev
               git python3 openssl ccache mandoc doxygen shellcheck zsh fish tcpdump libxml2-utils
               bsdextrautils xxd bzip2 xz-utils zstd tshark jq systemd chromium exiv2 libimage-exiftool-perl
               haproxy prometheus rclone parallel make)

# install_missing PACKAGE...: installs those that are not there, and says so.
install_missing() {
  local package missing=() as_root=() policy=/usr/sbin/policy-rc.d status=0
  for package; do
    if [[ $(dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null) != ii* ]]; then
      missing+=("$package")
    fi
  done
  ((${#missing[@]})) || return 0
  ((EUID == 0)) || as_root=(sudo)
  echo "installing with apt-get, which takes some minutes: ${missing[*]}"
  "${as_root[@]}" apt-get update -q >/dev/null
  # Meanwhile no package starts a service: haproxy and prometheus are for the tests alone.
  [[ -e $policy ]] && policy=
  [[ -z $policy ]] || printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" install -m 755 /dev/stdin "$policy"
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -q -y --no-install-recommends "${missing[@]}" >/dev/null || status=$?
  [[ -z $policy ]] || "${as_root[@]}" rm -f "$policy"
  return "$status"
}

# gpx_schema FILE: the published GPX 1.1 schema, as Debian ships it in a package too large to install.
gpx_schema() {
  local work
  [[ -e $1 ]] && return
  work=$(mktemp -d)
  echo "fetching the GPX 1.1 schema (package pytrainer)"
  (cd "$work" && apt-get download -q pytrainer >/dev/null 2>&1 && dpkg-deb -x pytrainer_*.deb .)
  mkdir -p "$(dirname "$1")"
  cp "$work/usr/share/pytrainer/schemas/Topografix_gpx11.xsd" "$1"
  rm -r "$work"
}
