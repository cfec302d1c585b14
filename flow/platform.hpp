// SPDX-License-Identifier: Apache-2.0
// platform: a host program drives the chip in a system with memory, over TLM-2.0: it loads the program, feeds images, takes interrupts, reads scores.
//
// Units     cycles of a frame; time is the system's. Bandwidth: bytes that the chip moves by the time from start to interrupt.
// Errors    a chip that does not have the architecture, scores that differ from the fast simulator's: wd::Error.
// Test      cli/platform_test.sh; testbench/platform_test.cpp (the system)
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "flow/engines.hpp"
#include "flow/figures.hpp"
#include "flow/inputs.hpp"
#include "flow/options.hpp"
#include "flow/platform_faults.hpp"
#include "flow/waves.hpp"

namespace wd::flow {

class Context;

struct PlatformOptions {
  CommonOptions common;
  InputOptions inputs;
  SwitchOptions switches;
  PowerTableOptions power;
  std::string chip = "fast", memory = "ddr3-1600";
  std::size_t images = 1;
  int megahertz = 500, latency = 0, outstanding = 4;
  std::optional<double> quantum_us;  // none: 1
  bool dmi = true;
  bool bus_registers = false;
  PlatformFaults faults;
  WavesOptions waves;

  void declare(OptionSink& sink);
};

struct PlatformResult {
  std::string chip, memory;
  std::size_t images = 0;
  int batch = 1;
  std::optional<double> accuracy;
  double load_cycles = 0, cycles = 0,
         ideal_cycles = 0;   // of the load entry; of a frame, on average, here and with an ideal memory
  double frame_seconds = 0;  // simulated, of a frame from start to interrupt
  double bytes_read = 0, bytes_written = 0;                                    // of a frame
  std::uint64_t accesses = 0, row_hits = 0, row_conflicts = 0, refreshes = 0;  // of the DRAM, in all
  double peak_bytes_per_second = 0;  // of the DRAM; 0: memory is ideal
  double seconds = 0, cycles_per_second = 0,
         cycles_per_cpu_second = 0;  // of the simulation: frames alone, from the input's bytes to the scores
  bool dmi = false;
  // cycles of the chip's clock from the simulation's start: --waves counts them
  std::uint64_t load_start = 0, end = 0;
  std::pair<std::uint64_t, std::uint64_t> first_frame;  // its start, its interrupt
  sim::PowerEstimate energy;                            // of an image

  nlohmann::json to_json() const;
};

PlatformResult platform(const PlatformOptions& options, Context& context);

}  // namespace wd::flow
