#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# check_links.py, check_commands.py and check_pages.py find what is planted, and nothing else.
# usage: docs/site/links_test.sh PROGRAM BUILD
set -Eeuo pipefail
trap 'echo "FAILED at line $LINENO: $BASH_COMMAND" >&2' ERR
here=$(cd "$(dirname "$0")" && pwd)
program=$1 build=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/docs/results" "$work/scripts"
touch "$work/scripts/run.sh"
cat >"$work/README.md" <<'PAGE'
# A page
[there](docs/other.md), [a place](docs/other.md#twice-1), [code in a title](docs/other.md#the-option---out), [itself](#a-page), [a folder](docs), `[no](link.md)`
```
[no](link.md)
```
`scripts/run.sh`, `whitedwarf train --config x --out y`, `ctest -R base.files`, `hw/arch/NAME.json`
PAGE
printf '# Other\n## Twice\n## Twice\n## The option `--out`\n' >"$work/docs/other.md"
echo '# One' >"$work/docs/results/one.md"
echo '# Figures' >"$work/docs/figures.md"

found() {  # status, count of lines, command...
  local status=0 wanted=$1 lines=$2
  shift 2
  "$@" >"$work/out" 2>"$work/err" || status=$?
  [ "$status" -eq "$wanted" ] && [ "$(wc -l <"$work/err")" -eq "$lines" ] ||
    { echo "$*: status $status, said" >&2; cat "$work/out" "$work/err" >&2; exit 1; }
}
says() { grep -qF "$1" "$work/err" || { echo "expected '$1' of" >&2; cat "$work/err" >&2; exit 1; }; }

found 0 0 "$here/check_links.py" "$work"
found 1 1 "$here/check_commands.py" "$program" "$build" "$work"
says "docs/figures.md: says nothing of results/one.md"
echo '[one](results/one.md)' >>"$work/docs/figures.md"
found 0 0 "$here/check_commands.py" "$program" "$build" "$work"

cat >>"$work/README.md" <<'PAGE'
[no file](docs/none.md) and [no place](docs/other.md#thrice) and [out](../../etc/passwd)
`scripts/none.sh`, `whitedwarf trian`, `whitedwarf train --confg x`, `ctest -R no.such`
PAGE
found 1 3 "$here/check_links.py" "$work"
says "README.md:7: docs/none.md: no such file"
says "README.md:7: docs/other.md#thrice: docs/other.md has no heading '#thrice'"
says "README.md:7: ../../etc/passwd: leads out of the project"
found 1 4 "$here/check_commands.py" "$program" "$build" "$work"
says "README.md:8: scripts/none.sh: no such file"
says "README.md:8: whitedwarf trian: no such command"
says "README.md:8: whitedwarf train --confg: no such option"
says "README.md:8: ctest -R no.such: no such test"

mkdir "$work/site"
echo '<a href="b.html#here">b</a><img src="c.png">' >"$work/site/a.html"
echo '<p id="here">' >"$work/site/b.html"
touch "$work/site/c.png"
found 0 1 "$here/check_pages.py" "$work/site"  # its count
echo '<a href="b.html#there">b</a><a href="d.html">d</a><script src="https://example.org/x.js"></script>' >>"$work/site/a.html"
found 1 4 "$here/check_pages.py" "$work/site"
says "a.html: b.html#there: no such place in the page"
says "a.html: d.html: no such file"
says "a.html: https://example.org/x.js: is fetched from elsewhere"
echo "links: what was planted was found"
