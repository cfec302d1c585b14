// SPDX-License-Identifier: Apache-2.0
// Counts what a mask left: sparsity of values, signs and bits, and the entropy of what has to be stored.
//
// Units     fractions of all weights; bits per weight.
// Numerics  FP64. value_sparsity: zeros. bit_sparsity: zeros among the magnitude bits (1, 2 or 3 per weight).
//           negative: share of negative weights among those that are not 0. entropy_bits: of level (and sign,
//           where learned) of the free weights, and of learned signs of locked ones; frozen levels and random
//           signs cost nothing.
// Test      mask_set_test.cpp
#pragma once

#include <array>
#include <cstddef>

namespace wd::algo {

class Supermask;

struct MaskStats {
  std::size_t weights = 0, pruned = 0, locked = 0;
  int magnitude_bits = 1;
  bool learned_signs = false;
  std::array<std::size_t, 8> free_levels{}, free_negative{};  // by level, of weights that are not frozen
  std::size_t locked_level = 0, locked_negative = 0;          // locked weights all have the same level

  std::size_t zeros() const { return pruned + free_levels[0]; }
  double value_sparsity() const;
  double negative() const;
  double bit_sparsity() const;
  double bits_set() const;  // per weight
  double entropy_bits() const;
  void add(const MaskStats& other);
};

MaskStats mask_stats(const Supermask& mask);

}  // namespace wd::algo
