// SPDX-License-Identifier: Apache-2.0
// Organisation "walker sets": walk maps of its PEs, and a tile's time from the recurrences of docs/organisations/walker_sets.md.
#pragma once

#include "sim/fast/organisation.hpp"

namespace wd::sim::fast {

class WalkerSets : public Organisation {
 public:
  WalkerSets(const arch::Arch& arch, const arch::Switches& switches);

  void add_row(const program::WeightRow& words, int plane, int live, TileRows& rows) const override;
  std::uint64_t work_map(std::uint64_t nonzero, bool inside) const override;
  TileTiming time(const TileShape& shape, const TileRows& rows, const TileActs& acts,
                  bool traced) const override;

 private:
  const int pes_, chunk_, window_;
  const arch::Switches switches_;
  const std::uint64_t ones_;  // all positions of a chunk
};

}  // namespace wd::sim::fast
