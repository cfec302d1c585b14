// SPDX-License-Identifier: Apache-2.0
// Organisation "walker sets": walk maps of its walkers, and a tile's time from the recurrences of
// docs/organisations/walker_sets.md.
//
// Shape     rows.walk is [row][pe], rows of one or more bit-planes; rows.walk16 [row][walk_pitch]; acts.walk is
//           [chunk][set of groups].
#pragma once

#include "sim/fast/organisation.hpp"

namespace wd::sim::fast {

class WalkerSets : public Organisation {
 public:
  WalkerSets(const arch::Arch& arch, const arch::Switches& switches, Kernel kernel);

  void add_chunk(std::span<const program::WeightRow> planes, TileRows& rows) const override;
  void add_maps(TileActs& acts) const override;
  TileTiming time(const TileShape& shape, const TileRows& rows, const TileActs& acts, bool traced,
                  RowTimes& times) const override;

 private:
  void add_row(std::span<const program::WeightRow> planes, bool first, TileRows& rows) const;

  const arch::Arch arch_;
  const arch::Switches switches_;
  const KernelSet& kernels_;
  const std::uint64_t ones_;  // all positions of a chunk
};

}  // namespace wd::sim::fast
