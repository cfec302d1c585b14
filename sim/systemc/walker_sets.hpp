// SPDX-License-Identifier: Apache-2.0
// Organisation "walker sets": every PE walks its own positions in a window of rows that all groups share.
//
// What      the dispatcher issues rows into the window, the array of PEs walks them.
// Timing    docs/organisations/walker_sets.md, RUN.
// RTL twin  wd_walker_sets.
// Test      program_test.cpp
#pragma once

#include "sim/systemc/walker_array.hpp"
#include "sim/systemc/walker_dispatch.hpp"
#include "sim/systemc/organisation.hpp"

namespace wd::sim::systemc {

class WalkerSets : public Organisation {
 public:
  WalkerSets(sc_core::sc_module_name name, const arch::Arch& arch);

  std::int64_t sum(int group, int pe) const override { return array_.sum(group, pe); }
  void set_traced(bool traced) override;
  std::vector<TileDetail> details() const override;

 private:
  void connect();

  const arch::Arch arch_;
  sc_core::sc_signal<bool> issue_{"issue"}, issued_valid_{"issued_valid"};
  sc_core::sc_signal<std::uint32_t> left_{"left"};
  Bus<WalkerRow> issued_{"issued"};
  WalkerDispatch dispatch_;
  WalkerArray array_;
};

}  // namespace wd::sim::systemc
