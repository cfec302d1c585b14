// SPDX-License-Identifier: Apache-2.0
// Makes a first convolution of stride 2 one of stride 1 on the 2 x 2 space-to-depth image, where it walks fewer chunks so.
//
// What      the host packs the image in patches of twice the side, the weights are put where their pixels went: 7 x 7 on 3 channels
//           becomes 4 x 4 on 12. Sums, and so scores, are the same. The model file stays as it is.
// Shape     kernel k, pad p: positions ceil((k + e) / 2) a side, e = 2 q - p, pad q = ceil(p / 2) before; behind, as much as the
//           output's extents need.
// Source    docs/decisions/0035-space-to-depth-stems.md
// Test      space_to_depth_test.cpp, testbench.proof
#pragma once

#include <cstddef>
#include <string>

#include "hw/arch/arch.hpp"
#include "hw/formats/model/network.hpp"

namespace wd::compiler {

/// What is known of the layer that reads the image, and whether it was remade.
struct Stem {
  std::string layer = {}, of = {}, kernel = {};
  int stride = 1;
  int chunks = 0, chunks_as_depth = 0;  // that a tile walks: kernel positions x chunks of input channels
  std::size_t products = 0;             // of an output value, before
  bool remade = false;
  std::string why = {};
};

/// @param wanted off: says only what it would do
Stem space_to_depth(model::Network& network, const arch::Arch& arch, bool wanted = true);

}  // namespace wd::compiler
