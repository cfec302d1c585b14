// SPDX-License-Identifier: Apache-2.0
#include "flow/explore/explore.hpp"

#include <algorithm>
#include <sstream>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/output_folder.hpp"
#include "base/progress.hpp"
#include "flow/explore/confirm.hpp"
#include "flow/explore/search.hpp"
#include "flow/shell_word.hpp"

namespace wd::flow::explore {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

Plan plan_of(const ExploreOptions& options) {
  Plan plan = options.config.empty() ? usual_plan(options.common.out, options.batch)
                                     : read_plan(options.config, options.common.out);
  WD_REQUIRE(options.config.empty() || options.batch == 0,
             "--batch is of an exploration without a study file; "
             "name 'batch' in 'baseline' of ",
             options.config.string());
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

ordered_json metrics_json(const Metrics& metrics_of, const Plan& plan) {
  ordered_json value;
  for (const Metric& one : metrics())
    if (one.value != &Metrics::accuracy || plan.accuracy_images != 0) value[one.name] = metrics_of.*one.value;
  return value;
}

}  // namespace

void ExploreOptions::declare(OptionSink& sink) {
  common.declare(sink);
  sink.path("config", config, "the study (JSON)", "chunks, windows and activation entries of --out's model");
  inputs.declare(sink);
  power.declare(sink);
  sink.whole("ablation-images", images, 1, most_images, "test images per point", "the study's 'images', 4");
  sink.whole("batch", batch, 1, 16, "images that a frame computes together: 1, 2, 4, 8 or 16", "1");
  sink.text("point", point, "KNOB=VALUE,...: this point of the study alone, to point.json",
            "all of its search");
  sink.flag("no-confirm", no_confirm,
            "leave the front to the fast simulator: no first frame on SystemC and the RTL");
  sink.flag("whole", whole, "compute values at every point, not once: the same results, later");
}

std::vector<const ExplorePoint*> ExploreResult::front() const {
  std::vector<const ExplorePoint*> list;
  for (const ExplorePoint& one : points)
    if (one.front) list.push_back(&one);
  const auto first = plan.objectives.front()->value;
  std::stable_sort(list.begin(), list.end(), [&](const ExplorePoint* a, const ExplorePoint* b) {
    return a->evaluation.metrics.*first < b->evaluation.metrics.*first;
  });
  return list;
}

std::size_t ExploreResult::refused() const {
  return static_cast<std::size_t>(std::count_if(
      points.begin(), points.end(), [](const ExplorePoint& one) { return !one.evaluation.refused.empty(); }));
}

std::string ExploreResult::confirmation() const {
  const std::vector<const ExplorePoint*> list = front();
  std::string out;
  for (const std::string& engine : plan.confirm) {
    const auto count = std::count_if(list.begin(), list.end(), [&](const ExplorePoint* one) {
      return one->confirmed.at(engine) == confirmed_equal;
    });
    out += text(out.empty() ? "confirmed of the front's " : ", ",
                out.empty() ? text(list.size(), " points: ") : "", count, " by ", engine);
  }
  return out;
}

ordered_json ExploreResult::to_json() const {
  ordered_json list = ordered_json::array(), models = ordered_json::array(),
               objectives = ordered_json::array(), bounds = ordered_json::object();
  for (std::size_t i = 0; i < plan.models.size(); ++i)
    models.push_back({{"name", plan.models[i].name}, {"compressed_sha256", model_sha256[i]}});
  for (const Metric* one : plan.objectives) objectives.push_back(one->name);
  for (const Constraint& one : plan.constraints) {
    if (one.least) bounds[one.metric->name]["least"] = *one.least;
    if (one.most) bounds[one.metric->name]["most"] = *one.most;
  }
  for (const ExplorePoint& one : points) {
    ordered_json value = {{"values", one.values}};
    if (!one.evaluation.refused.empty()) {
      value["refused"] = one.evaluation.refused;
    } else {
      value["metrics"] = metrics_json(one.evaluation.metrics, plan);
      value["feasible"] = one.feasible();
      value["front"] = one.front;
      value["extrapolated"] = one.evaluation.extrapolated;
      value["area_not_measured"] = one.evaluation.area_unknown;
      value["command"] = one.command;
      if (!one.confirmed.empty()) value["confirmed"] = one.confirmed;
    }
    list.push_back(std::move(value));
  }
  return {{"name", plan.name},
          {"models", models},
          {"inputs", inputs_json(inputs)},
          {"images", plan.images},
          {"accuracy_images", plan.accuracy_images},
          {"search", {{"method", method_name(plan.search.method)}, {"seed", plan.search.seed}}},
          {"objectives", objectives},
          {"constraints", bounds},
          {"table", table},
          {"caveat", caveat},
          {"area_caveat", area_caveat},
          {"commands_start_in", folder},
          {"points", list}};
}

std::string ExploreResult::to_csv() const {
  std::ostringstream out;
  out.precision(10);
  for (const Dimension& dimension : plan.space.dimensions()) out << dimension.knob << ',';
  for (const Metric& one : metrics()) out << one.name << ',';
  out << "feasible,front";
  for (const std::string& engine : plan.confirm) out << ",confirmed_" << engine;
  out << ",area_not_measured,refused,command\n";
  const auto quoted = [](std::string value) {
    std::replace(value.begin(), value.end(), '"', '\'');
    return '"' + value + '"';
  };
  for (const ExplorePoint& one : points) {
    for (const auto& item : one.values.items())
      out << (item.value().is_string() ? item.value().get<std::string>() : item.value().dump()) << ',';
    const bool known = one.evaluation.refused.empty();
    for (const Metric& each : metrics()) {
      if (known && (each.value != &Metrics::accuracy || plan.accuracy_images != 0))
        out << one.evaluation.metrics.*each.value;
      out << ',';
    }
    out << one.feasible() << ',' << one.front;
    for (const std::string& engine : plan.confirm)
      out << ',' << (one.front ? quoted(one.confirmed.at(engine)) : "");
    out << ',' << quoted(join(one.evaluation.area_unknown)) << ',' << quoted(one.evaluation.refused) << ','
        << (known ? quoted(one.command) : "") << '\n';
  }
  return out.str();
}

ExploreResult explore(const ExploreOptions& options, Context& context) {
  ExploreResult result;
  result.plan = plan_of(options);
  const Plan& plan = result.plan;
  const sim::PowerTable table = options.power.load();
  require_corners(plan, table);
  OutputFolder folder(options.common.out, Hold::together);
  const bool alone = !options.point.empty();
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
