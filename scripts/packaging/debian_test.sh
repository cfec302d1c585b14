#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The Debian packages on a Debian without build tools, made by debootstrap in a folder: apt installs them with what they depend on; the
# demonstration runs; manual pages and completions are found; installed again, removed. The development package builds the example.
# usage: debian_test.sh BUILD_FOLDER [MIRROR]     as root; MIRROR: default the machine's first apt source
set -Eeuo pipefail
trap 'echo "FAILED at line $LINENO: $BASH_COMMAND" >&2' ERR
build=$1
here=$(cd "$(dirname "$0")" && pwd)
fail() { echo "FAILED: $1" >&2; exit 1; }
[ "$(id -u)" -eq 0 ] || { echo "skipped: chroot needs root"; exit 77; }
command -v debootstrap >/dev/null || { echo "skipped: debootstrap is missing; install Debian's package debootstrap"; exit 77; }
mirror=${2:-$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | sed -n 1p)}
release=$(. /etc/os-release && echo "$VERSION_CODENAME")
work=$(mktemp -d)
root=$work/root
trap 'umount "$root/proc" 2>/dev/null || true; rm -rf --one-file-system "$work"' EXIT

debootstrap --variant=minbase "$release" "$root" "$mirror" >"$work/log" 2>&1 || fail "debootstrap: $(tail -n 3 "$work/log")"
mount -t proc proc "$root/proc"
cp /etc/resolv.conf "$root/etc/" 2>/dev/null || true
inside() { chroot "$root" env DEBIAN_FRONTEND=noninteractive LC_ALL=C HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"; }
apt_get() { inside apt-get -y -qq --no-install-recommends "$@" >"$work/log" 2>&1 || fail "apt-get $*: $(tail -n 5 "$work/log")"; }
cpack --config "$build/CPackConfig.cmake" -G DEB -B "$work/packages" >"$work/log" 2>&1 || fail "cpack: $(tail -n 5 "$work/log")"
mkdir "$root/packages" "$root/job"
cp "$work"/packages/*.deb "$root/packages"
cp "$here/small_demo.sh" "$root/job"
python3 "$here/tiny_job.py" "$root/job"

apt_get update
tool=$(cd "$root" && echo packages/whitedwarf_*.deb)
apt_get install "/$tool"
for tool_of_builds in g++ cmake python3 verilator; do
  ! inside which $tool_of_builds || fail "$tool_of_builds is there: the system is not without build tools"
done
inside bash -c 'cd /tmp && /job/small_demo.sh whitedwarf /job' >/dev/null
[ -n "$(find "$root/job" -name report.html -size +10k)" ] || fail "no report"
apt_get install man-db bash-completion
inside man -w whitedwarf-train >/dev/null 2>"$work/said" || [ -f "$root/usr/share/man/man1/whitedwarf-train.1" ] || fail "no manual page: $(cat "$work/said")"
inside bash -c '. /usr/share/bash-completion/bash_completion; _completion_loader whitedwarf; complete -p whitedwarf' | grep -- '-F _whitedwarf' >/dev/null ||
  fail "bash-completion does not find ours"
inside dpkg -i "/$tool" >"$work/said" 2>&1 || fail "installed twice: $(cat "$work/said")"
if module=$(cd "$root" && ls packages/python3-whitedwarf_*.deb 2>/dev/null); then
  apt_get install "/$module"
  inside python3 -c 'import whitedwarf' || fail "Python does not find the module"
  apt_get remove python3-whitedwarf
fi
apt_get remove whitedwarf
[ ! -e "$root/usr/bin/whitedwarf" ] && [ ! -e "$root/usr/share/whitedwarf" ] || fail "apt-get remove leaves files"
# With build tools, the development package, on its own.
apt_get install "/$(cd "$root" && echo packages/whitedwarf-dev_*.deb)" g++ cmake ninja-build
cp -r "$here/../../flow/library/example" "$root/job/example"
inside cmake -S /job/example -B /job/built -G Ninja -DCMAKE_BUILD_TYPE=Release >"$work/log" 2>&1 && inside cmake --build /job/built >>"$work/log" 2>&1 ||
  fail "the example: $(tail -n 10 "$work/log")"
inside /job/built/library_example train /job/tiny.json /job/data /job/own.wdm | grep steps >/dev/null || fail "the example does not train"
echo "debian: $(du -shx "$root" | cut -f 1) with packages $(cd "$work/packages" && du -h -- *.deb | paste -sd ' ')"
