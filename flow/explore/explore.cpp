// SPDX-License-Identifier: Apache-2.0
#include "flow/explore/explore.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/output_folder.hpp"
#include "base/progress.hpp"
#include "flow/explore/confirm.hpp"
#include "flow/explore/possible.hpp"
#include "flow/explore/search.hpp"
#include "flow/shell_word.hpp"

namespace wd::flow::explore {
namespace {

Plan plan_of(const ExploreOptions& options) {
  Plan plan = options.config.empty() ? usual_plan(options.common.out, options.batch)
                                     : read_plan(options.config, options.common.out);
  if (options.images != 0) plan.images = options.images;
  if (options.no_confirm) plan.confirm.clear();
  if (!options.point.empty()) {
    plan.search.method = Method::points;
    plan.search.points = {plan.space.point_of(options.point)};
  }
  return plan;
}

std::string command_of(const ExploreOptions& options, const Plan& plan, const Point& point) {
  std::string command = "whitedwarf explore --out " + shell_word(options.common.out.string());
  if (!options.config.empty()) command += " --config " + shell_word(options.config.string());
  if (!options.inputs.data.data.empty())
    command += " --data " + shell_word(options.inputs.data.data.string());
  if (options.inputs.seed != 0) command += text(" --seed ", options.inputs.seed);
  if (!options.inputs.inputs.empty()) command += " --inputs " + shell_word(options.inputs.inputs.string());
  if (options.power.table != sim::default_power_table)
    command += " --power-table " + shell_word(options.power.table);
  if (options.images != 0) command += text(" --ablation-images ", options.images);
  if (options.batch != 0) command += text(" --batch ", options.batch);
  if (options.no_confirm) command += " --no-confirm";
  return command + " --point " + shell_word(plan.space.name(point));
}

std::string program_fault(const Evaluator& evaluator, const Design& design) {
  std::string fault = design_fault(design);
  try {
    if (fault.empty()) evaluator.program(design);
  } catch (const Error& error) {
    fault = error.what();
  }
  return fault;
}

/// Points that a study names are to be possible, all of them; of others at least one, as far as a look at some tells.
void require_programs(const Plan& plan, const Evaluator& evaluator) {
  constexpr std::uint64_t most_tried = 32;
  if (plan.search.method == Method::points) {
    for (const Point& point : plan.search.points) {
      const std::string fault = program_fault(evaluator, plan.space.design(point));
      WD_REQUIRE(fault.empty(), plan.origin, ": ", plan.space.name(point), ": ", fault);
    }
    return;
  }
  std::string fault;
  const std::uint64_t step = std::max<std::uint64_t>(1, plan.space.size() / most_tried);
  for (std::uint64_t n = 0; n < plan.space.size(); n += step) {
    const Design design = plan.space.design(plan.space.point(n));
    if (step > 1 && !design_fault(design).empty()) continue;
    fault = program_fault(evaluator, design);
    if (fault.empty()) return;
  }
  WD_REQUIRE(step > 1, plan.origin, ": no point has a chip and a program: ", fault);
}

/// How many points the search will take, at most.
std::size_t expected(const Plan& plan) {
  if (plan.search.method == Method::points) return plan.search.points.size();
  if (plan.search.method == Method::grid) return plan.space.size();
  return static_cast<std::size_t>(std::min<std::uint64_t>(plan.search.evaluations, plan.space.size()));
}

void mark_front(ExploreResult& result) {
  for (ExplorePoint& one : result.points) {
    one.front = one.feasible() &&
                std::none_of(result.points.begin(), result.points.end(), [&](const ExplorePoint& other) {
                  return other.feasible() &&
                         dominates(other.evaluation.metrics, one.evaluation.metrics, result.plan.objectives);
                });
  }
}

}  // namespace

void ExploreOptions::declare(OptionSink& sink) {
  common.declare(sink);
  sink.path("config", config, Takes::Place::file, "the study (JSON)",
            "chunks, windows and activation entries of --out's model");
  inputs.declare(sink);
  power.declare(sink);
  sink.whole("ablation-images", images, 1, most_images, "test images per point", "the study's 'images', 4");
  declare_batch(sink, batch);
  sink.exclude({"config", "batch"});  // a study names its own in 'baseline'
  sink.text("point", point, "this point of the study alone, to point.json", "all of its search");
  sink.flag("no-confirm", no_confirm,
            "leave the front to the fast simulator: no first frame on SystemC and the RTL");
  sink.flag("whole", whole, "compute values at every point, not once: the same results, later");
  sink.call_values({{"point", "KNOB=VALUE,..."}});
}

ExploreResult explore(const ExploreOptions& options, Context& context) {
  ExploreResult result;
  result.plan = plan_of(options);
  const Plan& plan = result.plan;
  const sim::PowerTable table = options.power.load();
  require_corners(plan, table);
  OutputFolder folder(options.common.out, Hold::together);
  const bool alone = !options.point.empty();
  WD_REQUIRE(!alone || !context.shares_work(),
             "--point is one point, --slurm shares many; leave one of them out");
  std::optional<StudyMark> mark;
  if (!alone) mark.emplace(options.common.out, "explore", plan.name, options.config);
  KeptResults kept(options.common.out / "explore.kept");
  Evaluator evaluator(plan, {options.inputs, options.common.threads, options.whole}, table, kept, context);
  require_programs(plan, evaluator);
  context.begin_work();
  folder.make();
  if (mark) mark->make();
  Progress progress("explore", static_cast<double>(expected(plan)));
  search_points(plan, [&](const std::vector<Point>& points) {
    std::vector<Design> designs;
    for (const Point& point : points) designs.push_back(plan.space.design(point));
    const std::vector<Evaluation> evaluations = evaluator.evaluate(designs);
    std::vector<Fitness> fitness;
    for (std::size_t i = 0; i < points.size(); ++i) {
      ExplorePoint one{points[i], plan.space.values(points[i]), evaluations[i], 0, false, {}, {}};
      one.command = command_of(options, plan, points[i]);
      Fitness its;
      if (one.evaluation.refused.empty()) {
        one.violation = its.violation = plan.violation(one.evaluation.metrics);
        for (const Metric* objective : plan.objectives)
          its.objectives.push_back((objective->more_is_better ? -1 : 1) *
                                   one.evaluation.metrics.*objective->value);
      }
      fitness.push_back(std::move(its));
      result.points.push_back(std::move(one));
    }
    progress.update(static_cast<double>(result.points.size()));
    return fitness;
  });
  result.computed = evaluator.computed();
  mark_front(result);
  confirm_front(plan, evaluator, kept, options.common.threads, result.points, context);
  result.folder = std::filesystem::current_path().string();
  for (std::size_t i = 0; i < plan.models.size(); ++i)
    result.model_sha256.push_back(evaluator.model_sha256(i));
  result.inputs = evaluator.inputs_source();
  result.table = table.name;
  const Design baseline = plan.space.design(plan.space.point(0));
  const sim::ChipArea area = sim::chip_area(table, baseline.compile.arch);
  result.area_caveat = area.missing.empty() ? "" : "no area of " + join(area.missing);
  if (!area.assumed.empty()) result.area_caveat += (result.area_caveat.empty() ? "" : "; ") + area.assumed;
  sim::PowerEstimate energy = sim::estimate_power(table, sim::CounterAmounts(), baseline.compile.arch,
                                                  baseline.switches, sim::operating_point(table));
  energy.extrapolated.clear();  // each point names its own
  result.caveat = energy.caveat();
  const std::string text = result.to_json().dump(2) + "\n";
  write_file(options.common.out / (alone ? "point.json" : "explore.json"), text);
  if (!alone) write_file(options.common.file("explore.csv"), result.to_csv());
  return result;
}

}  // namespace wd::flow::explore
