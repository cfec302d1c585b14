// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <sstream>

#include "flow/explore/explore.hpp"

namespace wd::flow::explore {
namespace {

using nlohmann::ordered_json;

ordered_json metrics_json(const Metrics& metrics_of, const Plan& plan) {
  ordered_json value;
  for (const Metric& one : metrics())
    if (one.value != &Metrics::accuracy || plan.accuracy_images != 0) value[one.name] = metrics_of.*one.value;
  return value;
}

}  // namespace

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

std::size_t ExploreResult::tied() const {
  std::map<std::vector<double>, std::size_t> counts;
  for (const ExplorePoint* one : front()) {
    std::vector<double> objectives;
    for (const Metric* objective : plan.objectives)
      objectives.push_back(one->evaluation.metrics.*objective->value);
    ++counts[std::move(objectives)];
  }
  std::size_t tied = 0;
  for (const auto& [objectives, count] : counts)
    if (count > 1) tied += count;
  return tied;
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
    models.push_back({{"name", plan.models[i].name},
                      {plan.program ? "program_sha256" : "compressed_sha256", model_sha256[i]}});
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

}  // namespace wd::flow::explore
