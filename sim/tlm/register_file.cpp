// SPDX-License-Identifier: Apache-2.0
#include "sim/tlm/register_file.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/error.hpp"
#include "hw/arch/row_outside.hpp"

namespace whitedwarf {

namespace arch = wd::arch;
namespace register_at = wd::arch::register_at;

RegisterFile::RegisterFile(const arch::Arch& arch, Hooks hooks)
    : arch_(arch),
      hooks_(std::move(hooks)),
      counter_block_(arch::counters_block(arch_)),
      instruction_block_(arch::instructions_block(arch_)),
      words_(instruction_block_.bytes() / 4) {}

void RegisterFile::reset() {
  values_.clear();
  busy_ = started_ = false;
  pending_ = 0;
  high_.reset();
  fault_.reset();
  hooks_.interrupt();
}

std::uint32_t RegisterFile::value(std::uint64_t address) const {
  const auto found = values_.find(address);
  return found == values_.end() ? 0 : found->second;
}

std::uint64_t RegisterFile::base() const { return value(register_at::mem_base) * arch::page_bytes; }

arch::Switches RegisterFile::switches() const {
  arch::Switches switches = arch::Switches::from_bits(value(register_at::switches));
  switches.window = static_cast<int>(value(register_at::window));
  return switches;
}

std::vector<arch::Instr> RegisterFile::instructions() const {
  constexpr std::size_t of_instr = arch::instr_bytes / 4;
  std::vector<arch::Instr> instrs;
  int entries = 0;
  for (std::size_t i = 0; i < written_ && entries < 2; ++i) {
    arch::InstrWord word{};
    for (std::size_t part = 0; part < of_instr; ++part)
      word[part / 2] |= std::uint64_t{words_[i * of_instr + part]} << 32 * (part % 2);
    arch::Instr instr = arch::decode(word);
    if (arch::find_operation(instr.op) != nullptr) {
      if (!arch::row_outside(instr, arch_))  // a fault, too, whatever the other fields are
        arch::check_fields(instr, wd::text("instruction ", i, ": "));
    } else {  // a fault when it is executed
      const int opcode = std::exchange(instr, {}).op;
      instr.op = opcode;
    }
    instrs.push_back(instr);
    if (instr.op == static_cast<int>(arch::Op::Halt) && !arch::row_outside(instr, arch_)) ++entries;
  }
  return instrs;
}

bool RegisterFile::take_changed() { return std::exchange(changed_, false); }

bool RegisterFile::interrupt() const { return (pending_ & value(register_at::interrupt_enable)) != 0; }

void RegisterFile::begin() {
  busy_ = started_ = true;
  fault_.reset();
}

void RegisterFile::end(const std::optional<Fault>& fault) {
  busy_ = false;
  fault_ = fault;
}

void RegisterFile::raise() {
  pending_ |= fault_ ? arch::interrupt_pending_fault : arch::interrupt_pending_done;
  hooks_.interrupt();
}

tlm::tlm_response_status RegisterFile::read(std::uint64_t address, std::uint32_t& result, bool peeked) {
  if (instruction_block_.holds(address)) {
    if (busy_) return tlm::TLM_COMMAND_ERROR_RESPONSE;
    result = words_[(address - instruction_block_.address) / 4];
    return tlm::TLM_OK_RESPONSE;
  }
  if (counter_block_.holds(address)) {
    const std::uint64_t at = address - counter_block_.address;
    if (at % 8 != 0 && !peeked && high_ && high_->counter == at / 8) {
      result = high_->word;
      return tlm::TLM_OK_RESPONSE;
    }
    const arch::Counters counters = hooks_.counters();
    std::uint64_t index = at / 8, count = 0;
    arch::for_each_counter(counters, [&](const char*, std::uint64_t n) {
      if (index-- == 0) count = n;
    });
    result = static_cast<std::uint32_t>(count >> at % 8 * 8);
    if (at % 8 == 0 && !peeked) high_ = High{at / 8, static_cast<std::uint32_t>(count >> 32)};
    return tlm::TLM_OK_RESPONSE;
  }
  const arch::RegisterBlock configuration = arch::configuration_block(arch_);
  if (configuration.holds(address)) {
    result = static_cast<std::uint32_t>(
        arch::parameter(arch_, static_cast<int>((address - configuration.address) / 4)));
    return tlm::TLM_OK_RESPONSE;
  }
  const auto known = arch::find_register(arch_, address);
  if (!known) return tlm::TLM_ADDRESS_ERROR_RESPONSE;
  if (!known->readable()) return tlm::TLM_COMMAND_ERROR_RESPONSE;
  switch (address) {
    case register_at::status:
      result = (busy_      ? arch::status_busy
                : started_ ? arch::status_done
                           : 0) |
               (fault_ ? arch::status_fault : 0);
      break;
    case register_at::interrupt_pending:
      result = pending_;
      break;
    case register_at::fault_cause:
      result = fault_ ? fault_->cause : 0;
      break;
    case register_at::fault_instruction:
      result = fault_ ? fault_->instruction : 0;
      break;
    case register_at::fault_address:
      result = fault_ ? fault_->address : 0;
      break;
    case register_at::id:
      result = arch::register_value::id;
      break;
    case register_at::version:
      result = arch::register_value::version;
      break;
    default:
      result = value(address);
  }
  return tlm::TLM_OK_RESPONSE;
}

tlm::tlm_response_status RegisterFile::write(std::uint64_t address, std::uint32_t written) {
  const bool instruction = instruction_block_.holds(address);
  const bool read_only = counter_block_.holds(address) || arch::configuration_block(arch_).holds(address);
  const auto known = arch::find_register(arch_, address);
  if (!instruction && !read_only && !known) return tlm::TLM_ADDRESS_ERROR_RESPONSE;
  const bool writable = known ? known->writable() : instruction;
  if (!writable || (busy_ && !(known && known->always()))) return tlm::TLM_COMMAND_ERROR_RESPONSE;
  if (known && written > known->highest) return tlm::TLM_GENERIC_ERROR_RESPONSE;
  if (instruction) {
    const std::uint64_t at = address - instruction_block_.address;
    words_[at / 4] = written;
    written_ = std::max(written_, static_cast<std::size_t>(at / arch::instr_bytes + 1));
    changed_ = true;
  } else if (address == register_at::start) {
    return hooks_.start() ? tlm::TLM_OK_RESPONSE : tlm::TLM_GENERIC_ERROR_RESPONSE;
  } else if (address == register_at::interrupt_pending) {
    pending_ &= ~written;
    hooks_.interrupt();
  } else {
    values_[address] = written;
    if (address == register_at::interrupt_enable) hooks_.interrupt();
  }
  return tlm::TLM_OK_RESPONSE;
}

bool RegisterFile::burst_error(const tlm::tlm_generic_payload& payload) const {
  const unsigned length = payload.get_data_length();
  return payload.get_address() % 4 != 0 || length % 4 != 0 || length == 0 ||
         payload.get_streaming_width() < length;
}

tlm::tlm_response_status RegisterFile::access(tlm::tlm_generic_payload& payload) {
  if (payload.get_byte_enable_ptr() != nullptr) return tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE;
  if (burst_error(payload)) return tlm::TLM_BURST_ERROR_RESPONSE;
  tlm::tlm_response_status status = tlm::TLM_OK_RESPONSE;
  for (unsigned at = 0; at < payload.get_data_length() && status == tlm::TLM_OK_RESPONSE; at += 4) {
    std::uint32_t word = 0;
    if (payload.is_read()) {
      status = read(payload.get_address() + at, word, false);
      std::memcpy(payload.get_data_ptr() + at, &word, 4);
    } else if (payload.is_write()) {
      std::memcpy(&word, payload.get_data_ptr() + at, 4);
      status = write(payload.get_address() + at, word);
    }
  }
  return status;
}

unsigned RegisterFile::peek(tlm::tlm_generic_payload& payload) {
  if (!payload.is_read() || burst_error(payload)) return 0;
  unsigned at = 0;
  for (std::uint32_t word = 0; at < payload.get_data_length(); at += 4) {
    if (read(payload.get_address() + at, word, true) != tlm::TLM_OK_RESPONSE) break;
    std::memcpy(payload.get_data_ptr() + at, &word, 4);
  }
  return at;
}

}  // namespace whitedwarf
