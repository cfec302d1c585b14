// SPDX-License-Identifier: Apache-2.0
#include <whitedwarf/host.hpp>
#include <whitedwarf/registers.hpp>

#include "base/error.hpp"
#include "hw/arch/registers.hpp"
#include "sim/systemc/transaction.hpp"
#include "sim/tlm/fault_text.hpp"

namespace whitedwarf {

void Host::transfer(tlm_utils::simple_initiator_socket<Host>& socket, tlm::tlm_command command,
                    std::uint64_t address, std::uint8_t* bytes, std::size_t length) {
  wd::sim::systemc::transfer(*socket.operator->(), command, address, bytes, length,
                             [&](const tlm::tlm_generic_payload& payload, const sc_core::sc_time& delay) {
                               WD_REQUIRE(!payload.is_response_error(), name(), ": ",
                                          command == tlm::TLM_READ_COMMAND ? "read" : "write", " of ",
                                          payload.get_data_length(), " bytes at ", payload.get_address(),
                                          ": ", payload.get_response_string());
                               if (delay != sc_core::SC_ZERO_TIME) wait(delay);
                             });
}

void Host::write_register(std::uint64_t address, std::uint32_t value) {
  transfer(registers, tlm::TLM_WRITE_COMMAND, address, reinterpret_cast<std::uint8_t*>(&value), 4);
}

std::uint32_t Host::read_register(std::uint64_t address) {
  std::uint32_t value = 0;
  transfer(registers, tlm::TLM_READ_COMMAND, address, reinterpret_cast<std::uint8_t*>(&value), 4);
  return value;
}

void Host::write_memory(std::uint64_t address, std::span<const std::uint8_t> bytes) {
  transfer(memory, tlm::TLM_WRITE_COMMAND, base_ + address, const_cast<std::uint8_t*>(bytes.data()),
           bytes.size());
}

void Host::read_memory(std::uint64_t address, std::span<std::uint8_t> bytes) {
  transfer(memory, tlm::TLM_READ_COMMAND, base_ + address, bytes.data(), bytes.size());
}

void Host::load(const ProgramImage& image, std::uint32_t switches, std::uint32_t window) {
  write_memory(0, image.memory);
  transfer(registers, tlm::TLM_WRITE_COMMAND, reg::instructions,
           reinterpret_cast<std::uint8_t*>(const_cast<std::uint32_t*>(image.instructions.data())),
           image.instructions.size() * 4);
  write_register(reg::mem_base, static_cast<std::uint32_t>(base_ / wd::arch::page_bytes));
  write_register(reg::switches, switches);
  write_register(reg::window, window);
  write_register(reg::interrupt_enable, reg::interrupt_pending_done | reg::interrupt_pending_fault);
}

Host::Run Host::run(std::uint32_t entry) {
  Run run;
  write_register(reg::entry, entry);
  run.begin = sc_core::sc_time_stamp();
  write_register(reg::start, 1);
  while (!irq_i.read()) wait(irq_i.value_changed_event());
  run.end = sc_core::sc_time_stamp();
  const std::uint32_t pending = read_register(reg::interrupt_pending);
  write_register(reg::interrupt_pending, pending);
  while (irq_i.read()) wait(irq_i.value_changed_event());
  if ((pending & reg::interrupt_pending_fault) != 0) {
    const auto cause = static_cast<wd::arch::FaultCause>(read_register(reg::fault_cause));
    const std::uint32_t instruction = read_register(reg::fault_instruction),
                        address = read_register(reg::fault_address);
    wd::fail(name(), ": the program ended with fault ", fault_text(cause, instruction, address));
  }
  for (int i = 0; i < wd::arch::counter_count; ++i) {
    const std::uint64_t address = reg::counters + 8 * static_cast<std::uint64_t>(i),
                        low = read_register(address);
    run.counters.push_back(low | std::uint64_t{read_register(address + 4)} << 32);
  }
  return run;
}

Host::Run Host::frame(const ProgramImage& image, std::span<const std::uint8_t> input,
                      std::vector<std::uint16_t>& scores) {
  write_memory(image.input_address, input);
  Run result = run(image.frame_entry);
  scores = this->scores(image);
  return result;
}

std::vector<std::uint16_t> Host::scores(const ProgramImage& image) {
  std::vector<std::uint8_t> bytes(image.score_bytes);
  read_memory(image.score_address, bytes);
  return image.scores(bytes);
}

}  // namespace whitedwarf
