// SPDX-License-Identifier: Apache-2.0
// Norms in FP8: rounds a network's gamma and beta to what 8 bits hold, and writes and reads them.
//
// Shape     a vector is gamma or beta of one convolution and iteration: an exponent byte, then a code per channel.
// Numerics  value = E4M3 code * 2^e, e = -15..7 the least that does not saturate: every value is an FP16 number.
// Errors    norms that were not rounded, a section of another size, NaN codes: wd::Error.
// Test      norm_code_test.cpp
#pragma once

#include <string>

#include "base/files.hpp"
#include "hw/formats/model/network.hpp"

namespace wd::stream {

/// Rounds every gamma and beta to the nearest value of its vector.
void round_norms(model::Network& network);
/// @param network with rounded norms.
Bytes encode_norms(const model::Network& network, const std::string& origin);
void decode_norms(model::Network& network, const Bytes& bytes, const std::string& origin);

}  // namespace wd::stream
