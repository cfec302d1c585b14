// SPDX-License-Identifier: Apache-2.0
// Small labelled images for tests: a bright bar per class over noise, learnable in a few steps.
#pragma once

#include "algo/data/counter_random.hpp"
#include "algo/data/image_set.hpp"

namespace wd::algo {

inline ImageSet synthetic_images(std::size_t count, std::uint64_t seed) {
  ImageSet set{28, 28, std::vector<std::uint8_t>(count * 784), std::vector<std::uint16_t>(count)};
  for (std::size_t n = 0; n < count; ++n) {
    set.labels[n] = static_cast<std::uint16_t>(random_bits(seed, RandomStream::shuffle, n) % 10);
    for (std::size_t at = 0; at < 784; ++at) {
      const std::size_t y = at / 28, x = at % 28, bar = set.labels[n] % 5 * 5;
      const std::size_t along = set.labels[n] < 5 ? y : x;
      const std::uint64_t noise = random_bits(seed, RandomStream::augmentation, n * 784 + at) % 120;
      set.pixels[n * 784 + at] =
          static_cast<std::uint8_t>(noise + (along >= bar && along < bar + 5 ? 130 : 0));
    }
  }
  return set;
}

}  // namespace wd::algo
