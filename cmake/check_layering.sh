#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Refuses an #include that points against the direction of dependencies. One line per folder: what it may include.
# Tests may reach further, within their own layer's purpose, and are not looked at.
set -euo pipefail
cd "$(dirname "$0")/.."
allowed() {
  case $1 in
    base) echo base ;;
    hw/arch) echo base hw/arch ;;
    hw/numerics) echo base hw/numerics ;;
    hw/formats/stream) echo base hw/numerics hw/formats/stream hw/formats/model ;;
    hw/formats/model) echo base hw/numerics hw/formats/model ;;
    hw/formats/program) echo base hw/arch hw/formats/model hw/formats/program ;;
    algo) echo base hw/numerics hw/formats/stream hw/formats/model algo ;;
    compiler) echo base hw/arch hw/numerics hw/formats/stream hw/formats/model hw/formats/program compiler ;;
    sim) echo base hw/arch hw/numerics hw/formats/model hw/formats/program sim ;;
    cli/report) echo base hw/arch cli/report ;;
  esac
}
wrong=0
for folder in base hw/arch hw/numerics hw/formats/stream hw/formats/model hw/formats/program algo compiler sim cli/report; do
  while IFS=: read -r file line include; do
    target=$(sed -n 's/.*"\([^"]*\)".*/\1/p' <<<"$include")
    ok=false
    for prefix in $(allowed "$folder"); do [[ $target == "$prefix"/* ]] && ok=true; done
    $ok || { echo "$file:$line: $folder must not include $target"; wrong=$((wrong + 1)); }
  done < <(grep -rnE --include='*.hpp' --include='*.cpp' '^#include "' "$folder" | grep -v '_test\.cpp:')
done
echo "$wrong includes against the direction"
[ $wrong -eq 0 ]
