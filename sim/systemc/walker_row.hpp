// SPDX-License-Identifier: Apache-2.0
// A weight row on its way from the dispatcher into a window slot.
#pragma once

#include "sim/systemc/types.hpp"

namespace wd::sim::systemc {

inline constexpr int max_window = 8;

struct WalkerRow {
  int slot = 0, plane = 0;
  int entry = 0;       // where the chunk's activations are kept
  bool first = false;  // of its chunk: `acts` and `nonzero` are to be kept
  WeightRow words;
  std::array<std::uint16_t, max_pes> walk{};
  StagedChunk acts;
  std::array<std::uint16_t, groups> nonzero{};
};

}  // namespace wd::sim::systemc
