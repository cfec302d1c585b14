// SPDX-License-Identifier: Apache-2.0
// Lowers a network to a program for an architecture.
//
// Passes    assign_rows (tensor_lifetimes.hpp: activation rows), make_schedule (weights resident if all rows fit the weight buffer,
//           else streamed per step or part of a layer, the next one's rows fetched while one computes),
//           pack_weights (bit-plane rows, tiled for the array), choose_acc_shift and scale_gamma (no FP16 overflow,
//           no wrap), emit.
// Errors    what does not fit the architecture: wd::Error naming layer, channel or buffer and the remedy.
// Test      compile_test.cpp
#pragma once

#include "hw/arch/arch.hpp"
#include "hw/formats/model/network.hpp"
#include "hw/formats/program/program.hpp"

namespace wd::compiler {

struct Options {
  arch::Arch arch;
  /// Off: every iteration of a fold has its own copy of the weights, as an unfolded network would.
  bool fold = true;
  /// Off: every tensor keeps its activation rows for good.
  bool share_rows = true;
};

program::Program compile(const model::Network& network, const Options& options);

}  // namespace wd::compiler
