#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A training study with a floor under its accuracy. usage: study_test.sh WHITEDWARF OUT CONFIG FLOOR(percent) [DATA FOLDER]
# Runs seeds 1, 2, 3; a run that was stopped continues.
set -Eeuo pipefail
trap 'echo "FAILED at line $LINENO: $BASH_COMMAND" >&2' ERR
whitedwarf=$1 out=$2 config=$3 floor=$4
data=()
if [ $# -gt 4 ]; then
  "$(dirname "$0")/../scripts/fetch_cifar10.sh" "$5"
  data=(--data "$5")
fi
"$whitedwarf" train --config "$config" --seeds 1,2,3 --out "$out" "${data[@]}"
mean=$("$whitedwarf" train --config "$config" --seeds 1,2,3 --out "$out" "${data[@]}" --json |
  awk '/"accuracy_fp32": \{/ {inside = 1} inside && /"mean"/ {gsub(/[^0-9.]/, "", $2); print 100 * $2; exit}')
echo "mean accuracy $mean %, floor $floor %"
awk -v mean="$mean" -v floor="$floor" 'BEGIN {exit !(mean >= floor)}'
