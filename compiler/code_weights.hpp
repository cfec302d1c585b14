// SPDX-License-Identifier: Apache-2.0
// Codes a part's weights for the chip's decoder, with random signs, and frozen weights where asked for, left to its generator.
//
// Shape     docs/formats.md, "Coded weights". The decoder's tiles have 64 channels: on a chip with fewer PEs a group all are narrow ones.
// Numerics  its rows are those of pack_weights(). Frozen weights that are not left to the generator are sent as levels.
// Errors    more chunks or words than a burst can say: wd::Error naming layer and limit.
// Test      code_weights_test.cpp
#pragma once

#include <string>

#include "compiler/compile.hpp"

namespace wd::compiler {

/// Whether the generator can make the frozen weights of these tiles.
bool frozen_on_chip(const model::Weights& weights, int first_tile, int tiles, const Options& options);

/// @param tiles from `first_tile` on of the set's output-channel tiles @param generate_frozen only where frozen_on_chip() @param what
/// names them in messages
Bytes code_weights(const model::Weights& weights, int first_tile, int tiles, bool generate_frozen,
                   const Options& options, const std::string& what);

}  // namespace wd::compiler
