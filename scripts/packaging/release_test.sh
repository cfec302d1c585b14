#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# scripts/release.sh in a repository of two files, with stand-ins for the tools that build and test: what it refuses, in which order it
# works, what it makes; nothing is left where tests fail.
# usage: release_test.sh
set -Eeuo pipefail
trap 'echo "FAILED at line $LINENO: $BASH_COMMAND" >&2' ERR
script=$(cd "$(dirname "$0")/.." && pwd)/release.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "FAILED: $1" >&2; exit 1; }

mkdir -p "$work/tree/scripts" "$work/bin"
cd "$work/tree"
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
git init -q .
git config user.email a@b && git config user.name tester
cp "$script" scripts/
printf '#!/bin/sh\n' >scripts/setup.sh && chmod +x scripts/setup.sh
printf 'build\n' >.gitignore
changes() { printf '# Changelog\n\n## Unreleased\n%s\n\n## %s\n- something\n\n## 0.0.9 - 2026-01-01\n- first\n' "$1" "$2" >CHANGELOG.md; }
version() { printf 'project(WhiteDwarf VERSION %s LANGUAGES CXX)\n' "$1" >CMakeLists.txt; }
commit() { git add -A && git commit -q --allow-empty -m x; }
for tool in cmake ctest cpack; do
  cat >"$work/bin/$tool" <<'STUB'
#!/usr/bin/env bash
name=$(basename "$0")
echo "$name $*" >>"$WORK/calls"
[ "$name" != cmake ] || { mkdir -p build/release; printf '#!/bin/sh\necho "whitedwarf $(cat "$WORK/says")"\n' >build/release/whitedwarf; chmod +x build/release/whitedwarf; }
[ "$name" != cpack ] || { mkdir "$6/_CPack_Packages" && echo one >"$6/whitedwarf_0.1.0-1_amd64.deb"; }
[ "$name" != ctest ] || [ ! -e "$WORK/tests_fail" ]
STUB
  chmod +x "$work/bin/$tool"
done
release() { WORK=$work PATH=$work/bin:$PATH scripts/release.sh "$@" >"$work/stdout" 2>"$work/stderr"; }
refused() { # refused EXPECTED ARGUMENTS
  local expected=$1 status=0
  shift
  release "$@" || status=$?
  [ $status -eq 1 ] && [ "$(grep -c ^error: "$work/stderr")" -eq 1 ] && grep -F -- "$expected" "$work/stderr" >/dev/null || fail "expected '$expected', got status $status: $(cat "$work/stderr")"
}

version 0.1
changes "" "0.1.0 - 2026-12-01"
commit
refused "no version of three numbers" --check
version 0.1.0
refused "the tree is not clean (M CMakeLists.txt)" --check
commit
refused "'--fast' is unknown" --fast
refused "--out needs a folder" --out
release --check || fail "a tree in order: $(cat "$work/stderr")"
[ ! -e "$work/calls" ] || fail "--check builds"
changes "" "0.1.0" && commit
refused "no heading '## 0.1.0 - YYYY-MM-DD'" --check
changes "- late" "0.1.0 - 2026-12-01" && commit
refused "something is under '## Unreleased' yet" --check
changes "" "0.1.0 - 2026-12-01" && version 0.0.9 && commit
refused "0.0.9 is not the latest entry" --check
version 0.1.0 && commit
git tag v0.1.0
touch more && commit
refused "v0.1.0 is a tag of another commit" --check
git tag -d v0.1.0 >/dev/null

echo 0.0.9 >"$work/says"
refused "the program says 'whitedwarf 0.0.9'"
echo 0.1.0 >"$work/says"
touch "$work/tests_fail"
refused "tests fail; nothing was made"
[ ! -e build/release/packages ] && ! grep cpack "$work/calls" || fail "packages without tests"
rm "$work/tests_fail" "$work/calls"
release || fail "$(cat "$work/stderr")"
[ "$(cut -d ' ' -f 1,2 "$work/calls" | paste -sd ,)" = "cmake --preset,cmake --build,ctest --preset,cpack --config" ] || fail "calls: $(cat "$work/calls")"
[ "$(ls build/release/packages | paste -sd ' ')" = "SHA256SUMS whitedwarf-0.1.0.tar.gz whitedwarf_0.1.0-1_amd64.deb" ] || fail "made: $(ls build/release/packages)"
(cd build/release/packages && sha256sum --quiet -c SHA256SUMS)
tar -tzf build/release/packages/whitedwarf-0.1.0.tar.gz | grep -v '/$' | sed 's#^whitedwarf-0.1.0/##' | sort >"$work/in_tarball"
git ls-files | sort | diff - "$work/in_tarball" || fail "the tarball has other files than git"
release --out "$work/elsewhere" && [ -s "$work/elsewhere/SHA256SUMS" ] || fail "--out: $(cat "$work/stderr")"
[ -z "$(find build/release "$work" -maxdepth 1 -name '*.??????' -type d)" ] || fail "partial folders are left"
