#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes a release of the last commit: checks the tree, the version and its entry in CHANGELOG.md, builds, tests, and leaves the Debian
# packages, the sources and their checksums in a folder. It publishes nothing and sets no tag.
# usage: scripts/release.sh [--check] [--out DIR]
#   --check    look at tree, version and entry alone      --out DIR  (build/release/packages, made anew)
set -euo pipefail
cd "$(dirname "$0")/.."
refuse() { echo "error: $*" >&2; exit 1; }
check_only=false out=build/release/packages
while [ $# -gt 0 ]; do
  case $1 in
    --check) check_only=true && shift ;;
    --out) [ -n "${2:-}" ] || refuse "--out needs a folder"; out=$2 && shift 2 ;;
    *) refuse "'$1' is unknown; usage: scripts/release.sh [--check] [--out DIR]" ;;
  esac
done

version=$(sed -nE 's/^project\(WhiteDwarf VERSION ([0-9]+\.[0-9]+\.[0-9]+) .*/\1/p' CMakeLists.txt)
[ -n "$version" ] || refuse "CMakeLists.txt: project() has no version of three numbers"
changed=$(git status --porcelain | head -n 1 || true)
[ -z "$changed" ] || refuse "the tree is not clean (${changed## }); commit or remove what differs"
entry=$(grep -nE "^## $version - [0-9]{4}-[0-9]{2}-[0-9]{2}\$" CHANGELOG.md | cut -d : -f 1 || true)
[ -n "$entry" ] || refuse "CHANGELOG.md has no heading '## $version - YYYY-MM-DD'; give what is under '## Unreleased' that heading"
first=$(grep -nE '^## [0-9]' CHANGELOG.md | sed -n 1p | cut -d : -f 1)
[ "$entry" = "$first" ] || refuse "CHANGELOG.md: $version is not the latest entry ($(sed -n "${first}p" CHANGELOG.md)); raise the version in CMakeLists.txt"
rest=$(sed -n "/^## Unreleased/,/^## $version /p" CHANGELOG.md | grep -E '^- ' | sed -n 1p || true)
[ -z "$rest" ] || refuse "CHANGELOG.md: something is under '## Unreleased' yet; it belongs to $version or to no release"
tagged=$(git rev-parse -q --verify "v$version^{commit}" || true)
[ -z "$tagged" ] || [ "$tagged" = "$(git rev-parse HEAD)" ] || refuse "v$version is a tag of another commit; raise the version in CMakeLists.txt"
echo "release: $version, $(git rev-parse --short HEAD): tree, version and CHANGELOG.md are in order" >&2
! $check_only || exit 0

scripts/setup.sh
cmake --preset release >&2
cmake --build --preset release >&2
said=$(build/release/whitedwarf --version)
[ "$said" = "whitedwarf $version" ] || refuse "the program says '$said'; remove build/release and try again"
ctest --preset all -j"$(nproc)" >&2 || refuse "tests fail; nothing was made"
[ -z "$(git status --porcelain)" ] || refuse "the tests changed the tree; see git status"

mkdir -p "$(dirname "$out")"
partial=$(mktemp -d "$out.XXXXXX")
trap 'rm -rf "$partial"' EXIT
cpack --config build/release/CPackConfig.cmake -G DEB -B "$partial" >&2
rm -rf "$partial/_CPack_Packages"
git archive --format tar --prefix "whitedwarf-$version/" HEAD | gzip -9n >"$partial/whitedwarf-$version.tar.gz"
(cd "$partial" && sha256sum -- *.deb *.tar.gz >SHA256SUMS)
chmod 755 "$partial"
rm -rf "$out"
mv "$partial" "$out"
trap - EXIT
echo "release: $out has $(cd "$out" && printf '%s ' *)" >&2
echo "release: next: git tag -a v$version -m 'WhiteDwarf $version'" >&2
