// SPDX-License-Identifier: Apache-2.0
// A program's load and its frames in a system of host, chip and memory, and what is to be told of them.
//
// Errors    what ends the simulation early is told, not thrown: a fault, a program that is refused, an interruption.
// Not       more than one of them in a process: SystemC elaborates once.
// Test      cli/platform_test.sh
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>
#include <whitedwarf/chip.hpp>
#include <whitedwarf/host.hpp>
#include <whitedwarf/memory.hpp>
#include <whitedwarf/program.hpp>

#include "flow/frames.hpp"
#include "flow/platform.hpp"

namespace wd::flow {

inline constexpr int dram_latency = 10;  // cycles of bus and controller, each way together

struct PlatformSetting {
  const PlatformOptions& options;
  const program::Program& program;
  const arch::Switches& switches;
  const Frames& frames;
  const whitedwarf::ProgramImage& image;
};

struct SimulatedFrame {
  std::vector<std::uint16_t> scores;
  whitedwarf::Host::Run run;
};

struct SimulatedPlatform {
  whitedwarf::Host::Run load;
  std::vector<SimulatedFrame> frames;  // that were done
  double seconds = 0, cpu_seconds = 0;
  bool dmi = false;
  std::uint64_t load_start = 0, end = 0;                // cycles of the clock
  std::pair<std::uint64_t, std::uint64_t> first_frame;  // its start, its interrupt
  whitedwarf::MemoryFigures memory;
  std::string failure;   // empty: all is done
  nlohmann::json fault;  // of the registers, if it is one; else null
  bool waves = false;    // whether their file is there
};

/// @param chip a model @param waves the file of the options' window; empty: none is made
SimulatedPlatform simulate_platform(const PlatformSetting& setting, const std::string& chip,
                                    const std::filesystem::path& waves, const Context& context);

}  // namespace wd::flow
