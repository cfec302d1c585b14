// SPDX-License-Identifier: Apache-2.0
#include "flow/platform.hpp"

#include <time.h>
#include <unistd.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <whitedwarf/rtl.hpp>

#include "base/error.hpp"
#include "base/output_folder.hpp"
#include "flow/chip.hpp"
#include "flow/frames.hpp"
#include "flow/platform_faults.hpp"
#include "flow/platform_system.hpp"
#include "flow/waves.hpp"
#include "sim/dram/dram.hpp"
#include "sim/tlm/program_image.hpp"

namespace wd::flow {
namespace {

using sc_core::sc_time;

constexpr int dram_latency = 10;  // cycles of bus and controller, each way together

struct Frame {
  std::vector<std::uint16_t> scores;
  whitedwarf::Host::Run run;
};

arch::Counters counters_of(const whitedwarf::Host::Run& run) {
  arch::Counters counters;
  std::size_t at = 0;
  arch::for_each_counter(counters, [&](const char*, std::uint64_t& n) { n = run.counters.at(at++); });
  return counters;
}

/// Of all threads.
double process_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

Names memory_names() {
  Names names{"ideal"};
  for (const sim::DramPart& part : sim::dram_parts()) names.push_back(part.name);
  return names;
}

/// What is not whole at the end, because something failed, goes.
struct Partial {
  std::filesystem::path path;
  ~Partial() { ::unlink(path.c_str()); }
};

}  // namespace

void PlatformOptions::declare(OptionSink& sink) {
  common.declare(sink);
  inputs.declare(sink);
  switches.declare(sink);
  power.declare(sink);
  sink.choice("chip", chip, {"fast", "systemc", "rtl", "axi"},
              "model of the chip behind the sockets, axi: the RTL with its AXI buses; results do not change");
  sink.choice("memory", memory, memory_names(), "memory: ideal, or a DRAM");
  sink.whole("images", images, 1, most_images, "images to run");
  sink.whole("megahertz", megahertz, 1, 10000, "clock of chip and bus");
  sink.whole("latency", latency, 1, 255,
             "cycles to the answer of an ideal memory, or of bus and controller before a DRAM",
             text("the chip's memory_latency; ", dram_latency));
  sink.whole("outstanding", outstanding, 1, 64, "transactions of a read burst under way at once");
  sink.real("quantum", quantum_us, 0, 1e6, "microseconds that the fast chip may run ahead of the system");
  sink.add({"no-dmi", "no direct access to an ideal memory", "", true,
            [this](const std::string&, const std::string&) { dmi = false; }});
  sink.add({"bus-registers", "the other models take the cycles of axi, whose requests pass registers", "",
            true, [this](const std::string&, const std::string&) { bus_registers = true; }});
  faults.declare(sink);
  waves.declare(sink,
                "FROM:TO: signals of these cycles of the clock, from the reset on, to platform.vcd or .fst");
}

nlohmann::json PlatformResult::to_json() const {
  return {{"chip", chip},
          {"memory", memory},
          {"images", images},
          {"batch", batch},
          {"accuracy_hw", accuracy ? nlohmann::json(*accuracy) : nlohmann::json()},
          {"load_cycles", load_cycles},
          {"frame_cycles", cycles},
          {"frame_cycles_ideal", ideal_cycles},
          {"frame_seconds", frame_seconds},
          {"frame_bytes_read", bytes_read},
          {"frame_bytes_written", bytes_written},
          {"dram",
           {{"accesses", accesses},
            {"row_hits", row_hits},
            {"row_conflicts", row_conflicts},
            {"refreshes", refreshes},
            {"peak_bytes_per_second", peak_bytes_per_second}}},
          {"dmi", dmi},
          {"clock",
           {{"load_start", load_start},
            {"first_frame_start", first_frame.first},
            {"first_frame_interrupt", first_frame.second},
            {"end", end}}},
          {"seconds", seconds},
          {"cycles_per_second", cycles_per_second},
          {"cycles_per_cpu_second", cycles_per_cpu_second},
          {"energy", energy_json(energy)}};
}

PlatformResult platform(const PlatformOptions& options, Context& context) {
  WD_REQUIRE(!options.waves.window || options.chip != "fast",
             "--waves: the model fast has no signals; give --chip systemc, rtl or axi");
  constexpr int axi_outstanding = 4;  // wd_chip's parameter Outstanding
  WD_REQUIRE(options.chip != "axi" || options.outstanding == axi_outstanding, "--outstanding is ",
             options.outstanding, ", the RTL of axi is built for ", axi_outstanding,
             "; leave it out, or give --chip rtl, systemc or fast");
  const sim::PowerTable table = options.power.load();
  Chip& chip = load_chip(context, options.common.out, options.switches.switches);
  const program::Program& program = chip.program();
  const std::string engine = options.chip == "axi" ? "rtl" : options.chip;
  const std::string unfit =
      options.chip == "axi" ? unfit_for_axi(program.arch) : engine_kind(engine).unfit(program.arch);
  WD_REQUIRE(unfit.empty(), options.common.file("program.wdp").string(), ": ", unfit, "; give --chip ",
             options.chip == "axi" && engine_kind("rtl").unfit(program.arch).empty() ? "rtl, systemc or fast"
             : options.chip == "rtl" || options.chip == "axi"                        ? "systemc or fast"
                                                                                     : "fast");
  options.waves.require({engine}, program.arch);
  OutputFolder folder(options.common.out);
  const Inputs inputs =
      open_inputs(options.inputs, program.dataset, program.input_transform, options.images, context);
  const Frames frames(program, *inputs, options.images);

  const bool ideal = options.memory == "ideal";
  whitedwarf::add_rtl_model();
  PlatformSystem::silence();
  whitedwarf::ProgramImage image = whitedwarf::program_image(program);
  options.faults.apply(image, program);
  whitedwarf::ChipOptions chip_options;
  chip_options.model = options.chip;
  chip_options.architecture = image.architecture;
  chip_options.period = sc_time(1e6 / options.megahertz, sc_core::SC_PS);
  chip_options.outstanding = options.outstanding;
  chip_options.signals = options.waves.window.has_value();
  chip_options.bus_registers = options.bus_registers;
  chip_options.threads = options.common.threads;
  whitedwarf::MemoryOptions memory_options;
  memory_options.bytes = image.memory_bytes;
  memory_options.period = chip_options.period;
  memory_options.latency = options.latency != 0 ? options.latency
                           : ideal              ? program.arch.memory_latency
                                                : dram_latency;
  memory_options.dram = ideal ? "" : options.memory;
  memory_options.dmi = options.dmi;
  tlm::tlm_global_quantum::instance().set(sc_time(options.quantum_us, sc_core::SC_US));
  PlatformSystem system(chip_options, memory_options);
  if (options.waves.window) folder.make();
  const std::filesystem::path waves = options.common.out / ("platform." + options.waves.format);
  const std::string partial_waves = text(waves.string(), ".", ::getpid(), "-waves.partial");
  const Partial partial{partial_waves};
  whitedwarf::Host::Run load;
  std::vector<Frame> done;
  double seconds = 0, cpu_seconds = 0;
  system.program = [&] {
    const arch::Switches& switches = chip.switches();
    system.host.load(image, switches.bits(), static_cast<std::uint32_t>(switches.window));
    options.faults.prepare(system);
    load = system.host.run(image.load_entry);
    options.faults.damage_weights(system, program);
    for (std::size_t i = 0; i < frames.count(); ++i) {
      context.check_stop();
      const std::vector<std::uint8_t> input = frames.input(i);
      Frame frame;
      const auto begin = std::chrono::steady_clock::now();
      const double cpu_begin = process_seconds();
      frame.run = system.host.frame(image, input, frame.scores);
      cpu_seconds += process_seconds() - cpu_begin;
      seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
      done.push_back(std::move(frame));
    }
  };
  if (options.waves.window)
    system.chip.waves(partial_waves, options.waves.window->first, options.waves.window->last,
                      options.waves.format == "fst", options.waves.scope, options.waves.depth);
  system.run();
  if (options.waves.window) {
    system.chip.finish_waves();
    std::filesystem::rename(partial_waves, waves);
  }

  PlatformResult result;
  result.chip = options.chip;
  result.memory = options.memory;
  result.images = frames.images();
  result.batch = program.batch;
  result.load_cycles = static_cast<double>(load.cycles());
  result.seconds = seconds;
  result.dmi = system.chip.uses_dmi();
  result.load_start = system.cycle_of(load.begin);
  result.first_frame = {system.cycle_of(done.front().run.begin), system.cycle_of(done.front().run.end)};
  result.end = system.cycle_of(sc_core::sc_time_stamp());
  const auto n = static_cast<double>(frames.count());
  arch::Counters total;
  std::size_t right = 0;
  double all_cycles = 0;
  for (std::size_t i = 0; i < frames.count(); ++i) {
    const Frame& frame = done.at(i);
    const sim::FrameResult expected = chip.engine("fast").frame(frames.input(i));
    WD_REQUIRE(frame.scores == expected.scores, "platform: the chip's scores of ", frames.name(i),
               " are not those of the fast simulator");
    right += frames.right(i, frame.scores);
    total += counters_of(frame.run);
    all_cycles += static_cast<double>(frame.run.cycles());
    result.ideal_cycles += static_cast<double>(expected.counters.cycles) / n;
    result.frame_seconds += (frame.run.end - frame.run.begin).to_seconds() / n;
  }
  result.cycles = all_cycles / n;
  result.cycles_per_second = all_cycles / seconds;
  result.cycles_per_cpu_second = all_cycles / cpu_seconds;
  result.bytes_read = static_cast<double>(total.beats_read) * program::beat_bytes / n;
  result.bytes_written = static_cast<double>(total.beats_written) * program::beat_bytes / n;
  if (inputs.labelled) result.accuracy = static_cast<double>(right) / static_cast<double>(frames.images());
  const whitedwarf::MemoryFigures figures = system.memory.figures();
  result.accesses = figures.accesses;
  result.row_hits = figures.row_hits;
  result.row_conflicts = figures.row_conflicts;
  result.refreshes = figures.refreshes;
  result.peak_bytes_per_second = figures.peak_bytes_per_second;
  result.energy = sim::estimate_power(table, sim::CounterAmounts(total, static_cast<double>(frames.places())),
                                      program.arch, chip.switches(), sim::operating_point(table));
  folder.make();
  write_json(options.common.file("platform.json"), result.to_json());
  return result;
}

}  // namespace wd::flow
