// SPDX-License-Identifier: Apache-2.0
// Executes instructions: bursts, loops, and tiles.
//
// Timing    docs/architecture.md, Sequencer. busy_o is high from the first FETCH to the EXEC of HALT;
//           setup_o, run_o and post_o say what a CONV's tile does in this cycle (post_o: an ELEMENTWISE's, too); burst_o is combinational,
//           so that the queue has the burst from the next cycle on.
// Errors    an unknown opcode or a row that a buffer does not have (in EXEC), an instruction outside of the memory (in FETCH): who is told by set_fault_handler(), and the
//           program ends; without one SC_REPORT_ERROR.
#pragma once

#include <functional>
#include <systemc>
#include <utility>

#include "hw/arch/registers.hpp"
#include "sim/systemc/bus.hpp"
#include "sim/systemc/counters.hpp"
#include "sim/systemc/instr_memory.hpp"
#include "sim/systemc/types.hpp"

namespace wd::sim::systemc {

class Sequencer : public sc_core::sc_module, public ActivityIf {
 public:
  sc_core::sc_in<bool> clk_i{"clk_i"}, start_i{"start_i"};
  sc_core::sc_in<std::uint32_t> start_pc_i{"start_pc_i"};
  sc_core::sc_port<InstrReadIf> instr_i{"instr_i"};
  sc_core::sc_out<bool> busy_o{"busy_o"};
  // bursts
  sc_core::sc_in<bool> queue_full_i{"queue_full_i"};
  sc_core::sc_in<std::uint32_t> pending_i{"pending_i"};  // bit i: a burst of tag i waits or is in progress
  sc_core::sc_out<bool> burst_o{"burst_o"};
  BusOut<arch::Instr> burst_instr_o{"burst_instr_o"};  // of this iteration
  // tiles
  BusOut<Tile> tile_o{"tile_o"};
  sc_core::sc_out<bool> setup_o{"setup_o"}, run_o{"run_o"}, post_o{"post_o"};
  sc_core::sc_in<bool> run_done_i{"run_done_i"}, post_done_i{"post_done_i"};  // in the last cycle of each
  sc_core::sc_in<bool> post_read_i{"post_read_i"};  // in POST's last cycle of a tile that another follows
  sc_core::sc_out<bool> elementwise_setup_o{
      "elementwise_setup_o"};  // SETUP of an ELEMENTWISE, which has no RUN
  // the same of a POOL or TRANSPOSE, whose POST is one cycle
  sc_core::sc_out<bool> pool_setup_o{"pool_setup_o"}, pool_run_o{"pool_run_o"}, pool_post_o{"pool_post_o"};
  sc_core::sc_in<bool> pool_done_i{"pool_done_i"};

  SC_HAS_PROCESS(Sequencer);
  Sequencer(sc_core::sc_module_name name, const arch::Arch& arch);

  /// @param row that is outside, or 0
  using FaultHandler =
      std::function<void(arch::FaultCause cause, std::uint32_t instruction, std::uint32_t row)>;
  void set_fault_handler(FaultHandler handler) { fault_handler_ = std::move(handler); }
  /// Ends the program behind the tiles of the present instruction, or in the present cycle if there are none.
  void stop() { stop_ = true; }
  /// The number of the present instruction, or of the last one.
  std::uint32_t instruction() const { return pc_; }
  /// Cycles since the first FETCH, for traces.
  std::uint64_t cycle() const { return cycle_; }
  const arch::Counters& activity() const override { return activity_; }

 private:
  enum class State { idle, fetch, exec, setup, run, post };

  void clocked();
  void start_burst();
  void fetch();
  void exec();
  void enter(State state);
  void go_on();
  void end_with(arch::FaultCause cause, std::uint32_t row = 0);
  bool last_tile() const;
  void next_tile();
  bool pooling() const {
    return instr_.operation() == arch::Op::Pool || instr_.operation() == arch::Op::Transpose;
  }

  const arch::Arch arch_;
  State state_ = State::idle;
  std::uint64_t cycle_ = 0;
  arch::Counters activity_;
  std::uint32_t pc_ = 0;
  arch::Instr instr_;
  Tile tile_;
  std::uint32_t loop_start_ = 0;
  int loop_count_ = 0;
  bool stop_ = false;
  FaultHandler fault_handler_;
  sc_core::sc_signal<bool> burst_{"burst"};  // EXEC of an instruction that queues a burst
};

}  // namespace wd::sim::systemc
