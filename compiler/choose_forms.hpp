// SPDX-License-Identifier: Apache-2.0
// Chooses the form in which each part's weights come, rows or coded ones: the fewest beats; with Options::weigh_cycles others where a run
// would have to wait.
//
// Model     as stripe_clock.hpp: bursts one after another beside the runs, which wait for theirs. A burst's time is known; a run's is
//           0.7 of the walks of its weights, whatever the activations are. A form costs the frame's cycles by the model, and an eighth of
//           its beats (energy). Weights that are loaded once, and programs in stripes, take the fewest beats.
// Test      choose_forms_test.cpp
#pragma once

#include <span>
#include <vector>

#include "base/files.hpp"
#include "compiler/compile.hpp"
#include "compiler/lowering.hpp"
#include "compiler/schedule.hpp"
#include "hw/formats/program/weight_words.hpp"

namespace wd::compiler {

struct BurstForm {
  Bytes bytes;
  bool coded = false;
  double cycles = 0;  // from its first beat to its last row, where memory gives a beat a cycle
};

struct PartForms {
  std::vector<BurstForm> forms;
  double tile_cycles = 0;  // of all its output-channel tiles, for 16 pixels
  std::size_t chosen = 0;
};

/// Cycles in which walkers pass a part's rows, if no activation is zero: a row is issued when the one a window before is walked by all.
double cycles_of_tile(std::span<const program::WeightRow> rows, int planes, const arch::Arch& arch);

/// @param forms of each step's parts
void choose_forms(std::vector<std::vector<PartForms>>& forms, const std::vector<LoweredStep>& steps,
                  const Schedule& schedule, const Options& options);

}  // namespace wd::compiler
