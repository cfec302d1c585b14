#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Synthesises a slice of the array with Yosys, simulates the netlist and counts the clock edges of every flop: no flop of a
# group outside of the tensor, of a PE, walker, window slot or activation entry without work gets one, and those with work get
# as many as their work needs.
# usage: hw/syn/clock_edges.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for tool in yosys iverilog; do
  command -v "$tool" >/dev/null || { echo "$tool is missing; scripts/setup.sh installs it" >&2; exit 1; }
done
# Flops become modules that count; gates stay Yosys' own, the clock gate its latch and its AND.
cat >"$work/flop.v" <<'MAP'
module \$_DFF_P_ (input C, input D, output Q); wd_counted_flop _TECHMAP_REPLACE_ (.C(C), .D(D), .Q(Q)); endmodule
MAP
netlist() {  # MODULE PARAMETERS...
  local module=$1 set=
  shift
  for parameter in "$@"; do set+=" -chparam ${parameter/=/ }"; done
  yosys -q -p "
    read_verilog -defer -sv -DSYNTHESIS hw/gen/wd_arch_pkg.sv $(ls hw/rtl/wd_walker*.sv hw/rtl/wd_lanes*.sv | tr '\n' ' ') hw/rtl/wd_icg.sv
    hierarchy -top $module$set
    synth -run begin:fine
    synth -run fine:check
    dfflegalize -cell \$_DFF_P_ x -cell \$_DLATCH_N_ x
    techmap -map $work/flop.v
    select -assert-none t:\$_*DFF*_
    rename -top $module
    write_verilog -noattr $work/$module.v" 2>"$work/log" || { tail -5 "$work/log" >&2; exit 1; }
  # Modules that several netlists hold get a name of their own in each.
  sed -i -E "s/\\\\(\\\$paramod[^ ]*)/\\\\${module}_\1/g; s/\b(wd_icg)\b/${module}_\1/g" "$work/$module.v"
}
netlist wd_walker_group PesPerGroup=16
netlist wd_walker_set PesPerGroup=16
netlist wd_walker_lane
iverilog -g2012 -o "$work/edges" testbench/gates/clock_edges_tb.sv "$work"/wd_*.v
vvp -n "$work/edges" >"$work/out"

awk '
  function fail(text) { print text > "/dev/stderr"; failed = 1 }
  # The netlist and, in the group, the PE that a flop belongs to.
  function part(place) {
    sub(/^clock_edges_tb\.u_/, "", place)
    return match(place, /g_pe\[[0-9]+\]/) ? substr(place, RSTART, RLENGTH) : substr(place, 1, index(place, ".") - 1)
  }
  $1 == "need" { need[$2, $3] = $4 }
  $1 == "edges" { flops[$2, part($3), $4]++; clocked[$2, part($3)]++; seen[$2]++ }
  function expect(phase, of, edges, count) {
    if (flops[phase, of, edges] != count)
      fail(phase ": " of " has " flops[phase, of, edges] + 0 " flops with " edges " edges, not " count)
  }
  END {
    if (seen["outside"]) fail("a group outside of the tensor has " seen["outside"] " flops with clock edges")
    if (seen["zeros"]) fail("picks of zero activations clock " seen["zeros"] " flops")
    for (p = 0; p < 16; p++) {
      pe = "g_pe[" p "]"
      if (p >= 4 && clocked["channels", pe]) fail("PE " p " without picks has " clocked["channels", pe] " flops with clock edges")
      if (p >= 4) continue
      # Operand register 11 (product, place, sign) and middle segment 8, by the next operand. Low segment 8, where an operand reaches it, and once
      # more for the zero before the first. 32 operands of 2^17 on a bias of 2^21 reach the top segment, and carry once into the high one:
      # its two carries and 14 flops come with the carry and with the operand behind it.
      expect("channels", pe, need["channels", "operands"], 19)
      expect("channels", pe, need["channels", "low"] + 1, 8)
      expect("channels", pe, need["channels", "operands"] - need["channels", "low"] - 1, 6)
      expect("channels", pe, 2, 16)
      if (clocked["channels", pe] != 49) fail("PE " p " has " clocked["channels", pe] " flops with clock edges, not 49")
    }
    n = need["loads", "loads"]
    expect("loads", "group", n, 128)  # one entry of 16 codes
    expect("loads", "set", n, 16)     # one map
    expect("loads", "lane", n, 48)    # one slot: two planes and a sign
    if (seen["loads"] != 128 + 16 + 48) fail("loads clock " seen["loads"] " flops, not " 128 + 16 + 48)
    if (failed) exit 1
    print "every flop of the slice has the clock edges that its work needs, and no other"
  }' "$work/out"
