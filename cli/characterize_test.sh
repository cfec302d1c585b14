#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# characterize: what it refuses; and the slice in Debian's library: the netlist's sums are the simulator's (or it would fail), the
# table is whole, a repeated call takes what is kept.
# usage: characterize_test.sh WHITEDWARF CONFIG
set -euo pipefail
bin=$1 config=$2
library=/usr/share/qflow/tech/osu018/osu018_stdcells.lib
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

refused() {  # text, arguments...
  local text=$1 status=0
  shift
  "$bin" characterize "$@" >out 2>err || status=$?
  [ "$status" -eq 1 ] && [ "$(wc -l <err)" -eq 1 ] && grep -qF -- "$text" err || { echo "characterize $*: status $status, said" >&2; cat err >&2; exit 1; }
  [ ! -e table.json ] && [ ! -e table.json.kept ] || { echo "characterize $*: left files" >&2; exit 1; }
}
refused "--liberty names the cell library" --out table.json
refused "no.lib" --liberty no.lib --out table.json
refused "its folder does not exist" --liberty $library --out none/table.json
echo "library (a) { nom_voltage : 1; cell (X) { area : 1; } }" >plain.lib
refused "no cell has an internal_power table" --liberty plain.lib --out table.json
refused "must be a whole number" --liberty $library --out table.json --cycles few
refused "'pest' is unknown" --liberty $library --out table.json --block pest
refused "program.wdp" --liberty $library --out table.json --program .
python=$(command -v env)
status=0
(PATH=$work/none exec "$bin" characterize --liberty $library --out table.json) 2>err || status=$?
[ "$status" -eq 1 ] && grep -qF "install Debian's package python3" err || { cat err >&2; exit 1; }

"$bin" sizes --config "$config" --model --out net >/dev/null
"$bin" compress --out net >/dev/null
"$bin" compile --out net >/dev/null
"$bin" characterize --liberty $library --program net --out table.json --block array_slice --cycles 120 --data random >out
"$bin" characterize --liberty $library --program net --out again.json --block array_slice --keep table.json.kept --cycles 120 --data random >again
grep -q "kept from before" again
! grep -q "kept from before" out
python3 - <<'PYTHON'
import json
first, again = json.load(open("table.json")), json.load(open("again.json"))
for one in first, again:
    one.pop("date")
    one.pop("command")
assert first == again
assert first["library"]["voltage"] == 1.8, first["library"]
assert first["instances_without_delay"] <= 0.01 * first["instances"]
assert 0 < first["glitch_share"] < 0.8, first["glitch_share"]
parts, modules = first["parts"], first["modules"]
assert abs(sum(p["area_um2"] for p in parts.values()) / sum(m["area_um2"] for m in modules.values()) - 1) < 1e-9
group = parts["group"]["events"]
assert group["walk"]["count"] > 0 and sum(e["fj"] * e["count"] for e in group.values()) > 0
assert parts["group"]["energy_fj"] > parts["between"]["energy_fj"]
PYTHON
echo "characterize: refusals and a table as expected"
