// SPDX-License-Identifier: Apache-2.0
// Decides which weights are in the weight buffer when: all of them for good, step by step, or, where a step is
// too large for the buffer or a layer for an instruction, some output-channel tiles of one convolution at a time.
//
// Numerics  rows of a tile = kernel positions x input chunks x bit-planes (one position if pooled).
// Errors    a single output-channel tile beyond the weight buffer: wd::Error naming layer and sizes.
// Test      compile_test.cpp, testbench/engines_test.cpp
#pragma once

#include <vector>

#include "compiler/lowering.hpp"

namespace wd::compiler {

/// Consecutive output-channel tiles of a convolution; `step`'s convs[conv].
struct Part {
  std::size_t conv = 0;
  int first_tile = 0, tiles = 0;
  int number = -1;  // of this convolution's parts, from 0; -1: it is whole
  int rows = 0;
  int row = 0;  // of the load's
};

/// Weights that come in one burst.
struct Load {
  std::vector<Part> parts;
  int rows = 0;
  int first_row = 0;  // in the weight buffer
};

/// A step's loads. Several: each is needed for its own part only, in every iteration of the step's loop.
struct StepSchedule {
  std::vector<Load> loads;
};

struct Schedule {
  bool resident = true;  // all weights have their own rows
  std::vector<StepSchedule> steps;
};

int rows_per_tile(const LoweredConv& conv, const arch::Arch& arch);
int channel_tiles(const LoweredConv& conv, const arch::Arch& arch);

Schedule make_schedule(const std::vector<LoweredStep>& steps, const arch::Arch& arch);

}  // namespace wd::compiler
