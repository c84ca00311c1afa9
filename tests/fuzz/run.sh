#!/usr/bin/env bash
# tests/fuzz/run.sh BUILD SECONDS: every fuzz target for so long, two at a time, from its corpus.
# One line a target on stdout, "fuzz: NAME: passed" or "failed", and exit 0 if all have passed; logs
# and crashing inputs stay in build/fuzz.
set -euo pipefail
cd "$(dirname "$0")/../.."
if ! grep -q '^DUALCAM_FUZZ:BOOL=ON$' "$1/CMakeCache.txt"; then
  echo "tests/fuzz/run.sh: $1: build with -DDUALCAM_FUZZ=ON, or the fuzzer does not see where it gets" >&2
  exit 2
fi
export targets=$1/tests/fuzz seconds=$2 logs=build/fuzz corpora seed=1
corpora=$(mktemp -d)
trap 'rm -r "$corpora"' EXIT
mkdir -p "$logs"

# What counts as RSS but is none of the code's: ASan's shadow and libFuzzer's tables, measured by a
# run without inputs, and freed memory that ASan keeps back to catch late uses (256 MiB by default).
# libFuzzer's corpus, which grows, cannot be told apart and is part of the code's 64 MiB.
export ASAN_OPTIONS=quarantine_size_mb=1

# The time limit for one input is by the wall clock: a busy machine has exceeded 30 s for nothing.

# number NAME LOG: of libFuzzer's final statistics
number() { sed -n "s/^stat::$1: *//p" "$2"; }

# fuzz NAME
fuzz() {
  local name=$1 log=$logs/$1.log verdict=passed result before
  mkdir "$corpora/$name"
  "$targets/$name-fuzz" -runs=0 -print_final_stats=1 "$corpora/$name" >"$log" 2>&1 || verdict=failed
  before=$(number peak_rss_mb "$log")
  "$targets/$name-fuzz" -seed="$seed" -max_total_time="$seconds" \
    -rss_limit_mb=$((before + 64)) -timeout=300 \
    -print_final_stats=1 -artifact_prefix="$logs/$name-" \
    "$corpora/$name" "tests/fuzz/corpus/$name" >"$log" 2>&1 || verdict=failed
  result="0 crashes, 0 leaks, RSS $(number peak_rss_mb "$log") MiB ($before before the first input)"
  if [[ $verdict == failed ]]; then
    result="FAILED: $(sed -n 's/^SUMMARY: //p' "$log"), see $log"
  fi
  if [[ ${DUALCAM_FIGURES-} ]]; then
    printf 'fuzzing\t%s\t%s\t%s\t%s\n' "$name, ASan and UBSan, $seconds s, seed $seed" \
      "$(number number_of_executed_units "$log")" "$result" "0 crashes, 0 leaks, RSS < 64 MiB" \
      >>"$DUALCAM_FIGURES"
  fi
  echo "fuzz: $name: $verdict"
  [[ $verdict == passed ]]
}
export -f fuzz number

# By the sources: one that was not built has not passed.
for source in tests/fuzz/*_fuzz.cpp; do
  basename "$source" _fuzz.cpp
done | tr _ - | xargs -P 2 -I{} bash -euo pipefail -c 'fuzz {}'
