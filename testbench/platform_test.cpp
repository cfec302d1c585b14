// SPDX-License-Identifier: Apache-2.0
// The chip behind its TLM-2.0 sockets: all models against each other and against the engines, values, cycles and every transaction's time.
#include <tlm_utils/multi_passthrough_target_socket.h>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <whitedwarf/chip.hpp>
#include <whitedwarf/host.hpp>
#include <whitedwarf/memory.hpp>
#include <whitedwarf/registers.hpp>
#include <whitedwarf/rtl.hpp>

#include "base/error.hpp"
#include "sim/fast/fast_engine.hpp"
#include "sim/systemc/own_process.hpp"
#include "sim/tlm/program_image.hpp"
#include "testbench/programs/random_program.hpp"

namespace wd::testbench {
namespace {

namespace reg = whitedwarf::reg;
using sc_core::sc_time;
using sim::systemc::in_own_process;
using whitedwarf::Chip;
using whitedwarf::ProgramImage;

/// Lies between the chip and memory, and notes what passes.
class Spy : public sc_core::sc_module {
 public:
  tlm_utils::simple_target_socket<Spy> in{"in"};
  tlm_utils::simple_initiator_socket<Spy> out{"out"};

  explicit Spy(sc_core::sc_module_name name) : sc_module(name) {
    in.register_b_transport(this, &Spy::b_transport);
    in.register_nb_transport_fw(this, &Spy::forward);
    in.register_get_direct_mem_ptr(this, &Spy::dmi);
    in.register_transport_dbg(this, &Spy::debug);
    out.register_nb_transport_bw(this, &Spy::backward);
    out.register_invalidate_direct_mem_ptr(this, &Spy::invalidate);
  }

  std::vector<std::string> seen;

 private:
  void note(const tlm::tlm_generic_payload& p, const sc_time& delay) {
    seen.push_back(text(p.is_write() ? "w" : "r", p.get_address(), "+", p.get_data_length(), "@",
                        (sc_core::sc_time_stamp() + delay).to_string()));
  }
  void b_transport(tlm::tlm_generic_payload& p, sc_time& delay) {
    note(p, delay);
    out->b_transport(p, delay);
  }
  tlm::tlm_sync_enum forward(tlm::tlm_generic_payload& p, tlm::tlm_phase& phase, sc_time& delay) {
    if (phase == tlm::BEGIN_REQ) note(p, delay);
    return out->nb_transport_fw(p, phase, delay);
  }
  tlm::tlm_sync_enum backward(tlm::tlm_generic_payload& p, tlm::tlm_phase& phase, sc_time& delay) {
    return in->nb_transport_bw(p, phase, delay);
  }
  bool dmi(tlm::tlm_generic_payload& p, tlm::tlm_dmi& d) { return out->get_direct_mem_ptr(p, d); }
  unsigned debug(tlm::tlm_generic_payload& p) { return out->transport_dbg(p); }
  void invalidate(sc_dt::uint64 a, sc_dt::uint64 b) { in->invalidate_direct_mem_ptr(a, b); }
};

struct Choice {
  std::string model, dram = {};
  bool dmi = false;
  double quantum_us = 0;
  std::uint64_t base = 0;
  int outstanding = 16;
};

/// A system of chip, memory and host, whose thread does the work of a test.
class System : public sc_core::sc_module {
 public:
  SC_HAS_PROCESS(System);
  System(const RandomProgram& random, const Choice& choice, std::function<std::string(System&)> work)
      : sc_module(sc_core::sc_module_name("system")),
        random_(random),
        image(whitedwarf::program_image(random.program)),
        chip("chip", {choice.model, image.architecture, period, choice.outstanding}),
        memory("memory", {choice.base + image.memory_bytes, period, random.program.arch.memory_latency,
                          choice.dram, choice.dmi}),
        host("host", choice.base),
        work_(std::move(work)) {
    tlm::tlm_global_quantum::instance().set(sc_time(choice.quantum_us, sc_core::SC_US));
    chip.irq_o(irq);
    chip.rst_ni(rst_n);
    host.irq_i(irq);
    host.registers.bind(chip.registers);
    host.memory.bind(memory.socket);
    chip.memory.bind(spy.in);
    spy.out.bind(memory.socket);
    rst_n.write(true);
    SC_THREAD(thread);
    set_stack_size(1 << 20);
  }

  /// What the load entry and all frames give: scores, counters, times.
  std::string all_frames() {
    host.load(image, random_.switches.bits(), static_cast<std::uint32_t>(random_.switches.window));
    std::string answer = counters_text(host.run(image.load_entry));
    for (const auto& input : random_.inputs) {
      std::vector<std::uint16_t> scores;
      answer += counters_text(host.frame(image, input, scores));
      for (const std::uint16_t score : scores) answer += text(score, " ");
    }
    return answer;
  }

  static std::string counters_text(const whitedwarf::Host::Run& run) {
    std::string answer = text("\nfor ", (run.end - run.begin).to_string(), ":");
    for (const std::uint64_t count : run.counters) answer += text(" ", count);
    return answer + "; ";
  }

  const RandomProgram& random_;
  static inline const sc_time period{2, sc_core::SC_NS};
  const ProgramImage image;
  sc_core::sc_signal<bool> irq{"irq"}, rst_n{"rst_n"};
  Chip chip;
  whitedwarf::Memory memory;
  whitedwarf::Host host;
  Spy spy{"spy"};
  std::string result = "not done";

 private:
  void thread() {
    try {
      result = work_(*this);
    } catch (const std::exception& error) {
      result = text("refused: ", error.what());
    }
    sc_core::sc_stop();
  }
  std::function<std::string(System&)> work_;
};

std::string simulate(const RandomProgram& random, const Choice& choice,
                     const std::function<std::string(System&)>& work) {
  return in_own_process([&] {
    setenv("SC_COPYRIGHT_MESSAGE", "DISABLE", 0);
    sc_core::sc_report_handler::set_actions("/OSCI/SystemC", sc_core::SC_DO_NOTHING);
    whitedwarf::add_rtl_model();
    System system(random, choice, work);
    sc_core::sc_start();
    return system.result;
  });
}

std::string everything(System& system) {
  std::string answer = system.all_frames();
  for (const std::string& one : system.spy.seen) answer += "\n" + one;
  const whitedwarf::MemoryFigures f = system.memory.figures();
  return answer + text("\n", f.row_hits, " ", f.row_conflicts, " ", f.refreshes);
}

std::string without_times(System& system) {
  system.host.load(system.image, system.random_.switches.bits(),
                   static_cast<std::uint32_t>(system.random_.switches.window));
  std::string answer = "load";
  for (const std::uint64_t n : system.host.run(system.image.load_entry).counters) answer += text(" ", n);
  for (const auto& input : system.random_.inputs) {
    std::vector<std::uint16_t> scores;
    answer += " frame";
    for (const std::uint64_t n : system.host.frame(system.image, input, scores).counters)
      answer += text(" ", n);
    for (const std::uint16_t score : scores) answer += text(" ", score);
  }
  return answer;
}

/// The same from an engine by itself.
std::string of_engine(const RandomProgram& random) {
  sim::FastEngine engine(random.program, random.switches);
  const auto counted = [](const arch::Counters& counters) {
    std::string answer;
    arch::for_each_counter(counters, [&](const char*, std::uint64_t n) { answer += text(" ", n); });
    return answer;
  };
  std::string answer = "load" + counted(engine.load());
  for (const auto& input : random.inputs) {
    const sim::FrameResult frame = engine.frame(input);
    answer += " frame" + counted(frame.counters);
    for (const std::uint16_t score : frame.scores) answer += text(" ", score);
  }
  return answer;
}

RandomProgram of_seed(unsigned seed) {
  return random_program({.seed = seed, .arch = roomy_arch(seed, 64, 4)});
}

TEST_CASE("platform: with an ideal memory scores, cycles and counters are the engines'", "[sim][oracle]") {
  for (unsigned seed = 0; seed < 12; ++seed) {
    const RandomProgram random = of_seed(seed);
    INFO("seed " << seed);
    const std::string expected = of_engine(random);
    CHECK(simulate(random, {"fast"}, without_times) == expected);
    CHECK(simulate(random, {"fast", "", true, 10}, without_times) == expected);
    if (seed < 8) CHECK(simulate(random, {"systemc"}, without_times) == expected);
  }
}

TEST_CASE("platform: models agree on every transaction's time, with any memory", "[sim][oracle]") {
  for (unsigned seed = 20; seed < 28; ++seed)
    for (const std::string dram : {"", "ddr3-1600", "lpddr4-3200"}) {
      const RandomProgram random = of_seed(seed);
      INFO("seed " << seed << " memory " << dram);
      const int outstanding = 1 + static_cast<int>(seed % 5);
      const std::string fast =
          simulate(random, {"fast", dram, false, 0, seed % 2 * 8192, outstanding}, everything);
      CHECK(fast.find("\nr") != std::string::npos);
      CHECK(simulate(random, {"systemc", dram, false, 0, seed % 2 * 8192, outstanding}, everything) == fast);
      // Neither a quantum nor DMI changes a time, and a second run is the first one.
      CHECK(simulate(random, {"fast", dram, false, 5, seed % 2 * 8192, outstanding}, everything) == fast);
    }
}

TEST_CASE("platform: the RTL agrees on every transaction's time", "[sim][oracle]") {
  for (unsigned seed = 40; seed < 44; ++seed)
    for (const std::string dram : {"", "ddr3-1600"}) {
      arch::Arch small;
      small.pes_per_group = 16;
      const RandomProgram random = random_program({.seed = seed, .arch = small});
      INFO("seed " << seed << " memory " << dram);
      const std::string fast = simulate(random, {"fast", dram}, everything);
      CHECK(simulate(random, {"rtl", dram}, everything) == fast);
    }
}

TEST_CASE("platform: a memory that answers with an error is a fault, and the next program runs",
          "[sim][bad-input]") {
  const RandomProgram random = of_seed(3);
  for (const char* model : {"fast", "systemc"}) {
    INFO(model);
    CHECK(simulate(random, {model},
                   [](System& system) -> std::string {
                     const std::string before = without_times(system);
                     system.memory.fail_between(system.image.input_address, system.image.input_address + 15);
                     std::string faulted;
                     try {
                       system.host.run(system.image.frame_entry);
                       faulted = "no fault";
                     } catch (const Error& error) {
                       faulted = error.what();
                     }
                     const bool told = (system.host.read_register(reg::status) & reg::status_fault) != 0;
                     system.memory.fail_between(1, 0);
                     const bool same = without_times(system) == before;
                     return text(faulted, told ? "; told" : "",
                                 same ? "; the next is right" : "; the next is wrong");
                   }) == text("host: the program ended with fault bus_error, of beat ",
                              random.program.input_addr, "; told; the next is right"));
  }
}

TEST_CASE("platform: accesses that registers do not take are answered, programs that cannot run are refused",
          "[sim][bad-input]") {
  const RandomProgram random = of_seed(3);
  CHECK(simulate(random, {"fast"},
                 [](System& system) -> std::string {
                   std::string answers;
                   const auto attempt = [&](const std::function<void()>& work) {
                     try {
                       work();
                       answers += "ok ";
                     } catch (const Error& error) {
                       const std::string what = error.what();
                       answers += what.substr(what.rfind("TLM_")) + " ";
                     }
                   };
                   attempt([&] { system.host.write_register(reg::status, 1); });
                   attempt([&] { system.host.read_register(0xf000); });
                   attempt([&] { system.host.read_register(2); });
                   attempt([&] { system.host.write_register(reg::start, 1); });  // nothing was written
                   system.host.load(system.image, 0);
                   system.host.write_register(reg::instructions, 0xffffffff);
                   attempt([&] { system.host.write_register(reg::start, 1); });
                   return answers + (system.chip.why().empty() ? "" : "why");
                 }) ==
        "TLM_COMMAND_ERROR_RESPONSE TLM_ADDRESS_ERROR_RESPONSE TLM_BURST_ERROR_RESPONSE "
        "TLM_GENERIC_ERROR_RESPONSE "
        "TLM_GENERIC_ERROR_RESPONSE why");
}

TEST_CASE("platform: after a reset in mid-program the next one is right", "[sim]") {
  const RandomProgram random = of_seed(3);
  for (const char* model : {"fast", "systemc"}) {
    INFO(model);
    CHECK(simulate(random, {model}, [](System& system) -> std::string {
            const std::string before = without_times(system);
            system.host.write_register(reg::entry, system.image.frame_entry);
            system.host.write_register(reg::start, 1);
            sc_core::wait(50 * System::period);
            system.rst_n.write(false);
            sc_core::wait(System::period);
            const bool idle = system.host.read_register(reg::status) == 0;
            system.rst_n.write(true);
            return text(idle, without_times(system) == before);
          }) == "11");
  }
}

}  // namespace
}  // namespace wd::testbench
