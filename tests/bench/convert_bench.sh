#!/bin/sh
# The vendor page's recipe against dcam-convert, on the same clips in one run: wall time, frames and
# sound kept. A table and the ratios go to standard output.
#
#   convert_bench.sh TOOLS [SECONDS...]      TOOLS: folder of the built tools; 3 and 30 seconds
#
# RUNS sets how often each is run (5); the median counts. Needs ffmpeg, python3, and hyperfine
# for better clocks if it is there.
set -eu

tools=$(cd "${1:?folder of the built tools}" && pwd)
shift
[ $# -gt 0 ] || set -- 3 30
here=$(cd "$(dirname "$0")" && pwd)
runs=${RUNS:-5}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
trap 'exit 130' INT TERM
cd "$folder"

# median_of COMMAND: seconds
median_of() {
  if command -v hyperfine > hyperfine.path; then
    hyperfine --warmup 1 --runs "$runs" --export-json times.json "$1" > hyperfine.log 2>&1
    python3 -c 'import json; print("%.3f" % json.load(open("times.json"))["results"][0]["median"])'
  else
    python3 - "$1" "$runs" << 'END'
import statistics, subprocess, sys, time
times = []
for _ in range(int(sys.argv[2]) + 1):
    start = time.monotonic()
    subprocess.run(["sh", "-c", sys.argv[1]], check=True, stdout=subprocess.DEVNULL)
    times.append(time.monotonic() - start)
print("%.3f" % statistics.median(times[1:]))
END
  fi
}

# kept FILE: "frames sound-seconds"
kept() {
  frames=$(ffprobe -v error -select_streams v -count_packets -show_entries stream=nb_read_packets \
    -of csv=p=0 "$1" | tr -d ,)
  sound=$(ffprobe -v error -select_streams a -show_entries stream=duration -of csv=p=0 "$1")
  echo "$frames ${sound:-0}"
}

# row CLIP WAY SECONDS FILE
row() {
  kept "$4" | { read -r frames sound; printf '%-8s %-16s %9s %8s %8ss\n' "$1" "$2" "$3" "$frames" "$sound"; }
}

echo "$("$tools/dcam-convert" --version | head -1), $(ffmpeg -version | head -1 | cut -d' ' -f1-3)," \
  "$(nproc) cores, median of $runs"
printf '%-8s %-16s %9s %8s %9s\n' clip way seconds frames sound
for seconds in "$@"; do
  python3 -B "$here/make_clip.py" "$seconds" > "clip$seconds.h265"
  vendor="ffmpeg -y -nostdin -v error -r 20 -i clip$seconds.h265 -ss 00:00:0.9 -c:a copy -c:v libx264 vendor.mp4"
  ours="$tools/dcam-convert --if-exists replace -o ours.mp4 clip$seconds.h265"
  vendor_time=$(median_of "$vendor")
  ours_time=$(median_of "$ours")
  row "${seconds}s" "vendor's recipe" "$vendor_time" vendor.mp4
  row "${seconds}s" dcam-convert "$ours_time" ours.mp4
  python3 -c "print('%-8s %-16s %8.1fx' % ('${seconds}s', 'faster', $vendor_time / $ours_time))"
done
