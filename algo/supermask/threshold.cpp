// SPDX-License-Identifier: Apache-2.0
#include "algo/supermask/threshold.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

#include "base/error.hpp"

namespace wd::algo {
namespace {

constexpr std::uint32_t drop_bits = 16;  // bins narrower than 1 %: few candidates to select among
constexpr std::size_t bins = std::size_t{1} << (31 - drop_bits);

std::uint32_t magnitude(float x) { return std::bit_cast<std::uint32_t>(x) & 0x7fffffffu; }

}  // namespace

std::vector<float> select_thresholds(std::span<const float> scores, std::span<const double> pruned) {
  WD_ASSERT(!scores.empty());
  std::vector<std::uint32_t> histogram(bins);
  for (float s : scores) ++histogram[magnitude(s) >> drop_bits];

  std::vector<float> thresholds;
  for (double q : pruned) {
    std::size_t rank = static_cast<std::size_t>(std::floor(q * static_cast<double>(scores.size())));
    rank = std::min(rank, scores.size() - 1);
    std::uint32_t bin = 0;
    for (; rank >= histogram[bin]; ++bin) rank -= histogram[bin];
    const std::size_t size = histogram[bin];
    std::vector<std::uint32_t> candidates(size + 1);
    std::size_t count = 0;
    for (float s : scores) {
      // Written always, kept where it belongs to the bin: no branch to mispredict.
      candidates[count] = magnitude(s);
      count += candidates[count] >> drop_bits == bin;
      if (count == size) break;
    }
    const auto wanted = candidates.begin() + static_cast<std::ptrdiff_t>(rank);
    std::nth_element(candidates.begin(), wanted, candidates.end() - 1);
    thresholds.push_back(std::bit_cast<float>(*wanted));
  }
  return thresholds;
}

}  // namespace wd::algo
