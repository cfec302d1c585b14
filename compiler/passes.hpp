// SPDX-License-Identifier: Apache-2.0
// The compiler's passes by name, in their order, and what each has made.
//
// What      a pass reads what those before it made and adds its own; compile() runs all of them, `compile --dump-after NAME`
//           those up to one, of which it prints what it made.
// Errors    an unknown name: wd::Error with the list. A pass refuses what does not fit the architecture, naming layer, need, limit and remedy.
// Test      passes_test.cpp, and each pass's own
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <utility>
#include <vector>

#include "compiler/compile.hpp"
#include "compiler/lowering.hpp"
#include "compiler/pack.hpp"
#include "compiler/schedule.hpp"
#include "compiler/space_to_depth.hpp"
#include "compiler/stripes.hpp"
#include "compiler/tensor_lifetimes.hpp"

namespace wd::compiler {

struct PassState {
  PassState(model::Network given, const Options& chosen) : network(std::move(given)), options(chosen) {}

  model::Network network;  // as given until the first pass
  const Options& options;

  Stem stem = {};                                 // space-to-depth, which may change the network
  std::vector<LoweredStep> steps = {};            // lower
  Stripes stripes = {};                           // stripe: not used where the network fits whole
  TensorRows tensor_rows = {};                    // rows
  std::vector<std::vector<int>> acc_shifts = {};  // scale: of each step's convolutions
  Schedule schedule = {};                         // schedule
  PackedMemory packed = {};                       // pack
  program::Program program = {};                  // emit
};

struct Pass {
  const char *name, *makes;
  void (*run)(PassState& state);
  /// What it has made: lists of flat objects and single values by name (tables.hpp).
  nlohmann::ordered_json (*dump)(const PassState& state);
};

const std::vector<Pass>& passes();
std::vector<std::string> pass_names();

/// Runs the passes up to and with one, which is returned.
const Pass& run_passes(PassState& state, const std::string& last);

}  // namespace wd::compiler
