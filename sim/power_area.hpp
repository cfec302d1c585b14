// SPDX-License-Identifier: Apache-2.0
// Area of a chip: cells of a power table's blocks, and memories by a closed form.
//
// Units     um2 of cells and macros, without what placement leaves free.
// Source    memories: macros of IHP's sg13g2 (RM_IHPSG13_1P; 256 x 48, 512 x 64, 2048 x 64: 70,850, 150,102 and 491,634 um2), a line through
//           them that has each within 5 %; other processes by the square of the feature size, which is an assumption.
// Test      power_area_test.cpp
#pragma once

#include <string>
#include <vector>

#include "sim/power_table.hpp"

namespace wd::sim {

struct ChipArea {
  double cells_um2 = 0, memories_um2 = 0;
  std::vector<std::string> missing;  // blocks that the table has no area of: the chip is larger
  std::vector<std::string>
      unknown;          // "entries 2 (known: 1)": parameters whose area no chip of the table tells
  std::string assumed;  // about the memories; empty where the table's library is that of the form

  double mm2() const { return 1e-6 * (cells_um2 + memories_um2); }
};

/// Of the chip with these parameters. A block keeps the table's area where no variant has another one for a parameter: `unknown` names it.
ChipArea chip_area(const PowerTable& table, const arch::Arch& arch);

}  // namespace wd::sim
