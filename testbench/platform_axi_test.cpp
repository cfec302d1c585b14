// SPDX-License-Identifier: Apache-2.0
// The RTL chip with its AXI buses behind the sockets, against the models: values, counters and cycles, and every transaction's time from the first.
#include <catch2/catch.hpp>

#include "hw/arch/registers.hpp"
#include "testbench/platform_system.hpp"

namespace wd::testbench {
namespace {

Choice behind_registers(const char* model) {
  Choice choice{model};
  choice.outstanding = 4;
  choice.bus_registers = true;
  return choice;
}

/// Of each program: counters, scores, and its transactions with their times from the first one on.
std::string programs(System& system) {
  system.host.load(system.image, system.random_.switches.bits(),
                   static_cast<std::uint32_t>(system.random_.switches.window));
  std::string answer;
  const auto add = [&](const whitedwarf::Host::Run& run) {
    for (const std::uint64_t n : run.counters) answer += text(" ", n);
    std::optional<sc_time> first;
    for (const Spy::Seen& seen : std::exchange(system.spy.all, {})) {
      if (!first) first = seen.at;
      answer += text("\n", seen.what, " ", (seen.at - *first).value() / System::period.value());
    }
    answer += "\n";
  };
  add(system.host.run(system.image.load_entry));
  for (const auto& input : system.random_.inputs) {
    std::vector<std::uint16_t> scores;
    add(system.host.frame(system.image, input, scores));
    for (const std::uint16_t score : scores) answer += text(" ", score);
  }
  return answer;
}

TEST_CASE("platform axi: values, cycles and transactions are those of every model behind its bus registers",
          "[sim][oracle]") {
  std::size_t transactions = 0;
  for (unsigned seed = 300; seed < 308; ++seed) {
    const RandomProgram random = small_of_seed(seed);
    INFO("seed " << seed);
    const std::string axi = simulate(random, behind_registers("axi"), programs);
    transactions += static_cast<std::size_t>(std::count(axi.begin(), axi.end(), '\n'));
    CHECK(axi.find("refused") == std::string::npos);
    CHECK(simulate(random, behind_registers("fast"), programs) == axi);
    CHECK(simulate(random, behind_registers("systemc"), programs) == axi);
    CHECK(simulate(random, behind_registers("rtl"), programs) == axi);
  }
  CHECK(transactions > 200);
}

/// All programs, and all transactions with their times from the simulation's start.
std::string by_the_clock(System& system) {
  std::string answer = system.all_frames();
  for (const Spy::Seen& seen : system.spy.all)
    answer += text("\n", seen.what, " ", seen.at.value() / System::period.value());
  const whitedwarf::MemoryFigures f = system.memory->figures();
  return answer + text("\n", f.row_hits, " ", f.row_conflicts, " ", f.refreshes);
}

TEST_CASE("platform axi: behind a DRAM every transaction of every model comes in the same cycle of the clock",
          "[sim][oracle]") {
  std::size_t transactions = 0;
  for (unsigned seed = 350; seed < 356; ++seed) {
    const RandomProgram random = small_of_seed(seed);
    INFO("seed " << seed);
    const auto with = [&](const char* model) {
      Choice choice = behind_registers(model);
      choice.dram = seed % 2 == 0 ? "ddr3-1600" : "lpddr4-3200";
      return simulate(random, choice, by_the_clock);
    };
    const std::string axi = with("axi");
    transactions += static_cast<std::size_t>(std::count(axi.begin(), axi.end(), '\n'));
    CHECK(axi.find("refused") == std::string::npos);
    CHECK(with("fast") == axi);
    CHECK(with("systemc") == axi);
    CHECK(with("rtl") == axi);
  }
  CHECK(transactions > 200);
}

TEST_CASE("platform axi: a store burst waits for the answers of the one before it in every model",
          "[sim][oracle]") {
  // Of seeds 350 to 395 the one with two such bursts and answers so late: the models' second one was some cycles earlier.
  const RandomProgram random = small_of_seed(380);
  const auto with = [&](const char* model) {
    Choice choice = behind_registers(model);
    choice.dram = "ddr3-1600";
    return simulate(random, choice, by_the_clock);
  };
  const std::string axi = with("axi");
  for (const char* model : {"fast", "systemc", "rtl"}) {
    INFO(model);
    CHECK(with(model) == axi);
  }
}

/// Accesses while the clock runs and while it stands, each with the time that it took.
std::string accesses(System& system) {
  system.host.load(system.image, system.random_.switches.bits(),
                   static_cast<std::uint32_t>(system.random_.switches.window));
  std::string times;
  const auto timed = [&](const std::function<void()>& access) {
    const sc_time begin = sc_core::sc_time_stamp();
    access();
    times += text(" ", (sc_core::sc_time_stamp() - begin).value() / System::period.value());
  };
  timed([&] { system.host.read_register(reg::id); });
  timed([&] { system.host.write_register(reg::entry, system.image.load_entry); });
  timed([&] { system.host.write_register(reg::start, 1); });
  for (const double wait : {0.0, 1.0, 7.0, 7.5})
    timed([&] {
      sc_core::wait(wait * System::period);
      system.host.read_register(reg::status);
    });
  while (!system.irq.read()) sc_core::wait(system.irq.value_changed_event());
  timed([&] { system.host.read_register(reg::interrupt_pending); });
  return times;
}

TEST_CASE("platform axi: an access to a register takes four cycles, whether the clock runs or stands",
          "[sim][oracle]") {
  const RandomProgram random = small_of_seed(381);
  for (const char* model : {"fast", "systemc", "rtl", "axi"}) {
    INFO(model);
    // 7.5 cycles later the next edge is half a cycle nearer.
    CHECK(simulate(random, behind_registers(model), accesses) == " 4 4 4 4 5 11 11 4");
  }
}

TEST_CASE("platform axi: a memory two cycles sooner makes its cycles those of the engines", "[sim][oracle]") {
  for (unsigned seed = 310; seed < 316; ++seed) {
    const RandomProgram random = small_of_seed(seed);
    INFO("seed " << seed);
    Choice choice = behind_registers("axi");
    choice.sooner = 2;
    choice.base = seed % 2 * 8192;
    CHECK(simulate(random, choice, without_times) == of_engine(random));
    choice.sooner = 0;  // and it is the two cycles that differ
    CHECK(simulate(random, choice, without_times) != of_engine(random));
  }
}

TEST_CASE("platform axi: the default array", "[sim][oracle]") {
  const RandomProgram random = random_program({.seed = 320, .arch = arch::Arch{}});
  Choice choice = behind_registers("axi");
  choice.sooner = 2;
  CHECK(simulate(random, choice, without_times) == of_engine(random));
}

TEST_CASE("platform axi: registers answer as they do over AXI4-Lite", "[sim][bad-input]") {
  const RandomProgram random = small_of_seed(330);
  CHECK(simulate(random, {"axi"},
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
                   attempt([&] { system.host.read_register(1 << 20); });
                   answers += text(system.host.read_register(reg::id) == arch::register_value::id);
                   for (int i = 0; i < arch::parameter_count; ++i)
                     if (system.host.read_register(reg::configuration + 4 * static_cast<std::uint64_t>(i)) !=
                         static_cast<std::uint32_t>(arch::parameter(system.random_.program.arch, i)))
                       answers += text(" parameter ", i);
                   return answers;
                 }) ==
        "TLM_GENERIC_ERROR_RESPONSE TLM_GENERIC_ERROR_RESPONSE TLM_BURST_ERROR_RESPONSE "
        "TLM_ADDRESS_ERROR_RESPONSE 1");
}

TEST_CASE(
    "platform axi: after a reset in mid-program, while memory still owes answers, the next one is right",
    "[sim]") {
  for (const int cycles : {3, 17, 50, 133, 400}) {
    const RandomProgram random = small_of_seed(340);
    INFO("reset in cycle " << cycles);
    CHECK(simulate(random, {"axi"}, [&](System& system) -> std::string {
            const std::string before = without_times(system);
            system.host.write_register(reg::entry, system.image.frame_entry);
            system.host.write_register(reg::start, 1);
            sc_core::wait(cycles * System::period);
            system.rst_n.write(false);
            sc_core::wait(System::period);
            bool idle = system.host.read_register(reg::status) == 0;
            for (std::uint64_t i = 0; i < 2 * arch::counter_count; ++i)
              idle &= system.host.read_register(reg::counters + 4 * i) == 0;
            system.rst_n.write(true);
            return text(idle, without_times(system) == before);
          }) == "11");
  }
}

}  // namespace
}  // namespace wd::testbench
