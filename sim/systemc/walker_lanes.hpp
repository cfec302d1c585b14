// SPDX-License-Identifier: Apache-2.0
// What the PEs of a channel do in a cycle, for all groups of a set at once.
//
// Shape     a lane is a PE: channel * 16 + group. A set of Q groups is Q lanes that lie side by side.
#pragma once

#include <array>
#include <cstdint>

#include "sim/systemc/types.hpp"

namespace wd::sim::systemc {

inline constexpr int lane_count = max_pes * groups;

/// The registers of all PEs.
struct alignas(64) PeLanes {
  std::array<std::int32_t, lane_count> operand{};  // signed and shifted; 0: none
  std::array<std::int32_t, lane_count> addend{};
  std::array<std::int64_t, lane_count> sum{};
};

/// A chunk's activations in units of 2^-9: [position][group].
struct alignas(64) EntryUnits {
  std::array<std::int32_t, chunk * groups> units{};
};

/// What a walker's pick register says: the position's activations, and the factor that the shifters apply.
struct Pick {
  const std::int32_t* units = nullptr;
  std::int32_t factor = 0;
};

/// The steps for sets of some size.
struct LaneSteps {
  /// Operand registers become addends, addends go into sums. @param channels whose PEs may have an operand
  /// @param first the set's first group  @return the OR of the new sums + `bias`
  std::uint64_t (*add)(PeLanes& lanes, std::uint64_t channels, int first, std::int64_t bias);
  /// Picks become operands. @param channels with a valid pick  @return operands
  unsigned (*select)(PeLanes& lanes, std::uint64_t channels, int first, const Pick* picks);
};

/// @param groups_per_walker 1, 2, 4, 8 or 16
LaneSteps lane_steps(int groups_per_walker);

/// Adds all addends to their sums. @return as LaneSteps::add
std::uint64_t flush_lanes(PeLanes& lanes, std::int64_t bias);

void load_entry(const StagedChunk& staged, EntryUnits& entry);

/// Bit p: work[p] is not 0.
std::uint64_t nonzero_channels(const std::array<std::uint16_t, max_pes>& work);

}  // namespace wd::sim::systemc
