// SPDX-License-Identifier: Apache-2.0
// Rows that an instruction names and a chip does not have: the fault address_outside.
//
// What      rows in which something begins. How far it goes from there is the program checker's matter; hardware takes the bits that a buffer has.
// Test      testbench/platform_faults_test.cpp, testbench/rtl/chip_test.cpp
#pragma once

#include <cstdint>
#include <optional>

#include "hw/arch/arch.hpp"
#include "hw/arch/isa.hpp"

namespace wd::arch {

/// The first such row, of the fields in the order weight_row, norm_row, in_base, out_base, res_base.
inline std::optional<std::uint32_t> row_outside(const Instr& instr, const Arch& arch) {
  const bool scores = instr.score != 0 || instr.operation() == Op::StoreScores;
  if (instr.weight_row >= arch.weight_rows) return static_cast<std::uint32_t>(instr.weight_row);
  if (instr.norm_row >= arch.norm_rows) return static_cast<std::uint32_t>(instr.norm_row);
  if (instr.in_base >= arch.act_rows) return static_cast<std::uint32_t>(instr.in_base);
  if (instr.out_base >= (scores ? arch.score_rows : arch.act_rows))
    return static_cast<std::uint32_t>(instr.out_base);
  if (instr.res_base >= arch.act_rows) return static_cast<std::uint32_t>(instr.res_base);
  return {};
}

}  // namespace wd::arch
