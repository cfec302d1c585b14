// SPDX-License-Identifier: Apache-2.0
// The space-time volume of cellular automata over an image's bit planes: one binary feature per cell.
//
// Shape     features = P H W (1 + A T): P planes, A automata, T steps. Feature
//           ((slab * P + plane) * H + y) * W + x, where slab 0 is the encoded image, shared by all automata,
//           and slab 1 + a T + (t - 1) is automaton a after step t.
// Not       evaluating single cells: lazy_reservoir.hpp.
// Source    Yilmaz, arXiv 1410.0162 (reservoir computing with cellular automata)
// Test      reservoir_test.cpp
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "algo/reservoir/automaton.hpp"
#include "algo/reservoir/encoding.hpp"

namespace wd::algo {

struct ReservoirConfig {
  EncodingConfig encoding;
  std::vector<Automaton> automata{{.evolution = Evolution::rows, .rule = 254},
                                  {.evolution = Evolution::columns, .rule = 254}};
  Boundary boundary = Boundary::zero;
  int steps = 2;  // T; 0 leaves the encoded image alone
  bool operator==(const ReservoirConfig&) const = default;
};

class Reservoir {
 public:
  Reservoir(const ReservoirConfig& config, int height, int width);

  std::size_t features() const { return slab_cells() * slabs(); }
  std::size_t feature_words() const { return (features() + 63) / 64; }
  /// Cells of one slab: P H W.
  std::size_t slab_cells() const { return static_cast<std::size_t>(encoding_.planes() * height_ * width_); }
  std::size_t slabs() const { return 1 + config_.automata.size() * static_cast<std::size_t>(config_.steps); }

  /// Computes all features of an image, feature f in bit f % 64 of word f / 64. Safe to call in parallel.
  void evaluate(std::span<const std::uint8_t> image, std::span<std::uint64_t> bits) const;

  const ReservoirConfig& config() const { return config_; }
  const Encoding& encoding() const { return encoding_; }
  int height() const { return height_; }
  int width() const { return width_; }

 private:
  ReservoirConfig config_;
  Encoding encoding_;
  int height_, width_;
};

}  // namespace wd::algo
