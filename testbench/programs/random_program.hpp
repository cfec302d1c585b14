// SPDX-License-Identifier: Apache-2.0
// Small random programs that visit the corners of the core: shapes, strides, pads, pools, loops, tiles, split outputs, pooled
// weights, residuals, scores, bursts under computation, switches.
//
// Shape     batches of 1 to 16 images; one to three convolutions, often a pool, an elementwise layer and a loop of two more, class scores;
//           often layers in stripes with rings between them, from memory or to it, and a tensor that goes through memory; two frames of input.
// Errors    none that fits the architecture's buffers was found: wd::Error.
// Test      random_program_test.cpp (that the corners are visited)
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "hw/formats/program/program.hpp"

namespace wd::testbench {

struct RandomProgram {
  program::Program program;
  arch::Switches switches;
  std::vector<std::vector<std::uint8_t>> inputs;  // of two frames
};

/// What a test pins; everything else follows from the seed.
struct RandomChoice {
  std::uint64_t seed = 0;
  arch::Arch arch = {};
  std::optional<unsigned> switch_bits = {};  // in the order of switches.def
  std::optional<int> switch_window = {};
  std::optional<double> density = {};  // of weights and activations
  std::optional<bool> preloaded = {};  // weights come with the load entry; absent: each layer's as it likes
  std::optional<int> batch = {};
  int size = 0;    // height and columns of the input, of one image unless `batch` says more; 0: random
  int blocks = 0;  // channel blocks of all tensors; 0: random
};

/// A pure function of the choice.
RandomProgram random_program(const RandomChoice& choice);

/// An architecture with roomy buffers, a random memory latency and random walkers, for engines that take any.
arch::Arch roomy_arch(std::uint64_t seed, int pes_per_group, int window);

}  // namespace wd::testbench
