// SPDX-License-Identifier: Apache-2.0
// The parts in which a program's LOAD_TENSORs read the frame's input: they say in which order its beats lie in memory.
//
// Shape     a part is some rows of all images; the parts follow each other from the program's input address. In a part come all pixels of the
//           first channel block, then all of the second one. Where there is one block only, all is one part: rows in their order.
// Errors    loads that disagree about the order, or leave beats of the input out: wd::Error.
// Test      input_tensor_test.cpp
#pragma once

#include <string>
#include <vector>

#include "hw/formats/program/program.hpp"

namespace wd::program {

struct InputParts {
  int width = 0;          // of all images; 0: the program loads no input
  std::vector<int> rows;  // of each part; empty: all is one part
};

/// Whether a LOAD_TENSOR reads the input, and not scratch memory.
inline bool loads_input(const Program& program, const arch::Instr& load) {
  return load.operation() == arch::Op::LoadTensor && load.mem_addr >= std::int64_t{program.input_addr} &&
         load.mem_addr < std::int64_t{program.input_addr} + program.input_beats;
}

/// Of a program that has passed check().
InputParts input_parts(const Program& program);

/// @param origin begins messages
void check_input_parts(const Program& program, const std::string& origin);

}  // namespace wd::program
