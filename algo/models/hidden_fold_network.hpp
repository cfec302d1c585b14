// SPDX-License-Identifier: Apache-2.0
// Lays a hidden-fold network out as a list of convolutions, its folds unrolled over their iterations.
//
// Shape     stem conv; per stage a projection block (conv1, 1x1 shortcut, conv2) and a folded basic
//           block of T iterations that share weights and write the stage's tensor in place; then
//           average pooling and a masked linear classifier without bias.
// Numerics  batch norm is affine everywhere and unshared over iterations (as MSUP's; HFN keeps it
//           non-affine outside of folds): every norm is folded into one (gamma, beta) per channel for
//           inference in any case, so the learned pair costs the hardware nothing.
// Source    Lopez Garcia-Arias et al., Hidden-Fold Networks, BMVC 2021
// Test      trainer_test.cpp, export_test.cpp
#pragma once

#include <string>
#include <vector>

#include "algo/layers/conv.hpp"
#include "algo/train/config.hpp"

namespace wd::algo {

/// A tensor of the hardware: several activations of an unrolled fold share one, and its FP8 scale.
struct TensorShape {
  std::string name;
  int height = 0, width = 0, channels = 0;
};

struct MaskShape {
  std::string name;
  ConvShape shape;
};

/// One convolution with its own batch norm, once per iteration.
struct ConvNode {
  std::string name;
  int weights = 0;                           // index into masks
  int input = 0, output = 0, residual = -1;  // activations
  bool relu = false;
  int stage = -1, iteration = -1;  // of a fold; -1 outside
};

struct HiddenFoldGraph {
  std::vector<TensorShape> tensors;  // 0: the input
  std::vector<int> activations;      // each one's tensor; 0: the input
  std::vector<MaskShape> masks;      // the last: the classifier
  std::vector<ConvNode> nodes;       // in execution order
  int features = 0;                  // the activation that the classifier pools

  const TensorShape& tensor_of(int activation) const {
    return tensors[static_cast<std::size_t>(activations[static_cast<std::size_t>(activation)])];
  }
};

HiddenFoldGraph build_graph(const TrainConfig& config, int image_height, int image_width);

}  // namespace wd::algo
