// SPDX-License-Identifier: Apache-2.0
#include "sim/systemc/sequencer.hpp"

#include <string>

#include "hw/arch/row_outside.hpp"

namespace wd::sim::systemc {

using arch::Instr;
using arch::Op;

Sequencer::Sequencer(sc_core::sc_module_name name, const arch::Arch& arch) : sc_module(name), arch_(arch) {
  SC_METHOD(clocked);
  sensitive << clk_i.pos();
  dont_initialize();
  SC_METHOD(start_burst);
  sensitive << burst_ << queue_full_i;
}

void Sequencer::start_burst() { burst_o.write(burst_.read() && !queue_full_i.read() && !stop_); }

void Sequencer::clocked() {
  if (state_ != State::idle) ++cycle_, ++activity_.cycles;
  if (state_ == State::run) ++activity_.run_cycles;
  switch (state_) {
    case State::idle:
      if (start_i && !stop_) {
        pc_ = start_pc_i;
        cycle_ = 0;
        tile_.iteration = 0;
        enter(State::fetch);
      }
      stop_ = false;
      break;
    case State::fetch:
      fetch();
      break;
    case State::exec:
      exec();
      break;
    case State::setup:
      enter(instr_.operation() == Op::Elementwise ? State::post : State::run);
      break;
    case State::run:
      if (pooling() ? pool_done_i : run_done_i) enter(State::post);
      break;
    case State::post:
      if (pooling() || (last_tile() ? post_done_i : post_read_i)) next_tile();
      break;
  }
}

void Sequencer::enter(State state) {
  state_ = state;
  busy_o.write(state != State::idle);
  const bool pool = pooling();
  const bool elementwise = instr_.operation() == Op::Elementwise;
  setup_o.write(state == State::setup && !pool && !elementwise);
  elementwise_setup_o.write(state == State::setup && elementwise);
  run_o.write(state == State::run && !pool);
  post_o.write(state == State::post && !pool);
  pool_setup_o.write(state == State::setup && pool);
  pool_run_o.write(state == State::run && pool);
  pool_post_o.write(state == State::post && pool);
  burst_.write(state == State::exec && arch::is_burst(instr_.operation()));
  if (state == State::setup) tile_o->next() = tile_;
}

void Sequencer::fetch() {
  if (stop_) return enter(State::idle);
  instr_ = arch::decode(instr_i->instruction(pc_));
  if (arch::find_operation(instr_.op) == nullptr) return end_with(arch::FaultCause::illegal_opcode);
  if (const auto row = arch::row_outside(instr_, arch_))
    return end_with(arch::FaultCause::address_outside, *row);
  Instr& burst = burst_instr_o->next();
  burst = instr_;
  burst.mem_addr += 4 * instr_.norm_step * tile_.iteration;
  enter(State::exec);
}

void Sequencer::go_on() {
  if (stop_) return enter(State::idle);
  if (pc_ + 1 == static_cast<std::uint32_t>(instr_i->rows()))
    return end_with(arch::FaultCause::instruction_address);
  ++pc_;
  enter(State::fetch);
}

void Sequencer::end_with(arch::FaultCause cause, std::uint32_t row) {
  if (!fault_handler_)
    SC_REPORT_ERROR(name(),
                    ("instruction " + std::to_string(pc_) + ": " + std::string(name_of(cause))).c_str());
  else
    fault_handler_(cause, pc_, row);
  enter(State::idle);
}

void Sequencer::exec() {
  if (stop_) return enter(State::idle);
  switch (instr_.operation()) {
    case Op::LoadWeights:
    case Op::LoadNorms:
    case Op::LoadTensor:
    case Op::StoreTensor:
    case Op::LoadTable:
    case Op::StoreScores:
      if (!queue_full_i) go_on();
      return;
    case Op::Wait:
      if ((pending_i.read() >> instr_.tag & 1) == 0) go_on();
      return;
    case Op::Loop:
      loop_start_ = pc_ + 1;
      loop_count_ = instr_.count;
      tile_.iteration = 0;
      return go_on();
    case Op::EndLoop:
      if (tile_.iteration + 1 < loop_count_) {
        ++tile_.iteration;
        pc_ = loop_start_;
        return enter(State::fetch);
      }
      tile_.iteration = 0;
      return go_on();
    case Op::Conv:
    case Op::Pool:
    case Op::Elementwise:
    case Op::Transpose:
      tile_.conv = instr_;
      tile_.oc = tile_.t = 0;
      return enter(State::setup);
    case Op::Halt:
      return enter(State::idle);
  }
}

bool Sequencer::last_tile() const {
  return tile_.t + 1 == tile_.conv.tiles && tile_.oc + 1 == tile_.conv.tiles_oc;
}

void Sequencer::next_tile() {
  if (++tile_.t == tile_.conv.tiles) {
    tile_.t = 0;
    if (++tile_.oc == tile_.conv.tiles_oc) return go_on();
  }
  enter(State::setup);
}

}  // namespace wd::sim::systemc
