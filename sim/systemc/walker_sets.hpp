// SPDX-License-Identifier: Apache-2.0
// Organisation "walker sets": a walker for each output channel and set of groups picks positions for the set's PEs.
//
// What      the dispatcher issues rows into the window that all walkers share, the array walks them and adds.
// Timing    docs/organisations/walker_sets.md, RUN.
// RTL twin  wd_walker_sets.
// Test      program_test.cpp
#pragma once

#include "sim/systemc/organisation.hpp"
#include "sim/systemc/walker_array.hpp"
#include "sim/systemc/walker_dispatch.hpp"

namespace wd::sim::systemc {

class WalkerSets : public Organisation {
 public:
  WalkerSets(sc_core::sc_module_name name, const arch::Arch& arch);

  void add_sums(int group, int first, BlockSums& to) const override { array_.add_sums(group, first, to); }
  const arch::Counters& activity() const override { return array_.activity(); }
  void set_traced(bool traced) override;
  std::vector<TileDetail> details() const override;

 private:
  void connect();

  const arch::Arch arch_;
  sc_core::sc_signal<bool> flush_{"flush"}, issued_valid_{"issued_valid"};
  sc_core::sc_signal<std::uint32_t> left_{"left"};
  Bus<WalkerRow> issued_{"issued"};
  WalkerDispatch dispatch_;
  WalkerArray array_;
};

}  // namespace wd::sim::systemc
