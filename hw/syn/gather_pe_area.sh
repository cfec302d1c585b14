#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Synthesises one PE of the organisation "walker sets" with its clock gates for a liberty file and prints cells and area.
# The latches of the two clock gates stay generic: dfflibmap has no latches, and a library with an ICG cell
# replaces wd_icg.
# usage: hw/syn/gather_pe_area.sh [LIBERTY]      default: qflow's 180 nm library, area in square micrometres
set -euo pipefail
cd "$(dirname "$0")/../.."
liberty=${1:-/usr/share/qflow/tech/osu018/osu018_stdcells.lib}
[ -r "$liberty" ] || { echo "$liberty: not readable; install qflow-tech-osu018 or name a liberty file" >&2; exit 1; }
yosys -p "
  read_verilog -defer -sv -DSYNTHESIS hw/gen/wd_arch_pkg.sv hw/rtl/wd_icg.sv hw/rtl/wd_walker_pe.sv
  synth -flatten -top wd_walker_pe
  dfflibmap -liberty $liberty
  abc -liberty $liberty
  opt_clean
  stat -liberty $liberty" | awk '/^=== wd_walker_pe/ {on = 1} on'
