// SPDX-License-Identifier: Apache-2.0
// Small random programs for tests: several convolutions, a loop, residuals, bursts under computation.
#pragma once

#include <cstdint>
#include <vector>

#include "hw/formats/program/program.hpp"

namespace wd::sim::systemc {

struct RandomProgram {
  program::Program program;
  arch::Switches switches;
  std::vector<std::vector<std::uint8_t>> inputs;  // of two frames
};

/// What a test pins; everything else follows from the seed.
struct RandomChoice {
  unsigned seed = 0;
  int pes_per_group = 64;
  int window = 8;  // of the architecture
  int switch_window = 0;
  unsigned switch_bits = 63;
  double density = -1;  // of weights and activations; negative: random for each layer
  int size = 0;         // height and width of the input; 0: random
  int blocks = 0;       // channel blocks of all tensors; 0: random
};

RandomProgram make_random_program(const RandomChoice& choice);

}  // namespace wd::sim::systemc
