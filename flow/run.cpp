// SPDX-License-Identifier: Apache-2.0
#include "flow/run.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>

#include "base/error.hpp"
#include "base/output_folder.hpp"
#include "base/parallel.hpp"
#include "base/progress.hpp"
#include "flow/chip.hpp"
#include "flow/frames.hpp"
#include "flow/lockstep.hpp"
#include "flow/scores.hpp"
#include "flow/timeline.hpp"

namespace wd::flow {
namespace {

/// What one engine made of the first images.
struct EngineRun {
  const EngineKind* kind;
  Frames inputs;
  unsigned threads = 1;
  bool replayed = false;
  double seconds = 0;  // wall
  std::vector<sim::FrameResult> frames = {};
  arch::Counters load = {};
  LayerCounts layers = {};  // where the engine has them
  LayerRanges ranges = {};  // the same

  double places() const { return static_cast<double>(inputs.places()); }
};

void tell(Progress& progress, const EngineRun& run, std::size_t frames) {
  progress.update(static_cast<double>(frames),
                  text(std::min(run.inputs.first_image(frames), run.inputs.images()), " of ",
                       run.inputs.images(), " images"));
}

/// Who watches an engine's signals.
struct Watchers {
  Waves waves;  // of the first frame
  RunActivity activity;

  void begin(sim::Engine& engine, std::size_t frame, std::span<const std::uint8_t> input) {
    if (frame == 0) waves.begin(engine);
    activity.begin(engine, input);
  }
  void end(const sim::Engine& engine, std::size_t frame) {
    if (frame == 0) waves.end(engine);
    activity.end(engine);
  }
};

/// Engines on threads of their own, frames claimed one by one; threads that have no frame help with the tiles of others.
void run_parallel(const Context& context, const Chip& chip, const RunOptions& options,
                  RunRecording& recording, EngineRun& run) {
  const unsigned most = ThreadPool(options.common.threads).threads();
  ThreadPool pool(static_cast<unsigned>(std::clamp<std::size_t>(run.frames.size(), 1, most)));
  const unsigned engines = pool.threads(), of_each = run.kind->make_beside ? most / engines : 1;
  run.threads = engines * of_each;
  std::vector<std::unique_ptr<sim::Engine>> made;
  for (unsigned i = 0; i < engines; ++i)
    made.push_back(i == 0 || !run.kind->make_beside
                       ? run.kind->make(chip.program(), chip.switches(), {options.kernel.kernel, of_each})
                       : run.kind->make_beside(*made.front(), of_each));
  std::atomic<std::size_t> next{0};
  std::size_t done = 0;
  std::mutex mutex;  // of what follows the frames
  Progress progress(text("run ", run.kind->name), static_cast<double>(run.frames.size()));
  pool.run(engines, [&](std::size_t part) {
    sim::Engine* const engine = made[part].get();
    const arch::Counters load = engine->load();
    LayerRanges ranges;
    const auto count_layers = [&] {
      if (run.kind->layer_counts) ranges.add(run.kind->layer_counts(*engine).counters);
    };
    count_layers();
    for (std::size_t i; (i = next.fetch_add(1)) < run.frames.size();) {
      context.check_stop();
      const std::vector<std::uint8_t> input = run.inputs.input(i);
      run.frames[i] = recording.used() ? recording.frame(*engine, i, input) : engine->frame(input);
      count_layers();
      const std::lock_guard lock(mutex);
      tell(progress, run, ++done);
    }
    const std::lock_guard lock(mutex);
    run.load = load;
    run.ranges += ranges;
    if (run.kind->layer_counts) run.layers += run.kind->layer_counts(*engine);
  });
}

void run_serial(const Context& context, Chip& chip, Watchers& watchers, EngineRun& run) {
  sim::Engine& engine = chip.engine(run.kind->name);
  Progress progress(text("run ", run.kind->name), static_cast<double>(run.frames.size()));
  for (std::size_t i = 0; i < run.frames.size(); ++i) {
    context.check_stop();
    const std::vector<std::uint8_t> input = run.inputs.input(i);
    watchers.begin(engine, i, input);
    run.frames[i] = engine.frame(input);
    watchers.end(engine, i);
    tell(progress, run, i + 1);
  }
}

EngineRun run_engine(const RunOptions& options, const Context& context, Chip& chip, Watchers& watchers,
                     const algo::ImageSet& images, const std::string& name) {
  const EngineKind& kind = engine_kind(name);
  EngineRun run{.kind = &kind,
                .inputs = Frames(chip.program(), images, options.images.count_for(kind, images.count()))};
  run.frames.resize(run.inputs.count());
  RunRecording recording(kind.layer_counts ? options.recording : RecordingOptions{}, options.common.out, chip,
                         run.inputs);
  run.replayed = recording.used() && !options.recording.replay.empty();
  if (run.kind->serial)
    run.load = chip.load_counters(name);  // elaboration and loading are not part of the speed
  const auto begin = std::chrono::steady_clock::now();
  if (run.kind->serial)
    run_serial(context, chip, watchers, run);
  else
    run_parallel(context, chip, options, recording, run);
  run.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  recording.write();
  return run;
}

std::optional<double> accuracy(const EngineRun& run, const Inputs& inputs) {
  if (!inputs.labelled) return {};
  std::size_t right = 0;
  for (std::size_t i = 0; i < run.frames.size(); ++i) right += run.inputs.right(i, run.frames[i].scores);
  return static_cast<double>(right) / static_cast<double>(run.inputs.images());
}

EngineFigures figures_of(const EngineRun& run, const Inputs& inputs, double dense_macs) {
  double cycles = 0;
  for (const sim::FrameResult& frame : run.frames) cycles += static_cast<double>(frame.counters.cycles);
  const double core_seconds = run.seconds * run.threads;
  EngineFigures figures;
  figures.name = run.kind->name;
  figures.replayed = run.replayed;
  figures.images = run.inputs.images();
  figures.threads = run.threads;
  figures.seconds = run.seconds;
  figures.accuracy = accuracy(run, inputs);
  figures.macs_per_second = dense_macs * run.places() / core_seconds;
  if (run.kind->timed) {
    figures.cycles = cycles / run.places();
    figures.total_cycles = cycles;
    figures.cycles_per_second = cycles / core_seconds;
  }
  return figures;
}

/// Two engines that differ on a frame; the first found.
struct Disagreement {
  std::string a, b;
  std::size_t frame = 0;
};

void compare(std::optional<bool>& verdict, bool equal) { verdict = verdict.value_or(true) && equal; }

/// Values over all pairs of engines; cycles and counters over pairs of timed ones.
Agreement agreement(const std::vector<EngineRun>& runs, std::optional<Disagreement>& first) {
  Agreement result;
  for (std::size_t a = 0; a < runs.size(); ++a)
    for (std::size_t b = a + 1; b < runs.size(); ++b)
      for (std::size_t i = 0; i < std::min(runs[a].frames.size(), runs[b].frames.size()); ++i) {
        const sim::FrameResult &x = runs[a].frames[i], &y = runs[b].frames[i];
        bool same = x.scores == y.scores;
        if (!runs[a].replayed && !runs[b].replayed)
          compare(result.values, same);  // else they were not computed
        if (runs[a].kind->timed && runs[b].kind->timed) {
          compare(result.cycles, x.counters.cycles == y.counters.cycles);
          compare(result.counters, x.counters == y.counters);
          same &= x.counters == y.counters;
        }
        if (!same && !first) first = Disagreement{runs[a].kind->name, runs[b].kind->name, i};
      }
  return result;
}

/// Runs the frame again in lockstep to say where the engines part.
/// @param replayed the recording, if the fast simulator's scores are its
[[noreturn]] void fail_located(Chip& chip, const Frames& inputs, const Disagreement& found,
                               const std::filesystem::path& replayed) {
  const auto again = compare_frame({&chip.engine(found.a), &chip.engine(found.b)}, chip.program(),
                                   inputs.input(found.frame));
  if (!again.first && !replayed.empty())
    fail(replayed.string(), ": of ", inputs.name(found.frame),
         " it holds what engines do not compute; record again");
  fail("engines ", found.a, " and ", found.b, " disagree on ", inputs.name(found.frame), ": ",
       again.first ? again.first->where : "not in a second run: an engine keeps state between frames");
}

DetailedFigures detailed(const EngineRun& run, const Chip& chip, const sim::PowerTable& table) {
  DetailedFigures result;
  result.engine = run.kind->name;
  result.images = run.places();
  for (const sim::FrameResult& frame : run.frames) result.ranges.add(frame.counters);
  result.layer_ranges = run.ranges.layers();
  const arch::Counters& total = result.ranges.sum();
  arch::for_each_counter(total, [&](const char* name, std::uint64_t n) {
    result.counters.emplace_back(name, static_cast<double>(n) / result.images);
  });
  result.onchip = onchip_compression(chip.program(), static_cast<double>(total.bit_ops) / result.images);
  result.load = run.load;
  result.layers = layer_figures(chip.program(), run.layers, result.images);
  result.energy = sim::estimate_power(table, sim::CounterAmounts(total, result.images), chip.program().arch,
                                      chip.switches(), sim::operating_point(table));
  std::vector<sim::CounterAmounts> layers;
  for (const CounterRanges& layer : result.layer_ranges) layers.emplace_back(layer.sum(), result.images);
  result.layer_energies = layer_energies(chip.program(), chip.switches(), table,
                                         sim::CounterAmounts(total, result.images), layers);
  return result;
}

nlohmann::json optional_json(const auto& value) { return value ? nlohmann::json(*value) : nlohmann::json(); }

}  // namespace

void RunOptions::declare(OptionSink& sink) {
  common.declare(sink);
  inputs.declare(sink);
  engines.declare(sink);
  images.declare(sink);
  switches.declare(sink);
  kernel.declare(sink);
  recording.declare(sink);
  waves.declare(sink);
  activity.declare(sink);
  power.declare(sink);
  sink.exclude({"waves", "activity"});
  sink.flag("scores", scores, "write the class scores of each image into scores.csv");
  sink.flag("timeline", timeline,
            "write what each unit does in the first frame into timeline.json, which Perfetto and Chrome's "
            "tracing show");
}

nlohmann::json EngineFigures::to_json() const {
  return {{"images", images},
          {"threads", threads},
          {"replayed", replayed},
          {"seconds", seconds},
          {"macs_per_second", macs_per_second},
          {"accuracy", optional_json(accuracy)},
          {"cycles", optional_json(cycles)},
          {"total_cycles", optional_json(total_cycles)},
          {"cycles_per_second", optional_json(cycles_per_second)}};
}

nlohmann::json Agreement::to_json() const {
  return {{"values", optional_json(values)},
          {"cycles", optional_json(cycles)},
          {"counters", optional_json(counters)}};
}

nlohmann::json RunResult::to_json() const {
  nlohmann::json report{{"program_crc", program_crc},
                        {"program_sha256", program_sha256},
                        {"switches", switches.bits()},
                        {"window", switches.window},
                        {"dense_macs", dense_macs},
                        {"engines", nlohmann::json::object()},
                        {"equal", equal.to_json()},
                        {"images", images},
                        {"batch", batch},
                        {"accuracy_hw", optional_json(accuracy)},
                        {"inputs", inputs_json(inputs)}};
  for (const EngineFigures& engine : engines) report["engines"][engine.name] = engine.to_json();
  if (!detailed) return report;
  for (const auto& [name, value] : detailed->counters) report["counters"][name] = value;
  report["onchip"] = detailed->onchip.to_json();
  report["load"] = arch::to_json(detailed->load);
  report["ranges"] = detailed->ranges.to_json(batch);
  report["layers"] = nlohmann::json::array();
  for (std::size_t i = 0; i < detailed->layers.size(); ++i) {
    report["layers"].push_back(detailed->layers[i].to_json());
    nlohmann::json& layer = report["layers"].back();
    const LayerEnergy& energy = detailed->layer_energies.layers[i];
    layer["ranges"] = detailed->layer_ranges[i].to_json(batch);
    layer["offchip_bytes"] = energy.offchip_bytes;
    layer["energy"] = energy.energy_json();
  }
  const LayerEnergy& between = detailed->layer_energies.between;
  report["between_layers"] = {{"cycles", between.cycles}, {"energy", between.energy_json()}};
  report["energy"] = energy_json(detailed->energy);
  return report;
}

RunResult run(const RunOptions& options, Context& context) {
  options.recording.require(options.engines.engines);
  const sim::PowerTable table = options.power.load();
  Chip& chip = load_chip(context, options.common.out, options.switches.switches);
  const program::Program& program = chip.program();
  OutputFolder folder(options.common.out);
  require_engines(options.engines.engines, program.arch, options.common.file("program.wdp").string());
  const Inputs inputs = open_inputs(options.inputs, program.dataset, program.input_transform,
                                    options.images.images == 0 ? few_images : options.images.images, context);
  options.waves.require(options.engines.engines, program.arch);
  if (options.waves.window) folder.make();
  options.activity.require(options.engines.engines, program.arch);
  Watchers watchers{{options.waves, options.common.out, chip, options.engines.engines,
                     Frames(program, *inputs, 1).input(0)},
                    {options.activity, chip, options.engines.engines}};
  RunResult result;
  result.batch = program.batch;
  result.inputs = inputs.source;
  result.program_crc = chip.crc();
  result.program_sha256 = chip.sha256();
  result.switches = chip.switches();
  result.dense_macs = static_cast<double>(dense_macs_per_image(program));
  std::vector<EngineRun> runs;
  for (const std::string& name : options.engines.engines) {
    runs.push_back(run_engine(options, context, chip, watchers, *inputs, name));
    result.engines.push_back(figures_of(runs.back(), inputs, result.dense_macs));
    if (runs.back().kind->layer_counts) result.detailed = detailed(runs.back(), chip, table);
  }
  const auto widest =
      std::max_element(result.engines.begin(), result.engines.end(),
                       [](const EngineFigures& a, const EngineFigures& b) { return a.images < b.images; });
  result.images = widest->images;
  result.accuracy = widest->accuracy;
  std::optional<Disagreement> disagreement;
  result.equal = agreement(runs, disagreement);
  folder.make();
  write_json(options.common.file("run.json"), result.to_json());
  if (options.scores) {
    const auto longest = std::max_element(
        runs.begin(), runs.end(),
        [](const EngineRun& a, const EngineRun& b) { return a.inputs.images() < b.inputs.images(); });
    write_file(options.common.file("scores.csv"), scores_text(longest->inputs, longest->frames));
  }
  if (options.timeline)
    write_file(options.common.file("timeline.json"),
               timeline_of(program, options.switches.switches, Frames(program, *inputs, 1).input(0))
                   .to_json()
                   .dump());
  if (options.activity.on) write_json(options.common.file("activity.json"), watchers.activity.to_json());
  if (disagreement)
    fail_located(chip, Frames(program, *inputs, inputs.images->count()), *disagreement,
                 options.recording.replay);
  watchers.activity.require_agreement();
  return result;
}

}  // namespace wd::flow
