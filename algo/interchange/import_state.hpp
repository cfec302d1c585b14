// SPDX-License-Identifier: Apache-2.0
// Moves a model's numbers between a state dict of another repository and a ModelState.
//
// Shape     O x I x KH x KW in the file, taps x I x O here. A 1x1 kernel's last dimensions may be left out.
// Units     .weight times .scale (multicoated-supermasks) becomes the value; .mask (repository own) the
//           levels.
// Errors    missing, left-over and ill-shaped tensors, norms that are affine on one side alone, biases,
//           values that are not finite, negative variances: wd::Error naming the file, the tensor, both
//           shapes and the remedy.
// Not       masks from scores: apply_masks(). num_batches_tracked is not needed and passed over.
// Test      import_state_test.cpp, pytorch_agreement.py
#pragma once

#include <string>

#include "algo/interchange/model_state.hpp"
#include "algo/interchange/name_map.hpp"
#include "algo/interchange/named_tensors.hpp"

namespace wd::algo {

/// @param origin the file, for messages.
ModelState import_state(const Graph& graph, const NamedTensors& tensors, Repository repository,
                        const std::string& origin);

/// Loads into the repository's model as it is (strict). Masks without scores become scores: a coat's weights
/// keep their rank. Masks are written by repository own alone.
NamedTensors export_state(const Graph& graph, const ModelState& state, Repository repository);

}  // namespace wd::algo
