// SPDX-License-Identifier: Apache-2.0
// Finds out, from a state dict's names and shapes alone, whose repository it is of and which network it holds.
//
// What      ResNets of all repositories of name_map.hpp: stem, blocks, stages, widths, folds with their iterations, which norms learn gain
//           and offset; hidden-networks' networks without shortcuts (Conv2 to Conv8 and wider).
// Assumed   what no tensor shows and all three repositories do: the first stage keeps the size, the others halve it; a stem of 7x7
//           has stride 2 and a pool behind it.
// Not       a fold whose iterations share one norm looks like an unfolded stage of two blocks, and is taken for that. The share that is
//           pruned is a setting of the training.
// Errors    names of no repository, layers that are missing: wd::Error naming the file and the tensor.
// Test      infer_network_test.cpp
#pragma once

#include <string>

#include "algo/interchange/name_map.hpp"
#include "algo/networks/network_config.hpp"

namespace wd::algo {

struct InferredNetwork {
  Repository repository = Repository::own;
  NetworkConfig network;  // its patch is 1: fit_to_images()
  int channels = 0;       // that it reads
  int classes = 0;
  bool has_scores = false;  // of which a mask has to be taken
};

/// @param origin the file, for messages.
InferredNetwork infer_network(const NamedTensors& tensors, const std::string& origin);

/// Sets the space-to-depth that makes the channels that the network reads of an image's.
void fit_to_images(InferredNetwork& inferred, int image_channels, const std::string& origin);

}  // namespace wd::algo
