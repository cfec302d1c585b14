#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# timing.py: what it refuses, and its figures for small blocks in Debian's library.
# usage: hw/syn/timing_test.sh
set -Eeuo pipefail
trap 'echo "FAILED at line $LINENO: $BASH_COMMAND" >&2' ERR
timing=$(dirname "$0")/timing.py
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

refused() {  # text, arguments...
  local text=$1 status=0
  shift
  "$timing" "$@" >"$work/out" 2>"$work/err" || status=$?
  [ "$status" -eq 1 ] || { echo "timing.py $*: exit status $status, not 1" >&2; exit 1; }
  [ "$(wc -l <"$work/err")" -eq 1 ] && grep -qF "$text" "$work/err" || { echo "timing.py $*: said" >&2; cat "$work/err" >&2; exit 1; }
}
refused "unrecognized arguments: --modul" --modul wd_post
refused "'Lanes' is not Parameter=Number" --set Lanes
refused "'0' is not a positive number" --period 0
refused "no_such.lib: No such file or directory" --liberty no_such.lib
refused "has no cells" --liberty "$timing"
refused "module 'wd_nothing'" --check --top wd_nothing
refused "has no RTL" --check --rtl "$work"
refused "its folder does not exist" --check --json "$work/none/x.json"

python=$(python3 -c 'import sys; print(sys.executable)') status=0
(PATH=$work/none exec "$python" "$timing" --check) 2>"$work/err" || status=$?
[ "$status" -eq 1 ] && grep -qF "install Debian's package yosys" "$work/err" || { cat "$work/err" >&2; exit 1; }

# A latch and a wire that nobody declared, each in a copy of the RTL.
cp -r "$(dirname "$0")/../rtl" "$(dirname "$0")/../gen" "$work/"
sed -i 's/  assign row_o   = row_q;/  always_latch if (valid_i) row_o = row_q;/' "$work/rtl/wd_expander.sv"
refused "ERROR" --check --rtl "$work/rtl" --top wd_expander
cp "$(dirname "$0")/../rtl/wd_expander.sv" "$work/rtl/"
sed -i 's/  assign row_o   = row_q;/  assign row_o   = row_q \& {RowBits{undeclared}};/' "$work/rtl/wd_expander.sv"
refused "implicitly declared" --check --rtl "$work/rtl" --top wd_expander

# A flop to a flop, a memory's pins, a clock gate without a cell of its own.
"$timing" --top wd_walker_sum --json "$work/sum.json" >"$work/out"
"$timing" --top wd_score_buffer --json "$work/memory.json" >"$work/out"
python3 - "$work" <<'PYTHON'
import json, sys
work = sys.argv[1]
def rows(name):
    return {row["module"]: row for row in json.load(open(f"{work}/{name}.json"))["results"][0]["modules"]}
total = rows("sum")["wd_walker_sum"]
assert 0.5 < total["reg_reg_ns"] < 10, total
assert total["area_um2"] > total["area_own_um2"] > 1000, total
assert rows("sum")["wd_icg"]["instances"] >= 1, total
memory = rows("memory")["wd_score_buffer"]
assert memory["in_reg_ns"] < 2 and memory["reg_out_ns"] > 0, memory
PYTHON
echo "timing.py: refusals and figures as expected"
