// SPDX-License-Identifier: Apache-2.0
// Packs a supermask's levels and signs into rows of bit-plane words, tiled for the array.
//
// Shape     a row: an output-channel tile's words of one kernel position, chunk of input channels and bit-plane; the plane fastest.
// Errors    more bit-planes than the architecture has: wd::Error.
// Test      pack_weights_test.cpp
#pragma once

#include <cstdint>
#include <vector>

#include "hw/arch/arch.hpp"
#include "hw/formats/model/network.hpp"
#include "hw/formats/program/weight_words.hpp"

namespace wd::compiler {

/// The rows of one convolution's weights: output-channel tile, kernel position, channel block, plane.
std::vector<program::WeightRow> pack_weights(const model::Weights& weights, const arch::Arch& arch);

/// The signed weights of one supermask, by flat index.
std::vector<std::int8_t> signed_levels(const model::Weights& weights);

/// Bit-planes of a weight set: 1, 2 or 3.
int plane_count(const model::Weights& weights);

}  // namespace wd::compiler
