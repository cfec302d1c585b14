// SPDX-License-Identifier: Apache-2.0
// A system of chip, memory and host for tests: random programs on any model, behind any memory, and what is seen of them.
#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>
#include <whitedwarf/chip.hpp>
#include <whitedwarf/host.hpp>
#include <whitedwarf/memory.hpp>
#include <whitedwarf/registers.hpp>
#include <whitedwarf/rtl.hpp>

#include "base/error.hpp"
#include "sim/fast/fast_engine.hpp"
#include "sim/systemc/own_process.hpp"
#include "sim/systemc/transaction.hpp"
#include "sim/tlm/program_image.hpp"
#include "testbench/platform_memories.hpp"
#include "testbench/programs/random_program.hpp"

namespace wd::testbench {

namespace reg = whitedwarf::reg;
using sim::systemc::in_own_process;
using whitedwarf::Chip;
using whitedwarf::ProgramImage;

struct Choice {
  std::string model, dram = {};
  bool dmi = false;
  double quantum_us = 0;
  std::uint64_t base = 0;
  int outstanding = 16;
  Spy::Has has = Spy::Has::both;  // transports of what lies between chip and memory
  double move_us = 0;             // a memory that moves so often, instead of `dram` and `dmi`
  unsigned threads = 1;
  bool bus_registers = false;
  int sooner = 0;  // cycles by which an ideal memory answers earlier than the program was compiled for
};

/// A system of chip, memory and host, whose thread does the work of a test.
class System : public sc_core::sc_module {
 public:
  SC_HAS_PROCESS(System);
  System(const RandomProgram& random, const Choice& choice, std::function<std::string(System&)> work)
      : sc_module(sc_core::sc_module_name("system")),
        random_(random),
        image(whitedwarf::program_image(random.program)),
        chip("chip", {choice.model, image.architecture, period, choice.outstanding, false, choice.threads,
                      choice.bus_registers}),
        host("host", choice.base),
        spy("spy", choice.has),
        work_(std::move(work)) {
    tlm::tlm_global_quantum::instance().set(sc_time(choice.quantum_us, sc_core::SC_US));
    chip.irq_o(irq);
    chip.rst_ni(rst_n);
    host.irq_i(irq);
    host.registers.bind(chip.registers);
    chip.memory.bind(spy.in);
    const int latency = random.program.arch.memory_latency - choice.sooner;
    const std::uint64_t bytes = choice.base + image.memory_bytes;
    if (choice.move_us == 0) {
      memory = std::make_unique<whitedwarf::Memory>(
          "memory", whitedwarf::MemoryOptions{bytes, period, latency, choice.dram, choice.dmi});
      host.memory.bind(memory->socket);
      spy.out.bind(memory->socket);
    } else {
      moving = std::make_unique<MovingMemory>("moving", bytes, latency * period,
                                              sc_time(choice.move_us, sc_core::SC_US));
      host.memory.bind(moving->socket);
      spy.out.bind(moving->socket);
    }
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
  std::unique_ptr<whitedwarf::Memory> memory;
  std::unique_ptr<MovingMemory> moving;
  whitedwarf::Host host;
  Spy spy;
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

inline std::string simulate(const RandomProgram& random, const Choice& choice,
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

inline std::string everything(System& system) {
  std::string answer = system.all_frames();
  for (const std::string& one : system.spy.seen) answer += "\n" + one;
  const whitedwarf::MemoryFigures f = system.memory->figures();
  return answer + text("\n", f.row_hits, " ", f.row_conflicts, " ", f.refreshes);
}

inline std::string without_times(System& system) {
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
inline std::string of_engine(const RandomProgram& random) {
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

inline RandomProgram of_seed(unsigned seed) {
  return random_program({.seed = seed, .arch = roomy_arch(seed, 64, 4)});
}

/// For the RTL: an array that it is elaborated with.
inline RandomProgram small_of_seed(unsigned seed) {
  arch::Arch small;
  small.pes_per_group = 16;
  return random_program({.seed = seed, .arch = small});
}

/// Of models, the RTL's programs fit all.
inline RandomProgram for_model(const std::string& model, unsigned seed) {
  return model == "rtl" ? small_of_seed(seed) : of_seed(seed);
}

}  // namespace wd::testbench
