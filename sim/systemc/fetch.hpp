// SPDX-License-Identifier: Apache-2.0
// Reads a chunk's activations for all groups into the staging register, ahead of its first row.
//
// Not       a POOL's chunks are not staged one after the other: of each channel and group the greatest code is, from pool_done_o on.
//           Its next fetch starts by itself, in the cycle in which the one before is complete.
// Timing    the fetch of chunk 0 starts in the first RUN cycle, that of the next chunk in the cycle of
//           consumed_i. A fetch from cycle s has its f sub-reads in s .. s + f - 1; ready_o is high from
//           s + f + 1 until the chunk is issued. In sub-read j every bank serves the j-th of the groups that need it.
#pragma once

#include <optional>
#include <systemc>

#include "sim/systemc/bus.hpp"
#include "sim/systemc/counters.hpp"
#include "sim/systemc/types.hpp"

namespace wd::sim::systemc {

class Fetch : public sc_core::sc_module, public ActivityIf {
 public:
  sc_core::sc_in<bool> clk_i{"clk_i"}, setup_i{"setup_i"}, run_i{"run_i"};
  sc_core::sc_in<bool> consumed_i{"consumed_i"};
  sc_core::sc_in<bool> pool_setup_i{"pool_setup_i"}, pool_run_i{"pool_run_i"};
  BusIn<Tile> tile_i{"tile_i"};
  BusOut<BankRead> read_o{"read_o"};
  BusIn<BankData> data_i{"data_i"};
  BusOut<StagedChunk> staged_o{"staged_o"};
  sc_core::sc_out<bool> ready_o{"ready_o"};
  sc_core::sc_out<bool> pool_done_o{"pool_done_o"};  // in the last RUN cycle of a POOL

  SC_HAS_PROCESS(Fetch);
  explicit Fetch(sc_core::sc_module_name name);

  const arch::Counters& activity() const override { return activity_; }

 private:
  /// Which groups a sub-read serves, and from which banks.
  struct SubRead {
    bool valid = false, last = false;
    std::uint32_t served = 0;
    std::array<std::uint8_t, groups> bank{};
  };

  void plan();
  void plan_sub_read(int sub);
  /// The pixel that a group needs: its place behind bank 0 of row `in_base`, perhaps before it; nothing outside of the input.
  std::optional<int> input_place(int group) const;
  void clocked();
  void collect();
  void clocked_pool();
  void merge();
  void advance();

  sc_core::sc_event changed_;
  bool begin_ = false;               // chunk 0 is to be fetched
  int sub_ = 0;                      // the next sub-read of a fetch in progress; 0: none
  bool more_ = false;                // chunks are left to fetch
  bool again_ = false;               // a POOL's next fetch starts
  int ky_ = 0, kx_ = 0, block_ = 0;  // of a pooled CONV kx_ alone: its number of 16 pixels
  SubRead now_, before_;             // this cycle's, and the one whose data come in this cycle
  StagedChunk collected_;
  arch::Counters activity_;
};

}  // namespace wd::sim::systemc
