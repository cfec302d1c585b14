// SPDX-License-Identifier: Apache-2.0
#include "sim/systemc/walker_sets.hpp"

#include "sim/walker_details.hpp"

namespace wd::sim::systemc {

WalkerSets::WalkerSets(sc_core::sc_module_name name, const arch::Arch& arch)
    : Organisation(name), arch_(arch), dispatch_("dispatch", arch), array_("array", arch) {
  connect();
}

void WalkerSets::connect() {
  dispatch_.clk_i(clk_i);
  dispatch_.setup_i(setup_i);
  dispatch_.run_i(run_i);
  dispatch_.switches_i(switches_i);
  dispatch_.window_i(window_i);
  dispatch_.tile_i(tile_i);
  dispatch_.chunk_ready_i(chunk_ready_i);
  dispatch_.staged_i(staged_i);
  dispatch_.issue_first_o(consumed_o);
  dispatch_.read_o(read_o);
  dispatch_.read_row_o(read_row_o);
  dispatch_.rows_i(rows_i);
  dispatch_.done_o(done_o);
  dispatch_.flush_o(flush_);
  dispatch_.issued_valid_o(issued_valid_);
  dispatch_.issued_o(issued_);
  dispatch_.left_i(left_);
  array_.clk_i(clk_i);
  array_.setup_i(setup_i);
  array_.run_i(run_i);
  array_.flush_i(flush_);
  array_.switches_i(switches_i);
  array_.window_i(window_i);
  array_.tile_i(tile_i);
  array_.issued_valid_i(issued_valid_);
  array_.issued_i(issued_);
  array_.left_o(left_);
}

void WalkerSets::set_traced(bool traced) {
  dispatch_.set_traced(traced);
  array_.set_traced(traced);
}

std::vector<TileDetail> WalkerSets::details() const {
  std::vector<std::uint32_t> walks, operands, last;
  for (int set = 0; set < groups / arch_.groups_per_walker; ++set)
    for (int channel = 0; channel < arch_.pes_per_group; ++channel) {
      walks.push_back(array_.walks(set, channel));
      last.push_back(array_.last_walk(set, channel));
    }
  for (int group = 0; group < groups; ++group)
    for (int pe = 0; pe < arch_.pes_per_group; ++pe) operands.push_back(array_.operands(group, pe));
  return walker_details(std::move(walks), std::move(operands), dispatch_.row_issue(), std::move(last));
}

}  // namespace wd::sim::systemc
