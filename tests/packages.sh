#!/usr/bin/env bash
# tools/package.sh, twice, from two folders: the same bytes. lintian has no errors, both packages install
# and work on bare Debians 12 and 13, the static tools in an empty folder. Needs root, for debootstrap.
set -euo pipefail
cd "$(dirname "$0")/.."
source tools/packages.sh

if ((EUID != 0)); then
  echo "tests/packages.sh: debootstrap needs root" >&2
  exit 2
fi
install_missing debootstrap debian-archive-keyring git lintian
work=$(mktemp -d /var/tmp/dualcam-packages-XXXXXX)
trap 'rm -rf --one-file-system "$work"' EXIT
chmod 755 "$work"

for copy in one another/place; do
  git clone -q . "$work/$copy"
  "$work/$copy/tools/package.sh" "$work/$copy/made"
done
diff "$work/one/made/SHA256SUMS" "$work/another/place/made/SHA256SUMS"
(cd "$work/one/made" && sha256sum --quiet -c SHA256SUMS)
lintian --fail-on error --allow-root "$work"/one/made/*.deb

# works ROOT: a photo goes from dcam-sim to dcam-serve, in there.
works() {
  local tool server
  for tool in convert crc meta serve sim; do
    chroot "$1" "dcam-$tool" --version >/dev/null
  done
  head -c 5000 /dev/urandom >"$1/photo.jpg"
  chroot "$1" dcam-serve -b 127.0.0.1 -p 0 -o /out 2>"$work/log" &
  server=$!
  until grep -q 'port [0-9]' "$work/log"; do
    kill -0 $server
    sleep 0.05
  done
  chroot "$1" dcam-sim -q "127.0.0.1:$(grep -om1 'port [0-9]*' "$work/log" | cut -d' ' -f2)" photof=/photo.jpg
  wait $server
  cmp "$1/photo.jpg" "$1"/out/*/*_photof.jpg
}

mkdir "$work/empty"
tar -C "$work/empty" --strip-components=1 -xf "$work"/one/made/*.tar.xz
works "$work/empty"
# shellcheck disable=SC2016
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Origin: Debian' 'Label: Debian' | sed -n 1p)
for release in bookworm trixie; do
  debootstrap --variant=minbase "$release" "$work/$release" "$mirror" >"$work/log" 2>&1
  cp "$work"/one/made/*.deb "$work/$release/"
  chroot "$work/$release" sh -c 'apt-get update -q >/dev/null &&
    DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends ./*.deb >/dev/null'
  works "$work/$release"
done
echo "packages: everything passed"
