// SPDX-License-Identifier: Apache-2.0
// The chip's sockets as TLM-2.0 has them: partners with one kind of transport, pointers that are withdrawn, quanta, and transactions that nobody takes.
#include <tlm_utils/simple_initiator_socket.h>

#include <catch2/catch.hpp>

#include "testbench/platform_system.hpp"

namespace wd::testbench {
namespace {

/// Only the values: cycles are the memory's.
std::string scores_alone(System& system) {
  system.host.load(system.image, system.random_.switches.bits(),
                   static_cast<std::uint32_t>(system.random_.switches.window));
  system.host.run(system.image.load_entry);
  std::string answer;
  for (const auto& input : system.random_.inputs) {
    std::vector<std::uint16_t> scores;
    system.host.frame(system.image, input, scores);
    for (const std::uint16_t score : scores) answer += text(score, " ");
  }
  return answer;
}

std::string scores_of_engine(const RandomProgram& random) {
  sim::FastEngine engine(random.program, random.switches);
  engine.load();
  std::string answer;
  for (const auto& input : random.inputs)
    for (const std::uint16_t score : engine.frame(input).scores) answer += text(score, " ");
  return answer;
}

TEST_CASE("platform: a memory with one kind of transport alone gives the same scores", "[sim][oracle]") {
  for (const char* model : {"fast", "systemc", "rtl"})
    for (const Spy::Has has : {Spy::Has::blocking, Spy::Has::non_blocking})
      for (const char* dram : {"", "ddr3-1600"}) {
        const RandomProgram random = for_model(model, 60);
        INFO(model << " has " << static_cast<int>(has) << " memory " << dram);
        CHECK(simulate(random, {model, dram, false, 0, 0, 4, has}, scores_alone) == scores_of_engine(random));
      }
}

TEST_CASE("platform: a kind of transport that the model asks by changes no cycle", "[sim][oracle]") {
  const RandomProgram random = small_of_seed(61);
  const std::string expected = of_engine(random);
  CHECK(simulate(random, {"fast", "", false, 0, 0, 16, Spy::Has::blocking}, without_times) == expected);
  CHECK(simulate(random, {"systemc", "", false, 0, 0, 16, Spy::Has::non_blocking}, without_times) ==
        expected);
  CHECK(simulate(random, {"rtl", "", false, 0, 0, 16, Spy::Has::non_blocking}, without_times) == expected);
}

TEST_CASE("platform: a quantum changes no result", "[sim][oracle]") {
  for (unsigned seed = 70; seed < 73; ++seed)
    for (const bool dmi : {false, true}) {
      const RandomProgram random = of_seed(seed);
      const std::string expected = of_engine(random);
      for (const double quantum_us : {0.0, 0.002, 0.1, 1.0, 10.0, 1000.0}) {
        INFO("seed " << seed << " quantum " << quantum_us << " us, DMI " << dmi);
        CHECK(simulate(random, {"fast", "", dmi, quantum_us}, without_times) == expected);
      }
    }
}

TEST_CASE("platform: threads change no result", "[sim][oracle]") {
  for (unsigned seed = 74; seed < 78; ++seed) {
    const RandomProgram random = of_seed(seed);
    INFO("seed " << seed);
    Choice choice{"fast", "ddr3-1600"};
    const std::string alone = simulate(random, choice, everything);
    choice.threads = 3;
    CHECK(simulate(random, choice, everything) == alone);
  }
}

TEST_CASE("platform: a pointer into memory that is withdrawn in mid-program is not used any more",
          "[sim][oracle]") {
  for (unsigned seed = 80; seed < 84; ++seed)
    for (const double quantum_us : {0.0, 0.5}) {
      const RandomProgram random = of_seed(seed);
      INFO("seed " << seed << " quantum " << quantum_us << " us");
      const Choice choice{"fast", "", true, quantum_us, 0, 16, Spy::Has::both, 0.3};
      const auto watched = [](System& system) -> std::string {
        const std::string answer = without_times(system);
        const MovingMemory& memory = *system.moving;
        if (memory.granted < 4 || memory.moved_while_granted < 2)
          return text("too little: ", memory.granted, " grants, ", memory.moved_while_granted, " moves");
        return answer;
      };
      CHECK(simulate(random, choice, watched) == of_engine(random));
    }
}

/// Registers by non-blocking transport alone, four phases.
class NonBlockingHost : public sc_core::sc_module {
 public:
  tlm_utils::simple_initiator_socket<NonBlockingHost> socket{"socket"};
  explicit NonBlockingHost(sc_core::sc_module_name name) : sc_module(name) {
    socket.register_nb_transport_bw(this, &NonBlockingHost::answered);
  }
  std::uint32_t access(tlm::tlm_command command, std::uint64_t address, std::uint32_t value) {
    struct Manager : tlm::tlm_mm_interface {
      void free(tlm::tlm_generic_payload* payload) override { payload->reset(); }
    } manager;
    tlm::tlm_generic_payload payload(&manager);
    payload.acquire();
    sim::systemc::set_transaction(payload, command, address, reinterpret_cast<std::uint8_t*>(&value), 4);
    tlm::tlm_phase phase = tlm::BEGIN_REQ;
    sc_time delay = sc_core::SC_ZERO_TIME;
    done_ = false;
    const tlm::tlm_sync_enum status = socket->nb_transport_fw(payload, phase, delay);
    if (status == tlm::TLM_ACCEPTED || phase == tlm::END_REQ)
      while (!done_) wait(event_);
    WD_REQUIRE(payload.is_response_ok(), payload.get_response_string());
    if (status != tlm::TLM_COMPLETED) {
      phase = tlm::END_RESP;
      socket->nb_transport_fw(payload, phase, delay);
    }
    wait(sc_core::SC_ZERO_TIME);
    payload.release();
    return value;
  }

 private:
  tlm::tlm_sync_enum answered(tlm::tlm_generic_payload&, tlm::tlm_phase& phase, sc_time& delay) {
    if (phase != tlm::BEGIN_RESP) return tlm::TLM_ACCEPTED;
    done_ = true;
    event_.notify(delay);
    return tlm::TLM_ACCEPTED;
  }
  sc_core::sc_event event_;
  bool done_ = false;
};

}  // namespace

TEST_CASE("platform: a host with non-blocking transport alone starts programs and reads counters",
          "[sim][oracle]") {
  const RandomProgram random = small_of_seed(62);
  for (const char* model : {"fast", "systemc", "rtl"}) {
    INFO(model);
    const std::string answer = in_own_process([&]() -> std::string {
      setenv("SC_COPYRIGHT_MESSAGE", "DISABLE", 0);
      sc_core::sc_report_handler::set_actions("/OSCI/SystemC", sc_core::SC_DO_NOTHING);
      whitedwarf::add_rtl_model();
      struct Bench : sc_core::sc_module {
        SC_HAS_PROCESS(Bench);
        Bench(const RandomProgram& random, const char* model)
            : sc_module(sc_core::sc_module_name("bench")),
              image(whitedwarf::program_image(random.program)),
              switches(random.switches),
              chip("chip", {model, image.architecture, System::period, 16}),
              memory("memory", {image.memory_bytes, System::period, random.program.arch.memory_latency}) {
          chip.irq_o(irq);
          chip.rst_ni(rst_n);
          host.socket.bind(chip.registers);
          chip.memory.bind(memory.socket);
          rst_n.write(true);
          std::copy(image.memory.begin(), image.memory.end(), memory.data());
          SC_THREAD(thread);
        }
        void thread() {
          const auto set = [&](std::uint64_t address, std::uint32_t value) {
            host.access(tlm::TLM_WRITE_COMMAND, address, value);
          };
          try {
            for (std::size_t i = 0; i < image.instructions.size(); ++i)
              set(reg::instructions + 4 * i, image.instructions[i]);
            set(reg::switches, switches.bits());
            set(reg::window, static_cast<std::uint32_t>(switches.window));
            set(reg::interrupt_enable, reg::interrupt_pending_done);
            set(reg::entry, image.load_entry);
            set(reg::start, 1);
            while (!irq.read()) wait(irq.value_changed_event());
            for (std::uint64_t i = 0; i < arch::counter_count; ++i)
              result += text(" ", host.access(tlm::TLM_READ_COMMAND, reg::counters + 8 * i, 0));
          } catch (const std::exception& error) {
            result = error.what();
          }
          sc_core::sc_stop();
        }
        const ProgramImage image;
        const arch::Switches switches;
        sc_core::sc_signal<bool> irq{"irq"}, rst_n{"rst_n"};
        Chip chip;
        whitedwarf::Memory memory;
        NonBlockingHost host{"host"};
        std::string result;
      } bench(random, model);
      sc_core::sc_start();
      return bench.result;
    });
    std::string expected;
    sim::FastEngine engine(random.program, random.switches);
    const arch::Counters counters = engine.load();
    arch::for_each_counter(counters, [&](const char*, std::uint64_t n) {
      expected += text(" ", static_cast<std::uint32_t>(n));
    });
    CHECK(answer == expected);
  }
}

TEST_CASE("platform: transactions that registers and memory do not take have the status that TLM-2.0 wants",
          "[sim][bad-input]") {
  const RandomProgram random = of_seed(3);
  const std::string answer = simulate(random, {"fast"}, [](System& system) {
    std::string said;
    std::uint8_t data[16] = {1, 2, 3, 4}, enables[4] = {255, 0, 255, 0};
    const auto attempt = [&](const char* what, auto& socket,
                             const std::function<void(tlm::tlm_generic_payload&)>& change) {
      tlm::tlm_generic_payload payload;
      sc_time delay = sc_core::SC_ZERO_TIME;
      sim::systemc::set_transaction(payload, tlm::TLM_WRITE_COMMAND, reg::entry, data, 4);
      change(payload);
      socket->b_transport(payload, delay);
      std::string status = payload.get_response_string();
      said += text(what, " ", status.substr(4, status.size() - 13), "\n");
    };
    using Payload = tlm::tlm_generic_payload;
    auto& chip = system.host.registers;
    auto& memory = system.host.memory;
    attempt("enables", chip,
            [&](Payload& p) { p.set_byte_enable_ptr(enables), p.set_byte_enable_length(4); });
    attempt("streaming", chip, [](Payload& p) { p.set_data_length(8); });
    attempt("unaligned", chip, [](Payload& p) { p.set_address(reg::entry + 1); });
    attempt("part", chip, [](Payload& p) { p.set_data_length(2); });
    attempt("nothing", chip, [](Payload& p) { p.set_data_length(0); });
    attempt("nowhere", chip, [](Payload& p) { p.set_address(0xfffffffffffffff0); });
    attempt("read-only", chip, [](Payload& p) { p.set_address(reg::version); });
    attempt("too large", chip, [](Payload& p) { p.set_address(reg::switches), p.get_data_ptr()[3] = 0xff; });
    attempt("ignored", chip, [](Payload& p) { p.set_command(tlm::TLM_IGNORE_COMMAND); });
    data[3] = 0, data[1] = 0, data[2] = 0;
    attempt("written", chip, [](Payload&) {});
    said += text("entry ", system.host.read_register(reg::entry), "\n");
    attempt("enables", memory,
            [&](Payload& p) { p.set_byte_enable_ptr(enables), p.set_byte_enable_length(4); });
    attempt("streaming", memory, [](Payload& p) { p.set_data_length(8); });
    attempt("nothing", memory, [](Payload& p) { p.set_data_length(0); });
    attempt("outside", memory, [](Payload& p) { p.set_address(std::uint64_t{1} << 40); });
    attempt("across the end", memory, [&](Payload& p) { p.set_address(system.image.memory_bytes - 2); });
    attempt("ignored", memory, [](Payload& p) { p.set_command(tlm::TLM_IGNORE_COMMAND); });
    attempt("unaligned", memory,
            [](Payload& p) { p.set_address(3), p.set_data_length(1), p.set_streaming_width(1); });
    said += text("byte ", static_cast<int>(system.memory->data()[3]), "\n");
    tlm::tlm_dmi dmi;
    Payload payload;
    sim::systemc::set_transaction(payload, tlm::TLM_READ_COMMAND, reg::id, data, 4);
    said += text("pointer ", chip->get_direct_mem_ptr(payload, dmi), ", looked at ",
                 chip->transport_dbg(payload), "\n");
    payload.set_command(tlm::TLM_WRITE_COMMAND);
    said += text("poked ", chip->transport_dbg(payload));
    return said;
  });
  CHECK(answer ==
        "enables BYTE_ENABLE_ERROR\nstreaming BURST_ERROR\nunaligned BURST_ERROR\npart BURST_ERROR\nnothing "
        "BURST_ERROR\n"
        "nowhere ADDRESS_ERROR\nread-only COMMAND_ERROR\ntoo large GENERIC_ERROR\nignored OK\nwritten "
        "OK\nentry 1\n"
        "enables BYTE_ENABLE_ERROR\nstreaming BURST_ERROR\nnothing BURST_ERROR\noutside "
        "ADDRESS_ERROR\nacross the end ADDRESS_ERROR\n"
        "ignored OK\nunaligned OK\nbyte 1\npointer 0, looked at 4\npoked 0");
}

}  // namespace wd::testbench
