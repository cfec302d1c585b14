// SPDX-License-Identifier: Apache-2.0
// Finds what the beats of a program's memory image hold, from the bursts that read them.
//
// Units     beats.
// Test      program_text_test.cpp
#pragma once

#include <vector>

#include "hw/formats/program/program.hpp"

namespace wd::program {

struct MemoryBlock {
  enum class Kind {
    weights,  // the rows of one burst
    coded,    // a coded burst
    norms,    // whole normalization rows
    beats,    // what no burst reads, or two read as different things
  };
  Kind kind = Kind::beats;
  std::int64_t first = 0, beats = 0;
  int weight_row = 0;  // where the first burst that reads it puts it

  std::int64_t end() const { return first + beats; }
};

/// All of the image, in its order.
std::vector<MemoryBlock> memory_blocks(const Program& program);

}  // namespace wd::program
