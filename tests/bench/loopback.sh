#!/usr/bin/env bash
# One large file from dcam-sim to dcam-serve over loopback, disk included: by kind, and by path in
# DATA and in ENHANCED DATA; the vendor's server is known to manage 0.5 MB/s.
# Usage: loopback.sh [TOOLS FOLDER]
set -euo pipefail
tools=${1:-build/gcc/tools}
[[ -x $tools/dcam-serve ]] || { echo "$tools/dcam-serve is not there: build first" >&2; exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
size_mib=256
head -c ${size_mib}M /dev/urandom >"$work/video"
first=

# upload NAME [OPTION of dcam-sim...]: prints a row, with its share of the first row's rate.
upload() {
  local name=$1 port seconds
  shift
  rm -rf "$work/out" "$work/log"
  mkdir "$work/out"
  "$tools/dcam-serve" --json -b 127.0.0.1 -p 0 -o "$work/out" 2>"$work/log" >"$work/events" &
  until port=$(grep -som1 "port [0-9]*" "$work/log"); do sleep 0.05; done
  "$tools/dcam-sim" -q "$@" "127.0.0.1:${port#port }" videof="$work/video"
  wait
  seconds=$(grep -o '"seconds":[0-9.]*' "$work/events" | cut -d: -f2)
  find "$work/out" -name '*Z_*' ! -name '*.json' -exec cmp "$work/video" {} \;
  first=${first:-$seconds}
  awk -v n="$name" -v m=$size_mib -v s="$seconds" -v f="$first" \
    'BEGIN { printf "%-28s %d MiB in %.2f s: %.0f MB/s, %.0f %% of the first row, %.0f times the vendor server\n",
             n, m, s, m * 1.048576 / s, 100 * f / s, m * 1.048576 / s / 0.5 }'
}

upload "DualCam, by kind"
upload "DSM, by path" --camera dsm
upload "ADAS, ENHANCED DATA" --camera adas --protocol 6 --enhanced-data
