// SPDX-License-Identifier: Apache-2.0
#include "algo/reservoir/sample_words.hpp"

#include <bit>

#include "base/target_clones.hpp"

// One source, compiled once more for processors that count bits in one instruction; picked when loaded.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define WD_COUNTS_BITS WD_TARGET_CLONES("popcnt", "default")
#else
#define WD_COUNTS_BITS
#endif

namespace wd::algo {

void find_class_runs(const SampleWords& samples, std::size_t begin, const FeatureColumns& columns,
                     std::vector<ClassRun>& runs) {
  runs.clear();
  for (std::size_t i = begin; i < samples.size(); ++i) {
    const std::uint16_t label = columns.word_class[samples.words[i]];
    const auto at = static_cast<std::uint32_t>(i);
    if (runs.empty() || runs.back().label != label) runs.push_back({at, at, label});
    runs.back().end = at + 1;
  }
}

WD_COUNTS_BITS void count_ones(const SampleWords& samples, std::span<const ClassRun> runs,
                               const std::uint64_t* column, std::uint32_t* counts) {
  const std::uint32_t* words = samples.words.data();
  const std::uint64_t* masks = samples.masks.data();
  const std::uint8_t* digits = samples.digits.data();
  for (std::size_t r = 0; r < runs.size(); ++r) {
    std::uint64_t count = 0;
    for (std::uint32_t i = runs[r].begin; i < runs[r].end; ++i)
      count += static_cast<std::uint64_t>(std::popcount(column[words[i]] & masks[i])) << digits[i];
    counts[r] = static_cast<std::uint32_t>(count);
  }
}

WD_COUNTS_BITS void count_all(const SampleWords& samples, std::span<const ClassRun> runs,
                              std::uint32_t* counts) {
  for (std::size_t r = 0; r < runs.size(); ++r) {
    std::uint64_t count = 0;
    for (std::uint32_t i = runs[r].begin; i < runs[r].end; ++i)
      count += static_cast<std::uint64_t>(std::popcount(samples.masks[i])) << samples.digits[i];
    counts[r] = static_cast<std::uint32_t>(count);
  }
}

}  // namespace wd::algo
