#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The default ablation on demand: it ends, every row has three networks, and the baseline's accuracy has a floor. A run that was stopped continues.
# usage: ablation_study_test.sh WHITEDWARF STUDY OUT FLOOR(percent)
set -Eeuo pipefail
trap 'echo "FAILED at line $LINENO: $BASH_COMMAND" >&2' ERR
whitedwarf=$1 study=$2 out=$3 floor=$4
time "$whitedwarf" ablate "$study" --out "$out"
rows=$(awk -F, '{ gsub(/"[^"]*"/, "") } $1 == "rows"' "$out/ablation.csv" | wc -l)
points=$(awk -F, '{ gsub(/"[^"]*"/, "") } $1 == "sweep"' "$out/ablation.csv" | wc -l)
[ "$rows" -ge 30 ] && [ "$points" -eq 512 ]
# The switches change no accuracy; all rows have an error, which needs several networks.
awk -F, -v floor="$floor" '
  { gsub(/"[^"]*"/, "") }
  NR == 1 { for (i = 1; i <= NF; ++i) column[$i] = i; next }
  $2 == "baseline" { base = $column["accuracy"] }
  $column["accuracy_standard_error"] == "" { print "no error: " $2; bad = 1 }
  $1 == "sweep" && $column["accuracy"] != base { print "another accuracy: " $2; bad = 1 }
  END { print "accuracy " base ", floor " floor " %"; exit bad || 100 * base < floor }' "$out/ablation.csv"
