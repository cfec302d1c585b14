#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Refuses C++ that clang-format (Debian 12's version 14) would write differently, and comment blocks that a reflow has
# torn: a line of a few words before one that is indented to the block's text column. Mend: clang-format -i FILES.
set -euo pipefail
cd "$(dirname "$0")/.."
mapfile -t files < <(find base hw algo compiler sim flow testbench cli python -name '*.hpp' -o -name '*.cpp' | sort)
printf '%s\n' "${files[@]}" | xargs -P "$(nproc)" -n 32 clang-format --dry-run -Werror
torn=$(awk 'FNR == 1 {last = ""}
  /^\/\/ {9,}[^ ]/ && last ~ /^\/\/ [^ ]/ && last !~ /^\/\/ [A-Z][A-Za-z ]* {2,}[^ ]/ && length(last) < 50 {print FILENAME ":" FNR - 1 ": " last}
  {last = $0}' "${files[@]}")
[ -z "$torn" ] || { echo "$torn"; echo "comment lines that left their column"; exit 1; }
echo "${#files[@]} files"
