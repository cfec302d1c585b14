// SPDX-License-Identifier: Apache-2.0
// Bursts wait here for the DMA, which runs one after another, in order.
//
// Timing    push_i in cycle t: start_o in t if no burst is before it, else in the cycle after the one before has ended. full_o: a
//           push has to wait in this cycle; the burst in progress counts.
// Shape     pending_o: bit i is set while a burst of tag i waits or is in progress.
// RTL twin  wd_burst_queue
#pragma once

#include <deque>
#include <systemc>

#include "sim/systemc/bus.hpp"
#include "sim/systemc/types.hpp"

namespace wd::sim::systemc {

class BurstQueue : public sc_core::sc_module {
 public:
  sc_core::sc_in<bool> clk_i{"clk_i"}, push_i{"push_i"};
  BusIn<arch::Instr> instr_i{"instr_i"};
  sc_core::sc_out<bool> full_o{"full_o"}, busy_o{"busy_o"};
  sc_core::sc_out<std::uint32_t> pending_o{"pending_o"};
  // DMA
  sc_core::sc_in<bool> dma_busy_i{"dma_busy_i"};
  sc_core::sc_in<bool> decoder_busy_i{"decoder_busy_i"};  // a coded burst ends with its last row
  sc_core::sc_out<bool> start_o{"start_o"};
  BusOut<arch::Instr> burst_o{"burst_o"};

  SC_HAS_PROCESS(BurstQueue);
  explicit BurstQueue(sc_core::sc_module_name name);
  /// Those that wait now are dropped at the next edge, and so is one that comes in this cycle; none of them starts.
  void stop() {
    stop_ = !waiting_.empty() || push_i.read();
    stops_.notify();
  }

 private:
  bool in_progress() const { return dma_busy_i.read() || decoder_busy_i.read(); }
  bool starts() const { return !stop_ && !in_progress() && (!waiting_.empty() || push_i.read()); }
  void clocked();
  void start();
  void report();

  std::deque<arch::Instr> waiting_;
  bool stop_ = false;
  sc_core::sc_event stops_;
  int tag_ = 0;                                      // of the burst in progress
  sc_core::sc_signal<unsigned> changes_{"changes"};  // of waiting_
};

}  // namespace wd::sim::systemc
