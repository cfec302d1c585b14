// SPDX-License-Identifier: Apache-2.0
#include "flow/explore/evaluator.hpp"

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "base/error.hpp"
#include "base/parallel.hpp"
#include "compiler/compile.hpp"
#include "flow/content_key.hpp"
#include "flow/fast_run.hpp"
#include "sim/fast/fast_engine.hpp"

namespace wd::flow::explore {
namespace {

using nlohmann::json;

/// The architecture as the compiler sees it: programs are the same for every array behind it.
arch::Arch compiled_arch(arch::Arch arch) {
  const arch::Arch usual;
  arch.window = usual.window;
  arch.entries = usual.entries;
  arch.groups_per_walker = usual.groups_per_walker;
  arch.sum_segment = usual.sum_segment;
  arch.latch_operand = usual.latch_operand;
  return arch;
}

json compile_json(const Design& design) {
  const compiler::Options& c = design.compile;
  return {{"model", design.model},
          {"fold", c.fold},
          {"share_rows", c.share_rows},
          {"space_to_depth", c.space_to_depth},
          {"huffman", c.huffman},
          {"weigh_cycles", c.weigh_cycles},
          {"signs", c.on_chip_signs},
          {"batch", c.batch},
          {"arch", arch::to_json(compiled_arch(c.arch))}};
}

}  // namespace

/// What other designs of a layout replay; the first one that needs them records.
struct Evaluator::Maps {
  std::vector<sim::fast::MapTensor> tensors;
  std::vector<sim::fast::FrameMaps> frames;
  std::once_flag recorded;
};

/// Designs that share a program.
struct Evaluator::Job {
  std::vector<std::pair<std::string, const Design*>> designs;  // with their keys
};

Evaluator::Evaluator(const Plan& plan, const Settings& settings, const sim::PowerTable& table,
                     KeptResults& kept, Context& context)
    : plan_(plan), settings_(settings), table_(table), kept_(kept), context_(context) {
  for (const StudyModel& one : plan.models)
    models_.push_back(open_model(plan, one, settings.inputs, context));
}

Evaluator::~Evaluator() = default;

const algo::ImageSet& Evaluator::images(std::size_t model) const { return *models_[model].inputs; }
const std::string& Evaluator::model_sha256(std::size_t model) const { return models_[model].sha256; }
const model::Network& Evaluator::network(std::size_t model) const {
  WD_ASSERT(!plan_.program);
  return models_[model].network;
}

Measured Evaluator::measured(const Design& design) const {
  const std::optional<Measured> found = kept_.find(key(design));
  WD_ASSERT(found);
  return *found;
}

sim::CounterAmounts Evaluator::counters(const Design& design) const {
  const Measured its = measured(design);
  WD_ASSERT(its.refused.empty());
  return sim::CounterAmounts(its.counters, its.places);
}

const std::string& Evaluator::inputs_source() const { return models_.front().inputs.source; }

std::string Evaluator::key(const Design& design) const {
  json value = compile_json(design);
  value["model"] = models_[design.model].sha256;
  value["images"] = models_[design.model].images_key;
  value["count"] = plan_.images;
  value["arch"] = arch::to_json(design.compile.arch);
  value["switches"] = design.switches.bits();
  value["program"] = program_identity();
  return sha256_of(value.dump());
}

program::Program Evaluator::program(const Design& design) const {
  if (plan_.program) {
    program::Program program = plan_.program->program;
    program.arch = design.compile.arch;
    return program;
  }
  compiler::Options options = design.compile;
  options.arch = compiled_arch(options.arch);
  program::Program program = compiler::compile(models_[design.model].network, options);
  program.arch = design.compile.arch;
  return program;
}

std::vector<Evaluation> Evaluator::evaluate(std::span<const Design> designs) {
  std::map<std::string, Job> by_program;
  std::set<std::string> wanted;
  kept_.refresh();
  for (const Design& design : designs) {
    const std::string its = key(design);
    if (design_fault(design).empty() && !kept_.find(its) && wanted.insert(its).second)
      by_program[compile_json(design).dump()].designs.emplace_back(its, &design);
  }
  // Few programs: their designs in parts, so that all threads have some.
  const std::size_t threads = ThreadPool(settings_.threads).threads();
  const std::size_t part = std::max<std::size_t>(1, wanted.size() / (4 * threads));
  std::vector<Job> jobs;
  for (auto& [name, job] : by_program)
    for (std::size_t first = 0; first < job.designs.size(); first += part) {
      const auto begin = job.designs.begin() + static_cast<std::ptrdiff_t>(first);
      jobs.push_back(
          {{begin, begin + static_cast<std::ptrdiff_t>(std::min(part, job.designs.size() - first))}});
    }
  run(jobs);
  std::vector<Evaluation> evaluations;
  for (const Design& design : designs) {
    Measured measured;
    measured.refused = design_fault(design);
    if (measured.refused.empty()) measured = *kept_.find(key(design));
    // Values do not depend on the chip: the first design that has a program tells a model's.
    if (plan_.accuracy_images != 0 && measured.refused.empty()) measure_accuracy(design);
    evaluations.push_back(evaluation(design, measured));
  }
  return evaluations;
}

void Evaluator::run(const std::vector<Job>& jobs) {
  ThreadPool pool(settings_.threads);
  for (;;) {
    pool.run(jobs.size(), [&](std::size_t i) { run(jobs[i]); });
    // What other processes have now is waited for, or taken over when they end without it.
    kept_.refresh();
    const bool done = std::all_of(jobs.begin(), jobs.end(), [&](const Job& job) {
      return std::all_of(job.designs.begin(), job.designs.end(),
                         [&](const auto& one) { return kept_.find(one.first).has_value(); });
    });
    if (done) return;
    context_.check_stop(stopped);
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
}

void Evaluator::run(const Job& job) {
  program::Program compiled;
  std::string refused;
  bool first = true;
  for (const auto& [its, design] : job.designs) {
    if (kept_.find(its)) continue;
    const auto share = kept_.take(its);
    if (!share) continue;
    context_.check_stop(stopped);
    if (std::exchange(first, false)) {
      try {
        compiled = program(*design);
      } catch (const Error& error) {
        context_.check_stop(stopped);
        refused = error.what();
      }
    }
    Measured measured;
    measured.refused = refused;
    if (refused.empty()) {
      compiled.arch = design->compile.arch;
      measured = measure(*design, compiled);
    }
    kept_.keep(its, measured);
    const std::lock_guard lock(mutex_);
    ++computed_;
  }
}

Measured Evaluator::measure(const Design& design, const program::Program& compiled) {
  const Frames frames(compiled, images(design.model), plan_.images);
  sim::FastEngine engine(compiled, design.switches);
  engine.load();
  Maps* const maps = settings_.whole ? nullptr : &maps_of(design, compiled);
  Measured measured;
  measured.places = static_cast<double>(frames.places());
  for (std::size_t i = 0; i < frames.count(); ++i) {
    context_.check_stop(stopped);
    const std::vector<std::uint8_t> input = frames.input(i);
    measured.counters +=
        (maps != nullptr ? engine.replay(input, maps->frames[i]) : engine.frame(input)).counters;
  }
  return measured;
}

Evaluator::Maps& Evaluator::maps_of(const Design& design, const program::Program& program) {
  std::vector<sim::fast::MapTensor> tensors = sim::fast::MapLayout(program).tensors();
  Maps* maps = nullptr;
  {
    const std::lock_guard lock(mutex_);
    auto& list = maps_[{design.model, program.batch}];
    const auto found =
        std::find_if(list.begin(), list.end(), [&](const auto& one) { return one->tensors == tensors; });
    if (found == list.end()) {
      list.push_back(std::make_unique<Maps>());
      list.back()->tensors = std::move(tensors);
      maps = list.back().get();
    } else {
      maps = found->get();
    }
  }
  std::call_once(maps->recorded, [&] {
    const Frames frames(program, images(design.model), plan_.images);
    sim::FastEngine engine(program, {});
    engine.load();
    maps->frames.resize(frames.count());
    for (std::size_t i = 0; i < frames.count(); ++i) {
      context_.check_stop(stopped);
      engine.record(frames.input(i), maps->frames[i]);
    }
  });
  return *maps;
}

Evaluation Evaluator::evaluation(const Design& design, const Measured& measured) const {
  Evaluation evaluation;
  evaluation.refused = measured.refused;
  if (!measured.refused.empty()) return evaluation;
  const arch::Arch& arch = design.compile.arch;
  const sim::CounterAmounts image(measured.counters, measured.places);
  sim::OperatingPoint point;
  try {
    point = corner_of(design, table_);
  } catch (const Error& error) {
    evaluation.refused = error.what();
    return evaluation;
  }
  const sim::PowerEstimate power = sim::estimate_power(table_, image, arch, design.switches, point);
  Metrics& m = evaluation.metrics;
  m.cycles = image.cycles;
  m.seconds = image.cycles / (1e6 * point.megahertz);
  m.utilization = image.run_cycles == 0 ? 0 : image.bit_ops / (image.run_cycles * arch.pes());
  m.energy_pj = power.chip_pj();
  m.offchip_pj = power.offchip_pj;
  m.total_pj = m.energy_pj + m.offchip_pj;
  m.dram_bytes = (image.beats_read + image.beats_written) * arch.bus_bits / 8;
  const sim::ChipArea area = sim::chip_area(table_, arch);
  m.area_mm2 = area.mm2();
  evaluation.area_unknown = area.unknown;
  m.walker_flops_per_pe = walker_flops_per_pe(arch);
  if (const auto& known = models_[design.model].accuracy) m.accuracy = *known;
  evaluation.extrapolated = power.extrapolated;
  return evaluation;
}

void Evaluator::measure_accuracy(const Design& design) {
  OpenedModel& model = models_[design.model];
  if (model.accuracy) return;
  const std::string its = sha256_of(json({{"accuracy", model.sha256},
                                          {"count", plan_.accuracy_images},
                                          {"program", program_identity()},
                                          {"images", model.images_key}})
                                        .dump());
  for (kept_.refresh(); !kept_.find(its); kept_.refresh()) {
    const auto share = kept_.take(its);
    context_.check_stop(stopped);
    if (!share) {
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
      continue;
    }
    Measured measured;
    measured.accuracy = run_fast(context_, program(design), {}, images(design.model), plan_.accuracy_images,
                                 settings_.threads)
                            .accuracy();
    kept_.keep(its, measured);
  }
  model.accuracy = kept_.find(its)->accuracy;
}

}  // namespace wd::flow::explore
