#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# characterize with Debian's library written as sky130's, Nangate45's and a library of picoseconds are: cells, loads and energies are the
# same ones, so the table must be the same, whatever the units, axes, rails and quotes.
# usage: characterize_dialects_test.sh WHITEDWARF DIALECT...
set -Eeuo pipefail
trap 'echo "FAILED at line $LINENO: $BASH_COMMAND" >&2' ERR
bin=$1
shift
library=/usr/share/qflow/tech/osu018/osu018_stdcells.lib
converter=$(cd "$(dirname "$0")" && pwd)/liberty_dialect.py
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
characterize() {
  "$bin" characterize --block array_slice --liberty "$1.lib" --out "$1.json" --cycles 800 --node 180 >/dev/null
}
cp $library osu018.lib
characterize osu018
for dialect in "$@"; do
  python3 "$converter" "$dialect" $library "$dialect.lib"
  characterize "$dialect"
  python3 - "$dialect" <<'PYTHON'
import json, sys
dialect = sys.argv[1]
ours, theirs = (json.load(open(name + ".json")) for name in ("osu018", dialect))
names = {"sky130": "sky130_fd_sc_hd__tt_025C_1v80"}
assert theirs["library"]["name"] == names.get(dialect, "NangateOpenCellLibrary"), theirs["library"]
assert ours["library"]["voltage"] == theirs["library"]["voltage"] == 1.8
# OpenSTA tells delays of three digits in the library's unit of time: in picoseconds a glitch more or less may be seen.
near = 0.02 if dialect == "ps" else 1e-6
def same(what, a, b, limit):
    assert a == b or abs(a - b) <= limit * max(abs(a), abs(b)), (dialect, what, a, b)
array = [table["provenance"]["array"] for table in (ours, theirs)]
assert array[0]["instances"] == array[1]["instances"] > 20000
same("energy", array[0]["energy_fj"], array[1]["energy_fj"], near)
same("path", ours["slowest_path_ns"], theirs["slowest_path_ns"], 1e-3 if dialect == "ps" else 1e-6)
for part in ("lanes", "walkers", "group"):
    a, b = ours["blocks"][part], theirs["blocks"][part]
    same("leakage of " + part, a["leakage_nw"], b["leakage_nw"], 1e-6)
    same("area of " + part, a["area_um2"], b["area_um2"], 1e-9)
    total = [sum(event["fj"] * event["count"] for event in block["events"].values()) for block in (a, b)]
    same("energy of " + part, *total, near)
PYTHON
  echo "characterize: $dialect as expected"
done
