#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# characterize --block: blocks of the chip with 16 PEs per group in Debian's library. Their netlists do what the RTL does (or the call
# would fail) and one that does not is told with port and cycle; the table is whole, what is kept is taken from there.
# usage: characterize_blocks_test.sh WHITEDWARF CONFIG
set -Eeuo pipefail
trap 'echo "FAILED at line $LINENO: $BASH_COMMAND" >&2' ERR
bin=$1 config=$2
library=/usr/share/qflow/tech/osu018/osu018_stdcells.lib
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"pes_per_group": 16}' >chip.json
"$bin" sizes --config "$config" --model --out net >/dev/null
"$bin" compress --out net >/dev/null
"$bin" compile --out net --arch chip.json --no-huffman >/dev/null  # rows pass the expander, coded weights would not
characterize() {  # table, blocks
  "$bin" characterize --liberty $library --program net --out "$1" --keep kept --block "$2" --cycles 640 --data random
}
characterize table.json expander,instr_memory >out
! grep -q "kept from before" out
# One that went on with another block, and one with all that is there.
characterize more.json expander,score_buffer,instr_memory >more
[ "$(grep -c "kept from before" more)" -eq 2 ]
python3 - <<'PYTHON'
import json
first, more = (json.load(open(name)) for name in ("table.json", "more.json"))
assert first["version"] == 2 and first["library"]["voltage"] == 1.8
assert first["blocks"]["expander"] == more["blocks"]["expander"]
for table in first, more:
    for name, block in table["blocks"].items():
        if name == "clock_tree":
            continue
        told = table["provenance"]["blocks"][name]
        assert told["cycles_compared"] > 10000, told
        if name == "instr_memory":  # nothing but memory
            assert block["area_um2"] == block["leakage_nw"] == 0 and told["energy_fj"] == 0
            continue
        # The table's own sum over the windows, and what was measured in them: the fit loses nothing.
        fitted = sum(event["fj"] * event["count"] for event in block["events"].values())
        leakage = block["leakage_nw"] * told["cycles_simulated"] * told["period_ns"] / 1000
        assert told["cycles_simulated"] == 640
        assert abs((fitted + leakage) / told["energy_fj"] - 1) < 0.05, (name, fitted, leakage, told)
        assert block["area_um2"] > 1000 and block["worst_path_ns"] > 0.3
        assert 0 <= block["glitch_share"] < 0.8 and 0 < block["wire_share"] < 0.6
assert first["blocks"]["expander"]["events"]["beats_read"]["fj"] > first["blocks"]["expander"]["events"]["idle"]["fj"]
PYTHON
# Random networks beside a program: all of them are simulated, and told.
"$bin" characterize --liberty $library --program net,random --out both.json --keep kept --block norm_buffer --cycles 960 --data random >out
python3 - <<'PYTHON'
import json
table = json.load(open("both.json"))
told = json.dumps(table["provenance"])
assert "--program net,random" in table["provenance"]["command"]
assert told.count("random network of") == 2 and table["provenance"]["blocks"]["norm_buffer"]["cycles_simulated"] == 960, told[:400]
PYTHON
# A chip that is Verilated without signals, unless the build was told.
echo '{"pes_per_group": 16, "groups_per_walker": 2}' >other.json
status=0
"$bin" characterize --liberty $library --arch other.json --out other_table.json --keep kept --block dispatch >out 2>err || status=$?
[ "$status" -eq 1 ] && grep -q "with cmake -DWD_RTL_SIGNALS=ON and -DWD_RTL_ARCHS=FILES; --block array_slice leaves them out" err || { cat err >&2; exit 1; }
# Gates of the netlist become others.
rm kept/wd_expander-energy-*.json kept/wd_expander-same-*.json
python3 - <<'PYTHON'
import glob, json
path, = glob.glob("kept/wd_expander-netlist-*/netlist.json")
design = json.load(open(path))
gates = [cell for module in design["modules"].values() for cell in module["cells"].values() if cell["type"] == "NAND2X1"]
for cell in gates[::3]:
    cell["type"] = "NOR2X1"
json.dump(design, open(path, "w"))
PYTHON
status=0
characterize broken.json expander >out 2>err || status=$?
[ "$status" -eq 1 ] && grep -q "wd_expander, port .*, cycle .*: the netlist has [01], the RTL [01]" err || { cat err >&2; exit 1; }
[ ! -e broken.json ]
echo "characterize --block: as expected"
