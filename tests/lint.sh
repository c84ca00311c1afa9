#!/usr/bin/env bash
# What is looked at and not run: the sources' format, shell scripts, the API reference; with --tidy also
# clang-tidy, which takes ten minutes.
#
#   tests/lint.sh [--tidy] BUILD     BUILD: a folder that Clang has built in (build/clang)
set -euo pipefail

tidy=
if [[ ${1-} == --tidy ]]; then
  tidy=1
  shift
fi
if (($# != 1)) || [[ ! -d $1 ]]; then
  echo "usage: tests/lint.sh [--tidy] BUILD" >&2
  exit 2
fi
build=$(realpath "$1")
cd "$(dirname "$0")/.."

# tidy_sources: sources, or what a unity build makes of them; none at all would be no finding either.
tidy_sources() {
  local linted="($PWD|$build)/(libdualcam|tools)/"
  grep -Eq "\"file\": \"$linted" "$build/compile_commands.json" &&
    run-clang-tidy-19 -quiet -j2 -p "$build" -config-file "$PWD/.clang-tidy" "$linted" \
      2> >(grep -Ev '^[0-9]+ warnings? generated\.$' >&2)
}

failed=0
# lint NAME COMMAND...: all of them are tried.
lint() {
  "${@:2}" || {
    echo "lint: $1: failed"
    failed=1
  }
}

sources=$(git ls-files '*.cpp' '*.hpp')
mapfile -t sources <<<"$sources"
lint "sources are formatted" clang-format-19 --dry-run -Werror "${sources[@]}"
lint "shell scripts" shellcheck -x .ci/run tools/*.sh tests/*.sh tests/*/*.sh completions/bash/*
lint "the API reference is complete and has no warnings" doxygen "$build/libdualcam/Doxyfile"
if [[ $tidy ]]; then
  lint "clang-tidy has nothing to say" tidy_sources
fi
((failed == 0))
