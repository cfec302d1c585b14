// SPDX-License-Identifier: Apache-2.0
#include "flow/platform_simulation.hpp"

#include <time.h>

#include <chrono>
#include <whitedwarf/registers.hpp>
#include <whitedwarf/rtl.hpp>

#include "base/error.hpp"
#include "flow/context.hpp"
#include "flow/platform_system.hpp"
#include "hw/arch/registers.hpp"

namespace wd::flow {
namespace {

using sc_core::sc_time;

/// Of all threads.
double process_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

whitedwarf::ChipOptions chip_options_of(const PlatformSetting& setting, const std::string& chip,
                                        bool signals) {
  const PlatformOptions& options = setting.options;
  whitedwarf::ChipOptions result;
  result.model = chip;
  result.architecture = setting.image.architecture;
  result.period = sc_time(1e6 / options.megahertz, sc_core::SC_PS);
  result.outstanding = options.outstanding;
  result.signals = signals;
  // Where axi's cycles are asked for of another model, it takes the times of its registers.
  result.bus_registers = options.bus_registers || (options.chip == "axi" && chip != "axi");
  result.threads = options.common.threads;
  return result;
}

whitedwarf::MemoryOptions memory_options_of(const PlatformSetting& setting, const sc_time& period) {
  const PlatformOptions& options = setting.options;
  const bool ideal = options.memory == "ideal";
  whitedwarf::MemoryOptions result;
  result.bytes = setting.image.memory_bytes;
  result.period = period;
  result.latency = options.latency != 0 ? options.latency
                   : ideal              ? setting.program.arch.memory_latency
                                        : dram_latency;
  result.dram = ideal ? "" : options.memory;
  result.dmi = options.dmi;
  return result;
}

/// What the registers say of the program that ended last; null if no fault stopped it.
nlohmann::json fault_of(whitedwarf::Host& host, const std::string& program) {
  namespace reg = whitedwarf::reg;
  const auto cause = static_cast<arch::FaultCause>(host.read_register(reg::fault_cause));
  if (cause == arch::FaultCause::none) return {};
  const std::uint64_t cycles =
      host.read_register(reg::counters) | std::uint64_t{host.read_register(reg::counters + 4)} << 32;
  return {{"program", program},
          {"cause", name_of(cause)},
          {"instruction", host.read_register(reg::fault_instruction)},
          {"address", host.read_register(reg::fault_address)},
          {"cycles", cycles}};
}

SimulatedFrame frame_of(PlatformSystem& system, const PlatformSetting& setting,
                        const std::vector<std::uint8_t>& input) {
  SimulatedFrame frame;
  system.host.write_memory(setting.image.input_address, input);
  frame.run = setting.options.faults.run(system, setting.image.frame_entry);
  frame.scores = system.host.scores(setting.image);
  return frame;
}

/// What the host executes.
void execute(PlatformSystem& system, const PlatformSetting& setting, SimulatedPlatform& result,
             const Context& context) {
  const PlatformFaults& faults = setting.options.faults;
  std::string program = "load";
  try {
    system.host.load(setting.image, setting.switches.bits(),
                     static_cast<std::uint32_t>(setting.switches.window));
    faults.prepare(system);
    result.load = faults.run(system, setting.image.load_entry);
    faults.damage_weights(system, setting.program);
    for (std::size_t i = 0; i < setting.frames.count(); ++i) {
      context.check_stop();
      program = text("frame ", i);
      const std::vector<std::uint8_t> input = setting.frames.input(i);
      const auto begin = std::chrono::steady_clock::now();
      const double cpu_begin = process_seconds();
      result.frames.push_back(frame_of(system, setting, input));
      result.cpu_seconds += process_seconds() - cpu_begin;
      result.seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    }
  } catch (const Error&) {
    result.fault = fault_of(system.host, program);
    throw;
  }
}

}  // namespace

SimulatedPlatform simulate_platform(const PlatformSetting& setting, const std::string& chip,
                                    const std::filesystem::path& waves, const Context& context) {
  const PlatformOptions& options = setting.options;
  whitedwarf::add_rtl_model();
  PlatformSystem::silence();
  const whitedwarf::ChipOptions chip_options = chip_options_of(setting, chip, !waves.empty());
  tlm::tlm_global_quantum::instance().set(sc_time(options.quantum_us.value_or(1), sc_core::SC_US));
  PlatformSystem system(chip_options, memory_options_of(setting, chip_options.period));
  SimulatedPlatform result;
  system.program = [&] { execute(system, setting, result, context); };
  if (!waves.empty())
    system.chip.waves(waves, options.waves.window->first, options.waves.window->last,
                      options.waves.format == "fst", options.waves.scope, options.waves.depth);
  try {
    system.run();
  } catch (const Error& error) {
    result.failure = error.what();
  }
  if (!waves.empty()) result.waves = system.chip.finish_waves(result.failure.empty());
  result.dmi = system.chip.uses_dmi();
  result.load_start = system.cycle_of(result.load.begin);
  if (!result.frames.empty())
    result.first_frame = {system.cycle_of(result.frames.front().run.begin),
                          system.cycle_of(result.frames.front().run.end)};
  result.end = system.cycle_of(sc_core::sc_time_stamp());
  result.memory = system.memory.figures();
  return result;
}

}  // namespace wd::flow
