#!/usr/bin/env bash
# Many cameras at a real one's rate, from dcam-sim on the same machine: what they cost the server and
# the machine, and whether every file is right.
# Usage: fleet.sh [--slow-syncs] [--stop] [--plot FILE.png] [TOOLS FOLDER [CAMERAS [SECONDS [RAMP]]]]
#   --slow-syncs  each fsync, fdatasync and syncfs takes 20 ms longer (a preloaded library)
#   --stop        SIGTERM half-way: is all that has arrived durable, and how long does that take?
#   --plot        memory and cores of the server, second by second
set -euo pipefail
here=$(dirname "$0") slow='' stop='' plot=''
while [[ ${1:-} == --* ]]; do
  case $1 in
    --slow-syncs) slow=1 ;;
    --stop) stop=1 ;;
    --plot) plot=$2; shift ;;
    *) echo "unknown: $1" >&2; exit 2 ;;
  esac
  shift
done
tools=${1:-build/gcc/tools} cameras=${2:-1000} seconds=${3:-60} ramp=${4:-10s}
[[ -x $tools/dcam-serve ]] || { echo "$tools/dcam-serve is not there: build first" >&2; exit 2; }
rate=3700
work=$(mktemp -d -p "${TMPDIR:-/tmp}")
trap 'kill "${watcher:-}" 2>/dev/null || true; rm -rf "$work"' EXIT
ulimit -n "$(ulimit -Hn)"
head -c $((rate * seconds)) /dev/urandom >"$work/video"
mkdir "$work/out"

busy() { awk '/^cpu / { print $2 + $3 + $4 + $7 + $8 }' /proc/stat; }                # ticks, all cores
sectors() { awk '$3 !~ /[a-z][0-9]+$|^loop|^ram/ { n += $10 } END { print n + 0 }' /proc/diskstats; }
own() { awk '{ print $14 + $15 }' "/proc/$1/stat" 2>/dev/null || echo 0; }
kernel() { # ticks of its threads, which write what others have written
  local ids
  ids=$(pgrep -P 2 -d ' ')
  for id in $ids; do own "$id"; done | awk '{ n += $1 } END { print n + 0 }'
}
resident() { awk -v key="$2" '$1 == key ":" { print $2 }' "/proc/$1/status"; } # KiB
field() { grep '"event":"summary"' "$work/events" | grep -o "\"$1\":[0-9.]*" | cut -d: -f2; }

server_with=(env)
if [[ $slow ]]; then
  server_with+=("LD_PRELOAD=$tools/../tests/bench/libslow-sync.so")
fi
"${server_with[@]}" "$tools/dcam-serve" -q -k -b 127.0.0.1 -p 0 --json --max-connections "$cameras" \
  -o "$work/out" >"$work/events" 2>"$work/log" &
server=$!
until port=$(grep -som1 '"port":[0-9]*' "$work/events"); do sleep 0.05; done
echo "$cameras cameras x $rate B/s x $seconds s, ramp $ramp${slow:+, syncs 20 ms slower}${stop:+, stopped half-way}"
echo "machine: $(nproc) cores, load before: $(cut -d' ' -f1-3 /proc/loadavg); $(uname -r), $(stat -f -c %T "$work")"
busy_before=$(busy) sectors_before=$(sectors) kernel_before=$(kernel) start=$EPOCHREALTIME
"$tools/dcam-sim" -q --devices "$cameras" --ramp "$ramp" --rate $rate \
  "127.0.0.1:${port#*:}" videof="$work/video" 2>"$work/sim" &
sim=$!
while sleep 1; do
  echo "$EPOCHREALTIME $(own $server) $(resident $server VmRSS)"
done 2>/dev/null >"$work/samples" &
watcher=$!
sleep $((seconds / 2))
steady=$(resident $server VmRSS) sim_ticks=$(own $sim) half=$EPOCHREALTIME
if [[ $stop ]]; then
  kill -TERM $server
  status=0
  wait $server || status=$?
  awk -v begun="$half" -v ended="$EPOCHREALTIME" -v status=$status \
    'BEGIN { printf "SIGTERM: the process ended with %d after %.2f s\n", status, ended - begun }'
  kill $sim 2>/dev/null || true
  wait $sim 2>/dev/null || true
  head -3 "$work/log"
  python3 -B "$here/claims.py" "$work/out" "$work/video"
  exit
fi
wait $sim || head -3 "$work/sim"
end=$EPOCHREALTIME
server_ticks=$(own $server) peak=$(resident $server VmHWM)
busy_after=$(busy) kernel_after=$(kernel)
sync -f "$work"
sectors_after=$(sectors)
sleep 1
rest=$(resident $server VmRSS)
stopping=$EPOCHREALTIME
kill -TERM $server
wait $server
stopped=$EPOCHREALTIME
sum=$(sha256sum <"$work/video" | cut -d' ' -f1)
right=$(grep '"event":"file-done"' "$work/events" | grep -c "\"sha256\":\"$sum\"") || true
awk -v cameras="$cameras" -v right="$right" -v start="$start" -v end="$end" \
  -v half="$half" -v hz="$(getconf CLK_TCK)" -v server="$server_ticks" \
  -v sim="$sim_ticks" -v busy=$((busy_after - busy_before)) -v kernel=$((kernel_after - kernel_before)) \
  -v steady="$steady" -v peak="$peak" -v rest="$rest" \
  -v written=$(((sectors_after - sectors_before) * 512)) -v data=$((cameras * rate * seconds)) \
  -v stopping="$stopping" -v stopped="$stopped" -v oldest="$(field longest_unsaved)" \
  -v rounds="$(field commit_rounds)" -v whole="$(field syncfs_rounds)" -v took="$(field commit_seconds)" 'BEGIN {
    t = end - start; h = half - start
    printf "files with the right SHA-256: %d of %d in %.1f s\n", right, cameras, t
    printf "cores: server %.2f, kernel threads %.2f, dcam-sim %.2f, machine %.2f\n",
           server / hz / t, kernel / hz / t, sim / hz / h, busy / hz / t
    printf "server RSS: %.0f MiB half-way, %.0f MiB peak, %.0f MiB after; SIGTERM took %.2f s\n",
           steady / 1024, peak / 1024, rest / 1024, stopped - stopping
    printf "oldest unsaved byte: %.2f s; %d commit rounds (%d by syncfs) of %.0f ms\n",
           oldest, rounds, whole, (rounds > 0 ? 1000 * took / rounds : 0)
    printf "sectors written by the whole machine: %.2f x data\n", written / data }'
if [[ $plot ]]; then
  kill "$watcher" 2>/dev/null || true
  awk -v hz="$(getconf CLK_TCK)" 'NR == 1 { t0 = t = $1; ticks = $2 }
    NR > 1 { print $1 - t0, $3 / 1024, ($2 - ticks) / hz / ($1 - t); t = $1; ticks = $2 }' \
    "$work/samples" >"$work/plotted"
  gnuplot <<END
set terminal pngcairo size 900,420; set output "$plot"
set title "$cameras cameras x $rate B/s${slow:+, syncs 20 ms slower}"; set xlabel "seconds"
set ylabel "MiB"; set y2label "cores"; set ytics nomirror; set y2tics; set yrange [0:]; set y2range [0:]
set key left top
plot "$work/plotted" using 1:2 with lines lw 2 title "resident memory of dcam-serve", \
     "" using 1:3 axes x1y2 with lines lw 2 title "its cores"
END
fi
[[ $right == "$cameras" ]]
