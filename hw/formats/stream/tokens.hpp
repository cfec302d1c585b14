// SPDX-License-Identifier: Apache-2.0
// Turns weights into tokens: a run of zeros and the kind of the weight that ends it.
//
// Shape     kind = (level - 1) * S + sign, S = 2 with signs, else 1: at most 14 kinds. A token is
//           run * 16 + kind. Each stream of a layer (a tile's weights) is tokenized on its own.
// Test      weight_code_test.cpp
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "hw/formats/stream/limits.hpp"

namespace wd::stream {

/// What a layer's symbols mean.
struct WeightKinds {
  int coats = 1;
  bool has_signs = false;

  std::size_t count() const { return static_cast<std::size_t>(coats) * (has_signs ? 2 : 1); }
  std::size_t level(std::size_t kind) const { return (has_signs ? kind / 2 : kind) + 1; }
  std::size_t sign(std::size_t kind) const { return has_signs ? kind % 2 : 0; }
  bool operator==(const WeightKinds&) const = default;
};

struct Tokens {
  std::vector<std::uint32_t> tokens;  // of all streams, one after the other
  struct Stream {
    std::size_t tokens = 0;        // how many of them
    std::size_t zeros_at_end = 0;  // after the last one
    std::size_t weights = 0;
  };
  std::vector<Stream> streams;
};

/// @param levels, signs as encode_weights() takes them, checked. @param stream_weights adds up to their number.
Tokens tokenize(std::span<const std::uint8_t> levels, std::span<const std::uint8_t> signs,
                std::span<const std::size_t> stream_weights);

/// How often each run (modulo 128) and kind occur. Every smaller run limit divides 128, so that the symbol
/// counts for any limit follow without another pass.
class TokenHistogram {
 public:
  TokenHistogram() : counts_(std::size_t{1} << (max_run_log + kind_bits), 0) {}
  explicit TokenHistogram(const Tokens& tokens);

  void add(const TokenHistogram& other);
  /// Of the symbols of 2^run_log runs: escape, then run * kinds + kind.
  std::vector<std::uint64_t> symbols(int run_log, const WeightKinds& kinds) const;
  std::uint64_t count(std::size_t run, std::size_t kind) const { return counts_[run << kind_bits | kind]; }

 private:
  std::vector<std::uint64_t> counts_;  // [run % 128][kind]
  std::uint64_t full_runs_ = 0;        // the sum of run / 128
  std::vector<std::uint64_t> zeros_at_end_ =
      std::vector<std::uint64_t>(max_run_log + 1, 0);  // escapes, by run_log
};

}  // namespace wd::stream
