// SPDX-License-Identifier: Apache-2.0
// The whole core: its blocks and the wires between them, with the register socket and the memory socket.
//
// Timing    one clock; docs/architecture.md, cycle by cycle. Registers start in their reset state.
// RTL twin  wd_top; each block has the name of its module without wd_.
// Errors    an architecture that this model does not cover (chunk other than 16): wd::Error.
#pragma once

#include <systemc>

#include "sim/systemc/act_buffer.hpp"
#include "sim/systemc/burst_queue.hpp"
#include "sim/systemc/counters.hpp"
#include "sim/systemc/decoder.hpp"
#include "sim/systemc/dma.hpp"
#include "sim/systemc/expander.hpp"
#include "sim/systemc/fetch.hpp"
#include "sim/systemc/instr_memory.hpp"
#include "sim/systemc/monitor.hpp"
#include "sim/systemc/norm_buffer.hpp"
#include "sim/systemc/organisation.hpp"
#include "sim/systemc/pool.hpp"
#include "sim/systemc/post.hpp"
#include "sim/systemc/registers.hpp"
#include "sim/systemc/score_buffer.hpp"
#include "sim/systemc/sequencer.hpp"
#include "sim/systemc/weight_buffer.hpp"

namespace wd::sim::systemc {

/// Refuses an architecture that the SystemC model does not cover.
void check_supported(const arch::Arch& arch);

class Top : public sc_core::sc_module {
 public:
  sc_core::sc_in<bool> clk_i{"clk_i"};
  sc_core::sc_signal<bool> busy{"busy"};  // also the host's interrupt line: it falls when done

  Top(sc_core::sc_module_name name, const arch::Arch& arch);
  tlm_utils::simple_target_socket<Registers>& register_socket() { return registers_.socket; }
  tlm_utils::simple_initiator_socket<Dma>& memory_socket() { return dma_.memory_socket; }
  void set_trace(Trace* trace);
  void set_burst_port(BurstPort* port) { dma_.set_port(port); }
  /// Told of what stops a program; of a stream error the instruction is not known here.
  void set_fault_handler(const Sequencer::FaultHandler& handler);
  /// Ends a program as soon as its instruction has ended. Bursts that wait are dropped, the one in progress goes to its end.
  void stop();
  std::uint32_t instruction() const { return sequencer_.instruction(); }
  /// Falls when no burst is left.
  const sc_core::sc_signal<bool>& bursts_busy() const { return bursts_busy_; }
  /// Of the frame, for those who watch signals.
  std::uint64_t cycle() const { return sequencer_.cycle(); }

 private:
  void connect_control();
  void connect_loads();
  void connect_run();
  void connect_post();
  void connect_pool();
  void connect_observers();

  template <typename T>
  using Signal = sc_core::sc_signal<T>;

  // control
  Signal<bool> start_{"start"}, setup_{"setup"}, run_{"run"}, post_now_{"post_now"};
  Signal<std::uint32_t> start_pc_{"start_pc"}, switches_{"switches"}, window_{"window"};
  Bus<Tile> tile_{"tile"};
  // bursts
  Signal<bool> burst_{"burst"}, queue_full_{"queue_full"}, bursts_busy_{"bursts_busy"},
      dma_start_{"dma_start"}, dma_busy_{"dma_busy"}, beat_valid_{"beat_valid"},
      decoder_busy_{"decoder_busy"}, decoder_ready_{"decoder_ready"};
  Signal<std::uint32_t> burst_pending_{"burst_pending"};
  Bus<arch::Instr> burst_instr_{"burst_instr"}, dma_instr_{"dma_instr"};
  Bus<DmaBeat> beat_{"beat"};
  // weight rows and activations
  Signal<bool> weight_read_{"weight_read"}, chunk_ready_{"chunk_ready"}, consumed_{"consumed"};
  Signal<bool> run_done_{"run_done"};
  Signal<std::uint32_t> weight_row_{"weight_row"};
  Bus<WeightRows> weights_{"weights"};
  Bus<BankRead> fetch_read_{"fetch_read"}, residual_read_{"residual_read"};
  Bus<BankData> act_data_{"act_data"};
  Bus<StagedChunk> staged_{"staged"};
  // pools
  Signal<bool> elementwise_setup_{"elementwise_setup"};
  Signal<bool> pool_setup_{"pool_setup"}, pool_run_{"pool_run"}, pool_done_{"pool_done"},
      pool_post_{"pool_post"};
  Bus<BankWrite> pool_write_{"pool_write"};
  // post unit
  Signal<bool> norm_read_{"norm_read"}, post_done_{"post_done"}, post_read_{"post_read"};
  Signal<std::uint32_t> norm_row_{"norm_row"};
  Bus<NormRow> norm_{"norm"};
  Bus<BankWrite> act_write_{"act_write"};
  Counters counters_;
  InstrMemory instr_memory_;
  Registers registers_;
  Sequencer sequencer_;
  BurstQueue burst_queue_;
  Dma dma_;
  Expander expander_;
  Decoder decoder_;
  WeightBuffer weight_buffer_;
  NormBuffer norm_buffer_;
  ActBuffer act_buffer_;
  ScoreBuffer score_buffer_;
  Fetch fetch_;
  std::unique_ptr<Organisation> organisation_;
  Post post_;
  Pool pool_;
  Monitor monitor_;
};

}  // namespace wd::sim::systemc
