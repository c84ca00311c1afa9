#!/usr/bin/env bash
# From a bare Debian 12 or 13 to a camera's photo and video on disk. Safe to repeat.
set -euo pipefail
cd "$(dirname "$0")/.."
source tools/packages.sh

step() { printf '\n\033[1m# %s\033[0m\n' "$1"; }
run() {
  printf '$ %s\n' "$*"
  "$@"
}

step "What the tools need (Debian packages)"
install_missing "${build_packages[@]}"

step "Build"
build=build/quickstart
top=$PWD
# Warnings are for those who change the sources; another compiler may know new ones. In a unity build
# headers are read once a target, which takes half the time.
run cmake -S . -B $build -G Ninja -DCMAKE_BUILD_TYPE=Release \
  -DDUALCAM_TESTS=OFF -DDUALCAM_WERROR=OFF -DCMAKE_UNITY_BUILD=ON -DCMAKE_UNITY_BUILD_BATCH_SIZE=0 \
  >/dev/null
echo "(some minutes)"
run cmake --build $build -- --quiet
PATH=$PWD/$build/tools:$PATH

work=$(mktemp -d)
server=
cleanup() {
  [[ -z $server ]] || kill "$server" 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT
cd "$work" # the commands below read as you would type them

# serve ARGUMENT...: dcam-serve in the background on any free port, which $port then holds.
serve() {
  printf '$ dcam-serve %s &\n' "$*"
  : >log
  dcam-serve "$@" 2> >(tee log >&2) >paths &
  server=$!
  until port=$(grep -om1 'port [0-9]*' log); do
    kill -0 $server
    sleep 0.05
  done
  port=${port#port }
}

# stored: waits for dcam-serve to end well; $paths then holds the paths of the stored files.
stored() {
  wait "$server"
  server=
  mapfile -t paths < <(sort paths)
}

step "A camera connects and uploads a photo and 3 s of video; dcam-serve stores them"
run mkdir first second
serve -p 0 -b 127.0.0.1 -o first
run dcam-sim "127.0.0.1:$port"
stored
files=("${paths[@]}")
run ls -l "${files[@]}"

step "The same files through a bad line that changes, loses and adds bytes"
serve -p 0 -b 127.0.0.1 -o second
run dcam-sim --corrupt 0.02 "127.0.0.1:$port" "photof=${files[0]}" "videof=${files[1]}"
stored
for i in 0 1; do
  run cmp "${files[i]}" "${paths[i]}"
done

step "What the camera said about the video"
run cat "${files[1]}.json"

step "The video for everyone: every frame and the sound, as MP4"
run dcam-convert -o video.mp4 "${files[1]}"
length=$(ffprobe -v error -show_entries format=duration -of csv=p=0 video.mp4)

printf '\nvideo.mp4 is %.1f s long.\n' "$length"
printf 'It works: a photo (%d bytes) and a video (%d bytes) arrived byte for byte, twice.\n' \
  "$(stat -c %s "${files[0]}")" "$(stat -c %s "${files[1]}")"

# The results stay; of earlier runs, the last one's.
results=$top/$build/results
rm -rf "$results"
mkdir "$results"
cp -r first second video.mp4 "$results/"
cat <<NEXT

What came is in $build/results. Next:
  PATH=\$PWD/$build/tools:\$PATH      # the tools, without installing them
  dcam-serve -o footage             # a camera may come
  dcam-sim localhost:7050           # in another terminal: one comes
  sudo cmake --install $build       # or tools/package.sh for a Debian package
README.md has five minutes without a camera, and how to point a real one here.
NEXT
