// SPDX-License-Identifier: Apache-2.0
// The walkers of all sets of groups, and the PEs that they serve.
//
// What      one process over plain arrays: a cycle of a set is a few vector operations (walker_lanes.hpp).
// Timing    a row on issued_i in cycle t can be taken in t and walked from t + 1 on. The RTL has a walk's product in the sum some cycles
//           later (pick, operand and addend registers, segments); here it is added at once, because nobody sees a sum before the
//           flush. left_o: slots in which a walker had work left after the last cycle.
// Numerics  exact; products are +-(M w << (max(e, 1) - 1 + plane)) in units of 2^-9.
// Errors    a tile's sum, or a part of it, outside AccBits: SC_REPORT_ERROR.
// Test      program_test.cpp
#pragma once

#include <systemc>
#include <vector>

#include "sim/systemc/bus.hpp"
#include "sim/systemc/walker_lanes.hpp"
#include "sim/systemc/walker_row.hpp"

namespace wd::sim::systemc {

class WalkerArray : public sc_core::sc_module {
 public:
  sc_core::sc_in<bool> clk_i{"clk_i"}, setup_i{"setup_i"}, run_i{"run_i"}, flush_i{"flush_i"};
  sc_core::sc_in<std::uint32_t> switches_i{"switches_i"}, window_i{"window_i"};
  BusIn<Tile> tile_i{"tile_i"};
  sc_core::sc_in<bool> issued_valid_i{"issued_valid_i"};
  BusIn<WalkerRow> issued_i{"issued_i"};
  sc_core::sc_out<std::uint32_t> left_o{"left_o"};

  SC_HAS_PROCESS(WalkerArray);
  WalkerArray(sc_core::sc_module_name name, const arch::Arch& arch);

  void add_sums(int group, int first, std::array<std::int64_t, arch::block>& to) const {
    for (std::size_t i = 0; i < to.size(); ++i) to[i] += lanes_.sum[lane_at(group, first) + i * groups];
  }
  const arch::Counters& activity() const { return activity_; }

  /// Records walks and operands, for traces.
  void set_traced(bool traced) { traced_ = traced; }
  std::uint32_t operands(int group, int pe) const { return operands_[lane_at(group, pe)]; }
  std::uint32_t walks(int set, int channel) const { return walks_[walker_at(set, channel)]; }
  std::uint32_t last_walk(int set, int channel) const { return last_walk_[walker_at(set, channel)]; }

 private:
  struct Slot {
    RowWords words;
    int plane = 0, entry = 0;
    std::array<std::array<std::uint16_t, max_pes>, groups> work{};  // walk map and non-zero map, set by set
  };
  /// A set of groups: what its walkers hold as one bit of each channel.
  struct Set {
    WalkedRows rows;
    std::uint64_t busy = 0;                           // positions are left
    std::array<std::uint64_t, max_window> pending{};  // by slot: has work that is not taken
    std::array<std::uint64_t, max_window> holds{};    // by slot: positions of its row are left
    unsigned inside = 0, groups_inside = 0;           // by group of the set, and how many
  };

  static std::size_t lane_at(int group, int pe) { return static_cast<std::size_t>(pe * groups + group); }
  static std::size_t walker_at(int set, int channel) {
    return static_cast<std::size_t>(set * max_pes + channel);
  }

  void clocked();
  void run();
  void clear();
  void take_issued(const WalkerRow& row);
  void step_set(std::size_t number);
  std::uint64_t walk(std::size_t number);
  std::uint64_t take(Set& set, std::uint64_t idle, std::size_t number);
  void record_walks(std::size_t number);
  void fold();
  int first_group(std::size_t set) const { return static_cast<int>(set) * arch_.groups_per_walker; }

  const arch::Arch arch_;
  const WalkStep walk_;
  std::array<Slot, max_window> slots_;
  EntryUnits entries_;
  std::array<std::array<std::uint16_t, groups>, max_window> nonzero_{};  // by entry and set
  std::vector<Set> sets_;
  PeLanes lanes_;
  // for traces
  std::array<std::uint32_t, lane_count> operands_{};
  std::array<std::uint32_t, groups * max_pes> walks_{}, last_walk_{};
  bool skip_zero_ = true;
  std::uint32_t window_ = 1, oldest_slot_ = 0, left_ = 0, run_cycle_ = 0;
  unsigned flush_ops_ = 0;  // of one of the two cycles
  arch::Counters activity_;
  bool traced_ = false;
};

}  // namespace wd::sim::systemc
