#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The site is made without a warning, has no dead link, fetches nothing from elsewhere, and its search finds pages from files; what site.sh refuses.
# usage: docs/site/site_test.sh
set -Eeuo pipefail
trap 'echo "FAILED at line $LINENO: $BASH_COMMAND" >&2' ERR
/usr/bin/python3 -c "import furo, myst_parser, sphinx" 2>/dev/null || { echo "skipped: Sphinx, MyST and furo are not installed; scripts/site.sh OUT installs them"; exit 77; }
command -v chromium >/dev/null || { echo "skipped: no chromium to search in; scripts/setup.sh installs it"; exit 77; }
site=$(dirname "$0")/../../scripts/site.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

refused() {  # text, arguments...
  local text=$1 status=0
  shift
  "$site" "$@" >"$work/out" 2>"$work/err" || status=$?
  [ "$status" -eq 1 ] || { echo "site.sh $*: exit status $status, not 1" >&2; exit 1; }
  grep -qF "$text" "$work/err" || { echo "site.sh $*: said" >&2; cat "$work/err" >&2; exit 1; }
}
refused "takes a folder"
refused "only --gallery" "$work/new" --galery x
refused "is no site" "$work"
mkdir "$work/empty"
refused "has no HTML page" "$work/new" --gallery "$work/empty"
[ ! -e "$work/new" ]

mkdir "$work/run"
echo '<!doctype html><title>a run</title>' >"$work/run/report.html"
"$site" "$work/new" --gallery "$work/run" >"$work/out"
cmp "$work/run/report.html" "$work/new/gallery/run/report.html"
for page in index tutorials/train reference/command-train reference/rtl-wd_walker reference/cpp-network reference/python decisions/index results/power; do
  [ -s "$work/new/$page.html" ] || { echo "the site has no $page.html" >&2; exit 1; }
done

# A reader's search, in a browser, from files.
chromium --headless --no-sandbox --disable-gpu --virtual-time-budget=20000 --allow-file-access-from-files --dump-dom \
  "file://$work/new/search.html?q=segmented+sum" >"$work/found.html" 2>/dev/null
python3 - "$work/found.html" <<'PYTHON'
import re, sys
found = re.findall(r'<li[^>]*><a href="([^"?#]*)', open(sys.argv[1]).read())
assert any(name.endswith("formal.html") for name in found), f"the search for 'segmented sum' found {found[:10]}"
PYTHON
echo "site: made, whole, searched"
