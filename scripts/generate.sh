#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes the files that are generated from hw/arch/*.def: hw/gen/*.sv, docs/isa.md below its introduction.
# usage: scripts/generate.sh [--check] [EMIT_ARCH]     --check compares instead of writing; without the emitter's path it
# is compiled here, so that RTL which needs a new constant can be configured (CMake runs Verilator).
set -euo pipefail
cd "$(dirname "$0")/.."
check=false
[ "${1:-}" = --check ] && { check=true; shift; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
emit=${1:-$work/emit_arch}
[ $# -gt 0 ] || "${CXX:-c++}" -std=c++20 -I. hw/arch/emit_*.cpp hw/arch/isa.cpp hw/arch/registers.cpp -o "$emit"
"$emit" sv >"$work/wd_arch_pkg.sv"
"$emit" map >"$work/wd_register_map.sv"
"$emit" md >"$work/tables.md"
begin='<!-- generated: begin -->' end='<!-- generated: end -->'
{ sed "/$begin/q" docs/isa.md; cat "$work/tables.md"; sed -n "/$end/,\$p" docs/isa.md; } >"$work/isa.md"
for pair in wd_arch_pkg.sv:hw/gen/wd_arch_pkg.sv wd_register_map.sv:hw/gen/wd_register_map.sv isa.md:docs/isa.md; do
  fresh=$work/${pair%%:*} committed=${pair#*:}
  if $check; then
    diff -u "$committed" "$fresh" || { echo "$committed is not current: run scripts/generate.sh" >&2; exit 1; }
  else
    cp "$fresh" "$committed"
  fi
done
