#!/usr/bin/env bash
# What is committed, on a bare Debian: built as people build it, and both commands of the README.
# Needs root. Prints what it ran, with which versions, and a closing line.
#
#   tests/portability.sh bookworm|trixie|sid [FOLDER]
#
# The bare system is made by debootstrap, from the mirror that apt uses, in FOLDER, which is kept and
# may be there already, or in a temporary one. sid is for compilers to come: there the unit tests
# run, not tests/run.sh.
set -euo pipefail
cd "$(dirname "$0")/.."
source tools/packages.sh

case $#:${1-} in
[12]:bookworm | [12]:trixie | [12]:sid) ;;
*)
  echo "usage: tests/portability.sh bookworm|trixie|sid [FOLDER]" >&2
  exit 2
  ;;
esac
if ((EUID != 0)); then
  echo "tests/portability.sh: debootstrap needs root" >&2
  exit 2
fi
release=$1
if [[ ${2-} ]]; then
  mkdir -p "$2"
  root=$(cd "$2" && pwd)
  temporary=
else
  root=$(mktemp -d /var/tmp/dualcam-"$release"-XXXXXX)
  temporary=$root
fi
chmod 755 "$root" # a system whose / only root can read fails in odd ways
log=$root.log
failed=()
running=

# finish [SIGNAL]: nothing that was started goes on, nothing temporary stays.
finish() {
  trap '' HUP INT TERM
  if [[ $running ]]; then
    kill -KILL "$running" 2>/dev/null || true
    wait "$running" 2>/dev/null || true
  fi
  rm -f "$log"
  [[ -z $temporary ]] || rm -rf --one-file-system "$temporary"
  [[ ${1-} ]] || return 0
  trap - EXIT "$1"
  kill -s "$1" $$
}
trap finish EXIT
for signal in HUP INT TERM; do
  # shellcheck disable=SC2064
  trap "finish $signal" "$signal"
done

# contained COMMAND...: its processes and mounts end with it, and with this script. It runs beside
# the script, which a signal then reaches at once; the programs in it take signals as ever.
contained() {
  local status=0
  env --default-signal=INT,QUIT setpriv --pdeathsig KILL \
    unshare --mount --pid --fork --kill-child --mount-proc "$@" &
  running=$!
  wait "$running" || status=$?
  running=
  return "$status"
}

# inside SCRIPT: in the bare system, in the sources.
inside() {
  # shellcheck disable=SC2016
  contained bash -c '
    mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev" &&
      exec chroot "$0" env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 \
        bash -euo pipefail -c "cd /dualcam; $1"' "$root" "$1"
}

# step NAME SCRIPT: what fails is named at the end; the next step is tried all the same.
step() {
  printf '\n== %s: %s\n' "$release" "$1"
  inside "$2" || failed+=("$1")
}

bare_system() {
  local mirror
  # shellcheck disable=SC2016
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Origin: Debian' 'Label: Debian' | sed -n 1p)
  echo "== $release: a bare system from $mirror"
  contained debootstrap --variant=minbase --include=ca-certificates,git "$release" "$root" "$mirror" \
    >"$log" 2>&1 || {
    tail -5 "$log" >&2
    exit 1
  }
}

install="apt-get update -q >/dev/null
DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends >/dev/null"
# Neither Ninja nor Catch2, nor what is needed at run time only.
libraries=()
for package in "${build_packages[@]}"; do
  case $package in
  ninja-build | ffmpeg) ;;
  *) libraries+=("$package") ;;
  esac
done

install_missing debootstrap debian-archive-keyring git
if [[ -e $root/debootstrap ]]; then
  echo "tests/portability.sh: the system in $root was never finished; remove it" >&2
  exit 2
fi
[[ -e $root/etc/debian_version ]] || bare_system
rm -rf "$root/dualcam"
find "$root/tmp" -xdev -mindepth 1 -delete # what a run that was killed has left
git clone -q . "$root/dualcam"

step "the library alone, with a compiler and nothing else" "$install g++ cmake make
  cmake -S . -B build/alone -DDUALCAM_TOOLS=OFF
  cmake --build build/alone -j 2 | tail -1"
step "cmake -S . -B build && cmake --build build, without Ninja and Catch2" \
  "$install make ${libraries[*]}
  cmake -S . -B build/plain
  cmake --build build/plain -j 2 | tail -1"
step "a shared library, installed and moved" "
  cmake -S . -B build/plain -DBUILD_SHARED_LIBS=ON >/dev/null
  cmake --build build/plain -j 2 | tail -1
  cmake --install build/plain --prefix \$PWD/build/here >/dev/null
  mv build/here 'build/some where else'
  for tool in build/some*/bin/*; do \"\$tool\" --version; done"
step "tools/quickstart.sh" "tools/quickstart.sh"
if [[ $release == sid ]]; then
  step "the unit tests" "$install catch2 python3
    cmake -S . -B build/plain >/dev/null
    cmake --build build/plain -j 2 --target unit-tests tools-unit-tests | tail -1
    ctest --test-dir build/plain -R '^unit:' --no-tests=error -j 2 --output-on-failure | tail -5"
else
  step "tests/run.sh" "tests/run.sh"
fi

printf '\n== %s: with these versions\n' "$release"
inside "dpkg-query -W -f '\${Package} \${Version}\n' ${build_packages[*]} catch2 clang-19 2>/dev/null |
  grep ' .'; g++ --version | head -1; cat /etc/debian_version" || true
commit=$(git -C "$root/dualcam" describe --always --dirty --abbrev=10)
if ((${#failed[@]})); then
  printf -v list ', %s' "${failed[@]}"
  echo "portability: $release, commit $commit: failed: ${list:2}"
  exit 1
fi
echo "portability: $release, commit $commit: everything passed"
