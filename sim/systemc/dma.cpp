// SPDX-License-Identifier: Apache-2.0
#include "sim/systemc/dma.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace wd::sim::systemc {

using arch::Op;

Dma::Dma(sc_core::sc_module_name name, const arch::Arch& arch) : sc_module(name), arch_(arch) {
  SC_METHOD(clocked);
  sensitive << clk_i.pos();
  dont_initialize();
}

void Dma::clocked() {
  if (!clk_i.posedge()) return;  // just woken
  if (beat_valid_ && burst_.coded && !ready_i) {
    if (port_ != nullptr) port_->hold();
    return;
  }
  if (beat_valid_) {
    beat_valid_ = false;
    beat_o->next().valid = false;
    beat_valid_o.write(false);
  }
  if (busy_) {
    if (latency_left_ > 1)
      --latency_left_;
    else if (index_ < burst_.count)
      beat();
    else
      busy_ = false;
  } else if (start_i) {
    start();
  } else {
    next_trigger(start_i.posedge_event());
  }
  busy_o.write(busy_);
}

void Dma::start() {
  burst_ = instr_i->read();
  busy_ = true;
  latency_left_ = arch_.memory_latency;
  index_ = 0;
  pixel_ = block_ = 0;
  held_.reset();
  if (port_ == nullptr) return;
  const bool write = arch::stores(burst_.operation());
  if (!write) latency_left_ = 0;  // the port has it
  port_->request(write, static_cast<std::uint32_t>(burst_.mem_addr),
                 static_cast<std::uint32_t>(burst_.count));
}

/// At the end of the cycle before the beat's own.
void Dma::beat() {
  const bool from_port = port_ != nullptr && !arch::stores(burst_.operation());
  const std::uint8_t* const come = from_port ? port_->next() : nullptr;
  if (from_port && come == nullptr) return;
  if (arch::stores(burst_.operation())) {
    if (!held_ && burst_.operation() == Op::StoreTensor) {
      const ActWord* const word = words_i->read_word(next_bank(), next_row());
      if (word == nullptr) return;  // tiles read its bank
      held_ = *word;
    }
    if (port_ != nullptr && !port_->accepts()) return;
    send(held_ ? *held_ : score_beat());
    held_.reset();
  } else {
    DmaBeat& beat = beat_o->next();
    beat.valid = true;
    beat.target = burst_.operation();
    beat.first = index_ == 0;
    beat.coded = burst_.coded != 0;
    place(beat);
    if (from_port)
      std::copy_n(come, beat_bytes, beat.data.begin());
    else
      transfer(tlm::TLM_READ_COMMAND, beat.data);
    beat_valid_ = true;
    beat_valid_o.write(true);
    ++activity_.beats_read;
  }
  ++index_;
  if (++pixel_ < burst_.in_h * burst_.in_w) return;
  pixel_ = 0;
  ++block_;
}

void Dma::send(Beat data) {
  if (port_ != nullptr)
    port_->send(data.data());
  else
    transfer(tlm::TLM_WRITE_COMMAND, data);
  ++activity_.beats_written;
}

Beat Dma::score_beat() const {
  const ScoreRow& row = scores_i->scores(burst_.out_base + index_ / 2);
  Beat data;
  for (std::size_t i = 0; i < data.size() / 2; ++i) {
    const numerics::Fp16 score = row[static_cast<std::size_t>(index_ % 2) * (data.size() / 2) + i];
    data[2 * i] = static_cast<std::uint8_t>(score);
    data[2 * i + 1] = static_cast<std::uint8_t>(score >> 8);
  }
  return data;
}

int Dma::next_row() const {
  const int base = burst_.operation() == Op::StoreTensor ? burst_.in_base : burst_.out_base;
  return base + block_ * burst_.in_rows + pixel_ / banks;
}

void Dma::place(DmaBeat& beat) const {
  beat.part = 0;
  if (beat.target == Op::LoadWeights) {
    beat.row = burst_.weight_row;
  } else if (beat.target == Op::LoadNorms) {
    beat.row = burst_.norm_row + index_ / 4;
    beat.part = index_ % 4;
  } else if (beat.target == Op::LoadTable) {
    beat.row = 0;
    beat.part = index_;
  } else {
    beat.part = next_bank();
    beat.row = next_row();
  }
}

void Dma::transfer(tlm::tlm_command command, Beat& data) {
  tlm::tlm_generic_payload payload;
  sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
  payload.set_command(command);
  payload.set_address(static_cast<std::uint64_t>(burst_.mem_addr + index_) * beat_bytes);
  payload.set_data_ptr(data.data());
  payload.set_data_length(beat_bytes);
  payload.set_streaming_width(beat_bytes);
  memory_socket->b_transport(payload, delay);
  if (payload.is_response_error())
    SC_REPORT_ERROR(name(),
                    text("beat ", burst_.mem_addr + index_, ": ", payload.get_response_string()).c_str());
}

}  // namespace wd::sim::systemc
