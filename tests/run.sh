#!/usr/bin/env bash
# Installs what is missing, builds with GCC (optimised, assertions on) and with Clang (ASan, UBSan,
# fuzz targets), runs the tests, lints (tests/lint.sh) and prints the figures that the tests yield.
# Safe to repeat.
#
#   tests/run.sh          minutes: short counts; each test runs where it shows most: unit tests with Clang,
#                         tests/cli with GCC or Clang or, if tests/cli/CMakeLists.txt names them in neither
#                         list, with both
#   tests/run.sh --soak MINUTES   200 cameras of every family on bad lines for so long (tests/soak.py)
#   tests/run.sh --full   hours: every test in both builds; the counts that the promises are stated with, in
#                         the GCC build, which is what users get; fuzzing, for DUALCAM_FUZZ_SECONDS (600) a target;
#                         clang-tidy; a linker's look at the types; changed sources (tests/mutation.py); full
#                         stores under ext4, xfs and overlayfs (tests/full_stores.py); bare Debians
#                         (tests/portability.sh)
set -euo pipefail
cd "$(dirname "$0")/.."
source tools/packages.sh

full=
counts="short counts: --full has those that are promised"
case $#:${1-} in
0:) ;;
1:--full)
  full=1
  counts="full counts in the build gcc"
  ;;
2:--soak)
  install_missing "${build_packages[@]}" python3
  cmake -S . -B build/gcc -G Ninja -DCMAKE_CXX_COMPILER=g++ -DCMAKE_BUILD_TYPE=Release >/dev/null
  cmake --build build/gcc --target dcam-crc dcam-serve dcam-sim -- --quiet
  exec tests/soak.py build/gcc "$2"
  ;;
*)
  echo "usage: tests/run.sh [--full | --soak MINUTES]" >&2
  exit 2
  ;;
esac

install_missing "${build_packages[@]}" "${test_packages[@]}"
gpx_schema build/schemas/gpx.xsd

# Headers, read once a target, are most of the compilers' work and of clang-tidy's.
unity=(-DCMAKE_UNITY_BUILD=ON -DCMAKE_UNITY_BUILD_BATCH_SIZE=0)
passed=0
failed=0

# begin_figures NAME: the rows that follow go to build/NAME/figures.tsv.
begin_figures() {
  export DUALCAM_FIGURES=$PWD/build/$1/figures.tsv
  mkdir -p "build/$1"
  : >"$DUALCAM_FIGURES"
}

# nothing_cached: then precompiled headers, with which ccache finds nothing elsewhere, save more than it.
nothing_cached() {
  [[ $(ccache --print-stats) == *$'\nfiles_in_cache\t0\n'* ]]
}

# build_and_test NAME SECONDS CMAKE_ARGUMENT...: no entry of CTest's may take longer. Cases in a file of
# unit tests and in a class of tests/cli are counted; if one failed, the file or class is one that failed.
build_and_test() {
  local name=$1 build=build/$1 patience=$2 log total bad
  shift 2
  echo "== $name: build"
  if [[ ! -e $build/CMakeCache.txt ]] && nothing_cached; then
    set -- "$@" -DCCACHE=OFF
  fi
  cmake -S . -B "$build" -G Ninja "${unity[@]}" "$@" >/dev/null
  cmake --build "$build" -- --quiet
  echo "== $name: test"
  begin_figures "$name"
  log=$(mktemp)
  ctest --test-dir "$build" --output-on-failure --no-tests=error --timeout "$patience" -j 4 |
    tee "$log" || true
  read -r bad total < <(sed -n 's/.* \([0-9]*\) tests failed out of \([0-9]*\)$/\1 \2/p' "$log")
  rm "$log"
  passed=$((passed + total - bad + $(further_cases "$build/Testing/Temporary/LastTest.log")))
  failed=$((failed + bad))
}

# further_cases LOG: how many cases the entries that passed have, beyond CTest's one for each.
further_cases() {
  awk '/^All tests passed \(/ { cases += $(NF - 2) - 1 }
    /^Ran [0-9]+ tests? in / { ran = $2 }
    /^OK$/ && ran { cases += ran - 1; ran = 0 }
    END { print cases + 0 }' "$1"
}

# fuzz: every target of the Clang build; each counts as a test.
fuzz() {
  local log bad status=0
  echo "== fuzz"
  begin_figures fuzz
  log=$(mktemp)
  tests/fuzz/run.sh build/clang "${DUALCAM_FUZZ_SECONDS:-600}" | tee "$log" || status=1
  bad=$(grep -c ': failed$' "$log" || true)
  passed=$((passed + $(grep -c ': passed$' "$log" || true)))
  failed=$((failed + (status && !bad ? 1 : bad)))
  rm "$log"
}

# check NAME COMMAND...: counts as a test.
check() {
  echo "== $1"
  if "${@:2}"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "$1: failed"
  fi
}

# one_program: all tools in one program, whose types the linker compares; and every file compiled by
# itself, so that none lives on what another one includes.
one_program() {
  cmake -S . -B build/odr -G Ninja -DCMAKE_CXX_COMPILER=g++ -DCMAKE_BUILD_TYPE=Debug \
    -DCMAKE_INTERPROCEDURAL_OPTIMIZATION=ON -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON \
    -DCMAKE_CXX_FLAGS_DEBUG="-O0 -Werror=odr -Werror=lto-type-mismatch" >/dev/null &&
    cmake --build build/odr --target unit-tests tools-unit-tests -- --quiet
}

# as_root COMMAND...: for debootstrap.
as_root() {
  if ((EUID == 0)); then
    "$@"
  else
    sudo "$@"
  fi
}

every=$([[ $full ]] && echo ON || echo OFF)
DUALCAM_FULL=$full build_and_test gcc $((full ? 14400 : 600)) \
  -DCMAKE_CXX_COMPILER=g++ -DCMAKE_BUILD_TYPE=Release -DDUALCAM_BENCHMARKS=ON \
  -DDUALCAM_EVERY_TEST="$every"
DUALCAM_FULL='' build_and_test clang 600 -DCMAKE_CXX_COMPILER=clang++-19 -DCMAKE_BUILD_TYPE=Debug \
  -DCMAKE_CXX_FLAGS_DEBUG="-O1 -gline-tables-only" -DDUALCAM_SANITIZE=ON \
  -DDUALCAM_FUZZ="$every" -DDUALCAM_EVERY_TEST="$every"
rm -rf build/fuzz
check "lint" tests/lint.sh ${full:+--tidy} build/clang
if [[ $full ]]; then
  fuzz
  check "no two types share a name" one_program
  check "nine of ten changes to the sources are noticed" python3 -B tests/mutation.py
  install_missing xfsprogs
  check "a store that is full loses nothing that was reported" as_root \
    python3 -B tests/full_stores.py build/gcc/tools
  check "packages are reproducible and work" as_root tests/packages.sh
  for release in bookworm trixie sid; do
    check "a bare $release" as_root tests/portability.sh "$release"
  done
fi

echo "== figures, kept in build/figures.txt ($counts)"
python3 -B tests/cli/figures.py build/gcc build/clang build/fuzz | tee build/figures.txt
if ((failed)); then
  echo "Some tests failed; they are named above."
else
  echo "Every test passed."
fi
echo "tests: $passed passed, $failed failed"
((failed == 0))
