// SPDX-License-Identifier: Apache-2.0
// The PEs of all groups: each walks the positions that the window leaves it, one a cycle.
//
// What      one process for all PEs over plain arrays; groups and PEs without work cost nothing.
// Timing    a row on issued_i in cycle t can be taken in t and walked from t + 1 on; the operand is added
//           in the cycle after its walk. left_o: slots in which a PE had work left after the last
//           cycle.
// Numerics  exact; operands are +-(M << (max(e, 1) - 1 + plane)) in units of 2^-9.
// Errors    a sum that leaves AccBits: SC_REPORT_ERROR.
// Test      program_test.cpp
#pragma once

#include <systemc>
#include <vector>

#include "sim/systemc/bus.hpp"
#include "sim/systemc/walker_row.hpp"

namespace wd::sim::systemc {

class WalkerArray : public sc_core::sc_module {
 public:
  sc_core::sc_in<bool> clk_i{"clk_i"}, setup_i{"setup_i"}, run_i{"run_i"};
  sc_core::sc_in<std::uint32_t> window_i{"window_i"};
  sc_core::sc_in<bool> issued_valid_i{"issued_valid_i"};
  BusIn<WalkerRow> issued_i{"issued_i"};
  sc_core::sc_out<std::uint32_t> left_o{"left_o"};
  BusOut<arch::Counters> activity_o{"activity_o"};

  SC_HAS_PROCESS(WalkerArray);
  WalkerArray(sc_core::sc_module_name name, const arch::Arch& arch);

  std::int64_t sum(int group, int pe) const {
    return groups_[static_cast<std::size_t>(group)].sum[static_cast<std::size_t>(pe)];
  }

  /// Records walked positions and last walks, for traces; group-major like the sums.
  void set_traced(bool traced) { traced_ = traced; }
  std::uint32_t walks(int group, int pe) const {
    return groups_[static_cast<std::size_t>(group)].walks[static_cast<std::size_t>(pe)];
  }
  std::uint32_t last_walk(int group, int pe) const {
    return groups_[static_cast<std::size_t>(group)].last[static_cast<std::size_t>(pe)];
  }

 private:
  template <typename T>
  using PerPe = std::array<T, max_pes>;

  struct Slot {
    PerPe<std::uint16_t> mask{}, sign{}, walk{};
    int entry = 0;
    /// The chunk's activations on this row's plane, group by group: what the PEs' shifters make of them.
    std::array<std::array<std::int32_t, chunk>, groups> operands{};
  };
  /// A chunk's activations of one group, and which are to be walked.
  struct Entry {
    std::array<std::int32_t, chunk> units{};
    std::uint16_t nonzero = 0;
  };
  struct Pe {
    const std::int32_t* operands = nullptr;  // of the row taken, with its mask and sign: the slot keeps them
    std::uint16_t mask = 0, sign = 0;
    std::uint16_t rem = 0;     // its positions that are left
    std::uint8_t slot = 0;     // where it is
    std::uint8_t pending = 0;  // slots with work that is not taken yet
  };
  struct Group {
    PerPe<Pe> pes{};
    PerPe<std::int64_t> sum{};
    PerPe<std::int32_t> operand{};  // zero but in the cycle after a walk
    std::uint64_t active = 0;       // PEs with rem or pending
    bool walked = false;            // in the cycle before
    PerPe<std::uint32_t> walks{}, last{};
  };

  void clocked();
  void clear();
  void take_issued(const WalkerRow& row);
  void announce(const WalkerRow& row, std::uint16_t nonzero, Group& group);
  void add(Group& group);
  void take(Pe& pe, std::size_t number, std::size_t group) const;
  template <bool traced>
  void work(std::size_t number);
  std::uint32_t oldest(std::uint32_t pending) const;

  const arch::Arch arch_;
  std::array<Slot, max_window> slots_;
  std::array<std::array<Entry, groups>, max_window> entries_;
  std::array<Group, groups> groups_;
  std::uint32_t window_ = 1, oldest_slot_ = 0, left_ = 0;
  arch::Counters activity_;
  bool quiet_ = true;  // the activity on the bus is zero
  bool traced_ = false;
  std::uint32_t run_cycle_ = 0;
};

}  // namespace wd::sim::systemc
