// SPDX-License-Identifier: Apache-2.0
#include "sim/systemc/registers.hpp"

#include <cstring>

namespace wd::sim::systemc {

Registers::Registers(sc_core::sc_module_name name, const arch::Arch& arch, const Counters& counters,
                     InstrMemory& instr_memory)
    : sc_module(name),
      arch_(arch),
      counter_block_(arch::counters_block(arch_)),
      configuration_block_(arch::configuration_block(arch_)),
      instruction_block_(arch::instructions_block(arch_)),
      counters_(counters),
      instr_memory_(instr_memory) {
  socket.register_b_transport(this, &Registers::transport);
  SC_METHOD(clocked);
  sensitive << clk_i.pos();
  dont_initialize();
}

void Registers::clocked() {
  if (!clk_i.posedge()) return;  // just woken
  start_o.write(start_);
  if (!start_) next_trigger(written_);
  start_ = false;
  start_pc_o.write(entry_);
  switches_o.write(switches_);
  window_o.write(window_ == 0 ? static_cast<std::uint32_t>(arch_.window) : window_);
}

std::uint32_t Registers::instruction_part(std::uint64_t at) const {
  const arch::InstrWord& instr = instr_memory_.instruction(static_cast<std::uint32_t>(at / instr_bytes));
  return static_cast<std::uint32_t>(instr[at % instr_bytes / 8] >> at % 8 * 8);
}

void Registers::set_instruction_part(std::uint64_t at, std::uint32_t value) {
  std::uint64_t& word =
      instr_memory_.instruction(static_cast<std::uint32_t>(at / instr_bytes))[at % instr_bytes / 8];
  const std::uint64_t shift = at % 8 * 8;
  word = (word & ~(std::uint64_t{0xffffffff} << shift)) | std::uint64_t{value} << shift;
}

std::uint32_t Registers::value_at(std::uint64_t address) const {
  switch (address) {
    case register_at::status:
      return (finished() ? status_done : 0) | (busy() ? status_busy : 0);
    case register_at::entry:
      return entry_;
    case register_at::switches:
      return switches_;
    case register_at::window:
      return window_;
    case register_at::mem_base:
      return mem_base_;
    case register_at::interrupt_enable:
      return interrupt_enable_;
    case register_at::interrupt_pending:
      return interrupt_pending();
    case register_at::watchdog:
      return watchdog_;
    case register_at::fault_cause:
    case register_at::fault_instruction:
    case register_at::fault_address:
      return 0;
    case register_at::id:
      return arch::register_value::id;
    case register_at::version:
      return arch::register_value::version;
  }
  SC_REPORT_ERROR(name(), "a register of the map is not modelled");
  return 0;
}

void Registers::set(std::uint64_t address, std::uint32_t value) {
  written_.notify(sc_core::SC_ZERO_TIME);
  switch (address) {
    case register_at::start:
      start_ = started_ = true;
      interrupt_cleared_ = 0;
      return;
    case register_at::entry:
      entry_ = value;
      return;
    case register_at::switches:
      switches_ = value;
      return;
    case register_at::window:
      window_ = value;
      return;
    case register_at::mem_base:
      mem_base_ = value;
      return;
    case register_at::interrupt_enable:
      interrupt_enable_ = value;
      return;
    case register_at::interrupt_pending:
      interrupt_cleared_ |= value & interrupt_pending();
      return;
    case register_at::watchdog:
      watchdog_ = value;
      return;
  }
  SC_REPORT_ERROR(name(), "a register of the map is not modelled");
}

tlm::tlm_response_status Registers::read(std::uint64_t address, std::uint32_t& value) const {
  if (instruction_block_.holds(address)) {
    if (busy()) return tlm::TLM_COMMAND_ERROR_RESPONSE;
    value = instruction_part(address - instruction_block_.address);
    return tlm::TLM_OK_RESPONSE;
  }
  if (counter_block_.holds(address)) {
    const std::uint64_t at = address - counter_block_.address;
    value = static_cast<std::uint32_t>(counters_.value(static_cast<int>(at / 8)) >> at % 8 * 8);
    return tlm::TLM_OK_RESPONSE;
  }
  if (configuration_block_.holds(address)) {
    value = static_cast<std::uint32_t>(
        arch::parameter(arch_, static_cast<int>((address - configuration_block_.address) / 4)));
    return tlm::TLM_OK_RESPONSE;
  }
  const auto known = arch::find_register(arch_, address);
  if (!known) return tlm::TLM_ADDRESS_ERROR_RESPONSE;
  if (!known->readable()) return tlm::TLM_COMMAND_ERROR_RESPONSE;
  value = value_at(address);
  return tlm::TLM_OK_RESPONSE;
}

tlm::tlm_response_status Registers::write(std::uint64_t address, std::uint32_t value) {
  const bool instruction = instruction_block_.holds(address);
  const auto known = arch::find_register(arch_, address);
  const bool read_only = counter_block_.holds(address) || configuration_block_.holds(address);
  if (!instruction && !read_only && !known) return tlm::TLM_ADDRESS_ERROR_RESPONSE;
  const bool writable = known ? known->writable() : instruction;
  if (!writable || (busy() && !(known && known->always()))) return tlm::TLM_COMMAND_ERROR_RESPONSE;
  if (known && value > known->highest) return tlm::TLM_GENERIC_ERROR_RESPONSE;
  if (instruction)
    set_instruction_part(address - instruction_block_.address, value);
  else
    set(address, value);
  return tlm::TLM_OK_RESPONSE;
}

void Registers::transport(tlm::tlm_generic_payload& payload, sc_core::sc_time&) {
  const std::uint64_t first = payload.get_address();
  const unsigned length = payload.get_data_length();
  if (payload.get_byte_enable_ptr() != nullptr)
    return payload.set_response_status(tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE);
  if (first % 4 != 0 || length % 4 != 0 || length == 0 || payload.get_streaming_width() < length)
    return payload.set_response_status(tlm::TLM_BURST_ERROR_RESPONSE);
  tlm::tlm_response_status status = tlm::TLM_OK_RESPONSE;
  for (unsigned at = 0; at < length && status == tlm::TLM_OK_RESPONSE; at += 4) {
    std::uint32_t value = 0;
    if (payload.is_read()) {
      status = read(first + at, value);
      std::memcpy(payload.get_data_ptr() + at, &value, 4);
    } else {
      std::memcpy(&value, payload.get_data_ptr() + at, 4);
      status = write(first + at, value);
    }
  }
  payload.set_response_status(status);
}

}  // namespace wd::sim::systemc
