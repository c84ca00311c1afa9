#!/usr/bin/env bash
# Files over loopback to dcam-serve, beside socat with an fsync of each file on the same disk: one of
# 256 MiB, 16 of 16 MiB, 200 of 2 MiB at a time. Ours are verified (CRC, SHA-256) and read back. The
# two take turns, so that what else the machine does meanwhile meets both, and every run of ours has
# to have stored all files.
# Usage: peers.sh [TOOLS FOLDER [ROUNDS]]: the best of so many rounds (3)
set -euo pipefail
tools=${1:-build/gcc/tools} rounds=${2:-3}
[[ -x $tools/dcam-serve ]] || { echo "$tools/dcam-serve is not there: build first" >&2; exit 2; }
work=$(mktemp -d -p "${TMPDIR:-/tmp}")
trap 'rm -rf "$work"' EXIT
ulimit -n "$(ulimit -Hn)"

since() { awk -v a="$1" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.3f\n", b - a }'; }

ours() { # COUNT: seconds from the first connection to the last file; reading the video is not ours
  local server port
  rm -rf "$work/out" "$work/events"; mkdir "$work/out"
  "$tools/dcam-serve" -q -k -b 127.0.0.1 -p 0 --json -o "$work/out" >"$work/events" &
  server=$!
  until port=$(grep -som1 '"port":[0-9]*' "$work/events"); do sleep 0.02; done
  "$tools/dcam-sim" -q --devices "$1" "127.0.0.1:${port#*:}" videof="$work/video"
  kill -TERM $server; wait $server
  (($(grep -c "\"event\":\"file-done\".*\"sha256\":\"$sum\"" "$work/events") == $1)) ||
    { echo "not every file was stored" >&2; exit 1; }
  awk -F'"time":"[^T]*T|Z"' '/"event":"(connected|file-done)"/ {
      split($2, t, ":"); now = 3600 * t[1] + 60 * t[2] + t[3]; if (begun == "") begun = now; done = now }
    END { printf "%.3f\n", done - begun + (done < begun ? 86400 : 0) }' "$work/events"
}

socats() { # COUNT: seconds
  local receivers=() senders=() begun base=20000 i
  rm -rf "$work/peer"; mkdir "$work/peer"
  for ((i = 0; i < $1; i++)); do
    (socat -u -b 262144 "TCP-LISTEN:$((base + i)),bind=127.0.0.1,reuseaddr" \
      "OPEN:$work/peer/$i,creat,trunc" && sync "$work/peer/$i") &
    receivers+=($!)
  done
  for ((i = 0; i < $1; i++)); do
    until ss -Hltn "sport = :$((base + i))" | grep -q .; do sleep 0.02; done
  done
  begun=$EPOCHREALTIME
  for ((i = 0; i < $1; i++)); do
    socat -u -b 262144 "OPEN:$work/video" "TCP:127.0.0.1:$((base + i))" &
    senders+=($!)
  done
  wait "${receivers[@]}"
  since "$begun"
  wait "${senders[@]}"
}

best() { sort -n | head -1; }

echo "machine: $(nproc) cores, load before: $(cut -d' ' -f1-3 /proc/loadavg); $(stat -f -c %T "$work")"
for row in "1 256" "16 16" "200 2"; do
  read -r count mib <<<"$row"
  head -c "${mib}M" /dev/urandom >"$work/video"
  sum=$(sha256sum <"$work/video" | cut -d' ' -f1)
  for ((r = 0; r < rounds; r++)); do
    ours "$count" >>"$work/ours.$count"
    socats "$count" >>"$work/socats.$count"
  done
  mine=$(best <"$work/ours.$count") peer=$(best <"$work/socats.$count")
  awk -v n="$count" -v m="$mib" -v a="$mine" -v b="$peer" 'BEGIN {
    size = n * m * 1.048576
    printf "%3d x %3d MiB: dcam-serve %.0f MB/s (%.2f s), socat + fsync %.0f MB/s (%.2f s): %.2f of it\n",
           n, m, size / a, a, size / b, b, b / a }'
done
