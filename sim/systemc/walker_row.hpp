// SPDX-License-Identifier: Apache-2.0
// A row on its way from the dispatcher into a window slot.
#pragma once

#include "sim/systemc/types.hpp"

namespace wd::sim::systemc {

inline constexpr int max_window = 8;  // of a legal architecture

/// The weights of a row, by channel: masks of its planes, and negative weights.
struct RowWords {
  std::array<std::array<std::uint16_t, max_pes>, max_planes> masks{};
  std::array<std::uint16_t, max_pes> negative{};
};

struct WalkerRow {
  int slot = 0;
  int plane = 0;       // its first one
  int planes = 1;      // weight rows that it is made of
  int entry = 0;       // where the chunk's activations are kept
  bool first = false;  // of its chunk: `acts` and `nonzero` are to be kept
  std::array<std::uint16_t, max_pes> walk{};
  RowWords words;
  StagedChunk acts;
  std::array<std::uint16_t, groups> nonzero{};  // by set of groups
};

}  // namespace wd::sim::systemc
