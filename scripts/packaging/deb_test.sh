#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes the Debian packages and looks at them as dpkg does: names, one version, dependencies, files; the program of an unpacked and
# moved one runs the demonstration; in an administration of its own, a package is installed twice, replaced by an older one and removed.
# usage: deb_test.sh BUILD_FOLDER
set -Eeuo pipefail
trap 'echo "FAILED at line $LINENO: $BASH_COMMAND" >&2' ERR
build=$1
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "FAILED: $1" >&2; exit 1; }

cpack --config "$build/CPackConfig.cmake" -G DEB -B "$work/packages" >"$work/log" 2>&1 || fail "cpack: $(tail -n 5 "$work/log")"
rm -rf "$work/packages/_CPack_Packages"
version=$("$build/whitedwarf" --version | cut -d ' ' -f 2)-1
arch=$(dpkg --print-architecture)
tool=$work/packages/whitedwarf_${version}_$arch.deb
dev=$work/packages/whitedwarf-dev_${version}_$arch.deb
[ -f "$tool" ] && [ -f "$dev" ] || fail "packages are $(ls "$work/packages")"
for package in "$work"/packages/*.deb; do
  [ "$(dpkg-deb -f "$package" Version)" = "$version" ] || fail "$package has version $(dpkg-deb -f "$package" Version)"
  [ "$(dpkg-deb -f "$package" Architecture)" = "$arch" ] || fail "$package is of no architecture of ours"
  dpkg-deb -c "$package" >"$work/files"
  ! grep -E '__pycache__|/usr/local|\.o$|\.cpp$' "$work/files" || fail "$package has files that nobody needs"
  ! awk '$1 !~ /^d|^l/ && $2 != "root/root" || $1 ~ /^.....w|^........w/' "$work/files" | grep . || fail "$package has files of others' or for all to write"
done
# The libraries that the program was linked with, and no build tool.
for library in libc6 libsystemc libboost-program-options libonnx libprotobuf libpagmo libjpeg62-turbo libpng16 zlib1g; do
  dpkg-deb -f "$tool" Depends | grep -E "(^|, )$library" >/dev/null || fail "Depends lacks $library: $(dpkg-deb -f "$tool" Depends)"
done
! dpkg-deb -f "$tool" Depends | grep -E 'g\+\+|cmake|verilator|-dev' || fail "the program depends on build tools"
dpkg-deb -f "$dev" Depends | grep libsystemc-dev >/dev/null || fail "whitedwarf-dev: $(dpkg-deb -f "$dev" Depends)"

dpkg-deb -x "$tool" "$work/unpacked"
mv "$work/unpacked/usr" "$work/moved"
[ ! -e "$work/unpacked/etc" ] && [ ! -e "$work/moved/include" ] || fail "files of another package"
file -b "$work/moved/bin/whitedwarf" | grep ', stripped' >/dev/null || fail "the program is not stripped"
python3 "$here/tiny_job.py" "$work"
(cd "$work" && "$here/small_demo.sh" "$work/moved/bin/whitedwarf" "$work" >/dev/null)

# What dpkg says. Its administration is a folder of ours, which knows no other package.
root=$work/root
mkdir -p "$root/var/lib/dpkg/updates" "$root/var/lib/dpkg/info"
touch "$root/var/lib/dpkg/status" "$root/var/lib/dpkg/available"
own_dpkg() { fakeroot dpkg --root="$root" --log=/dev/null --force-not-root --force-depends --force-bad-path "$@" >"$work/said" 2>&1; }
state() { dpkg-query --admindir="$root/var/lib/dpkg" -W -f '${db:Status-Abbrev} ${Version}' whitedwarf 2>/dev/null || true; }
own_dpkg -i "$tool" || fail "dpkg -i: $(cat "$work/said")"
[ "$(state)" = "ii  $version" ] || fail "installed: $(state)"
"$root/usr/bin/whitedwarf" --version >/dev/null
own_dpkg -i "$tool" || fail "dpkg -i again: $(cat "$work/said")"
grep -F "Unpacking whitedwarf ($version) over ($version)" "$work/said" >/dev/null && [ "$(state)" = "ii  $version" ] || fail "twice: $(cat "$work/said")"
mkdir -p "$work/older/DEBIAN" "$work/older/usr/bin"
dpkg-deb -e "$tool" "$work/older/DEBIAN"
sed -i "s/^Version: .*/Version: 0.0.9-1/" "$work/older/DEBIAN/control"
rm "$work/older/DEBIAN/md5sums"
printf '#!/bin/sh\n' >"$work/older/usr/bin/whitedwarf"
dpkg-deb --root-owner-group -b "$work/older" "$work/older.deb" >/dev/null
own_dpkg -i "$work/older.deb" || fail "an older version: $(cat "$work/said")"
grep -F "downgrading whitedwarf from $version to 0.0.9-1" "$work/said" >/dev/null && [ "$(state)" = "ii  0.0.9-1" ] || fail "older: $(cat "$work/said")"
[ ! -e "$root/usr/share/whitedwarf" ] || fail "an older version leaves files of the newer one"
own_dpkg -i "$tool" && own_dpkg -r whitedwarf || fail "dpkg -r: $(cat "$work/said")"
[ -z "$(find "$root/usr" ! -type d 2>/dev/null)" ] || fail "removal leaves $(find "$root/usr" ! -type d)"
