// SPDX-License-Identifier: Apache-2.0
#include "flow/platform.hpp"

#include <unistd.h>

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/output_folder.hpp"
#include "flow/chip.hpp"
#include "flow/frames.hpp"
#include "flow/own_process.hpp"
#include "flow/platform_simulation.hpp"
#include "flow/waves.hpp"
#include "sim/dram/dram.hpp"
#include "sim/tlm/program_image.hpp"

namespace wd::flow {
namespace {

arch::Counters counters_of(const whitedwarf::Host::Run& run) {
  arch::Counters counters;
  std::size_t at = 0;
  arch::for_each_counter(counters, [&](const char*, std::uint64_t& n) { n = run.counters.at(at++); });
  return counters;
}

Names memory_names() {
  Names names{"ideal"};
  for (const sim::DramPart& part : sim::dram_parts()) names.push_back(part.name);
  return names;
}

/// What is not whole at the end, because something failed, goes.
struct Partial {
  std::filesystem::path path;
  ~Partial() {
    if (!path.empty()) ::unlink(path.c_str());
  }
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
  sink.real("quantum", quantum_us, 0, 1e6, "time that the fast chip may run ahead of the system", "1");
  sink.flag("no-dmi", dmi, "no direct access to an ideal memory", false);
  sink.flag("bus-registers", bus_registers,
            "the other models take the cycles of axi, whose requests pass registers");
  faults.declare(sink);
  waves.declare(sink, "signals of these cycles of the clock, from the reset on, to platform.vcd or .fst");
  sink.call_values({{"megahertz", "MHz"},
                    {"latency", "CYCLES"},
                    {"quantum", "us"},
                    {"watchdog", "CYCLES"},
                    {"bus-error", "BYTE"}});
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

namespace {

/// What would be taken in silence and change nothing.
void require_effect(const PlatformOptions& options) {
  WD_REQUIRE(!options.waves.window || options.chip != "fast",
             "--waves: the model fast has no signals; give --chip systemc, rtl or axi");
  constexpr int axi_outstanding = 4;  // wd_chip's parameter Outstanding
  WD_REQUIRE(options.chip != "axi" || options.outstanding == axi_outstanding, "--outstanding is ",
             options.outstanding, ", the RTL of axi is built for ", axi_outstanding,
             "; leave it out, or give --chip rtl, systemc or fast");
  WD_REQUIRE(!options.bus_registers || options.chip != "axi",
             "--bus-registers: axi is the chip whose registers the other models take; leave it out");
  WD_REQUIRE(!options.quantum_us || options.chip == "fast", "--quantum: the model ", options.chip,
             " never runs ahead of the system; leave it out, or give --chip fast");
  WD_REQUIRE(options.dmi || options.chip == "fast", "--no-dmi: the model ", options.chip,
             " has no direct access to memory; leave it out, or give --chip fast");
  WD_REQUIRE(options.dmi || options.memory == "ideal", "--no-dmi: ", options.memory,
             " gives no direct access; leave it out, or give --memory ideal");
}

void require_fit(const PlatformOptions& options, const arch::Arch& arch) {
  const std::string engine = options.chip == "axi" ? "rtl" : options.chip;
  const std::string unfit = options.chip == "axi" ? unfit_for_axi(arch) : engine_kind(engine).unfit(arch);
  std::string others;
  for (const char* other : {"rtl", "systemc", "fast"})
    if (other != engine && engine_kind(other).unfit(arch).empty())
      others += text(others.empty() ? "" : " or ", other);
  if (options.chip == "axi" && engine_kind("rtl").unfit(arch).empty()) others = text("rtl or ", others);
  WD_REQUIRE(unfit.empty(), options.common.file("program.wdp").string(), ": ", unfit, "; give --chip ",
             others);
  options.waves.require({engine}, arch);
}

/// The fast model, whose cycles are all others', tells before how long the simulation takes. One that a fault ends has the signals up to there.
void require_window(const PlatformSetting& setting, const Context& context) {
  const sim::SignalWindow& window = *setting.options.waves.window;
  const nlohmann::json before = in_own_process(
      [&]() -> nlohmann::json {
        const SimulatedPlatform fast = simulate_platform(setting, "fast", {}, context);
        return {{"cycles", fast.end}, {"whole", fast.failure.empty()}};
      },
      context);
  const auto cycles = before.at("cycles").get<std::uint64_t>();
  WD_REQUIRE(!before.at("whole").get<bool>() || window.last < cycles, "--waves ", window.first, ":",
             window.last, ": the simulation has ", cycles, " cycles; give at most ",
             window.first < cycles ? window.first : 0, ":", cycles - 1);
}

/// The figures; signals of another simulation do not stay beside them.
void write_figures(const PlatformOptions& options, const SimulatedPlatform& done,
                   const nlohmann::json& figures) {
  for (const char* format : {"vcd", "fst"})
    if (!done.waves || options.waves.format != format)
      ::unlink(options.common.file(text("platform.", format).c_str()).c_str());
  write_json(options.common.file("platform.json"), figures);
}

/// Of a simulation that has failed: what is known goes into files, the rest is the error.
[[noreturn]] void fail_with(const SimulatedPlatform& done, const PlatformOptions& options,
                            const std::filesystem::path& waves) {
  if (!done.fault.is_null()) {
    nlohmann::json clock{{"end", done.end}};
    if (done.load_start != 0) clock["load_start"] = done.load_start;  // that has ended
    write_figures(
        options, done,
        {{"chip", options.chip}, {"memory", options.memory}, {"fault", done.fault}, {"clock", clock}});
  }
  std::string signals;
  if (options.waves.window && done.waves)
    signals = text("; ", waves.string(), " has the signals to there, cycle ", done.end);
  else if (options.waves.window)
    signals = text("; that was in cycle ", done.end, ", before any of --waves ", options.waves.window->first,
                   ":", options.waves.window->last);
  fail(done.failure, signals);
}

void count_frames(PlatformResult& result, const SimulatedPlatform& done, const Frames& frames, Chip& chip,
                  arch::Counters& total, std::size_t& right) {
  const auto n = static_cast<double>(frames.count());
  for (std::size_t i = 0; i < frames.count(); ++i) {
    const SimulatedFrame& frame = done.frames.at(i);
    const sim::FrameResult expected = chip.engine("fast").frame(frames.input(i));
    WD_REQUIRE(frame.scores == expected.scores, "platform: the chip's scores of ", frames.name(i),
               " are not those of the fast simulator");
    right += frames.right(i, frame.scores);
    total += counters_of(frame.run);
    result.ideal_cycles += static_cast<double>(expected.counters.cycles) / n;
    result.frame_seconds += (frame.run.end - frame.run.begin).to_seconds() / n;
  }
  const auto all_cycles = static_cast<double>(total.cycles);
  result.cycles = all_cycles / n;
  result.cycles_per_second = all_cycles / done.seconds;
  result.cycles_per_cpu_second = all_cycles / done.cpu_seconds;
  result.bytes_read = static_cast<double>(total.beats_read) * program::beat_bytes / n;
  result.bytes_written = static_cast<double>(total.beats_written) * program::beat_bytes / n;
}

}  // namespace

PlatformResult platform(const PlatformOptions& options, Context& context) {
  require_effect(options);
  const sim::PowerTable table = options.power.load();
  Chip& chip = load_chip(context, options.common.out, options.switches.switches);
  const program::Program& program = chip.program();
  require_fit(options, program.arch);
  OutputFolder folder(options.common.out);
  const Inputs inputs =
      open_inputs(options.inputs, program.dataset, program.input_transform, options.images, context);
  const Frames frames(program, *inputs, options.images);
  whitedwarf::ProgramImage image = whitedwarf::program_image(program);
  options.faults.apply(image, program);
  const PlatformSetting setting{options, program, chip.switches(), frames, image};

  const std::filesystem::path waves = options.common.out / ("platform." + options.waves.format);
  Partial partial;
  if (options.waves.window) {
    require_window(setting, context);
    partial.path = text(waves.string(), ".", ::getpid(), "-waves.partial");
    folder.make();
  }
  const SimulatedPlatform done = simulate_platform(setting, options.chip, partial.path, context);
  if (done.waves) std::filesystem::rename(partial.path, waves);
  if (!done.failure.empty()) fail_with(done, options, waves);

  PlatformResult result;
  result.chip = options.chip;
  result.memory = options.memory;
  result.images = frames.images();
  result.batch = program.batch;
  result.load_cycles = static_cast<double>(done.load.cycles());
  result.seconds = done.seconds;
  result.dmi = done.dmi;
  result.load_start = done.load_start;
  result.first_frame = done.first_frame;
  result.end = done.end;
  arch::Counters total;
  std::size_t right = 0;
  count_frames(result, done, frames, chip, total, right);
  if (inputs.labelled) result.accuracy = static_cast<double>(right) / static_cast<double>(frames.images());
  result.accesses = done.memory.accesses;
  result.row_hits = done.memory.row_hits;
  result.row_conflicts = done.memory.row_conflicts;
  result.refreshes = done.memory.refreshes;
  result.peak_bytes_per_second = done.memory.peak_bytes_per_second;
  result.energy = sim::estimate_power(table, sim::CounterAmounts(total, static_cast<double>(frames.places())),
                                      program.arch, chip.switches(), sim::operating_point(table));
  folder.make();
  write_figures(options, done, result.to_json());
  return result;
}

}  // namespace wd::flow
