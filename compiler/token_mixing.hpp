// SPDX-License-Identifier: Apache-2.0
// Makes token mixing a convolution on transposed tensors, whose pixels are channels and whose channels are positions.
//
// What      a transposed tensor has a pixel for each channel, in rows of 16; its normalization belongs to pixels. A layer without
//           products whose result only token mixing reads is computed on transposed tensors, too. Where a tensor is read both ways,
//           a transpose follows each layer that writes it; two that would undo each other are never made.
// Errors    a batch, chunks of other than 16 channels: wd::Error naming the layer and the remedy.
// Source    docs/decisions/0041-token-mixing.md
// Test      token_mixing_test.cpp
#pragma once

#include "hw/arch/arch.hpp"
#include "hw/formats/model/network.hpp"

namespace wd::compiler {

/// The same network without layers of the kind token_mix; perhaps with some of the kind transpose.
model::Network lower_token_mixing(model::Network network, const arch::Arch& arch, int batch);

}  // namespace wd::compiler
