// SPDX-License-Identifier: Apache-2.0
// Codes rows of random weights for the chip's decoder, as the compiler does with those of a model.
//
// Not       rows with signs of the generator: those that it makes take their place.
#pragma once

#include <random>
#include <span>

#include "hw/formats/program/weight_bursts.hpp"

namespace wd::testbench {

/// @param rows whole chunks of `planes` rows @param full_rows those that have weights in all PEs, the first ones
/// @param channels of the others
Bytes coded_rows(std::span<const program::WeightRow> rows, int planes, std::size_t full_rows, int channels,
                 const arch::Arch& arch, std::mt19937_64& random_bits);

}  // namespace wd::testbench
