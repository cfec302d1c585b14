// SPDX-License-Identifier: Apache-2.0
#include "algo/reservoir/reservoir.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace wd::algo {
namespace {

/// Appends rows of cells without gaps.
class BitWriter {
 public:
  explicit BitWriter(std::span<std::uint64_t> words) : words_(words) {
    std::fill(words.begin(), words.end(), 0);
  }
  /// @param value bits from `count` on are 0.
  void put(std::uint64_t value, std::size_t count) {
    const std::size_t word = at_ / 64, shift = at_ % 64;
    words_[word] |= value << shift;
    if (shift + count > 64) words_[word + 1] |= value >> (64 - shift);
    at_ += count;
  }
  void put(const BitPlane& plane) {
    const auto width = static_cast<std::size_t>(plane.width);
    for (int y = 0; y < plane.height; ++y)
      for (std::size_t i = 0; i < plane.row_words(); ++i)
        put(plane.row(y)[i], std::min<std::size_t>(64, width - 64 * i));
  }

 private:
  std::span<std::uint64_t> words_;
  std::size_t at_ = 0;
};

}  // namespace

Reservoir::Reservoir(const ReservoirConfig& config, int height, int width)
    : config_(config), encoding_(config.encoding), height_(height), width_(width) {
  WD_ASSERT(height > 0 && width > 0 && config.steps >= 0);
}

void Reservoir::evaluate(std::span<const std::uint8_t> image, std::span<std::uint64_t> bits) const {
  WD_ASSERT(bits.size() == feature_words() &&
            image.size() == static_cast<std::size_t>(height_) * static_cast<std::size_t>(width_));
  std::vector<BitPlane> initial(static_cast<std::size_t>(encoding_.planes()), BitPlane(height_, width_));
  encoding_.encode(image, initial);
  BitWriter out(bits);
  for (const BitPlane& plane : initial) out.put(plane);
  for (const Automaton& automaton : config_.automata) {
    std::vector<BitPlane> state = initial, next = initial;
    for (int t = 0; t < config_.steps; ++t) {
      for (std::size_t plane = 0; plane < state.size(); ++plane) {
        step(automaton, config_.boundary, state[plane], next[plane]);
        out.put(next[plane]);
      }
      state.swap(next);
    }
  }
}

}  // namespace wd::algo
