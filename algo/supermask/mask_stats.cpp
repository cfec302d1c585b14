// SPDX-License-Identifier: Apache-2.0
#include "algo/supermask/mask_stats.hpp"

#include <bit>
#include <cmath>

#include "algo/supermask/supermask.hpp"
#include "algo/supermask/weight_flags.hpp"

namespace wd::algo {
namespace {

double ratio(std::size_t part, std::size_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

/// -count * log2(count / whole): the bits that `count` of `whole` symbols cost together.
double bits(std::size_t count, std::size_t whole) {
  return count == 0 ? 0 : -static_cast<double>(count) * std::log2(ratio(count, whole));
}

}  // namespace

double MaskStats::value_sparsity() const { return ratio(zeros(), weights); }

double MaskStats::negative() const {
  std::size_t count = locked_negative;
  for (std::size_t level = 1; level < free_negative.size(); ++level) count += free_negative[level];
  return ratio(count, weights - zeros());
}

double MaskStats::bits_set() const {
  std::size_t count = locked * static_cast<std::size_t>(std::popcount(locked_level));
  for (std::size_t level = 1; level < free_levels.size(); ++level)
    count += free_levels[level] * static_cast<std::size_t>(std::popcount(level));
  return ratio(count, weights);
}

double MaskStats::bit_sparsity() const { return 1 - bits_set() / magnitude_bits; }

double MaskStats::entropy_bits() const {
  const std::size_t free = weights - pruned - locked;
  double total = 0;
  for (std::size_t level = 0; level < free_levels.size(); ++level) {
    const bool split = learned_signs && level > 0;
    const std::size_t negative = split ? free_negative[level] : 0;
    total += bits(negative, free) + bits(free_levels[level] - negative, free);
  }
  if (learned_signs) total += bits(locked_negative, locked) + bits(locked - locked_negative, locked);
  return weights == 0 ? 0 : total / static_cast<double>(weights);
}

void MaskStats::add(const MaskStats& other) {
  weights += other.weights;
  pruned += other.pruned;
  locked += other.locked;
  magnitude_bits = std::max(magnitude_bits, other.magnitude_bits);
  learned_signs = learned_signs || other.learned_signs;
  locked_level = std::max(locked_level, other.locked_level);
  locked_negative += other.locked_negative;
  for (std::size_t level = 0; level < free_levels.size(); ++level) {
    free_levels[level] += other.free_levels[level];
    free_negative[level] += other.free_negative[level];
  }
}

MaskStats mask_stats(const Supermask& mask) {
  MaskStats stats;
  if (mask.dense()) return stats;
  stats.weights = mask.count();
  stats.magnitude_bits = std::bit_width(static_cast<unsigned>(mask.hardware_coats()));
  stats.learned_signs = mask.has_learned_signs();
  stats.locked_level = static_cast<std::size_t>(mask.coats());
  for (std::size_t at = 0; at < mask.count(); ++at) {
    const std::size_t negative = mask.negative(at);
    switch (mask.flags(at) & flag_frozen) {
      case flag_pruned:
        ++stats.pruned;
        break;
      case flag_locked:
        ++stats.locked;
        stats.locked_negative += negative;
        break;
      default: {
        const auto level = static_cast<std::size_t>(mask.level(at));
        ++stats.free_levels[level];
        stats.free_negative[level] += negative;
      }
    }
  }
  return stats;
}

}  // namespace wd::algo
