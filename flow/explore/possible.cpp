// SPDX-License-Identifier: Apache-2.0
#include "flow/explore/possible.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/json.hpp"

namespace wd::flow::explore {
namespace {

using nlohmann::json;
using Values = std::vector<std::optional<double>>;

/// At least one value of every dimension must be possible with some others: a grid without any chip is a mistake.
void require_chips(const Plan& plan) {
  if (plan.search.method == Method::points) return;
  if (plan.search.method == Method::grid)
    WD_REQUIRE(plan.space.size() <= most_evaluations, plan.origin, ": the grid has ", plan.space.size(),
               " points, at most ", most_evaluations, " are evaluated; use the methods random or nsga2");
  std::string fault;
  const std::uint64_t looked_at = std::min<std::uint64_t>(plan.space.size(), most_evaluations);
  for (std::uint64_t n = 0; n < looked_at; ++n) {
    fault = design_fault(plan.space.design(plan.space.point(n)));
    if (fault.empty()) return;
  }
  fail(plan.origin, ": no point of 'space' is a chip: ", fault);
}

/// Each value must be possible with some others; where there are too many of these, as far as a look at some tells.
void require_useful_values(const Plan& plan) {
  constexpr std::uint64_t most_tried = 1000;
  if (plan.search.method == Method::points) return;
  const std::vector<Dimension>& dimensions = plan.space.dimensions();
  for (std::size_t d = 0; d < dimensions.size(); ++d)
    for (std::size_t v = 0; v < dimensions[d].values.size(); ++v) {
      const std::uint64_t others = plan.space.size() / dimensions[d].values.size();
      // The first point is often a chip; else all, or points that lie evenly.
      const std::uint64_t step = std::max<std::uint64_t>(1, plan.space.size() / most_tried);
      std::string fault;
      bool possible = false;
      for (std::uint64_t n = 0; n < plan.space.size() && !possible; n += step) {
        Point point = plan.space.point(n);
        point[d] = v;
        fault = design_fault(plan.space.design(point));
        possible = fault.empty();
      }
      WD_REQUIRE(possible || others > most_tried, plan.origin, ": space: '", dimensions[d].knob, "' is ",
                 shown(dimensions[d].values[v]), ", with which no point is a chip: ", fault);
    }
}

/// Where a knob's values come from, in messages; empty where the study does not say it.
std::string place_of(const Plan& plan, const char* knob, bool given) {
  for (const Dimension& dimension : plan.space.dimensions())
    if (dimension.knob == knob) return "space";
  return given ? "baseline" : "";
}

/// Why none of the designs has a corner, told of the last one; empty if one has.
std::string corner_fault(const std::vector<Design>& designs, const sim::PowerTable& table) {
  std::string fault;
  for (const Design& design : designs) {
    try {
      corner_of(design, table);
      return "";
    } catch (const Error& error) {
      fault = error.what();
    }
  }
  return fault;
}

/// As corner_fault(), of all pairs: told of the highest voltage with the slowest clock, which is possible if any is.
std::string fault_of_all(Values volts, Values clocks, const sim::PowerTable& table) {
  std::sort(volts.begin(), volts.end());
  std::sort(clocks.rbegin(), clocks.rend());
  std::vector<Design> designs;
  for (const std::optional<double> volt : volts)
    for (const std::optional<double> clock : clocks) {
      designs.emplace_back();
      designs.back().volt = volt;
      designs.back().megahertz = clock;
    }
  return corner_fault(designs, table);
}

/// Those of a dimension, or the baseline's.
Values values_of(const Plan& plan, const char* knob, std::optional<double> baseline) {
  for (const Dimension& dimension : plan.space.dimensions()) {
    if (dimension.knob != knob) continue;
    Values values;
    for (const json& value : dimension.values) values.push_back(value.get<double>());
    return values;
  }
  return {baseline};
}

}  // namespace

void require_possible(const Plan& plan) {
  require_chips(plan);
  require_useful_values(plan);
}

void require_corners(const Plan& plan, const sim::PowerTable& table) {
  if (plan.search.method == Method::points) {
    for (const Point& point : plan.search.points) {
      const std::string fault = corner_fault({plan.space.design(point)}, table);
      WD_REQUIRE(fault.empty(), plan.origin, ": ", plan.space.name(point), ": ", fault);
    }
    return;
  }
  const Design first = plan.space.design(plan.space.point(0));
  const Values volts = values_of(plan, "volt", first.volt),
               clocks = values_of(plan, "megahertz", first.megahertz);
  const auto check = [&](const char* knob, std::optional<double> value, const std::string& fault) {
    WD_REQUIRE(fault.empty(), plan.origin, ": ", place_of(plan, knob, value.has_value()), ": ", fault);
  };
  for (const auto volt : volts) check("volt", volt, fault_of_all({volt}, {std::nullopt}, table));
  for (const auto clock : clocks) check("megahertz", clock, fault_of_all(volts, {clock}, table));
  for (const auto volt : volts) check("volt", volt, fault_of_all({volt}, clocks, table));
}

}  // namespace wd::flow::explore
