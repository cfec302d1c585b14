#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes the documentation as a site of static pages, with a search that works from files: Sphinx, of the program that is built.
# usage: scripts/site.sh OUT [--gallery RUN...]     OUT: a new folder, or a site made before; RUN: output folders whose HTML pages are taken in
# example: scripts/run.sh --quick && scripts/site.sh site --gallery out && xdg-open site/index.html
set -Eeuo pipefail
trap 'echo "site.sh: failed at line $LINENO: $BASH_COMMAND" >&2' ERR
refuse() { echo "site.sh: $*" >&2; exit 1; }
[ $# -ge 1 ] || refuse "takes a folder, and --gallery with output folders"
case $1 in
-h | --help) sed -n '3,5s/^# //p' "$0"; exit 0 ;;
-*) refuse "option '$1': comes behind the folder; see --help" ;;
esac
out=$(realpath -m "$1")
shift
runs=()
if [ $# -gt 0 ]; then
  [ "$1" = --gallery ] || refuse "'$1': only --gallery RUN... may follow the folder"
  [ $# -ge 2 ] || refuse "--gallery: takes output folders"
  for run in "${@:2}"; do runs+=("$(realpath -m "$run")"); done
fi
[ ! -e "$out" ] || [ -f "$out/searchindex.js" ] || refuse "$out: is there and is no site; name another folder"
cd "$(dirname "$0")/.."
program=build/release/whitedwarf
[ -x "$program" ] || refuse "$program: is not there; scripts/setup.sh && cmake --build --preset release makes it"
/usr/bin/python3 -c "import furo, myst_parser, sphinx" 2>/dev/null || scripts/setup.sh --site
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
gallery=()
[ ${#runs[@]} -eq 0 ] || gallery=(--gallery "${runs[@]}")
docs/site/make_site.py "$work/pages" --program "$program" "${gallery[@]}"
# A warning is a link without an end, a page in no contents, a place that a page does not have.
/usr/bin/python3 -m sphinx -q -W --keep-going -j auto -b html "$work/pages" "$work/site"
docs/site/check_pages.py "$work/site"
rm -rf "$work/site/.doctrees" "$work/site/.buildinfo" "$out"
mkdir -p "$(dirname "$out")"
mv "$work/site" "$out"
echo "site: $(find "$out" -name '*.html' | wc -l) pages; $out/index.html"
