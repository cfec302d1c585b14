#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A table of the array, fitted to random operands, against the netlist's energy on others at five points of weight density and activation zeros:
# the prediction from counters must be within LIMIT per cent at each. Debian's library.
# usage: characterize_check.sh WHITEDWARF CYCLES LIMIT
set -euo pipefail
bin=$1 cycles=$2 limit=$3
library=/usr/share/qflow/tech/osu018/osu018_stdcells.lib
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
"$bin" characterize --block array_slice --liberty $library --out table.json --cycles "$cycles" >fit
"$bin" characterize --liberty $library --check table.json --keep table.json.kept --cycles "$cycles" --json >checked.json 2>log ||
  { cat log >&2; exit 1; }
LIMIT=$limit python3 - <<'PYTHON'
import json, os
limit = float(os.environ["LIMIT"]) / 100
points = json.load(open("checked.json"))["checked"]
assert [(p["density"], p["zeros"]) for p in points] == [(0.3, 0.5), (0.1, 0.5), (0.05, 0.5), (0.3, 0), (0.3, 0.9)], points
for p in points:
    assert p["operands"] > 0
    measured = sum(b["measured_fj"] for b in p["blocks"].values())
    predicted = sum(b["predicted_fj"] for b in p["blocks"].values())
    print(f'{p["density"]:.2f} {p["zeros"]:.2f}: {100 * (predicted / measured - 1):+.1f} %')
    assert abs(p["error"] - (predicted / measured - 1)) < 1e-9
    assert abs(p["error"]) < limit, p
# Its prediction is a table's: with another figure it is another one.
PYTHON
python3 - <<'PYTHON'
import json
table = json.load(open("table.json"))
table["blocks"]["group"]["events"]["bit_ops"]["fj"] *= 10
json.dump(table, open("wrong.json", "w"))
PYTHON
"$bin" characterize --liberty $library --check wrong.json --keep table.json.kept --cycles "$cycles" --json >wrong 2>log
python3 -c 'import json; assert all(p["error"] > 0.1 for p in json.load(open("wrong"))["checked"])'
echo "characterize: the table tells the energy at five points"
