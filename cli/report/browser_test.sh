#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The report's pages in headless Chromium, 390 and 1300 pixels wide, light and dark: nothing empty, wide, clipped, covered or unreadable,
# and tables that sort; then pages with a planted fault each, which must be found.
# usage: browser_test.sh REPORT_PAGE_TEST STUDY_PAGE_TEST WHITEDWARF [FOLDER: keeps the pages and their screenshots]
set -Eeuo pipefail
trap 'echo "FAILED at line $LINENO"' ERR
page_test=$1 study_test=$2 bin=$3
keep=${4:-}
if ! command -v chromium >/dev/null; then
  echo "SKIPPED: chromium is not installed; scripts/setup.sh installs it"
  exit 77
fi
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "FAILED: $*"; exit 1; }

# browser THEME ARGUMENTS...: a new profile each time; Chromium's own messages say nothing about the page.
browser() {
  local theme=()
  [ "$1" = dark ] && theme=(--force-dark-mode)
  shift
  timeout 120 chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking \
    --disable-component-update --disable-sync --disable-dev-shm-usage --hide-scrollbars --user-data-dir="$work/profile.$RANDOM" "${theme[@]}" "$@" 2>"$work/browser.log"
}

# with_check PAGE: the page with the checking script behind it.
with_check() {
  sed '/<\/body>/d' "$1"
  echo "<script>"
  cat "$here/browser_check.js"
  echo "</script></body></html>"
}

# frames PAGE...: a page that shows each at both widths and collects what they tell. A window is 500 wide at least, a frame is not.
frames() {
  echo '<!DOCTYPE html><html><head><meta name="color-scheme" content="light dark"></head><body><pre id="told"></pre><script>'
  echo 'addEventListener("message", function (event) { document.getElementById("told").append(event.data + "\n"); });</script>'
  for page in "$@"; do
    for width in 390 1300; do echo "<iframe src=\"$page\" style=\"width:${width}px;height:3000px;border:0\"></iframe>"; done
  done
  echo '</body></html>'
}

WD_REPORT_PAGE="$work/report.html" "$page_test" -w NoTests -# '[#report_test]' >"$work/made" || fail "pages: $(tail -n 5 "$work/made")"
mv "$work/report.html.comparison.html" "$work/comparison.html"
WD_STUDY_PAGE="$work/study.html" "$study_test" -w NoTests -# '[#study_page_test]' >"$work/made" || fail "study page: $(tail -n 5 "$work/made")"
# Pages of an exploration and of an ablation, as the commands write them.
run() { "$bin" "$@" >"$work/made" 2>&1 || fail "$*: $(tail -n 1 "$work/made")"; }
cp "$here/../../algo/configs/hfn_fmnist_quick.json" "$work/net.json"
run sizes --config "$work/net.json" --model --out "$work/net"
run compress --out "$work/net"
echo '{"name": "small", "images": 1, "space": {"window": [2, 3, 4], "batch": [1, 2], "volt": [0.9, 1.2]}, "objectives": ["cycles", "total_pj"]}' >"$work/space.json"
run explore "$work/space.json" --data random --out "$work/net"
echo '{"name": "small", "images": 1, "variants": {"UNFOLDED_WEIGHT_ROWS": {"design": {"fold": false}}, "batch_2": {"design": {"batch": 2}}},
 "sweep": ["huffman", "gate_array"]}' >"$work/rows.json"
run ablate "$work/rows.json" --data random --out "$work/net"
mv "$work/net/explore.html" "$work/net/ablation.html" "$work"
names=(report comparison study explore ablation)
for page in "${names[@]}"; do with_check "$work/$page.html" >"$work/checked_$page.html"; done

# Planted faults: what the page is changed by, and what must be told of it.
plant() { # NAME KIND SED_EXPRESSION
  with_check <(sed -E "$3" "$work/report.html") >"$work/planted_$1.html"
  cmp -s "$work/planted_$1.html" "$work/checked_report.html" && fail "the fault '$1' changes nothing"
  echo "$1 $2" >>"$work/planted"
}
plant empty_plot empty '/<circle/d; /<polyline class="curve/d'
plant no_bars empty 's/<rect class="s[0-9]"/<rect class="s0" display="none"/'
plant wide_block overflow 's|</h1>|</h1><div style="width:1400px">wide</div>|'
plant clipped_label clipped 's/(<text class="value" x=")[0-9.]+/\1625/'
plant covered_labels covered 's/(<text class="muted" x=")[0-9.]+(" y="[0-9.]+" text-anchor="middle">[0-9])/\1200.0\2/'
plant crowded_labels covered 's/<text x="[0-9.]+" y="([0-9.]+)" text-anchor="end" transform="rotate\(-40.0 [0-9.]+/<text x="300.0" y="\1" text-anchor="end" transform="rotate(-40.0 300.0/'
plant unreadable contrast 's/--muted:#[0-9a-f]+/--muted:#7a7a7a/g'
plant unsorted sorting 's/b\.key - a\.key : a\.key - b\.key/0 : 0/'
plant no_keys sorting "s/button\.type = 'button';/button.tabIndex = -1;/"

pages=("${names[@]/#/checked_}")
pages=("${pages[@]/%/.html}")
while read -r name kind; do pages+=("planted_$name.html"); done <"$work/planted"
frames "${pages[@]}" >"$work/frames.html"
for theme in light dark; do
  browser $theme --window-size=1400,3000 --virtual-time-budget=20000 --dump-dom "file://$work/frames.html" >"$work/dom" ||
    fail "chromium ended with status $?: $(tail -n 3 "$work/browser.log")"
  sed -n '/<pre id="told">/,/<\/pre>/p' "$work/dom" | sed 's/.*<pre id="told">//' >"$work/told"
  for page in "${names[@]}"; do
    for width in 390 1300; do
      grep -x "checked_$page.html at $width: good" "$work/told" >/dev/null ||
        fail "$theme: $(grep "^checked_$page.html at $width" "$work/told" || echo "$page at $width told nothing")"
    done
  done
  while read -r name kind; do
    for width in 390 1300; do
      [ "$name" = wide_block ] && [ $width = 390 ] && continue
      grep "^planted_$name.html at $width: .*$kind: " "$work/told" >/dev/null ||
        fail "$theme: the planted fault '$name' was not told at $width: $(grep "^planted_$name.html at $width" "$work/told")"
    done
  done <"$work/planted"
done

if [ -n "$keep" ]; then
  mkdir -p "$keep"
  for page in "${names[@]}"; do cp "$work/$page.html" "$keep"; done
  for theme in light dark; do
    for page in "${names[@]}"; do
      for width in 390 1300; do
        echo "<!DOCTYPE html><html><head><meta name=\"color-scheme\" content=\"light dark\"><style>body{margin:0}</style></head><body><iframe src=\"$page.html\" style=\"width:${width}px;height:${HEIGHT:-9000}px;border:0\"></iframe></body></html>" >"$work/shot.html"
        browser $theme --window-size=$((width < 500 ? 500 : width)),"${HEIGHT:-9000}" --screenshot="$keep/$page-$theme-$width.png" "file://$work/shot.html"
      done
    done
  done
fi
echo "passed"
