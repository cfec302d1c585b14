// SPDX-License-Identifier: Apache-2.0
// Writes and reads bit streams, the first bit in the top bit of the first byte.
//
// Shape     a stream is padded with zero bits to whole bytes.
// Errors    none here: skip() tells when the stream has run out, the caller knows what was missing.
// Test      huffman_test.cpp
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>

#include "base/files.hpp"

namespace wd::stream {

class BitWriter {
 public:
  /// @param bits at most 32; the top one of `value`'s low `bits` bits goes first.
  void put(std::uint32_t value, int bits) {
    held_ = held_ << bits | value;
    for (count_ += bits; count_ >= 8; count_ -= 8)
      bytes_.push_back(static_cast<std::uint8_t>(held_ >> (count_ - 8)));
  }

  /// Pads the last byte with zeros and hands the bytes over.
  Bytes finish() {
    if (count_ > 0) put(0, 8 - count_);
    return std::move(bytes_);
  }

 private:
  Bytes bytes_;
  std::uint64_t held_ = 0;
  int count_ = 0;
};

class BitReader {
 public:
  static constexpr int window_bits = 15;

  explicit BitReader(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

  /// The next 15 bits, the first one on top; zeros stand for what lies past the end.
  std::uint32_t peek() {
    if (count_ < window_bits) refill();
    return static_cast<std::uint32_t>(held_ >> (64 - window_bits));
  }

  /// Moves on by at most 15 bits that peek() has shown; false if the stream is shorter than that.
  [[nodiscard]] bool skip(int bits) {
    held_ <<= bits;
    count_ -= bits;
    return count_ >= 0;
  }

  /// How many bits have been skipped.
  std::uint64_t position() const { return std::uint64_t{next_} * 8 - static_cast<std::uint64_t>(count_); }
  std::uint64_t size() const { return std::uint64_t{bytes_.size()} * 8; }

 private:
  void refill() {
    if (bytes_.size() - next_ >= sizeof(std::uint64_t)) {
      // Eight bytes at once. Those that do not fit whole are read again later: the same bits fall
      // on the same places, so that OR-ing them twice is harmless.
      std::uint64_t word;
      std::memcpy(&word, &bytes_[next_], sizeof word);
      if constexpr (std::endian::native == std::endian::little) word = __builtin_bswap64(word);
      held_ |= word >> count_;
      next_ += static_cast<std::size_t>(63 - count_) / 8;
      count_ |= 56;
    } else {
      for (; count_ <= 56 && next_ < bytes_.size(); count_ += 8)
        held_ |= std::uint64_t{bytes_[next_++]} << (56 - count_);
    }
  }

  std::span<const std::uint8_t> bytes_;
  std::size_t next_ = 0;
  std::uint64_t held_ = 0;  // left-justified
  int count_ = 0;           // valid bits of held_
};

}  // namespace wd::stream
