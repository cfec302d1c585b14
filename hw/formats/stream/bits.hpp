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

#include "base/files.hpp"

namespace wd::stream {

namespace detail {
inline std::uint64_t big_endian(std::uint64_t word) {
  if constexpr (std::endian::native == std::endian::little) word = __builtin_bswap64(word);
  return word;
}

/// Eight bytes as a number, the first one on top.
inline std::uint64_t load_big_endian(const std::uint8_t* from) {
  std::uint64_t word;
  std::memcpy(&word, from, sizeof word);
  return big_endian(word);
}
}  // namespace detail

/// Appends to bytes that it is given.
class BitWriter {
 public:
  /// @param expected_bytes how much is likely to come: saves copies, limits nothing.
  explicit BitWriter(Bytes& bytes, std::size_t expected_bytes = 0) : bytes_(bytes), used_(bytes.size()) {
    bytes_.resize(used_ + expected_bytes + slack);
  }
  BitWriter(const BitWriter&) = delete;
  BitWriter& operator=(const BitWriter&) = delete;
  ~BitWriter() { finish(); }

  /// @param bits at most 32; the top one of `value`'s low `bits` bits goes first, the others must be 0.
  void put(std::uint32_t value, int bits) {
    held_ |= std::uint64_t{value} << (63 - count_ - bits) << 1;
    count_ += bits;
    // All eight bytes are stored and only the whole ones kept: cheaper than to ask how many there are.
    const std::uint64_t word = detail::big_endian(held_);
    std::memcpy(bytes_.data() + used_, &word, sizeof word);
    used_ += static_cast<std::size_t>(count_ / 8);
    held_ <<= count_ & ~7;
    count_ &= 7;
    if (used_ + slack > bytes_.size()) [[unlikely]]
      bytes_.resize(2 * bytes_.size());
  }

  /// Fills the last byte up with zeros; the next bit starts a byte.
  void align() {
    if (count_ > 0) put(0, 8 - count_);
  }

  /// align(), and the bytes get their true size.
  void finish() {
    align();
    bytes_.resize(used_);
  }

 private:
  static constexpr std::size_t slack = 16;

  Bytes& bytes_;
  std::size_t used_;
  std::uint64_t held_ = 0;  // left-justified
  int count_ = 0;           // below 8 between calls
};

class BitReader {
 public:
  static constexpr int window_bits = 15;

  explicit BitReader(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

  /// The next 15 bits, the first one on top; zeros stand for what lies past the end.
  std::uint32_t peek() { return static_cast<std::uint32_t>(peek_word() >> (64 - window_bits)); }

  /// At least the next 56 bits, left-justified; zeros stand for what lies past the end.
  std::uint64_t peek_word() {
    if (count_ < 56) refill();
    return held_;
  }

  /// Moves on by at most 56 bits that were peeked; false if the stream is shorter than that.
  [[nodiscard]] bool skip(int bits) {
    held_ <<= bits;
    count_ -= bits;
    return count_ >= 0;
  }

  /// skip() of bits that peek_word() has shown and that are known to be there (whole_word()).
  void skip_known(int bits) {
    held_ <<= bits;
    count_ -= bits;
  }
  /// Whether the next 56 bits are all inside of the stream.
  bool whole_word() const { return bytes_.size() - next_ >= sizeof(std::uint64_t); }

  /// How many bits have been skipped.
  std::uint64_t position() const { return std::uint64_t{next_} * 8 - static_cast<std::uint64_t>(count_); }
  std::uint64_t size() const { return std::uint64_t{bytes_.size()} * 8; }

 private:
  void refill() {
    if (whole_word()) {
      // Eight bytes at once. Those that do not fit whole are read again later: the same bits fall
      // on the same places, so that OR-ing them twice is harmless.
      held_ |= detail::load_big_endian(&bytes_[next_]) >> count_;
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
