// SPDX-License-Identifier: Apache-2.0
// How convolution and token mixing cut their matrix products, and the working memory of each thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "algo/kernels/buffer.hpp"
#include "algo/kernels/matmul.hpp"

namespace wd::algo {

constexpr std::size_t round_up(std::size_t x, std::size_t step) { return (x + step - 1) / step * step; }
constexpr std::size_t panels_of(std::size_t columns) { return (columns + panel_width - 1) / panel_width; }

struct Range {
  std::size_t first = 0, last = 0;
  std::size_t size() const { return last - first; }
};
/// The part-th of `parts` even pieces of [0, count).
constexpr Range piece(std::size_t count, std::size_t part, std::size_t parts) {
  return {count * part / parts, count * (part + 1) / parts};
}

/// Terms of one call of multiply_turned.
inline constexpr std::size_t most_turned_terms = 256;

/// The depth of a pass (taps x left channels) in blocks that a call of the kernel takes: whole taps, or a
/// part of one tap.
struct DepthBlock {
  std::size_t first_tap, last_tap, first, last;  // taps and channels, half open
};

inline std::vector<DepthBlock> depth_blocks(std::size_t taps, std::size_t channels, std::size_t block) {
  std::vector<DepthBlock> blocks;
  if (channels > block) {
    const std::size_t parts = (channels + block - 1) / block, units = channels / 16;
    for (std::size_t tap = 0; tap < taps; ++tap)
      for (std::size_t p = 0; p < parts; ++p)
        blocks.push_back({tap, tap + 1, units * p / parts * 16, units * (p + 1) / parts * 16});
    return blocks;
  }
  const std::size_t parts = (taps * channels + block - 1) / block, most = block / channels;
  for (std::size_t tap = 0; tap < taps;) {
    const std::size_t even = (taps + parts - 1) / parts, last = std::min(taps, tap + std::min(even, most));
    blocks.push_back({tap, last, 0, channels});
    tap = last;
  }
  return blocks;
}

/// Asks for values that will be read (or written over) soon.
template <typename T>
void prefetch(const T* from, std::size_t count) {
  constexpr std::size_t line = 64;
  const char* bytes = reinterpret_cast<const char*>(from);
  for (std::size_t i = 0; i < count * sizeof(T); i += line) __builtin_prefetch(bytes + i, 0, 2);
}

enum class ScratchUse { weights, sums, left, panel, partial };

/// At least `size` elements of any content: this thread's own for `use`, kept between calls. A pool's caller
/// waits for its threads, so what it hands them stays valid until ThreadPool::run returns.
template <typename T, ScratchUse use>
T* thread_scratch(std::size_t size) {
  thread_local Array<T> memory;
  if (memory.size() < size) memory = Array<T>(size);
  return memory.data();
}

}  // namespace wd::algo
