// SPDX-License-Identifier: Apache-2.0
// The weights of convolutions as the kernels and the organisation take them, made once and shared by engines.
//
// What      sets that fit a limit together are kept, first come first; others are made anew for each convolution, so that memory is
//           bounded by the limit and the largest layer, not by the network.
// Threads   any number may ask at once; one makes what all of them wait for.
// Test      decoded_weights_test.cpp
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "sim/chip_state.hpp"
#include "sim/fast/organisation.hpp"

namespace wd::sim::fast {

/// Of one convolution, by output-channel tile.
using LayerRows = std::vector<TileRows>;

std::size_t bytes_of(const LayerRows& rows);

/// Appends a chunk's signed levels to `rows.weights`. @param planes its weight rows, plane 0 first
void add_levels(std::span<const program::WeightRow> planes, int chunk, TileRows& rows);

/// All tiles of a convolution from what the weight buffer holds.
LayerRows decode_layer(const ChipState& state, const arch::Instr& conv, const Organisation& organisation);

class DecodedWeights {
 public:
  static constexpr std::size_t usual_limit = std::size_t{64} << 20;

  explicit DecodedWeights(std::size_t limit = usual_limit) : limit_(limit) {}

  std::shared_ptr<const LayerRows> get(WeightKey key, const std::function<LayerRows()>& make);
  std::size_t kept_bytes() const;

 private:
  struct Entry {
    std::mutex making;
    bool made = false;
    std::shared_ptr<const LayerRows> rows;  // null: not made yet, or does not fit
  };

  const std::size_t limit_;
  mutable std::mutex mutex_;
  std::size_t kept_ = 0;
  std::map<WeightKey, std::shared_ptr<Entry>> entries_;
};

}  // namespace wd::sim::fast
