// SPDX-License-Identifier: Apache-2.0
// The activation buffer: 16 banks of one word read and one word written a cycle.
//
// Shape     a word is 16 FP8 codes of one pixel; docs/architecture.md says which pixel lies where.
// Timing    a word read in cycle t is on data_o in cycle t + 1; a word is written at the end of its cycle.
//           fetch_i reads in RUN and post_i in POST, so they never meet; the DMA reads a bank that they leave alone. A beat whose bank is written by another is written a cycle later.
// Errors    a row outside of the banks, two readers in one cycle, or a bank that cannot take a beat in the next one either:
//           SC_REPORT_ERROR.
#pragma once

#include <systemc>
#include <vector>

#include "sim/systemc/bus.hpp"
#include "sim/systemc/types.hpp"

namespace wd::sim::systemc {

/// The DMA's read port.
class WordReadIf : public virtual sc_core::sc_interface {
 public:
  /// @return null where tiles read the bank in this cycle
  virtual const ActWord* read_word(int bank, int row) = 0;
};

class ActBuffer : public sc_core::sc_module, public WordReadIf {
 public:
  sc_core::sc_in<bool> clk_i{"clk_i"};
  BusIn<BankRead> fetch_i{"fetch_i"}, post_i{"post_i"};
  BusOut<BankData> data_o{"data_o"};
  BusIn<BankWrite> write_i{"write_i"}, pool_write_i{"pool_write_i"};
  BusIn<DmaBeat> beat_i{"beat_i"};

  SC_HAS_PROCESS(ActBuffer);
  ActBuffer(sc_core::sc_module_name name, int rows);

  const ActWord* read_word(int bank, int row) override;
  /// For traces and tests.
  const ActWord& word(int bank, int row) const;

 private:
  void clocked();
  void read(const BankRead& request);
  void write(const BankWrite& request);
  void write(const DmaBeat& beat, std::uint32_t taken);
  ActWord& at(int bank, int row) { return const_cast<ActWord&>(word(bank, row)); }

  int rows_;
  DmaBeat held_;                // its bank was written by another
  std::vector<ActWord> words_;  // bank-major
};

}  // namespace wd::sim::systemc
