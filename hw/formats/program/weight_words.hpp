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
#include <utility>
#include <vector>

#include "base/files.hpp"
#include "hw/arch/arch.hpp"

namespace wd::program {

struct WeightWord {
  std::uint64_t mask = 0, sign = 0;
  bool operator==(const WeightWord&) const = default;
};

using WeightRow = std::vector<WeightWord>;  // PesPerGroup words

/// A row where it lies in memory, which is a tenth to a half of a WeightRow: its header beat.
using PackedRow = const std::uint8_t*;

/// A row as memory holds it.
struct StoredRow {
  std::uint64_t present = 0;      // bit p: PE p's word follows
  std::vector<WeightWord> words;  // of these PEs, the first one's first; some may be zero
};

/// Appends a row's beats to `memory`.
void append_row(Bytes& memory, const WeightRow& row, const arch::Arch& arch);
void append_row(Bytes& memory, const StoredRow& row, const arch::Arch& arch);

/// Takes a burst apart row by row. @param what names the burst in messages
class BurstReader {
 public:
  BurstReader(std::span<const std::uint8_t> beats, const arch::Arch& arch, std::string what)
      : beats_(beats), arch_(arch), what_(std::move(what)) {}

  bool done() const { return at_ == beats_.size(); }
  /// Rows that were taken.
  std::size_t rows() const { return rows_; }
  StoredRow next();
  /// The same without its words.
  PackedRow skip();

 private:
  std::span<const std::uint8_t> beats_;
  const arch::Arch& arch_;
  std::string what_;
  std::size_t at_ = 0, rows_ = 0;
};

/// The rows of a burst, where they are. @param what names the burst in messages
std::vector<PackedRow> packed_rows(std::span<const std::uint8_t> beats, const arch::Arch& arch,
                                   const std::string& what);
/// Of its beats. @param packed of a burst that was accepted
std::size_t packed_bytes(PackedRow packed, const arch::Arch& arch);
/// @param packed of a burst that was accepted; its memory must still be there
void expand_row(PackedRow packed, const arch::Arch& arch, WeightRow& row);
/// Expands a burst into rows. @param what names the burst in messages.
std::vector<WeightRow> expand_rows(std::span<const std::uint8_t> beats, const arch::Arch& arch,
                                   const std::string& what);

}  // namespace wd::program
