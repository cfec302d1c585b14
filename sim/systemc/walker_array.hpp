// SPDX-License-Identifier: Apache-2.0
// The walkers of all sets of groups, and the PEs that they serve.
//
// What      one process over plain arrays; walkers and PEs without work cost nothing. A pick is one operation for all
//           groups of its set: what PEs hold lies [channel][group].
// Timing    a row on issued_i in cycle t can be taken in t and walked from t + 1 on. A walk in t is in the pick register
//           in t + 1, in the operand register in t + 2, in the addend register from t + 3 on, and in the sum with the
//           PE's next operand or with flush_i. left_o: slots in which a walker had work left after the last cycle.
// Numerics  exact; operands are +-(M w << (max(e, 1) - 1 + plane)) in units of 2^-9. Segments are not modelled.
// Errors    a sum that leaves AccBits: SC_REPORT_ERROR.
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
  BusOut<arch::Counters> activity_o{"activity_o"};

  SC_HAS_PROCESS(WalkerArray);
  WalkerArray(sc_core::sc_module_name name, const arch::Arch& arch);

  std::int64_t sum(int group, int pe) const { return lanes_.sum[lane_at(group, pe)]; }

  /// Records walks and operands, for traces.
  void set_traced(bool traced) { traced_ = traced; }
  std::uint32_t operands(int group, int pe) const { return operands_[lane_at(group, pe)]; }
  std::uint32_t walks(int set, int channel) const { return walker(set, channel).walks; }
  std::uint32_t last_walk(int set, int channel) const { return walker(set, channel).last; }

 private:
  struct Slot {
    std::array<std::uint64_t, max_pes> words{};  // as in WalkerRow
    int plane = 0, entry = 0;
    std::array<std::array<std::uint16_t, max_pes>, groups> work{};  // walk map and non-zero map, set by set
  };
  struct Walker {
    std::uint16_t rem = 0;  // positions of the row taken that are left
    std::uint8_t plane = 0;
    std::uint64_t word = 0;               // of that row
    const std::int32_t* units = nullptr;  // the set's part of that row's entry
    std::uint32_t walks = 0, last = 0;    // for traces
  };
  /// A set of groups: what its walkers hold as one bit of each channel.
  struct Set {
    std::array<Walker, max_pes> walkers{};
    std::array<Pick, max_pes> picks{};
    std::uint64_t busy = 0;                           // rem is not 0
    std::uint64_t picked = 0;                         // the pick register is valid
    std::uint64_t operand = 0;                        // it was in the cycle before
    std::array<std::uint64_t, max_window> pending{};  // by slot: has work that is not taken
    std::array<std::uint64_t, max_window> holds{};    // by slot: rem is of its row
    unsigned inside = 0, groups_inside = 0;           // by group of the set, and how many
  };

  static std::size_t lane_at(int group, int pe) { return static_cast<std::size_t>(pe * groups + group); }
  const Walker& walker(int set, int channel) const {
    return sets_[static_cast<std::size_t>(set)].walkers[static_cast<std::size_t>(channel)];
  }

  void clocked();
  void run();
  void clear();
  void take_issued(const WalkerRow& row);
  void step_pes(std::size_t number);
  void flush();
  void count_operands(std::size_t number);
  bool inside(std::size_t set, int group) const { return sets_[set].inside >> group & 1; }
  void require_inside(std::uint64_t biased_sums) const;
  std::int64_t bias() const { return std::int64_t{1} << (arch_.acc_bits - 1); }
  void step_walkers(std::size_t number);
  std::uint64_t walk(Set& set);
  std::uint64_t take(Set& set, std::uint64_t idle, std::size_t number);

  const arch::Arch arch_;
  const LaneSteps steps_;
  std::array<Slot, max_window> slots_;
  std::array<EntryUnits, max_window> entries_;
  std::array<std::array<std::uint16_t, groups>, max_window> nonzero_{};  // by entry and set
  std::vector<Set> sets_;
  PeLanes lanes_;
  std::array<std::uint32_t, lane_count> operands_{};  // for traces
  bool skip_zero_ = true;
  std::uint32_t window_ = 1, oldest_slot_ = 0, left_ = 0, run_cycle_ = 0;
  unsigned flush_ops_ = 0;  // of one of the two cycles
  arch::Counters activity_;
  bool quiet_ = true;  // the activity on the bus is zero
  bool traced_ = false;
};

}  // namespace wd::sim::systemc
