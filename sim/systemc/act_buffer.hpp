// SPDX-License-Identifier: Apache-2.0
// The activation buffer: 16 banks of one word read and one word written a cycle.
//
// Shape     a word is 16 FP8 codes of one pixel; docs/architecture.md says which pixel lies where.
// Timing    a word read in cycle t is on data_o in cycle t + 1; a word is written at the end of its cycle.
//           fetch_i reads in RUN and post_i in POST, so they never meet.
// Errors    a row outside of the banks, or both readers in one cycle: SC_REPORT_ERROR.
#pragma once

#include <systemc>
#include <vector>

#include "sim/systemc/bus.hpp"
#include "sim/systemc/types.hpp"

namespace wd::sim::systemc {

class ActBuffer : public sc_core::sc_module {
 public:
  sc_core::sc_in<bool> clk_i{"clk_i"};
  BusIn<BankRead> fetch_i{"fetch_i"}, post_i{"post_i"};
  BusOut<BankData> data_o{"data_o"};
  BusIn<BankWrite> write_i{"write_i"}, pool_write_i{"pool_write_i"};
  BusIn<DmaBeat> beat_i{"beat_i"};

  SC_HAS_PROCESS(ActBuffer);
  ActBuffer(sc_core::sc_module_name name, int rows);

  /// For traces and tests.
  const ActWord& word(int bank, int row) const;

 private:
  void clocked();
  void read(const BankRead& request);
  void write(const BankWrite& request);
  ActWord& at(int bank, int row) { return const_cast<ActWord&>(word(bank, row)); }

  int rows_;
  std::vector<ActWord> words_;  // bank-major
};

}  // namespace wd::sim::systemc
