#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Reads every RTL module with plain Yosys and elaborates the core with 16 PEs per group: hierarchy, processes,
# checks. A construct that only Verilator accepts, or one that Yosys misreads ("implicitly declared"), fails.
# usage: hw/syn/elaborate.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
log=$(mktemp)
trap 'rm -f "$log"' EXIT
modules=$(ls hw/rtl/*.sv | grep -v _pkg.sv | tr '\n' ' ')
yosys -q -l "$log" -p "
  read_verilog -defer -sv hw/gen/wd_arch_pkg.sv hw/rtl/wd_fp_pkg.sv $modules
  chparam -set PesPerGroup 16 wd_top
  hierarchy -check -top wd_top
  proc
  opt_expr
  opt_clean
  check -assert
  select -assert-none t:\$dlatch wd_icg/* %d
  stat" >/dev/null || { tail -20 "$log" >&2; exit 1; }
if grep -E "implicitly declared" "$log"; then
  echo "Yosys reads the RTL in another way than Verilator" >&2
  exit 1
fi
grep -c "^=== " "$log" | sed 's/$/ modules elaborated/'
