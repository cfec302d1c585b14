// SPDX-License-Identifier: Apache-2.0
#include "sim/systemc/host.hpp"

#include "base/error.hpp"
#include "sim/systemc/registers.hpp"
#include "sim/systemc/transaction.hpp"

namespace wd::sim::systemc {

Host::Host(sc_core::sc_module_name name) : sc_module(name) { SC_METHOD(work); }

Host::Result Host::run(Job job) {
  job_ = std::move(job);
  result_ = {};
  pending_ = true;
  if (sc_core::sc_get_status() == sc_core::SC_PAUSED) wake_.notify(sc_core::SC_ZERO_TIME);
  sc_core::sc_start();
  WD_ASSERT(!pending_);
  return std::move(result_);
}

/// A method and not a thread: exceptions that cross a thread's stack switch confuse the address sanitizer.
void Host::work() {
  if (!pending_) return next_trigger(wake_);
  if (!started_) {
    start();
    started_ = true;
    return next_trigger(busy_i.negedge_event());
  }
  if (read_register(register_at::status) & status_busy) return next_trigger(clk_i.posedge_event());
  finish();
  pending_ = started_ = false;
  sc_core::sc_pause();
  next_trigger(wake_);
}

void Host::start() {
  for (const Block& block : job_.memory)
    transfer(memory_socket, tlm::TLM_WRITE_COMMAND, block.address,
             const_cast<std::uint8_t*>(block.bytes.data()), block.bytes.size());
  write_instructions();
  write_register(register_at::entry, job_.entry);
  write_register(register_at::switches, job_.switches);
  write_register(register_at::window, job_.window);
  write_register(register_at::start, 1);
}

void Host::finish() {
  read_counters();
  result_.bytes.resize(job_.result_bytes);
  transfer(memory_socket, tlm::TLM_READ_COMMAND, job_.result_address, result_.bytes.data(),
           result_.bytes.size());
}

void Host::write_instructions() {
  std::uint64_t address = register_at::instructions;
  for (const arch::Instr& instr : job_.instrs) {
    const arch::InstrWord word = arch::encode(instr);
    for (std::size_t part = 0; part < word.size(); ++part) {
      write_register(address, static_cast<std::uint32_t>(word[part]));
      write_register(address + 4, static_cast<std::uint32_t>(word[part] >> 32));
      address += 8;
    }
  }
}

void Host::read_counters() {
  std::uint64_t address = register_at::counters;
  arch::for_each_counter(result_.counters, [&](const char*, std::uint64_t& count) {
    count = read_register(address) | std::uint64_t{read_register(address + 4)} << 32;
    address += 8;
  });
}

void Host::write_register(std::uint64_t address, std::uint32_t value) {
  transfer(core_socket, tlm::TLM_WRITE_COMMAND, address, reinterpret_cast<std::uint8_t*>(&value),
           sizeof value);
}

std::uint32_t Host::read_register(std::uint64_t address) {
  std::uint32_t value = 0;
  transfer(core_socket, tlm::TLM_READ_COMMAND, address, reinterpret_cast<std::uint8_t*>(&value),
           sizeof value);
  return value;
}

void Host::transfer(tlm_utils::simple_initiator_socket<Host>& socket, tlm::tlm_command command,
                    std::uint64_t address, std::uint8_t* bytes, std::size_t length) {
  systemc::transfer(
      *socket.operator->(), command, address, bytes, length,
      [this](const tlm::tlm_generic_payload& payload, const sc_core::sc_time&) {
        if (payload.is_response_error())
          SC_REPORT_ERROR(
              name(), text("address ", payload.get_address(), ": ", payload.get_response_string()).c_str());
      });
}

}  // namespace wd::sim::systemc
