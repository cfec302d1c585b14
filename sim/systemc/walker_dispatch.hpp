// SPDX-License-Identifier: Apache-2.0
// Issues rows to the window that all walkers share, in order, at most one a cycle; ends the tile.
//
// Shape     a row is up to planes_per_row weight rows of a chunk, which are read together.
// Timing    issue_first_o, read_o, read_row_o, flush_o and done_o are combinational; the row itself is in its slot from
//           the next cycle on (issued_valid_o, issued_o). A slot is free when its row was issued at least 2 cycles
//           before and left_i shows that no walker has work left in it; an entry, when all slots of its chunk are.
//           Two cycles after the last walk come two cycles with flush_o, the second with done_o.
// Test      program_test.cpp
#pragma once

#include <systemc>
#include <vector>

#include "sim/systemc/bus.hpp"
#include "sim/systemc/walker_row.hpp"

namespace wd::sim::systemc {

class WalkerDispatch : public sc_core::sc_module {
 public:
  sc_core::sc_in<bool> clk_i{"clk_i"}, setup_i{"setup_i"}, run_i{"run_i"};
  sc_core::sc_in<std::uint32_t> switches_i{"switches_i"}, window_i{"window_i"};
  BusIn<Tile> tile_i{"tile_i"};
  // staged activations
  sc_core::sc_in<bool> chunk_ready_i{"chunk_ready_i"};
  BusIn<StagedChunk> staged_i{"staged_i"};
  sc_core::sc_out<bool> issue_first_o{"issue_first_o"};
  // weight rows
  sc_core::sc_out<bool> read_o{"read_o"};
  sc_core::sc_out<std::uint32_t> read_row_o{"read_row_o"};
  BusIn<WeightRows> rows_i{"rows_i"};
  // window
  sc_core::sc_in<std::uint32_t> left_i{
      "left_i"};  // slots in which a walker had work left after the last cycle
  sc_core::sc_out<bool> issued_valid_o{"issued_valid_o"};
  BusOut<WalkerRow> issued_o{"issued_o"};
  // end of the tile
  sc_core::sc_out<bool> flush_o{"flush_o"};
  sc_core::sc_out<bool> done_o{"done_o"};  // this is the last RUN cycle

  SC_HAS_PROCESS(WalkerDispatch);
  WalkerDispatch(sc_core::sc_module_name name, const arch::Arch& arch);

  /// Records the RUN cycle of each row, for traces.
  void set_traced(bool traced) { traced_ = traced; }
  const std::vector<std::uint32_t>& row_issue() const { return row_issue_; }

 private:
  void decide();
  void clocked();
  void begin_tile();
  void issue();
  void set_words(WalkerRow& row) const;
  void set_nonzero(WalkerRow& row) const;
  void count_row();
  bool may_issue() const;
  bool all_walked() const { return all_issued_ && left_i.read() == 0; }

  const arch::Arch arch_;
  sc_core::sc_event changed_;
  arch::Switches switches_;
  int window_ = 1;
  // the tile
  int rows_ = 0;  // to issue
  int position_rows_ = 0, first_weight_row_ = 0,
      live_pes_ = 0;  // weight rows until they begin again; PEs with a channel
  // the next row to issue
  int row_ = 0, plane_ = 0, planes_ = 1, slot_ = 0, entry_ = 0, weight_offset_ = 0;
  bool loaded_ = false;          // it has been read from the weight buffer
  bool all_issued_ = false;      // 2 cycles ago or longer
  bool issue_ = false;           // combinational: it is issued in this cycle
  int drain_ = 0;                // cycles since everything was walked
  std::uint32_t last_slot_ = 0;  // of the row issued in the cycle before, one-hot; 0: none
  std::array<std::uint32_t, max_window> entry_slots_{};  // slots with rows of the entry's chunk
  bool traced_ = false;
  std::uint32_t run_cycle_ = 0;
  std::vector<std::uint32_t> row_issue_;
};

}  // namespace wd::sim::systemc
