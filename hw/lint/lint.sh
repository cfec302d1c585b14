#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Lints the RTL with every warning on, in the default and in edge configurations.
# usage: hw/lint/lint.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
modules=$(ls hw/rtl/*.sv | grep -v _pkg.sv)
organisations=$(grep -c '^ARCH_ORGANISATION(' hw/arch/organisations.def)
others=()  # Verilator looks only at what it elaborates
for ((i = 1; i < organisations; i++)); do others+=("-GOrganisation=$i" "-GOrganisation=$i -GPesPerGroup=16"); done
for parameters in "" "-GPesPerGroup=16" "-GPesPerGroup=48 -GWindow=5 -GAccBits=48" \
                  "-GPesPerGroup=16 -GGroupsPerWalker=1 -GPlanesPerRow=1 -GWindow=8 -GEntries=8 -GSumSegment=0" \
                  "-GPesPerGroup=16 -GGroupsPerWalker=4 -GPlanesPerRow=3 -GWindow=3 -GEntries=3 -GSumSegment=12" \
                  "-GPesPerGroup=16 -GWindow=1 -GEntries=1 -GAccBits=24 -GNormRows=1 -GScoreRows=1 -GMemoryLatency=1 -GOutstanding=1 -GAddressBits=32" \
                  "-GPesPerGroup=16 -GActRows=32768 -GWeightRows=16384 -GInstrRows=16 -GNormRows=4096 -GMemoryLatency=255 -GOutstanding=16 -GAddressBits=48 -GDecoders=0 -GFreezeGenerator=0" "${others[@]}"; do
  echo "verilator --lint-only -Wall $parameters"
  # shellcheck disable=SC2086
  verilator --lint-only -Wall --top-module wd_chip $parameters hw/lint/waivers.vlt hw/gen/wd_arch_pkg.sv \
    hw/rtl/wd_fp_pkg.sv hw/gen/wd_register_map.sv $modules
done
# The synthesis form, with its clock gates: one of each block that has it, since the whole chip takes minutes of it.
for block in "wd_walker_group" "wd_walker_group -GPlanesPerRow=1 -GEntries=8 -GSumSegment=0" \
             "wd_walker_group -GPlanesPerRow=3 -GEntries=3 -GSumSegment=12 -GLatchOperand=1" \
             "wd_walker_set" "wd_walker_set -GPlanesPerRow=1 -GWindow=8 -GEntries=8" "wd_walker_set -GPlanesPerRow=3 -GWindow=3 -GEntries=3" \
             "wd_post_column"; do
  echo "verilator --lint-only -Wall $block -GPesPerGroup=16 -DSYNTHESIS"
  # shellcheck disable=SC2086
  verilator --lint-only -Wall --top-module $block -GPesPerGroup=16 -DSYNTHESIS hw/lint/waivers.vlt hw/gen/wd_arch_pkg.sv hw/rtl/wd_fp_pkg.sv $modules
done
for parameters in "" "-GFreeze=1" "-GDecoders=1 -GEntries=16 -GSigners=8 -GFreeze=1" "-GDecoders=8 -GEntries=128 -GSigners=32" "-GDecoders=32 -GFreeze=1" "-GFreeze=1 -DSYNTHESIS"; do
  echo "verilator --lint-only -Wall wd_decoder $parameters"
  # shellcheck disable=SC2086
  verilator --lint-only -Wall --top-module wd_decoder $parameters hw/lint/waivers.vlt $(ls hw/rtl/wd_decoder*.sv hw/rtl/wd_speck*.sv) hw/rtl/wd_icg.sv
done
for parameters in "" "-GOutstanding=1" "-GOutstanding=16 -GAddressBits=48"; do
  echo "verilator --lint-only -Wall wd_axi_master $parameters"
  # shellcheck disable=SC2086
  verilator --lint-only -Wall --top-module wd_axi_master $parameters hw/lint/waivers.vlt hw/rtl/wd_axi_master.sv
done
for parameters in "" "-GInstrRows=16 -GWindow=1" "-GInstrRows=4096 -GWindow=8"; do
  echo "verilator --lint-only -Wall wd_axi_registers $parameters"
  # shellcheck disable=SC2086
  verilator --lint-only -Wall --top-module wd_axi_registers $parameters hw/lint/waivers.vlt hw/gen/*.sv hw/rtl/wd_axi_registers.sv
done
