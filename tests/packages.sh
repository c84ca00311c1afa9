#!/usr/bin/env bash
# tools/package.sh, twice, from two folders: the same bytes. lintian has no errors, both packages install
# and work on bare Debians 12 and 13 and leave nothing behind, the static tools work in an empty folder. To
# be run on Debian 12, whose packages are for both. Needs root, for debootstrap.
set -euo pipefail
cd "$(dirname "$0")/.."
source tools/packages.sh

if ((EUID != 0)); then
  echo "tests/packages.sh: debootstrap needs root" >&2
  exit 2
fi
install_missing debootstrap debian-archive-keyring git libimage-exiftool-perl lintian pkg-config systemd
work=$(mktemp -d /var/tmp/dualcam-packages-XXXXXX)
trap 'rm -rf --one-file-system "$work"' EXIT
chmod 755 "$work"

for copy in one another/place; do
  git clone -q . "$work/$copy"
done
for copy in one another/place; do
  "$work/$copy/tools/package.sh" "$work/$copy/made"
done
diff "$work/one/made/SHA256SUMS" "$work/another/place/made/SHA256SUMS"
(cd "$work/one/made" && sha256sum --quiet -c SHA256SUMS)
lintian --fail-on error --allow-root "$work"/one/made/*.deb

# The examples are built with nothing but the library's package.
dpkg-deb -x "$work"/one/made/libdualcam-dev_*.deb "$work/library"
read -ra flags < <(PKG_CONFIG_SYSROOT_DIR=$work/library PKG_CONFIG_LIBDIR=$(
  find "$work/library" -name pkgconfig) pkg-config --cflags --libs dualcam)
for example in "$work"/library/usr/share/doc/libdualcam-dev/examples/*.cpp; do
  g++ -std=c++23 "$example" -o "$work/example" "${flags[@]}"
done

# works ROOT: a photo goes from dcam-sim to dcam-serve, in there, and gets its EXIF.
works() {
  local tool server
  for tool in convert crc meta serve sim; do
    chroot "$1" "dcam-$tool" --version >/dev/null
  done
  { printf '\xff\xd8\xff\xda\0\4\0\0' && head -c 5000 /dev/urandom; } >"$1/photo.jpg"
  chroot "$1" dcam-serve -b 127.0.0.1 -p 0 -o /out 2>"$work/log" &
  server=$!
  until grep -q 'port [0-9]' "$work/log"; do
    kill -0 $server
    sleep 0.05
  done
  chroot "$1" dcam-sim -q "127.0.0.1:$(grep -om1 'port [0-9]*' "$work/log" | cut -d' ' -f2)" photof=/photo.jpg
  wait $server
  cmp "$1/photo.jpg" "$1"/out/*/*_photof.jpg
  (cd "$1" && chroot . dcam-meta --tag out/*/*_photof.jpg)
  [[ $(exiftool -s3 -SerialNumber "$1"/out/*/*_photof.jpg) == 350612071913857 ]]
}

# The package depends on what its programs are linked with, and on nothing else.
depends_on_what_it_needs() {
  diff <(dpkg-deb -f "$work"/one/made/dualcam_*.deb Depends | tr , '\n' | awk '{print $1}' | sort) \
    <(objdump -p "$1"/usr/bin/dcam-* | awk '/NEEDED/ {print "*/" $2}' | sort -u |
      xargs chroot "$1" dpkg -S | cut -d: -f1 | sort -u)
}

# What the shells, man, systemd and Wireshark look for is where they look.
is_where_it_is_looked_for() {
  local tool
  for tool in convert crc meta serve sim; do
    gzip -t "$1/usr/share/man/man1/dcam-$tool.1.gz"
    ls "$1/usr/share/bash-completion/completions/dcam-$tool" "$1/usr/share/zsh/vendor-completions/_dcam-$tool" \
      "$1/usr/share/fish/vendor_completions.d/dcam-$tool.fish" >/dev/null
  done
  ls "$1"/usr/lib/systemd/system/dcam-serve.{service,socket} "$1"/etc/dcam-serve.conf \
    "$1"/usr/lib/*/wireshark/plugins/dualcam.lua >/dev/null
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
  is_where_it_is_looked_for "$work/$release"
  if [[ $release == bookworm ]]; then
    depends_on_what_it_needs "$work/$release"
  fi
  systemctl -q --root="$work/$release" enable dcam-serve.service dcam-serve.socket
  chroot "$work/$release" apt-get purge -q -y dualcam libdualcam-dev >/dev/null
  left=$(find "$work/$release"/{etc,usr,var/lib} -path '*/dpkg/*' -prune -o -name '*dcam*' -print \
    -o -name '*dualcam*' -print)
  [[ -z $left ]] || { echo "left behind: $left" >&2; exit 1; }
done
echo "packages: everything passed"
