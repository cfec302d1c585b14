// SPDX-License-Identifier: Apache-2.0
// Decodes coded bursts of weights to rows: the clocked model of hw/formats/stream/chip_decoder.hpp behind the DMA.
//
// Timing    start_i in cycle t with a coded burst: busy_o from t + 1 to the cycle in which its last row is written. A beat is taken at the
//           end of a cycle with beat_valid_i and ready_o; nothing but that holds the DMA up.
// Errors    a burst that is given up ends; its other beats are dropped. The program checker refuses it before.
// RTL twin  wd_decoder
// Test      program_test.cpp
#pragma once

#include <functional>
#include <systemc>
#include <utility>

#include "hw/formats/stream/chip_decoder.hpp"
#include "sim/systemc/bus.hpp"
#include "sim/systemc/counters.hpp"
#include "sim/systemc/types.hpp"
#include "sim/systemc/weight_buffer.hpp"

namespace wd::sim::systemc {

class Decoder : public sc_core::sc_module, public ActivityIf {
 public:
  sc_core::sc_in<bool> clk_i{"clk_i"}, start_i{"start_i"}, beat_valid_i{"beat_valid_i"},
      dma_busy_i{"dma_busy_i"};
  BusIn<arch::Instr> instr_i{"instr_i"};
  BusIn<DmaBeat> beat_i{"beat_i"};
  sc_core::sc_out<bool> busy_o{"busy_o"}, ready_o{"ready_o"};
  sc_core::sc_port<WeightWriteIf> row_o{"row_o"};

  SC_HAS_PROCESS(Decoder);
  Decoder(sc_core::sc_module_name name, const arch::Arch& arch);
  /// Called in the first cycle in which it is known that a burst is given up.
  void set_fault_handler(std::function<void()> handler) { fault_handler_ = std::move(handler); }

  const arch::Counters& activity() const override { return activity_; }

 private:
  void clocked();
  void write_row();

  stream::ChipDecoder decoder_;
  arch::Counters activity_;
  int row_ = 0;
  std::function<void()> fault_handler_;
};

}  // namespace wd::sim::systemc
