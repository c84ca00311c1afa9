#!/usr/bin/env bash
# Makes what people install, in build/packages or FOLDER:
#   dualcam_VERSION_ARCH.deb         the tools, for the Debian it is made on and later ones
#   libdualcam-dev_VERSION_ARCH.deb  the library, to build with
#   dualcam-VERSION-linux-ARCH.tar.xz  the tools, statically linked: they run on any Linux
#   SHA256SUMS
# and, where podman or docker is, the image dualcam:VERSION (tools/Containerfile).
#
#   tools/package.sh [FOLDER]
#
# The same commit gives the same bytes, wherever and whenever it is built: SOURCE_DATE_EPOCH is the
# commit's time unless it is set.
#
# The static tools use glibc, not musl: Debian's musl has no C++ library, and another compiler for
# one tarball would test other tools than the packages have. What glibc loads at run time anyway is
# name services other than files and DNS, which nobody needs here. All else is as in the packages, also
# the service: unpacked in /usr/local it is found by systemd, man and the shells.
set -euo pipefail
cd "$(dirname "$0")/.."
source tools/packages.sh

if (($# > 1)) || [[ ${1-} == -* ]]; then
  echo "usage: tools/package.sh [FOLDER]" >&2
  exit 2
fi
output=${1:-build/packages}
mkdir -p "$output"
output=$(cd "$output" && pwd)
install_missing "${build_packages[@]}" dpkg-dev xz-utils

version=$(sed -n 's/^project(dualcam VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
architecture=$(dpkg --print-architecture)
multiarch=$(dpkg-architecture -q DEB_HOST_MULTIARCH)
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
export LC_ALL=C.UTF-8 TZ=UTC
umask 022

work=$(mktemp -d "${TMPDIR:-/tmp}/dualcam-package-XXXXXX")
trap 'rm -rf "$work"' EXIT

# build NAME CMAKE_ARGUMENT...: builds and installs into $work/NAME. All are linked from the same
# objects, so that all are what was tested. A tool is compiled in one piece, which takes a third of the
# time; that makes GCC warn of types without linkage in what it takes for a header.
build() {
  local name=$1 build=build/package flags
  shift
  flags=$(DEB_CXXFLAGS_STRIP=-g dpkg-buildflags --get CXXFLAGS | sed 's/-ffile-prefix-map=[^ ]*//')
  echo "== $name: build"
  cmake -S . -B "$build" -G Ninja -U '*_LIBRARY' -U '*_LIBRARIES' -U '*_INCLUDE_DIR' \
    -DCMAKE_BUILD_TYPE=Release -DDUALCAM_TESTS=OFF -DDUALCAM_WERROR=OFF \
    -DDUALCAM_FMT=fmt::fmt-header-only -DCMAKE_UNITY_BUILD=ON -DCMAKE_UNITY_BUILD_BATCH_SIZE=0 \
    -DCMAKE_CXX_FLAGS="$flags -ffile-prefix-map=$PWD=. -Wno-subobject-linkage" \
    -DCMAKE_SKIP_INSTALL_RPATH=ON -DCMAKE_INSTALL_PREFIX=/usr "$@" >/dev/null
  cmake --build "$build" -- --quiet
  DESTDIR=$work/$name cmake --install "$build" >/dev/null
  find "$work/$name" -path '*/bin/*' -type f -exec strip --remove-section=.comment {} +
}

# move FROM TO: between the trees of two packages.
move() {
  mkdir -p "$(dirname "$2")"
  mv "$1" "$2"
}

# debian PACKAGE: the package of the tree $work/PACKAGE, whose control fields come from stdin.
debian() {
  local package=$1 tree=$work/$1 document=$work/$1/usr/share/doc/$1
  mkdir -p "$tree/DEBIAN" "$document"
  find "$tree/usr/share/man" -type f -exec gzip -9n {} + 2>/dev/null || true
  sed "s/@VERSION@/$version/; s/@DATE@/$(date -Rd "@$SOURCE_DATE_EPOCH")/" tools/debian/changelog |
    gzip -9n >"$document/changelog.gz"
  cp tools/debian/copyright "$document/copyright"
  {
    printf 'Package: %s\nVersion: %s\nArchitecture: %s\n' "$package" "$version" "$architecture"
    printf 'Installed-Size: %s\n' "$(du -sk --apparent-size --exclude DEBIAN "$tree" | cut -f1)"
    cat
  } >"$tree/DEBIAN/control"
  (cd "$tree" && find . -path ./DEBIAN -prune -o -type f -printf '%P\0' | sort -z |
    xargs -0 md5sum >DEBIAN/md5sums)
  chmod -R u=rwX,go=rX "$tree"
  find "$tree/DEBIAN" -name 'p*' -exec chmod 755 {} +
  dpkg-deb -Zxz --root-owner-group --build "$tree" "$output" >/dev/null
}

# field NAME: from the template of control fields.
fields() { sed -n "/^Package: $1\$/,/^\$/{/^Package:/d;/^\$/d;s/@DEPENDS@/${2-}/;p}" tools/debian/control; }

packages() {
  local tree=$work/dualcam library=$work/libdualcam-dev depends part
  build dualcam -DCMAKE_INSTALL_LIBDIR="lib/$multiarch" -DDUALCAM_ZSH_FOLDER=vendor-completions \
    -DOPENSSL_USE_STATIC_LIBS=OFF -DCMAKE_CXX_STANDARD_LIBRARIES= \
    -DCMAKE_EXE_LINKER_FLAGS="$(dpkg-buildflags --get LDFLAGS)"
  move "$tree/usr/include" "$library/usr/include"
  for part in cmake pkgconfig libdualcam.a; do
    move "$tree/usr/lib/$multiarch/$part" "$library/usr/lib/$multiarch/$part"
  done
  move "$tree/usr/share/doc/dualcam/examples" "$library/usr/share/doc/libdualcam-dev/examples"
  strip -g --enable-deterministic-archives "$library/usr/lib/$multiarch/libdualcam.a"
  mkdir -p "$tree/etc" "$tree/DEBIAN"
  cp tools/service/dcam-serve.conf "$tree/etc/"
  echo /etc/dcam-serve.conf >"$tree/DEBIAN/conffiles"
  cp tools/debian/postinst tools/debian/prerm tools/debian/postrm "$tree/DEBIAN/"
  mkdir -p "$work/debian"
  printf 'Source: dualcam\n\nPackage: dualcam\nArchitecture: any\n' >"$work/debian/control"
  depends=$(cd "$work" && dpkg-shlibdeps -O "$tree"/usr/bin/* | sed -n 's/^shlibs:Depends=//p')
  fields dualcam "$depends" | debian dualcam
  fields libdualcam-dev "" | debian libdualcam-dev
}

# Static libpcap refers to libraries that it would need to capture, which is not among the things
# done here, and which are not to be had for static linking: nothing reaches these.
without_capturing() {
  local library
  library=$(g++ -print-file-name=libpcap.a)
  comm -23 <(nm "$library" | sed -n 's/^ *U \(\(dbus\|ibv\|nl\|genl\)_[a-z0-9_]*\)$/\1/p' | sort -u) \
    <(nm "$library" | sed -n 's/^[0-9a-f]* [TD] //p' | sort -u) |
    sed 's/.*/extern "C" void &() { __builtin_trap(); }/' | g++ -O2 -x c++ -c - -o "$1"
}

static_tools() {
  local name=dualcam-$version-linux-$architecture
  without_capturing "$work/none.o"
  build static -DCMAKE_EXE_LINKER_FLAGS=-static -DCMAKE_CXX_STANDARD_LIBRARIES="$work/none.o" \
    -DPCAP_LIBRARY="$(g++ -print-file-name=libpcap.a)" -DOPENSSL_USE_STATIC_LIBS=ON \
    -DCMAKE_INSTALL_LIBDIR=lib -DDUALCAM_ZSH_FOLDER=site-functions
  (cd "$work/static/usr" && rm -r include lib/cmake lib/pkgconfig lib/libdualcam.a share/doc/dualcam/examples)
  move "$work/static/usr" "$work/tarball/$name"
  cp README.md "$work/tarball/$name/"
  tar -C "$work/tarball" --sort=name --owner=0 --group=0 --numeric-owner --mode=u=rwX,go=rX \
    --mtime="@$SOURCE_DATE_EPOCH" --format=gnu -c "$name" | xz -6 -T1 >"$output/$name.tar.xz"
}

image() {
  local engine
  engine=$(command -v podman || command -v docker) && "$engine" info >/dev/null 2>&1 || return 0
  echo "== image"
  "$engine" build -q -t "dualcam:$version" -f tools/Containerfile "$output"
}

rm -f "$output"/*.deb "$output"/*.tar.xz "$output/SHA256SUMS"
packages
static_tools
(cd "$output" && sha256sum ./*.deb ./*.tar.xz | sed 's,\./,,' >SHA256SUMS && cat SHA256SUMS)
image
