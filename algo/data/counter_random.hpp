// SPDX-License-Identifier: Apache-2.0
// Random numbers by address: a hash of (seed, stream, index), so any one can be asked for first.
//
// Numerics  splitmix64's finalizer (Steele et al., 2014) applied to seed, stream and index in turn;
//           uniform() has 53 bits in [0, 1); normal() is Box-Muller's cosine branch.
// Test      image_set_test.cpp
#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>

namespace wd::algo {

/// One stream per purpose; a further number (layer, epoch) goes into the index's upper half.
enum class RandomStream : std::uint64_t {
  signs = 1,
  scores,
  shuffle,
  augmentation,
  cutout,
  mixup,
  validation,
  resized_crop,
  pixels,             // of random images
  leaves,             // of made pictures
  bootstrap = 0x100,  // the reservoir's forest: a tree's samples, and the features that a node looks at
  candidates
};

constexpr std::uint64_t mix_bits(std::uint64_t z) {
  z += 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

constexpr std::uint64_t random_bits(std::uint64_t seed, RandomStream stream, std::uint64_t index) {
  return mix_bits(mix_bits(mix_bits(seed) ^ static_cast<std::uint64_t>(stream)) ^ index);
}

constexpr std::uint64_t random_index(std::uint64_t upper, std::uint64_t lower) { return upper << 32 | lower; }

inline double random_uniform(std::uint64_t seed, RandomStream stream, std::uint64_t index) {
  return static_cast<double>(random_bits(seed, stream, index) >> 11) * 0x1p-53;
}

inline double random_normal(std::uint64_t seed, RandomStream stream, std::uint64_t index) {
  const double radius = random_uniform(seed, stream, 2 * index),
               turn = random_uniform(seed, stream, 2 * index + 1);
  return std::sqrt(-2 * std::log(1 - radius)) * std::cos(2 * std::numbers::pi * turn);
}

}  // namespace wd::algo
