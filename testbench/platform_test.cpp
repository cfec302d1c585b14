// SPDX-License-Identifier: Apache-2.0
// The chip behind its TLM-2.0 sockets: all models against each other and against the engines, values, cycles and every transaction's time.
#include <catch2/catch.hpp>

#include "testbench/platform_system.hpp"

namespace wd::testbench {
namespace {

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
      const RandomProgram random = small_of_seed(seed);
      INFO("seed " << seed << " memory " << dram);
      const std::string fast = simulate(random, {"fast", dram}, everything);
      CHECK(simulate(random, {"rtl", dram}, everything) == fast);
    }
}

/// The instruction that loads the input's first beat.
std::uint32_t input_load(const program::Program& program) {
  std::uint32_t number = program.frame_entry;
  while (program.instrs[number].operation() != arch::Op::LoadTensor ||
         program.instrs[number].mem_addr != static_cast<int>(program.input_addr))
    ++number;
  return number;
}

TEST_CASE("platform: a memory that answers with an error is a fault, and the next program runs",
          "[sim][bad-input]") {
  for (const char* model : {"fast", "systemc", "rtl"}) {
    const RandomProgram random = for_model(model, 3);
    INFO(model);
    CHECK(simulate(random, {model},
                   [](System& system) -> std::string {
                     const std::string before = without_times(system);
                     system.memory->fail_between(system.image.input_address, system.image.input_address + 15);
                     std::string faulted;
                     try {
                       system.host.run(system.image.frame_entry);
                       faulted = "no fault";
                     } catch (const Error& error) {
                       faulted = error.what();
                     }
                     const bool told = (system.host.read_register(reg::status) & reg::status_fault) != 0;
                     system.memory->fail_between(1, 0);
                     const bool same = without_times(system) == before;
                     return text(faulted, told ? "; told" : "",
                                 same ? "; the next is right" : "; the next is wrong");
                   }) == text("host: the program ended with fault bus_error of instruction ",
                              input_load(random.program), ", beat ", random.program.input_addr,
                              "; told; the next is right"));
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

TEST_CASE("platform: options that no chip and no memory has are refused", "[sim][bad-input]") {
  const auto refusal = [](const std::function<void()>& work) {
    return in_own_process([&]() -> std::string {
      whitedwarf::add_rtl_model();
      try {
        work();
      } catch (const std::exception& error) {
        return error.what();
      }
      return "accepted";
    });
  };
  const auto chip = [&](const whitedwarf::ChipOptions& options) {
    return refusal([&] { Chip("chip", options); });
  };
  const auto memory = [&](const whitedwarf::MemoryOptions& options) {
    return refusal([&] { whitedwarf::Memory("memory", options); });
  };
  CHECK(chip({}) == "accepted");
  CHECK(chip({.period = sc_core::SC_ZERO_TIME}) == "the chip's period is 0, must be a time");
  CHECK(chip({.outstanding = 0}) == "the chip's outstanding is 0, must be 1 to 64");
  CHECK(memory({.bytes = 64}) == "accepted");
  CHECK(memory({.period = sc_core::SC_ZERO_TIME}) == "the memory's period is 0, must be a time");
  CHECK(memory({.latency = -5}) == "the memory's latency is -5, must be at least 0 cycles");
}

TEST_CASE("platform: what a longer program left behind the last HALT is not the program's", "[sim][oracle]") {
  for (const char* model : {"fast", "systemc", "rtl"}) {
    const RandomProgram random = for_model(model, 3);
    INFO(model);
    const std::size_t end = random.program.instrs.size();
    CHECK(simulate(random, {model}, [end](System& system) -> std::string {
            const std::string before = without_times(system);
            // Rows of another program, and words that are no instruction.
            std::vector<std::uint32_t> left(system.image.instructions);
            left.resize(std::min<std::size_t>(left.size(), 96));
            for (std::uint32_t& word : left) word ^= word << 9;
            for (std::size_t i = 0; i < left.size(); ++i)
              system.host.write_register(reg::instructions + arch::instr_bits / 8 * end + 4 * i, left[i]);
            const bool same = without_times(system) == before;
            system.host.write_register(reg::entry, static_cast<std::uint32_t>(end));
            try {
              system.host.write_register(reg::start, 1);
            } catch (const Error&) {
              return text(same, " ", system.chip.why());
            }
            return text(same, " runs");
          }) == text("1 entry ", end, " is behind the program, whose last HALT is instruction ", end - 1));
  }
}

TEST_CASE("platform: after a reset in mid-program the next one is right", "[sim]") {
  for (const char* model : {"fast", "systemc", "rtl"}) {
    const RandomProgram random = for_model(model, 3);
    INFO(model);
    CHECK(simulate(random, {model}, [](System& system) -> std::string {
            const std::string before = without_times(system);
            system.host.write_register(reg::entry, system.image.frame_entry);
            system.host.write_register(reg::start, 1);
            sc_core::wait(50 * System::period);
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
