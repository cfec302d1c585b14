#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# characterize: what it refuses; and the slice in Debian's library: the netlist's sums are the simulator's (or it would fail), the
# table is whole, a repeated call takes what is kept.
# usage: characterize_test.sh WHITEDWARF CONFIG
set -Eeuo pipefail
trap 'echo "FAILED at line $LINENO: $BASH_COMMAND" >&2' ERR
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
"$bin" sizes --config "$config" --model --out net >/dev/null
"$bin" compress --out net >/dev/null
"$bin" compile --out net >/dev/null
cp -r net other
echo '{"groups_per_walker": 1}' >one.json
"$bin" compile --out other --arch one.json >/dev/null
refused "--liberty names the cell library" --out table.json
refused "no.lib" --liberty no.lib --out table.json
refused "its folder does not exist" --liberty $library --out none/table.json
sed 's/internal_power/other_power/' $library >plain.lib
refused "plain.lib:$(grep -n '^ *cell (' plain.lib | sed -n 1p | cut -d: -f1): no cell has an internal_power table" --liberty plain.lib --out table.json
sed 's/cell_rise/other_rise/; s/cell_fall/other_fall/' $library >plain.lib
refused "plain.lib:$(grep -n '^ *cell (' plain.lib | sed -n 1p | cut -d: -f1): no cell has a timing table" --liberty plain.lib --out table.json
line_of() { grep -n "$1" plain.lib | sed -n 1p | cut -d: -f1; }
sed 's/library(osu018_stdcells)/library(mine)/' $library >plain.lib
refused "plain.lib:$(line_of '^library'): library mine is of no known process; name its feature size by --node" --liberty plain.lib --out table.json
sed 's/ voltage : 1.8;/ voltage : 9;/' $library >plain.lib
refused "plain.lib:$(line_of ' voltage : 9'): memories of 180 nm cannot be scaled to 9 V" --liberty plain.lib --out table.json
sed 's/^ *cell (NAND3X1)/cell (NAND2X1)/' $library >plain.lib
refused "cell NAND2X1 is there twice, first in line $(line_of '^ *cell (NAND2X1)')" --liberty plain.lib --out table.json
awk '/^ *cell *\(/ { nand = /NAND2X1/ } nand { sub(/timing *\(\)/, "no_timing ()") } { print }' $library >plain.lib
refused "plain.lib:$(line_of '^ *cell (NAND2X1)'): cell NAND2X1: pin Y has a function, but no timing table" --liberty plain.lib --out table.json
refused "a name in it is empty" --liberty $library --out table.json --program a,,b
refused "its architecture is another one" --liberty $library --out table.json --program net,other --data random
echo '{}' >same.json
refused "is no variant" --liberty $library --out table.json --variants same.json
echo '{"decoders": 1}' >decoder.json
refused "is no variant of the array: its energies do not depend on 'decoders'; they do on" --liberty $library --out table.json --variants decoder.json
refused "--ungated: is of the array; add array_slice to --block" --liberty $library --out table.json --block dispatch --ungated
refused "--check and --no-delays exclude each other" --liberty $library --check no.json --no-delays
refused "--check and --program exclude each other" --liberty $library --check no.json --program net
refused "no.json" --liberty $library --check no.json
refused "must be a whole number" --liberty $library --out table.json --cycles few
refused "program.wdp" --liberty $library --out table.json --program .
python=$(command -v env)
status=0
(PATH=$work/none exec "$bin" characterize --liberty $library --out table.json) 2>err || status=$?
[ "$status" -eq 1 ] && grep -qF "install Debian's package python3" err || { cat err >&2; exit 1; }

# ^C ends the tool that runs, too: what is said is the reason, not that the tool failed.
status=0
timeout -s INT 4 "$bin" characterize --block array_slice --liberty $library --program net --out ended.json --cycles 120 --data random >out 2>err || status=$?
[ "$status" -eq 124 ] && grep -q "interrupted; what was finished is kept" err && [ ! -e ended.json ] || { echo "interrupted: status $status" >&2; cat out err >&2; exit 1; }
rm -rf ended.json.kept

"$bin" characterize --block array_slice --liberty $library --program net --out table.json --cycles 120 --data random >out
"$bin" characterize --block array_slice --liberty $library --program net --out again.json --keep table.json.kept --cycles 120 --data random >again
grep -q "kept from before" again
! grep -q "kept from before" out
python3 - <<'PYTHON'
import json
first, again = json.load(open("table.json")), json.load(open("again.json"))
for one in first, again:
    one["provenance"].pop("date")
    one["provenance"].pop("command")
assert first == again
assert first["kind"] == "whitedwarf power table" and first["version"] == 2
assert first["library"]["voltage"] == 1.8, first["library"]
array, blocks = first["provenance"]["array"], first["blocks"]
assert array["instances_without_delay"] <= 0.01 * array["instances"]
assert 0 < array["glitch_share"] < 0.8, array["glitch_share"]
parts = [blocks[name] for name in ("lanes", "walkers", "group")]
assert abs(sum(p["area_um2"] for p in parts) / sum(m["area_um2"] for m in array["modules"].values()) - 1) < 1e-9
assert all(0 < p["wire_share"] < 0.6 for p in parts), parts
group = blocks["group"]["events"]
assert group["walk_ops"]["count"] > 0 and sum(e["fj"] * e["count"] for e in group.values()) > 0
PYTHON
echo "characterize: refusals and a table as expected"
