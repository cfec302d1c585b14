// SPDX-License-Identifier: Apache-2.0
// Moves bursts between memory and buffers, a beat a cycle, over a TLM-2.0 initiator socket.
//
// Timing    started in cycle t: busy_o in t + 1 .. t + MemoryLatency + count; beat i on beat_o (or written)
//           in cycle t + 1 + MemoryLatency + i. One transaction a beat, in its own cycle, so that memory
//           is read and written exactly then; the memory adds no delay. A coded burst's beat stays on beat_o until a
//           cycle with ready_i.
// Errors    a transaction that the memory refuses: SC_REPORT_ERROR.
#pragma once

#include <tlm_utils/simple_initiator_socket.h>

#include <optional>
#include <systemc>

#include "sim/burst_port.hpp"
#include "sim/systemc/act_buffer.hpp"
#include "sim/systemc/bus.hpp"
#include "sim/systemc/counters.hpp"
#include "sim/systemc/score_buffer.hpp"
#include "sim/systemc/types.hpp"

namespace wd::sim::systemc {

class Dma : public sc_core::sc_module, public ActivityIf {
 public:
  sc_core::sc_in<bool> clk_i{"clk_i"}, start_i{"start_i"};
  BusIn<arch::Instr> instr_i{"instr_i"};
  sc_core::sc_out<bool> busy_o{"busy_o"};
  BusOut<DmaBeat> beat_o{"beat_o"};
  sc_core::sc_out<bool> beat_valid_o{"beat_valid_o"};  // beat_o has one
  sc_core::sc_in<bool> ready_i{"ready_i"};             // the decoder takes one
  sc_core::sc_port<ScoreReadIf> scores_i{"scores_i"};
  sc_core::sc_port<WordReadIf> words_i{"words_i"};
  tlm_utils::simple_initiator_socket<Dma> memory_socket{"memory_socket"};

  SC_HAS_PROCESS(Dma);
  Dma(sc_core::sc_module_name name, const arch::Arch& arch);

  /// Memory has times of its own; not owned. The socket is not used.
  void set_port(BurstPort* port) { port_ = port; }
  const arch::Counters& activity() const override { return activity_; }

 private:
  void clocked();
  void start();
  void beat();
  void place(DmaBeat& beat) const;
  void send(Beat data);
  Beat score_beat() const;
  /// Of a tensor's next word: all pixels of a channel block, then those of the next one.
  int next_bank() const { return pixel_ % banks; }
  int next_row() const;
  void transfer(tlm::tlm_command command, Beat& data);

  const arch::Arch arch_;
  BurstPort* port_ = nullptr;
  bool busy_ = false, beat_valid_ = false;
  int latency_left_ = 0;
  std::optional<Beat> held_;   // a tensor's word that is read and may not be sent yet
  int index_ = 0;              // of the next beat
  int pixel_ = 0, block_ = 0;  // of a tensor's next beat, pixels in raster order
  arch::Instr burst_;
  arch::Counters activity_;
};

}  // namespace wd::sim::systemc
