// SPDX-License-Identifier: Apache-2.0
// Sparse bit-plane words: how a row of weight words is packed into memory beats.
//
// Shape     a row is PesPerGroup words {sign[Chunk], mask[Chunk]}; in memory a header beat (bit p: word p
//           follows), then the words that are not zero, the first in the least significant bits.
// Errors    a burst that ends inside a row, or whose padding is not zero: wd::Error.
// Not       what mask and sign mean: docs/architecture.md.
// Test      program_test.cpp
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/files.hpp"
#include "hw/arch/arch.hpp"

namespace wd::program {

struct WeightWord {
  std::uint64_t mask = 0, sign = 0;
  bool operator==(const WeightWord&) const = default;
};

using WeightRow = std::vector<WeightWord>;  // PesPerGroup words

/// Appends a row's beats to `memory`.
void append_row(Bytes& memory, const WeightRow& row, const arch::Arch& arch);

/// Expands a burst into rows. @param what names the burst in messages.
std::vector<WeightRow> expand_rows(std::span<const std::uint8_t> beats, const arch::Arch& arch,
                                   const std::string& what);

}  // namespace wd::program
