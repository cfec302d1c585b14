// SPDX-License-Identifier: Apache-2.0
// run: the program on the test images, on each engine; accuracy, cycles, counters, energy, agreement.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <mutex>
#include <optional>

#include "base/error.hpp"
#include "base/parallel.hpp"
#include "base/progress.hpp"
#include "cli/job.hpp"
#include "cli/layers.hpp"
#include "flow/fast_run.hpp"
#include "flow/lockstep.hpp"
#include "hw/formats/program/input_tensor.hpp"
#include "sim/energy.hpp"
#include "sim/fast/fast_engine.hpp"

namespace wd::cli {
namespace {

/// What one engine made of the first `frames.size()` images.
struct EngineRun {
  std::string name;
  bool timed = false;
  unsigned threads = 1;
  double seconds = 0;  // wall
  std::vector<sim::FrameResult> frames;
  LayerTotals layers;  // of the fast simulator
};

std::size_t images_of(const Job& job, const std::string& engine, std::size_t available) {
  const std::size_t wanted = engine == "systemc" ? job.systemc_images
                             : engine == "rtl"   ? job.rtl_images
                                                 : job.images;
  return std::min(wanted, available);
}

/// Golden model and fast simulator: one engine per thread, images claimed one by one.
void run_parallel(Job& job, const algo::ImageSet& images, EngineRun& run) {
  ThreadPool pool(job.threads);
  run.threads = pool.threads();
  const program::InputTensor input(job.program());
  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  Progress progress("run " + run.name, static_cast<double>(run.frames.size()));
  pool.run(run.threads, [&](std::size_t) {
    const auto engine = make_engine(run.name, job.program(), job.switches);
    engine->load();
    for (std::size_t i; (i = next.fetch_add(1)) < run.frames.size();) {
      WD_REQUIRE(!interrupted, "interrupted; nothing was written");
      run.frames[i] = engine->frame(input.encode(images.image(i)));
      const std::lock_guard lock(mutex);
      progress.update(static_cast<double>(i));
    }
    if (const auto* fast = dynamic_cast<const sim::FastEngine*>(engine.get())) {
      const std::lock_guard lock(mutex);
      run.layers.add(*fast);
    }
  });
}

void run_serial(Job& job, const algo::ImageSet& images, EngineRun& run) {
  const program::InputTensor input(job.program());
  sim::Engine& engine = job.engine(run.name);
  Progress progress("run " + run.name, static_cast<double>(run.frames.size()));
  for (std::size_t i = 0; i < run.frames.size(); ++i) {
    WD_REQUIRE(!interrupted, "interrupted; nothing was written");
    run.frames[i] = engine.frame(input.encode(images.image(i)));
    progress.update(static_cast<double>(i + 1));
  }
}

EngineRun run_engine(Job& job, const algo::ImageSet& images, const std::string& name) {
  EngineRun run;
  run.name = name;
  run.timed = name != "golden";
  run.frames.resize(images_of(job, name, images.count()));
  const bool serial = name == "systemc" || name == "rtl";
  if (serial) job.engine(name);  // elaboration and loading are not part of the speed
  const auto begin = std::chrono::steady_clock::now();
  serial ? run_serial(job, images, run) : run_parallel(job, images, run);
  run.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return run;
}

double accuracy(const EngineRun& run, const algo::ImageSet& images) {
  std::size_t right = 0;
  for (std::size_t i = 0; i < run.frames.size(); ++i)
    right += flow::best_class(run.frames[i].scores) == images.labels[i];
  return static_cast<double>(right) / static_cast<double>(run.frames.size());
}

nlohmann::json engine_json(const EngineRun& run, const algo::ImageSet& images, double dense_macs) {
  const auto count = static_cast<double>(run.frames.size());
  double cycles = 0;
  for (const sim::FrameResult& frame : run.frames) cycles += static_cast<double>(frame.counters.cycles);
  const double core_seconds = run.seconds * run.threads;
  nlohmann::json value{{"images", run.frames.size()},
                       {"threads", run.threads},
                       {"seconds", run.seconds},
                       {"macs_per_second", dense_macs * count / core_seconds},
                       {"accuracy", accuracy(run, images)}};
  value["cycles"] = run.timed ? nlohmann::json(cycles / count) : nlohmann::json();
  value["total_cycles"] = run.timed ? nlohmann::json(cycles) : nlohmann::json();
  value["cycles_per_second"] = run.timed ? nlohmann::json(cycles / core_seconds) : nlohmann::json();
  return value;
}

/// Two engines that differ on an image; the first found.
struct Disagreement {
  std::string a, b;
  std::size_t image = 0;
};

/// Values over all pairs of engines; cycles and counters over pairs of timed ones.
nlohmann::json agreement(const std::vector<EngineRun>& runs, std::optional<Disagreement>& first) {
  bool values = true, cycles = true, counters = true;
  for (std::size_t a = 0; a < runs.size(); ++a)
    for (std::size_t b = a + 1; b < runs.size(); ++b)
      for (std::size_t i = 0; i < std::min(runs[a].frames.size(), runs[b].frames.size()); ++i) {
        const sim::FrameResult &x = runs[a].frames[i], &y = runs[b].frames[i];
        const bool timed = runs[a].timed && runs[b].timed;
        const bool same_values = x.scores == y.scores;
        const bool same_cycles = !timed || x.counters.cycles == y.counters.cycles;
        const bool same_counters = !timed || x.counters == y.counters;
        values &= same_values;
        cycles &= same_cycles;
        counters &= same_counters;
        if (!(same_values && same_cycles && same_counters) && !first)
          first = Disagreement{runs[a].name, runs[b].name, i};
      }
  return {{"values", values}, {"cycles", cycles}, {"counters", counters}};
}

/// Runs the image again in lockstep to say where the engines part.
[[noreturn]] void fail_located(Job& job, const Disagreement& found) {
  const program::InputTensor input(job.program());
  const auto again = flow::compare_frame({&job.engine(found.a), &job.engine(found.b)}, job.program(),
                                         input.encode(job.test_images().image(found.image)));
  fail("engines ", found.a, " and ", found.b, " disagree on image ", found.image, ": ",
       again.first ? again.first->where : "not in a second run: an engine keeps state between images");
}

}  // namespace

nlohmann::json energy_json(const sim::Energy& energy, double images) {
  nlohmann::json blocks = nlohmann::json::array();
  for (const sim::EnergyBlock& block : energy.blocks)
    blocks.push_back(
        {{"block", block.block}, {"picojoule", block.picojoule / images}, {"provenance", block.provenance}});
  return {{"table", energy.table},
          {"volt", energy.volt},
          {"megahertz", energy.megahertz},
          {"blocks", blocks},
          {"chip_picojoule", energy.chip_picojoule() / images},
          {"offchip_picojoule", energy.offchip_picojoule / images}};
}

nlohmann::json stage_run(Job& job) {
  const algo::ImageSet& images = job.test_images();
  const program::Program& program = job.program();
  WD_REQUIRE(images.image_bytes() == program::InputTensor(program).image_bytes(), job.data.string(),
             ": images of ", images.image_bytes(), " pixels, the program takes ",
             program::InputTensor(program).image_bytes());
  const double dense_macs = static_cast<double>(dense_macs_per_frame(program));
  std::vector<EngineRun> runs;
  nlohmann::json engines = nlohmann::json::object();
  for (const std::string& name : job.engines) {
    runs.push_back(run_engine(job, images, name));
    engines[name] = engine_json(runs.back(), images, dense_macs);
  }
  std::optional<Disagreement> disagreement;
  nlohmann::json report{{"program_crc", job.program_crc()},
                        {"switches", job.switches.bits()},
                        {"window", job.switches.window},
                        {"dense_macs", dense_macs},
                        {"engines", engines},
                        {"equal", agreement(runs, disagreement)}};
  const EngineRun& widest = *std::max_element(
      runs.begin(), runs.end(),
      [](const EngineRun& a, const EngineRun& b) { return a.frames.size() < b.frames.size(); });
  report["images"] = widest.frames.size();
  report["accuracy_hw"] = accuracy(widest, images);
  for (const EngineRun& run : runs) {
    if (run.name != "fast") continue;
    const auto count = static_cast<double>(run.frames.size());
    arch::Counters total;
    for (const sim::FrameResult& frame : run.frames) total += frame.counters;
    nlohmann::json counters;
    arch::for_each_counter(
        total, [&](const char* name, std::uint64_t n) { counters[name] = static_cast<double>(n) / count; });
    report["counters"] = counters;
    report["onchip"] = onchip_compression(program, static_cast<double>(total.bit_ops) / count).to_json();
    report["load"] = arch::to_json(job.load_counters("fast"));
    report["layers"] = run.layers.to_json(program, count);
    report["energy"] = energy_json(sim::estimate_energy(total, program.arch, job.switches), count);
  }
  job.write_json("run.json", report);
  if (disagreement) fail_located(job, *disagreement);
  return report;
}

}  // namespace wd::cli
