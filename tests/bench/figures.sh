#!/usr/bin/env bash
# The figures of dcam-serve with many cameras and of dcam-convert, each with the command that made it: into
# tests/bench/results, with plots. About 15 minutes, on a machine that does nothing else.
# Needs Debian's socat, gnuplot-nox and python3-fusepy besides.
# Files go to TMPDIR (/tmp). An ext4 without a journal makes a file the slower the more were deleted beside it
# within minutes: what the last figure has removed, above all. A new file system is best.
# Usage: figures.sh [TOOLS FOLDER [NAME...]]: all, or these of
#   peers fleet-1000 fleet-4000 fleet-most burst slow-syncs slow-disk stop idle tree connections
#   live-delay jobs page
set -euo pipefail
cd "$(dirname "$0")/../.."
for program in socat gnuplot; do
  command -v $program >/dev/null || { echo "$program is not there" >&2; exit 2; }
done
tools=${1:-build/gcc/tools}
bench=tests/bench results=tests/bench/results
shift || true
mkdir -p "$results"
limit=$(ulimit -Hn)
most=$(((limit - 144) * 64 / 129)) # as many places as dcam-serve has then
((most > 10000)) && most=10000

declare -A commands=(
  [peers]="$bench/peers.sh $tools"
  [fleet-1000]="$bench/fleet.sh --plot $results/fleet-1000.png $tools 1000 60"
  [fleet-4000]="$bench/fleet.sh --plot $results/fleet-4000.png $tools 4000 60"
  [fleet-most]="$bench/fleet.sh --plot $results/fleet-most.png $tools $most 60"
  [burst]="$bench/fleet.sh --plot $results/burst.png $tools $most 20 2s"
  [slow-syncs]="$bench/fleet.sh --slow-syncs --plot $results/slow-syncs.png $tools 1500 60"
  [slow-disk]="python3 -B $bench/slow_disk.py $tools"
  [stop]="$bench/fleet.sh --stop $tools $most 60"
  [idle]="python3 -B $bench/costs.py $tools idle"
  [tree]="python3 -B $bench/costs.py $tools tree $results/tree.tsv"
  [live-delay]="python3 -B $bench/live_delay.py $tools"
  [jobs]="python3 -B $bench/jobs.py $tools"
  [page]="python3 -B $bench/page_bench.py $tools"
  [connections]="python3 -B $bench/costs.py $tools connections $results/connections.tsv"
)
order=(peers fleet-1000 fleet-4000 fleet-most burst slow-syncs slow-disk stop idle tree connections
  live-delay jobs page)
(($# > 0)) && order=("$@")

plot_costs() { # NAME
  gnuplot <<END
set terminal pngcairo size 700,400; set output "$results/$1.png"
set logscale x; set yrange [0:]; set xlabel "$(head -1 "$results/$1.tsv" | cut -f1 | tr -d '#')"
set ylabel "core microseconds a file"; set title "a file's cost"
plot "$results/$1.tsv" using 1:2 with linespoints lw 2 notitle
END
}

failed=()
for name in "${order[@]}"; do
  read -ra command <<<"${commands[$name]}"
  echo "== $name: ${command[*]}"
  {
    echo "\$ ${command[*]}   # $(git describe --always --dirty 2>/dev/null), $(date -u +%Y-%m-%dT%H:%MZ)"
    findmnt -no FSTYPE,OPTIONS -T "${TMPDIR:-/tmp}"
    timeout 180 "${command[@]}"
  } 2>&1 | tee "$results/$name.txt" || failed+=("$name")
  [[ ! -s $results/$name.tsv ]] || plot_costs "$name"
done
((${#failed[@]} == 0)) || { echo "failed: ${failed[*]}" >&2; exit 1; }
