#!/usr/bin/env bash
# Installs what is missing, builds with GCC (optimised, assertions on) and with Clang (ASan, UBSan,
# fuzz targets), runs every test in both. Safe to repeat.
set -euo pipefail
cd "$(dirname "$0")/.."
source tools/packages.sh

install_missing "${build_packages[@]}" "${test_packages[@]}"
gpx_schema build/schemas/gpx.xsd

passed=0
failed=0

# build_and_test NAME CMAKE_ARGUMENT...
build_and_test() {
  local name=$1 build=build/$1 log total bad
  shift
  echo "== $name: build"
  cmake -S . -B "$build" -G Ninja "$@" >/dev/null
  cmake --build "$build" -- --quiet
  echo "== $name: test"
  log=$(mktemp)
  ctest --test-dir "$build" --output-on-failure --no-tests=error -j 4 | tee "$log" || true
  read -r bad total < <(sed -n 's/.* \([0-9]*\) tests failed out of \([0-9]*\)$/\1 \2/p' "$log")
  rm "$log"
  passed=$((passed + total - bad))
  failed=$((failed + bad))
}

build_and_test gcc -DCMAKE_CXX_COMPILER=g++ -DCMAKE_BUILD_TYPE=RelWithDebInfo \
  -DDUALCAM_BENCHMARKS=ON
build_and_test clang -DCMAKE_CXX_COMPILER=clang++-19 -DCMAKE_BUILD_TYPE=Debug \
  -DCMAKE_CXX_FLAGS_DEBUG="-O1 -g" -DDUALCAM_FUZZ=ON

if ((failed)); then
  echo "Some tests failed; they are named above."
else
  echo "Every test passed, in both builds."
fi
echo "tests: $passed passed, $failed failed"
((failed == 0))
