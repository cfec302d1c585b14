// SPDX-License-Identifier: Apache-2.0
// cosim: engines in lockstep on the same images, the first difference located; ablate: switches off.
#include <algorithm>
#include <numeric>

#include "base/error.hpp"
#include "base/parallel.hpp"
#include "base/progress.hpp"
#include "cli/job.hpp"
#include "cli/layers.hpp"
#include "compiler/compile.hpp"
#include "flow/lockstep.hpp"
#include "hw/formats/program/input_tensor.hpp"
#include "hw/formats/stream/compressed_model.hpp"

namespace wd::cli {
namespace {

/// One row of the ablation: what is off, and the program that it needs.
struct Variant {
  std::string name;
  std::vector<std::string> off;
  arch::Switches switches;
  bool fold = true;
};

std::vector<Variant> variants() {
  std::vector<Variant> list{{"baseline", {}, {}, true}};
  Variant all{"all_off", {}, {}, true};
#define ARCH_SWITCH(switch_name, sv, value, meaning)             \
  {                                                              \
    Variant one{#switch_name, {#switch_name}, {}, true};         \
    one.switches.switch_name = all.switches.switch_name = false; \
    all.off.push_back(#switch_name);                             \
    list.push_back(one);                                         \
  }
#include "hw/arch/switches.def"
#undef ARCH_SWITCH
  list.push_back(all);
  Variant window{"window_1", {"window"}, {}, true};
  window.switches.window = 1;
  list.push_back(window);
  list.push_back({"no_folding", {"folding"}, {}, false});
  return list;
}

nlohmann::json run_variant(Job& job, const Variant& variant, const program::Program& program,
                           std::size_t images) {
  const program::InputTensor input(program);
  const algo::ImageSet& set = job.test_images();
  const sim::FrameResult first = [&] {
    const auto engine = make_engine("fast", job.program(), {});
    engine->load();
    return engine->frame(input.encode(set.image(0)));
  }();
  ThreadPool pool(job.threads);
  std::vector<arch::Counters> counters(images);
  pool.run(pool.threads(), [&](std::size_t part) {
    const auto engine = make_engine("fast", program, variant.switches);
    engine->load();
    for (std::size_t i = part; i < images; i += pool.threads()) {
      WD_REQUIRE(!interrupted, "interrupted; nothing was written");
      const sim::FrameResult frame = engine->frame(input.encode(set.image(i)));
      WD_REQUIRE(i != 0 || frame.scores == first.scores, "ablation ", variant.name,
                 " changes results: a bug");
      counters[i] = frame.counters;
    }
  });
  const arch::Counters total =
      std::accumulate(counters.begin(), counters.end(), arch::Counters{},
                      [](arch::Counters sum, const arch::Counters& c) { return sum += c; });
  const sim::Energy energy = sim::estimate_energy(total, program.arch, variant.switches);
  const auto n = static_cast<double>(images);
  return {{"name", variant.name},
          {"off", variant.off},
          {"cycles", static_cast<double>(total.cycles) / n},
          {"run_cycles", static_cast<double>(total.run_cycles) / n},
          {"beats_read", static_cast<double>(total.beats_read) / n},
          {"energy_pj", energy.chip_picojoule() / n},
          {"offchip_pj", energy.offchip_picojoule / n}};
}

}  // namespace

nlohmann::json stage_cosim(Job& job) {
  WD_REQUIRE(job.engines.size() >= 2, "cosim: --engines names ", job.engines.size(),
             " engine, it takes at least 2");
  const program::Program& program = job.program();
  const program::InputTensor input(program);
  const algo::ImageSet& images = job.test_images();
  std::vector<sim::Engine*> engines;
  for (const std::string& name : job.engines) engines.push_back(&job.engine(name));
  flow::LockstepResult total;
  const auto loaded =
      flow::compare_loaded(engines, [&](const sim::Engine& e) { return job.load_counters(e.name()); });
  if (loaded) {
    total.counters_equal = false;
    total.first = loaded;
  }
  Progress progress("cosim", static_cast<double>(job.cosim_images));
  nlohmann::json layers = nlohmann::json::array();
  std::size_t done = 0;
  for (; done < std::min(job.cosim_images, images.count()) && !total.first; ++done) {
    WD_REQUIRE(!interrupted, "interrupted; nothing was written");
    const auto one = flow::compare_frame(engines, program, input.encode(images.image(done)));
    total.tiles += one.tiles;
    total.convolutions += one.convolutions;
    total.values_equal &= one.values_equal;
    total.cycles_equal &= one.cycles_equal;
    total.counters_equal &= one.counters_equal;
    if (one.first)
      total.first = flow::Difference{one.first->value, text("image ", done, ", ", one.first->where)};
    if (done == 0)
      for (const flow::LayerSummary& l : one.layers)
        layers.push_back({{"name", l.name}, {"tiles", l.tiles}, {"cycles", l.cycles}, {"equal", l.equal}});
    progress.update(static_cast<double>(done + 1));
  }
  nlohmann::json report{{"images", done},
                        {"engines", job.engines},
                        {"program_crc", job.program_crc()},
                        {"switches", job.switches.bits()},
                        {"tiles", total.tiles},
                        {"convolutions", total.convolutions},
                        {"values_equal", total.values_equal},
                        {"cycles_equal", total.cycles_equal},
                        {"counters_equal", total.counters_equal},
                        {"difference", total.first ? nlohmann::json(total.first->where) : nlohmann::json()},
                        {"layers", layers}};
  job.write_json("cosim.json", report);
  WD_REQUIRE(!total.first, "engines disagree: ", total.first ? total.first->where : "");
  return report;
}

nlohmann::json stage_ablate(Job& job) {
  const program::Program& folded = job.program();
  const std::size_t images = std::min(job.ablation_images, job.test_images().count());
  nlohmann::json entries = nlohmann::json::array();
  const std::vector<Variant> list = variants();
  Progress progress("ablate", static_cast<double>(list.size()));
  for (const Variant& variant : list) {
    if (variant.fold) {
      entries.push_back(run_variant(job, variant, folded, images));
    } else {
      const model::Network network = stream::read_compressed(job.file("model.wdz"));
      entries.push_back(run_variant(job, variant, compiler::compile(network, {folded.arch, false}), images));
    }
    progress.update(static_cast<double>(entries.size()));
  }
  nlohmann::json report{{"images", images}, {"program_crc", job.program_crc()}, {"entries", entries}};
  job.write_json("ablation.json", report);
  return report;
}

}  // namespace wd::cli
