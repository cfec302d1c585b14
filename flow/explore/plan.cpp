// SPDX-License-Identifier: Apache-2.0
#include "flow/explore/plan.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/json.hpp"
#include "flow/engines.hpp"
#include "flow/study_trainings.hpp"

namespace wd::flow::explore {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr std::size_t most_evaluations = 1000000, most_population = 10000;
constexpr const char* method_names[] = {"grid", "random", "nsga2", "points"};

std::string folder_name(const std::filesystem::path& folder) {
  const std::filesystem::path whole = std::filesystem::absolute(folder).lexically_normal();
  return (whole.has_filename() ? whole : whole.parent_path()).filename().string();
}

std::vector<StudyModel> read_models(const json& list, const std::filesystem::path& base,
                                    const std::string& origin) {
  WD_REQUIRE(!list.empty(), origin, ": 'models' is empty; name folders with model.wdz, or leave it out");
  std::vector<StudyModel> models;
  for (const json& item : list) {
    StudyModel model;
    if (item.is_string()) {
      model.folder = base / item.get<std::string>();
      model.name = folder_name(model.folder);
    } else {
      JsonReader reader(item, origin + ": models");
      model.name = reader.get<std::string>("name");
      model.folder = base / reader.get<std::string>("folder");
      reader.refuse_unknown();
    }
    WD_REQUIRE(!model.name.empty() && model.name.find_first_of(",=") == std::string::npos, origin,
               ": models: ", shown(json(model.name)), " is no name: it must not be empty or hold ',' or '='");
    for (const StudyModel& other : models)
      WD_REQUIRE(other.name != model.name, origin, ": models: two are called ", shown(json(model.name)),
                 "; name them, {\"name\": .., \"folder\": ..}");
    for (const StudyModel& other : models)
      WD_REQUIRE(other.folder.lexically_normal() != model.folder.lexically_normal(), origin,
                 ": models: ", shown(json(other.name)), " and ", shown(json(model.name)),
                 " are the same folder, ", model.folder.string(), "; leave one out");
    models.push_back(std::move(model));
  }
  return models;
}

Constraint read_constraint(const std::string& name, const json& value, const std::string& origin) {
  Constraint constraint{&metric(name, origin), {}, {}};
  JsonReader reader(value, text(origin, ": ", name));
  if (reader.has("least")) constraint.least = reader.get<double>("least");
  if (reader.has("most")) constraint.most = reader.get<double>("most");
  reader.refuse_unknown();
  WD_REQUIRE(constraint.least || constraint.most, reader.origin(),
             ": bounds nothing; give 'least' or 'most'");
  WD_REQUIRE(!constraint.least || !constraint.most || *constraint.least <= *constraint.most, reader.origin(),
             ": 'least' is ", *constraint.least, ", above 'most', ", *constraint.most);
  return constraint;
}

std::vector<const Metric*> read_objectives(const Names& names, const std::string& origin) {
  WD_REQUIRE(!names.empty(), origin, ": 'objectives' is empty; name at least one metric");
  std::vector<const Metric*> objectives;
  for (const std::string& name : names) {
    objectives.push_back(&metric(name, origin + ": objectives"));
    WD_REQUIRE(std::count(names.begin(), names.end(), name) == 1, origin, ": 'objectives' names '", name,
               "' twice");
  }
  return objectives;
}

Method read_method(const std::string& name, const std::string& origin) {
  const auto* found = std::find(std::begin(method_names), std::end(method_names), name);
  WD_REQUIRE(found != std::end(method_names), origin, ": 'method' is ", shown(json(name)),
             ", must be grid, random, nsga2 or points");
  return static_cast<Method>(found - std::begin(method_names));
}

void read_points(const json& list, const Space& space, Search& search, const std::string& origin) {
  WD_REQUIRE(!list.empty(), origin, ": 'points' is empty");
  for (const json& item : list) {
    const Point point = space.point_of(item, origin + ": points");
    const std::string fault = design_fault(space.design(point));
    WD_REQUIRE(fault.empty(), origin, ": points: ", space.name(point), ": ", fault);
    WD_REQUIRE(std::count(search.points.begin(), search.points.end(), point) == 0, origin,
               ": points: ", space.name(point), " is there twice");
    search.points.push_back(point);
  }
}

Search read_search(const json& value, const Space& space, const std::string& origin) {
  JsonReader reader(value, origin);
  Search search;
  search.method = read_method(reader.get<std::string>("method"), origin);
  if (search.method == Method::random || search.method == Method::nsga2) {
    search.evaluations = reader.get_between<std::size_t>("evaluations", 1, most_evaluations);
    if (reader.has("seed")) search.seed = reader.get_between<std::uint64_t>("seed", 1, 0xffffffff);
  }
  if (search.method == Method::nsga2) {
    reader.read_between("population", 8, most_population, search.population);
    WD_REQUIRE(search.population % 4 == 0, origin, ": 'population' is ", search.population,
               ", must be a multiple of 4");
    WD_REQUIRE(search.population <= search.evaluations, origin, ": 'population' is ", search.population,
               ", more than 'evaluations', ", search.evaluations);
  }
  if (search.method == Method::points) read_points(reader.list("points"), space, search, origin);
  reader.refuse_unknown();
  return search;
}

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

bool asks_for(const Plan& plan, const char* name) {
  const Metric* wanted = &metric(name, "");
  return std::find(plan.objectives.begin(), plan.objectives.end(), wanted) != plan.objectives.end() ||
         std::any_of(plan.constraints.begin(), plan.constraints.end(),
                     [&](const Constraint& one) { return one.metric == wanted; });
}

Design read_baseline(JsonReader& reader) {
  Design baseline;
  if (!reader.has("baseline")) return baseline;
  const json varied = reader.child("space");
  for (const auto& item : reader.child("baseline").items()) {
    WD_REQUIRE(item.key() != "model", reader.origin(), ": baseline: 'model' is varied by 'models' alone");
    set_knob(baseline, item.key(), item.value(), {}, reader.origin() + ": baseline");
    WD_REQUIRE(!varied.is_object() || !varied.contains(item.key()), reader.origin(), ": '", item.key(),
               "' is in 'baseline' and in 'space'; leave it out of one of them");
  }
  return baseline;
}

Plan plan_of(const ordered_json& value, const std::filesystem::path& base,
             const std::filesystem::path& folder, const std::string& origin) {
  const json plain = value;
  JsonReader reader(plain, origin);
  Plan plan;
  plan.origin = origin;
  plan.name = read_name(reader);
  plan.models = {{folder_name(folder), folder}};
  if (reader.has("models")) plan.models = read_models(reader.list("models"), base, origin);
  Names names;
  for (const StudyModel& model : plan.models) names.push_back(model.name);
  reader.read_between("images", 1, most_images, plan.images);
  const Design baseline = read_baseline(reader);
  reader.child("space");
  ordered_json varied = value.at("space");
  if (names.size() > 1 && varied.is_object() && !varied.contains("model")) varied["model"] = names;
  plan.space = Space(varied, baseline, names, origin + ": space");
  plan.objectives = read_objectives(reader.get<Names>("objectives"), origin);
  if (reader.has("constraints"))
    for (const auto& item : reader.child("constraints").items())
      plan.constraints.push_back(read_constraint(item.key(), item.value(), origin + ": constraints"));
  plan.search = read_search(reader.has("search") ? reader.child("search") : json{{"method", "grid"}},
                            plan.space, origin + ": search");
  if (asks_for(plan, "accuracy")) plan.accuracy_images = 1000;
  reader.read_between("accuracy_images", 1, most_images, plan.accuracy_images);
  plan.confirm = {"systemc", "rtl"};
  if (reader.has("confirm")) {
    plan.confirm = reader.get<Names>("confirm");
    for (const std::string& name : plan.confirm) {
      WD_REQUIRE(name == "golden" || name == "systemc" || name == "rtl", origin, ": 'confirm' names '", name,
                 "', must be of golden, systemc and rtl");
      WD_REQUIRE(std::count(plan.confirm.begin(), plan.confirm.end(), name) == 1, origin,
                 ": 'confirm' names '", name, "' twice; name it once");
    }
  }
  reader.refuse_unknown();
  require_chips(plan);
  require_useful_values(plan);
  return plan;
}

/// Whether one of the designs has a corner; else why the last one has not.
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

}  // namespace

void require_corners(const Plan& plan, const sim::PowerTable& table) {
  if (plan.search.method == Method::points) {
    for (const Point& point : plan.search.points) {
      const std::string fault = corner_fault({plan.space.design(point)}, table);
      WD_REQUIRE(fault.empty(), plan.origin, ": ", plan.space.name(point), ": ", fault);
    }
    return;
  }
  const Design first = plan.space.design(plan.space.point(0));
  std::vector<std::optional<double>> volts{first.volt}, clocks{first.megahertz};
  for (const Dimension& dimension : plan.space.dimensions())
    for (auto* values :
         {dimension.knob == "volt" ? &volts : nullptr, dimension.knob == "megahertz" ? &clocks : nullptr})
      if (values != nullptr) {
        values->clear();
        for (const json& value : dimension.values) values->push_back(value.get<double>());
      }
  const auto check = [&](const char* knob, std::optional<double> volt, std::optional<double> clock,
                         const std::string& fault) {
    const std::optional<double> its = std::string(knob) == "volt" ? volt : clock;
    WD_REQUIRE(fault.empty(), plan.origin, ": ", place_of(plan, knob, its.has_value()), ": ", fault);
  };
  const auto fault_of = [&](const auto& those_volts, const auto& those_clocks) {
    std::vector<Design> designs;
    for (const std::optional<double> volt : those_volts)
      for (const std::optional<double> clock : those_clocks) {
        designs.emplace_back();
        designs.back().volt = volt;
        designs.back().megahertz = clock;
      }
    return corner_fault(designs, table);
  };
  using Values = std::vector<std::optional<double>>;
  for (const auto volt : volts) check("volt", volt, {}, fault_of(Values{volt}, Values{std::nullopt}));
  for (const auto clock : clocks) check("megahertz", {}, clock, fault_of(volts, Values{clock}));
  for (const auto volt : volts) check("volt", volt, {}, fault_of(Values{volt}, clocks));
}

const char* method_name(Method method) { return method_names[static_cast<int>(method)]; }

double Plan::violation(const Metrics& of) const {
  double sum = 0;
  for (const Constraint& constraint : constraints) sum += constraint.violation(of);
  return sum;
}

Plan read_plan(const std::filesystem::path& path, const std::filesystem::path& folder) {
  const Bytes bytes = read_file(path);
  parse_json(bytes, path.string() + ":");  // strict; the order of knobs is the other reader's
  return plan_of(ordered_json::parse(bytes), path.parent_path(), folder, path.string());
}

Plan usual_plan(const std::filesystem::path& folder, int batch) {
  ordered_json value = {
      {"name", "window"},
      {"space", {{"chunk", {16, 32, 64}}, {"window", {1, 2, 3, 4, 8}}, {"entries", {1, 2, 3, 4, 8}}}},
      {"objectives", {"cycles", "walker_flops_per_pe"}}};
  if (batch != 0) value["baseline"] = {{"batch", batch}};
  return plan_of(value, {}, folder, "explore");
}

}  // namespace wd::flow::explore
