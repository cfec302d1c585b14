// SPDX-License-Identifier: Apache-2.0
// Moves a network's numbers between the trainer's executor and a ModelState.
//
// Numerics  an imported mask keeps its levels exactly: the scores become sign * level, one share per coat
//           and layer. Its signs count as learned (they come from a foreign generator), so they are stored.
//           Sigma is the executor's own: norms are re-estimated on training images, which absorbs another
//           constant.
// Errors    a state that does not fit, masked weights of several magnitudes, an empty coat: wd::Error with
//           the layer.
// Test      executor_state_test.cpp
#pragma once

#include <string>

#include "algo/executor/executor.hpp"
#include "algo/interchange/model_state.hpp"

namespace wd::algo {

/// Finds the masks of layers that have none but whose values are whole multiples (at most 7) of one magnitude, as an
/// inference graph holds them.
void recover_masks(ModelState& state);

/// Whether every layer is a mask over weights of one magnitude, as the chip needs; otherwise weights are
/// taken as dense.
bool is_masked(const ModelState& state);

/// The supermask configuration under which load_state() accepts the state. @param coats of a masked one.
MaskConfig mask_config_for(const ModelState& state);

void load_state(Executor& executor, const ModelState& state, const std::string& origin);
ModelState state_of(const Executor& executor);

}  // namespace wd::algo
