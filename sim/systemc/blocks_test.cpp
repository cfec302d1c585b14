// SPDX-License-Identifier: Apache-2.0
// The two TLM-2.0 targets, block by block: the core's register map and the memory.
#include <catch2/catch.hpp>
#include <systemc>

#include "base/error.hpp"
#include "sim/systemc/memory.hpp"
#include "sim/systemc/own_process.hpp"
#include "sim/systemc/top.hpp"

namespace wd::sim::systemc {
namespace {

/// An initiator that says in one word how each of its accesses was answered.
class Probe : public sc_core::sc_module {
 public:
  tlm_utils::simple_initiator_socket<Probe> socket{"socket"};
  explicit Probe(sc_core::sc_module_name name) : sc_module(name) {}

  std::string access(tlm::tlm_command command, std::uint64_t address, void* data, unsigned length) {
    tlm::tlm_generic_payload payload;
    sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
    payload.set_command(command);
    payload.set_address(address);
    payload.set_data_ptr(static_cast<unsigned char*>(data));
    payload.set_data_length(length);
    payload.set_streaming_width(streaming_width == 0 ? length : streaming_width);
    payload.set_byte_enable_ptr(byte_enable);
    socket->b_transport(payload, delay);
    switch (payload.get_response_status()) {
      case tlm::TLM_OK_RESPONSE:
        return "ok";
      case tlm::TLM_ADDRESS_ERROR_RESPONSE:
        return "address";
      case tlm::TLM_COMMAND_ERROR_RESPONSE:
        return "command";
      case tlm::TLM_BURST_ERROR_RESPONSE:
        return "burst";
      case tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE:
        return "byte enable";
      default:
        return "generic";
    }
  }
  std::string write(std::uint64_t address, std::uint32_t value) {
    return access(tlm::TLM_WRITE_COMMAND, address, &value, sizeof value);
  }
  /// The value, or the answer if it was not "ok".
  std::string read(std::uint64_t address) {
    std::uint32_t value = 0;
    const std::string answer = access(tlm::TLM_READ_COMMAND, address, &value, sizeof value);
    return answer == "ok" ? std::to_string(value) : answer;
  }

  unsigned streaming_width = 0;
  unsigned char* byte_enable = nullptr;
};

const sc_core::sc_time period(1, sc_core::SC_NS);

/// A core and its memory with a probe in the host's place.
struct Bench {
  Bench() : top("top", small()) {
    top.clk_i(clk);
    host.socket.bind(top.register_socket());
    top.memory_socket().bind(memory.dma_socket);
    storage.socket.bind(memory.host_socket);
    sc_core::sc_start(10 * period);
  }

  static arch::Arch small() {
    arch::Arch arch;
    arch.instr_rows = 16;
    arch.window = 4;
    return arch;
  }

  sc_core::sc_clock clk{"clk", period};
  Probe host{"host"}, storage{"storage"};
  Memory memory{"memory", 64};
  Top top;
};

std::string instruction(Bench& bench, std::uint64_t row, arch::Op op, int count = 0) {
  arch::Instr instr = arch::make(op);
  instr.count = count;
  arch::InstrWord word = arch::encode(instr);
  return bench.host.access(tlm::TLM_WRITE_COMMAND, register_at::instructions + row * instr_bytes, word.data(),
                           instr_bytes);
}

using Answers = std::vector<std::string>;

std::string joined(const Answers& answers) {
  std::string result;
  for (const std::string& answer : answers) result += (result.empty() ? "" : ", ") + answer;
  return result;
}

TEST_CASE("registers: bad addresses and accesses are refused", "[sim][bad-input]") {
  CHECK(in_own_process([] {
          Bench bench;
          Probe& host = bench.host;
          Answers answers{host.read(0x38),
                          host.read(register_at::counters + 8 * arch::counter_count),
                          host.write(register_at::instructions + 16 * instr_bytes, 0),
                          host.write(0x40, 0),
                          host.read(register_at::start),
                          host.write(register_at::status, 0),
                          host.write(register_at::counters, 0),
                          host.write(register_at::configuration, 0),
                          host.read(2),
                          host.write(register_at::window, 5),
                          host.write(register_at::entry, 16),
                          host.write(register_at::switches, 1u << arch::switch_count)};
          host.streaming_width = 2;
          answers.push_back(host.read(register_at::entry));
          return joined(answers);
        }) ==
        "address, address, address, address, command, command, command, command, burst, generic, generic, "
        "generic, "
        "burst");
}

TEST_CASE("registers: what is written is read back", "[sim][round-trip]") {
  CHECK(in_own_process([] {
          Bench bench;
          Probe& host = bench.host;
          Answers answers{host.write(register_at::entry, 3),  host.write(register_at::switches, 0x2a),
                          host.write(register_at::window, 2), host.read(register_at::entry),
                          host.read(register_at::switches),   host.read(register_at::window)};
          for (std::uint64_t part = 0; part < 8; ++part)
            host.write(register_at::instructions + 15 * instr_bytes + 4 * part,
                       static_cast<std::uint32_t>(100 + part));
          answers.push_back(host.read(register_at::instructions + 15 * instr_bytes));
          answers.push_back(host.read(register_at::instructions + 15 * instr_bytes + 28));
          answers.push_back(host.write(register_at::mem_base, 77));
          answers.push_back(host.read(register_at::mem_base));
          answers.push_back(host.read(register_at::configuration + 4 * 4));  // window
          answers.push_back(host.read(register_at::version));
          return joined(answers);
        }) == "ok, ok, ok, 3, 42, 2, 100, 107, ok, 77, 4, 65536");
}

TEST_CASE("core: cycles of plain instructions", "[sim]") {
  CHECK(in_own_process([] {
          Bench bench;
          instruction(bench, 2, arch::Op::Wait);
          instruction(bench, 3, arch::Op::Loop, 3);
          instruction(bench, 4, arch::Op::EndLoop);
          instruction(bench, 5, arch::Op::Halt);
          bench.host.write(register_at::entry, 2);
          Answers answers{bench.host.read(register_at::status), bench.host.write(register_at::start, 1),
                          bench.host.read(register_at::status)};
          sc_core::sc_start(5 * period);
          answers.push_back(bench.host.write(register_at::window, 1));
          answers.push_back(instruction(bench, 0, arch::Op::Halt));
          answers.push_back(bench.host.read(register_at::instructions));
          answers.push_back(bench.host.write(register_at::interrupt_enable, 1));
          answers.push_back(bench.host.read(register_at::interrupt_pending));
          sc_core::sc_start(50 * period);
          answers.push_back(bench.host.read(register_at::status));
          answers.push_back(
              bench.host.read(register_at::counters));  // WAIT, LOOP, 3 x END_LOOP, HALT: 2 cycles each
          answers.push_back(bench.host.read(register_at::interrupt_pending));
          bench.host.write(register_at::interrupt_pending, 1);
          answers.push_back(bench.host.read(register_at::interrupt_pending));
          return joined(answers);
        }) == "0, ok, 2, command, command, command, ok, 0, 1, 12, 1, 0");
}

TEST_CASE("core: errors of a program are reported", "[sim][bad-input]") {
  using Catch::Matchers::Contains;
  const auto report_of = [](arch::Op op, int count) {
    return in_own_process([&]() -> std::string {
      Bench bench;
      instruction(bench, 0, op, count);
      instruction(bench, 1, arch::Op::Wait);
      instruction(bench, 2, arch::Op::Halt);
      bench.host.write(register_at::start, 1);
      sc_core::sc_start(200 * period);
      return "no report";
    });
  };
  CHECK_THAT(report_of(arch::Op::LoadNorms, 8), Contains("beat 4: TLM_ADDRESS_ERROR_RESPONSE"));
  CHECK_THAT(report_of(arch::Op::LoadNorms, 4), Contains("no report"));
  CHECK_THAT(report_of(static_cast<arch::Op>(15), 0), Contains("illegal_opcode"));
}

TEST_CASE("memory: accesses inside are answered, others refused", "[sim][bad-input]") {
  CHECK(in_own_process([] {
          Bench bench;
          Probe& storage = bench.storage;
          std::uint8_t enable = 0xff;
          Answers answers{storage.write(60, 77), storage.read(60), storage.write(61, 1), storage.read(64),
                          storage.read(~std::uint64_t{0})};
          storage.byte_enable = &enable;
          answers.push_back(storage.read(0));
          storage.byte_enable = nullptr;
          storage.streaming_width = 1;
          answers.push_back(storage.read(0));
          return joined(answers);
        }) == "ok, 77, address, address, address, byte enable, burst");
}

}  // namespace
}  // namespace wd::sim::systemc
