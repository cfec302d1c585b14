// SPDX-License-Identifier: Apache-2.0
// Lowers a network to a program for an architecture.
//
// What      the passes of passes.hpp: steps with their shapes, activation rows, scales, the schedule of weights, instructions.
// Errors    what does not fit the architecture: wd::Error naming layer, channel or buffer and the remedy.
// Test      compile_test.cpp
#pragma once

#include "hw/arch/arch.hpp"
#include "hw/formats/model/network.hpp"
#include "hw/formats/program/program.hpp"

namespace wd::compiler {

struct Options {
  arch::Arch arch = {};
  /// Off: every iteration of a fold has its own copy of the weights, as an unfolded network would.
  bool fold = true;
  /// Off: every tensor keeps its activation rows for good.
  bool share_rows = true;
  /// Off: a first convolution of stride 2 stays one.
  bool space_to_depth = true;
  /// Off: bursts bring rows of bit-plane words, not coded weights.
  bool huffman = true;
  /// On: a part comes as rows where a run would wait for its decoding; off: in the form of the fewest beats.
  bool weigh_cycles = false;
  /// Off: coded weights have their signs in the stream, also where the chip could generate random ones.
  bool on_chip_signs = true;
  /// Images that a frame computes together: 1, 2, 4, 8 or 16.
  int batch = 1;
};

program::Program compile(const model::Network& network, const Options& options);

}  // namespace wd::compiler
