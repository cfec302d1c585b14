#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs Verilator for a model with coverage, and makes its counters common to all models of the class: a bench makes and drops many, and what
# an earlier one reached would be forgotten, or zeroed by the next one. Points go to points_at_exit.cpp, each once.
set -Eeuo pipefail
trap 'echo "$0: line $LINENO failed" >&2' ERR

verilator_bin "$@"

folder=
for argument; do
  [[ ${previous:-} == --Mdir ]] && folder=$argument
  previous=$argument
done
if [[ -n $folder && -n $(find "$folder" -name '*__Syms.h' -print) ]]; then
  # Plain counters: the models have one thread, and atomic ones cost most of the time.
  sed -i -e 's/^ *std::atomic<uint32_t> __Vcoverage\[/    inline static uint32_t __Vcoverage[/' \
    -e 's/^#include "verilated.h"$/&\n#include "verilated_cov.h"\nbool wd_is_new_point(const void* count);\nVerilatedCovContext* wd_points();/' \
    "$folder"/*__Syms.h
  sed -i -e 's/vlSymsp->\(__Vcoverage\[[0-9]*\]\)\.fetch_add(1, std::memory_order_relaxed)/++vlSymsp->\1/' \
    -e 's/std::atomic<uint32_t>\* countp/uint32_t* countp/' -e '/^ *\*count32p = 0;$/d' \
    -e 's/VL_COVER_INSERT(vlSymsp->_vm_contextp__->coveragep(), count32p,/if (wd_is_new_point(count32p)) VL_COVER_INSERT(wd_points(), count32p,/' \
    "$folder"/*.cpp "$folder"/*.h
fi
