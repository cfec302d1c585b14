// SPDX-License-Identifier: Apache-2.0
#include "sim/systemc/registers.hpp"

#include <cstring>

namespace wd::sim::systemc {

namespace {
constexpr int switch_count = 0
#define ARCH_SWITCH(name, sv, value, meaning) +1
#include "hw/arch/switches.def"
#undef ARCH_SWITCH
    ;
constexpr std::uint32_t all_switches = (1u << switch_count) - 1;
}  // namespace

Registers::Registers(sc_core::sc_module_name name, const arch::Arch& arch, const Counters& counters,
                     InstrMemory& instr_memory)
    : sc_module(name), arch_(arch), counters_(counters), instr_memory_(instr_memory) {
  socket.register_b_transport(this, &Registers::transport);
  SC_METHOD(clocked);
  sensitive << clk_i.pos();
  dont_initialize();
}

void Registers::clocked() {
  start_o.write(start_);
  start_ = false;
  start_pc_o.write(entry_);
  switches_o.write(switches_);
  window_o.write(window_ == 0 ? static_cast<std::uint32_t>(arch_.window) : window_);
}

bool Registers::in_instructions(std::uint64_t address) const {
  return address >= reg_instructions &&
         address < reg_instructions + instr_bytes * static_cast<std::uint64_t>(instr_memory_.rows());
}

tlm::tlm_response_status Registers::read(std::uint64_t address, std::uint32_t& value) const {
  if (in_instructions(address)) {
    const std::uint64_t at = address - reg_instructions;
    const arch::InstrWord& instr = instr_memory_.instruction(static_cast<std::uint32_t>(at / instr_bytes));
    value = static_cast<std::uint32_t>(instr[at % instr_bytes / 8] >> at % 8 * 8);
    return tlm::TLM_OK_RESPONSE;
  }
  if (address >= reg_counters && address < reg_counters + 8 * arch::counter_count) {
    value = static_cast<std::uint32_t>(counters_.value(static_cast<int>((address - reg_counters) / 8)) >>
                                       address % 8 * 8);
    return tlm::TLM_OK_RESPONSE;
  }
  switch (address) {
    case reg_status:
      value = (started_ && !busy() ? status_done : 0) | (busy() ? status_busy : 0);
      return tlm::TLM_OK_RESPONSE;
    case reg_entry:
      value = entry_;
      return tlm::TLM_OK_RESPONSE;
    case reg_switches:
      value = switches_;
      return tlm::TLM_OK_RESPONSE;
    case reg_window:
      value = window_;
      return tlm::TLM_OK_RESPONSE;
    case reg_start:
      return tlm::TLM_COMMAND_ERROR_RESPONSE;
    default:
      return tlm::TLM_ADDRESS_ERROR_RESPONSE;
  }
}

tlm::tlm_response_status Registers::write(std::uint64_t address, std::uint32_t value) {
  const bool counter = address >= reg_counters && address < reg_counters + 8 * arch::counter_count;
  if (!in_instructions(address) && !counter && address > reg_window) return tlm::TLM_ADDRESS_ERROR_RESPONSE;
  if (counter || address == reg_status || busy()) return tlm::TLM_COMMAND_ERROR_RESPONSE;
  if (!in_instructions(address)) return write_control(address, value);
  const std::uint64_t at = address - reg_instructions;
  std::uint64_t& word =
      instr_memory_.instruction(static_cast<std::uint32_t>(at / instr_bytes))[at % instr_bytes / 8];
  const std::uint64_t shift = at % 8 * 8;
  word = (word & ~(std::uint64_t{0xffffffff} << shift)) | std::uint64_t{value} << shift;
  return tlm::TLM_OK_RESPONSE;
}

tlm::tlm_response_status Registers::write_control(std::uint64_t address, std::uint32_t value) {
  switch (address) {
    case reg_start:
      start_ = started_ = true;
      return tlm::TLM_OK_RESPONSE;
    case reg_entry:
      if (value >= static_cast<std::uint32_t>(arch_.instr_rows)) return tlm::TLM_GENERIC_ERROR_RESPONSE;
      entry_ = value;
      return tlm::TLM_OK_RESPONSE;
    case reg_switches:
      if (value > all_switches) return tlm::TLM_GENERIC_ERROR_RESPONSE;
      switches_ = value;
      return tlm::TLM_OK_RESPONSE;
    default:
      if (value > static_cast<std::uint32_t>(arch_.window)) return tlm::TLM_GENERIC_ERROR_RESPONSE;
      window_ = value;
      return tlm::TLM_OK_RESPONSE;
  }
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
