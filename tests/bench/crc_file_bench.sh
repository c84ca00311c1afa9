#!/bin/bash
# dcam-crc FILE against cat and cksum on a cached file, alternating in one run: the best and the
# median of RUNS each. Target: dcam-crc <= 1.15 x cat.
#
# Usage: DUALCAM_TOOLS=build/gcc/tools tests/bench/crc_file_bench.sh [MIB [RUNS]]
set -euo pipefail

tools=${DUALCAM_TOOLS:-build/gcc/tools}
mib=${1:-1024}
runs=${2:-9}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
file=$folder/file
head -c "${mib}M" /dev/urandom > "$file"
cat "$file" > /dev/null

seconds() {
    local start=$EPOCHREALTIME
    "$@" > /dev/null
    local end=$EPOCHREALTIME
    echo "scale=6; ${end/,/.} - ${start/,/.}" | bc
}

for ((i = 0; i < runs; ++i)); do
    seconds cat "$file" >> "$folder/cat"
    seconds "$tools/dcam-crc" "$file" >> "$folder/dcam-crc"
    seconds taskset -c 0 "$tools/dcam-crc" "$file" >> "$folder/dcam-crc-one-core"
done
for ((i = 0; i < 3; ++i)); do
    seconds cksum "$file" >> "$folder/cksum"
done

echo "$mib MiB, cached, $(nproc) cores; seconds"
cat_best=$(sort -n "$folder/cat" | head -1)
for program in cat dcam-crc dcam-crc-one-core cksum; do
    sort -n "$folder/$program" | awk -v name=$program -v cat="$cat_best" '
        { value[NR] = $1 }
        END { printf "%-18s best %.3f  median %.3f  (%.2f x cat)\n", name, value[1],
              value[int((NR + 1) / 2)], value[1] / cat }'
done
