// SPDX-License-Identifier: Apache-2.0
#include "flow/explore/plan.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/json.hpp"
#include "flow/chain.hpp"
#include "flow/engines.hpp"
#include "flow/explore/possible.hpp"
#include "flow/study_trainings.hpp"

namespace wd::flow::explore {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr std::size_t most_population = 10000;
const std::vector<std::string> method_names{"grid", "random", "nsga2", "points"};

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
      WD_REQUIRE(
          std::filesystem::weakly_canonical(other.folder) != std::filesystem::weakly_canonical(model.folder),
          origin, ": models: ", shown(json(other.name)), " and ", shown(json(model.name)),
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
  for (const std::optional<double>& bound : {constraint.least, constraint.most})
    WD_REQUIRE(!bound || !constraint.metric->fraction || (*bound >= 0 && *bound <= 1), reader.origin(), ": ",
               *bound, " is no ", name, ", which is a fraction, 0 to 1");
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
  search.method = static_cast<Method>(reader.get_word("method", method_names));
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

bool asks_for(const Plan& plan, const char* name) {
  const Metric* wanted = &metric(name, "");
  return std::find(plan.objectives.begin(), plan.objectives.end(), wanted) != plan.objectives.end() ||
         std::any_of(plan.constraints.begin(), plan.constraints.end(),
                     [&](const Constraint& one) { return one.metric == wanted; });
}

StudyProgram read_program(const std::filesystem::path& folder) {
  HashedFile file = read_product(Product::program, folder);
  require_chain(Product::program, folder, file.sha256);
  return {program::decode_program(Container::parse(std::move(file.bytes), program::program_kind,
                                                   file_of(Product::program, folder).string())),
          file.sha256};
}

/// A program is what it was compiled to be.
void require_free_of_program(const Plan& plan, const json& knobs, const char* place) {
  if (!plan.program || !knobs.is_object()) return;
  const Names& free = program_knobs();
  for (const auto& item : knobs.items())
    WD_REQUIRE(std::find(free.begin(), free.end(), item.key()) != free.end(), plan.origin, ": ", place, ": '",
               item.key(), "' is compiled into ",
               file_of(Product::program, plan.models.front().folder).string(), ", which leaves ", join(free),
               "; for others give 'models', folders with model.wdz");
}

Design read_baseline(JsonReader& reader, const Plan& plan) {
  Design baseline;
  if (plan.program) {
    baseline.compile.arch = plan.program->program.arch;
    baseline.compile.batch = plan.program->program.batch;
  }
  if (!reader.has("baseline")) return baseline;
  WD_REQUIRE(reader.child("baseline").is_object(), reader.origin(), ": 'baseline' is ",
             shown(reader.child("baseline")), ", must be an object of knobs and values");
  require_free_of_program(plan, reader.child("baseline"), "baseline");
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
  if (reader.has("program")) {
    WD_REQUIRE(!reader.has("models"), origin,
               ": 'program' and 'models' exclude each other; give a folder with program.wdp, or folders with "
               "model.wdz");
    const std::filesystem::path of_program = base / reader.get<std::string>("program");
    plan.models = {{folder_name(of_program), of_program}};
    plan.program = read_program(of_program);
  }
  Names names;
  for (const StudyModel& model : plan.models) names.push_back(model.name);
  reader.read_between("images", 1, most_images, plan.images);
  const Design baseline = read_baseline(reader, plan);
  require_free_of_program(plan, reader.child("space"), "space");
  ordered_json varied = value.at("space");
  if (names.size() > 1 && varied.is_object() && !varied.contains("model")) varied["model"] = names;
  plan.space = Space(varied, baseline, names, origin + ": space");
  plan.objectives = read_objectives(reader.get<Names>("objectives"), origin);
  if (reader.has("constraints")) {
    WD_REQUIRE(reader.child("constraints").is_object(), origin, ": 'constraints' is ",
               shown(reader.child("constraints")), ", must be an object of metrics and bounds");
    for (const auto& item : reader.child("constraints").items())
      plan.constraints.push_back(read_constraint(item.key(), item.value(), origin + ": constraints"));
  }
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
  require_possible(plan);
  return plan;
}

}  // namespace

const char* method_name(Method method) { return method_names[static_cast<std::size_t>(method)].c_str(); }

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
