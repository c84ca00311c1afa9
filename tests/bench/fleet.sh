#!/usr/bin/env bash
# Many cameras at a real one's rate, from dcam-sim on the same machine: what they cost the server and
# the machine, and whether every file is right.
# Usage: fleet.sh [TOOLS FOLDER [CAMERAS [SECONDS [RAMP]]]]
set -euo pipefail
tools=${1:-build/gcc/tools} cameras=${2:-1000} seconds=${3:-60} ramp=${4:-10s}
[[ -x $tools/dcam-serve ]] || { echo "$tools/dcam-serve is not there: build first" >&2; exit 2; }
rate=3700
work=$(mktemp -d -p "${TMPDIR:-/tmp}")
trap 'rm -rf "$work"' EXIT
ulimit -n "$(ulimit -Hn)"
head -c $((rate * seconds)) /dev/urandom >"$work/video"
mkdir "$work/out"

busy() { awk '/^cpu / { print $2 + $3 + $4 + $7 + $8 }' /proc/stat; }                # ticks, all cores
sectors() { awk '$3 !~ /[a-z][0-9]+$|^loop|^ram/ { n += $10 } END { print n + 0 }' /proc/diskstats; }
own() { awk '{ print $14 + $15 }' "/proc/$1/stat"; }

"$tools/dcam-serve" -q -k -b 127.0.0.1 -p 0 --json -o "$work/out" >"$work/events" 2>"$work/log" &
server=$!
until port=$(grep -som1 '"port":[0-9]*' "$work/events"); do sleep 0.05; done
echo "$cameras cameras x $rate B/s x $seconds s, ramp $ramp; load before: $(cut -d' ' -f1-3 /proc/loadavg)"
busy_before=$(busy) sectors_before=$(sectors) start=$EPOCHREALTIME
"$tools/dcam-sim" -q --devices "$cameras" --ramp "$ramp" --rate $rate "127.0.0.1:${port#*:}" \
  videof="$work/video" &
sim=$!
sleep $((seconds / 2))
steady=$(awk '/^VmRSS/ { print $2 }' "/proc/$server/status")
sim_ticks=$(own $sim)
half=$EPOCHREALTIME
wait $sim
end=$EPOCHREALTIME
server_ticks=$(own $server) peak=$(awk '/^VmHWM/ { print $2 }' "/proc/$server/status")
busy_after=$(busy)
sync
sectors_after=$(sectors)
stopping=$EPOCHREALTIME
kill -TERM $server
wait $server
stopped=$EPOCHREALTIME
sum=$(sha256sum <"$work/video" | cut -d' ' -f1)
right=$(grep '"event":"file-done"' "$work/events" | grep -c "\"sha256\":\"$sum\"")
awk -v cameras="$cameras" -v right="$right" -v start="$start" -v end="$end" \
  -v half="$half" -v hz="$(getconf CLK_TCK)" -v server="$server_ticks" \
  -v sim="$sim_ticks" -v busy=$((busy_after - busy_before)) -v steady="$steady" -v peak="$peak" \
  -v written=$(((sectors_after - sectors_before) * 512)) -v data=$((cameras * rate * seconds)) \
  -v stopping="$stopping" -v stopped="$stopped" 'BEGIN {
    t = end - start; h = half - start; stop = stopped - stopping
    printf "files with the right SHA-256: %d of %d in %.1f s\n", right, cameras, t
    printf "cores: server %.2f, dcam-sim %.2f (%.3f %% of one a camera), machine %.2f\n",
           server / hz / t, sim / hz / h, 100 * sim / hz / h / cameras, busy / hz / t
    printf "server RSS: %.0f MiB half-way, %.0f MiB peak; SIGTERM took %.2f s\n",
           steady / 1024, peak / 1024, stop
    printf "sectors written: %.2f x data\n", written / data }'
[[ $right == "$cameras" ]]
