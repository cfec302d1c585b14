// SPDX-License-Identifier: Apache-2.0
// A cycle of a set's walkers and of the PEs that they serve, for all channels and groups at once.
//
// Shape     walkers by channel; a lane is a PE: channel * 16 + group. A set of Q groups is Q lanes that lie side by side.
// Numerics  a product is below 2^21, so that 32 bits hold the products of `fold_cycles` cycles: sums are 32 bits wide, and
//           folded into 64 in time.
#pragma once

#include <array>
#include <cstdint>

#include "sim/systemc/walker_row.hpp"

namespace wd::sim::systemc {

inline constexpr int lane_count = max_pes * groups;
inline constexpr int entry_size = chunk * groups;

/// The sums of all PEs.
struct alignas(64) PeLanes {
  std::array<std::int32_t, lane_count> recent{};  // since the last fold
  std::array<std::int64_t, lane_count> sum{};
};

/// Activations of the chunks that are walked: [entry][position][group].
struct alignas(64) EntryUnits {
  std::array<std::int32_t, max_window * entry_size> units{};  // of 2^-9
  /// How many are not zero of the groups of the set that begins with this group.
  std::array<std::uint8_t, max_window * entry_size> operands{};
};

/// The rows that a set's walkers are walking, by channel.
struct alignas(64) WalkedRows {
  std::array<std::uint16_t, max_pes> rem{};  // positions that are left
  RowWords words{};
  std::array<std::uint16_t, max_pes> scale{};  // the factor of the first plane
  std::array<std::uint16_t, max_pes> place{};  // of the row's entry in EntryUnits
};

/// What a walk of all channels did.
struct Walked {
  std::uint64_t finished = 0;  // channels with no position left
  std::uint64_t valid = 0;     // channels that walked a position with a bit of the weight
  unsigned operands = 0;       // products of their PEs that are not zero
};

/// Walks the lowest position of each walker and adds the products to its PEs' sums. @param first the set's first group
using WalkStep = Walked (*)(WalkedRows& rows, const EntryUnits& entries, int first, PeLanes& lanes);
/// @param groups_per_walker 1, 2, 4, 8 or 16
WalkStep walk_step(int groups_per_walker);

/// Walkers take a row. @param work the positions to walk
void take_row(WalkedRows& rows, std::uint64_t channels, const std::array<std::uint16_t, max_pes>& work,
              const RowWords& words, int plane, int entry);

inline constexpr int fold_cycles = 1024;
/// Moves the recent sums into the others. @return the OR of the sums + `bias`
std::uint64_t fold_sums(PeLanes& lanes, std::int64_t bias);

void load_entry(const StagedChunk& staged, int groups_per_walker, int entry, EntryUnits& entries);

/// Bit p: work[p] is not 0.
std::uint64_t nonzero_channels(const std::array<std::uint16_t, max_pes>& work);

}  // namespace wd::sim::systemc
