// SPDX-License-Identifier: Apache-2.0
#include "algo/reservoir/feature_columns.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "base/error.hpp"

namespace wd::algo {
namespace {

constexpr std::uint32_t no_sample = std::numeric_limits<std::uint32_t>::max();

/// Gives every sample its slot. @return the sample of each slot
std::vector<std::uint32_t> assign_slots(std::span<const std::uint16_t> labels, FeatureColumns& columns) {
  std::vector<std::size_t> next(static_cast<std::size_t>(columns.classes));
  for (std::uint16_t label : labels) {
    WD_ASSERT(label < columns.classes);
    ++next[label];
  }
  std::size_t words = 0;
  for (std::size_t c = 0; c < next.size(); ++c) {
    const std::size_t needed = (next[c] + 63) / 64;
    columns.word_class.insert(columns.word_class.end(), needed, static_cast<std::uint16_t>(c));
    next[c] = 64 * words;
    words += needed;
  }
  columns.words = words;
  columns.slots.resize(labels.size());
  std::vector<std::uint32_t> sample_of(64 * words, no_sample);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    columns.slots[i] = static_cast<std::uint32_t>(next[labels[i]]++);
    sample_of[columns.slots[i]] = static_cast<std::uint32_t>(i);
  }
  return sample_of;
}

}  // namespace

void require_feature_memory(std::uint64_t features, std::uint64_t samples) {
  const std::uint64_t mebibytes = (features + 63) / 64 * samples >> 17;
  WD_REQUIRE(mebibytes <= memory_limit_bytes >> 20, features, " features of ", samples, " samples take ",
             mebibytes, " MiB, the limit is ", memory_limit_bytes >> 20,
             " MiB; use fewer planes, automata, steps or training images");
}

void transpose_bits(std::span<std::uint64_t, 64> block) {
  // Swaps the off-diagonal squares of 32 x 32, then 16 x 16 and so on.
  std::uint64_t mask = 0x00000000ffffffff;
  for (unsigned side = 32; side != 0; side >>= 1, mask ^= mask << side)
    for (unsigned i = 0; i < 64; i = ((i | side) + 1) & ~side) {
      const std::uint64_t swapped = ((block[i] >> side) ^ block[i | side]) & mask;
      block[i] ^= swapped << side;
      block[i | side] ^= swapped;
    }
}

FeatureColumns make_feature_columns(ThreadPool& pool, std::size_t features,
                                    std::span<const std::uint16_t> labels, int classes,
                                    const FeatureSource& source) {
  FeatureColumns columns;
  columns.features = features;
  columns.samples = labels.size();
  columns.classes = classes;
  const std::vector<std::uint32_t> sample_of = assign_slots(labels, columns);
  require_feature_memory(features, 64 * columns.words);
  columns.bits.resize(features * columns.words);
  // Eight words a chunk fill whole cache lines of a column.
  constexpr std::size_t chunk_words = 8;
  const std::size_t row_words = (features + 63) / 64;
  pool.run((columns.words + chunk_words - 1) / chunk_words, [&](std::size_t chunk) {
    const std::size_t first = chunk * chunk_words, count = std::min(chunk_words, columns.words - first);
    std::vector<std::uint64_t> rows(count * 64 * row_words);
    for (std::size_t slot = 0; slot < 64 * count; ++slot)
      if (const std::uint32_t sample = sample_of[64 * first + slot]; sample != no_sample)
        source(sample, std::span(rows).subspan(slot * row_words, row_words));
    std::array<std::uint64_t, 64> block{};
    for (std::size_t f = 0; f < features; f += 64)
      for (std::size_t w = 0; w < count; ++w) {
        for (std::size_t i = 0; i < 64; ++i) block[i] = rows[(64 * w + i) * row_words + f / 64];
        transpose_bits(block);
        for (std::size_t i = 0; i < std::min<std::size_t>(64, features - f); ++i)
          columns.bits[(f + i) * columns.words + first + w] = block[i];
      }
  });
  return columns;
}

}  // namespace wd::algo
