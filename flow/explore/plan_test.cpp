// SPDX-License-Identifier: Apache-2.0
// Study files: what is read, and what is refused.
#include "flow/explore/plan.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>

#include "base/error.hpp"
#include "base/files.hpp"
#include "flow/explore/possible.hpp"
#include "sim/power_shipped.hpp"

namespace wd::flow::explore {
namespace {

using Catch::Matchers::Contains;
using nlohmann::json;

class StudyFile {
 public:
  ~StudyFile() { std::filesystem::remove(path_); }
  Plan read(const json& value) {
    write_file(path_, value.dump());
    return read_plan(path_, "run1");
  }

 private:
  std::filesystem::path path_ =
      std::filesystem::temp_directory_path() / text("wd_explore_plan_test_", ::getpid(), ".json");
};

json good() {
  return json::parse(R"({"name": "n", "models": ["a/first", {"name": "second", "folder": "/b"}], "images": 2,
    "baseline": {"weight_rows": 512, "gate_array": false}, "space": {"window": [2, 4]},
    "objectives": ["cycles", "accuracy"], "constraints": {"area_mm2": {"most": 5}, "accuracy": {"least": 0.5}},
    "search": {"method": "nsga2", "evaluations": 100, "population": 12, "seed": 3}, "confirm": ["systemc", "rtl"]})");
}

json with(const char* key, json value) {
  json study = good();
  study[key] = std::move(value);
  return study;
}

TEST_CASE("study of designs: all of a file", "[explore]") {
  StudyFile file;
  const Plan plan = file.read(good());
  REQUIRE(plan.models.size() == 2);
  CHECK(plan.models[0].name == "first");
  CHECK(plan.models[0].folder == std::filesystem::temp_directory_path() / "a/first");
  CHECK(plan.models[1].folder == "/b");
  CHECK(plan.space.size() == 4);  // the models are a dimension of their own
  CHECK(plan.space.dimensions()[1].knob == "model");
  CHECK(plan.accuracy_images == 1000);
  CHECK(plan.search.method == Method::nsga2);
  CHECK(plan.search.population == 12);
  CHECK(plan.search.seed == 3);
  const Design design = plan.space.design(plan.space.point(3));
  CHECK(design.compile.arch.weight_rows == 512);
  CHECK(design.compile.arch.window == 4);
  CHECK(design.model == 1);
  CHECK_FALSE(design.switches.gate_array);
  Metrics metrics;
  metrics.area_mm2 = 6;
  metrics.accuracy = 0.25;
  CHECK(plan.violation(metrics) == Approx(1.0 / 5 + 0.25 / 0.5));
  metrics.area_mm2 = 5;
  metrics.accuracy = 0.5;
  CHECK(plan.violation(metrics) == 0);
}

TEST_CASE("study of designs: the folder's own model, a grid, no accuracy", "[explore]") {
  StudyFile file;
  const Plan plan =
      file.read(json::parse(R"({"name": "n", "space": {"window": [2]}, "objectives": ["cycles"]})"));
  REQUIRE(plan.models.size() == 1);
  CHECK(plan.models[0].folder == "run1");
  CHECK(plan.search.method == Method::grid);
  CHECK(plan.accuracy_images == 0);
  CHECK(plan.confirm == Names{"systemc", "rtl"});  // unless the study says otherwise
  CHECK(usual_plan("run1", 4).space.design({0, 0, 0}).compile.batch == 4);
}

TEST_CASE("study of designs: corners that a table cannot be scaled to are named", "[explore][bad-input]") {
  StudyFile file;
  const sim::PowerTable table = sim::find_power_table("sg13g2", "--power-table");  // of 1.2 V
  const auto refused = [&](json baseline, json space, const std::string& why,
                           json search = {{"method", "grid"}}) {
    space["window"] = {2, 4};
    const Plan plan = file.read({{"name", "n"},
                                 {"baseline", std::move(baseline)},
                                 {"space", std::move(space)},
                                 {"objectives", {"cycles"}},
                                 {"search", std::move(search)}});
    CHECK_THROWS_WITH(require_corners(plan, table), Contains(why));
  };
  const json none = json::object();
  refused({{"volt", 0.5}}, none, ": baseline: 'volt' is 0.5: table sg13g2, of 1.2 V");
  refused(none, {{"volt", {1.2, 1.7}}},
          ": space: 'volt' is 1.7: table sg13g2, of 1.2 V and 25 C, can be scaled to 0.7 to 1.65 V");
  refused({{"megahertz", 900}}, none, ": baseline: 'megahertz' is 900: at 1.2 V table sg13g2 reaches ");
  refused({{"megahertz", 900}}, none, " MHz; lower 'megahertz' or raise 'volt'");
  refused({{"megahertz", 100}}, {{"volt", {0.7, 1.2}}},
          ": space: 'megahertz' is 100: at 0.7 V table sg13g2 reaches ");
  refused({{"volt", 1.2}}, {{"megahertz", {100, 900}}}, ": space: 'megahertz' is 900: at 1.2 V");
  // Of several the one that is nearest to be possible: the slowest clock, the highest voltage, in whatever order.
  refused(none, {{"volt", {0.7}}, {"megahertz", {900, 100, 400}}}, "'megahertz' is 900: at 0.7 V");
  refused({{"volt", 0.7}}, {{"megahertz", {200, 100}}}, "'megahertz' is 200: at 0.7 V");
  refused(none, {{"volt", {1.2, 0.7}}, {"megahertz", {20, 900}}}, "'megahertz' is 900: at 1.2 V");
  refused(none, {{"volt", {0.7, 1.2}}, {"megahertz", {120, 100}}}, "'megahertz' is 100: at 0.7 V");
  // Some of a grid's points may be impossible, none of those that are named.
  const json both = {{"volt", {0.7, 1.2}}, {"megahertz", {20, 100}}};
  json space = both;
  space["window"] = {2};
  const json study = {{"name", "n"}, {"space", space}, {"objectives", {"cycles"}}};
  CHECK_NOTHROW(require_corners(file.read(study), table));
  const json point = {{"volt", 0.7}, {"megahertz", 100}, {"window", 2}};
  refused(none, both, ": megahertz=100,volt=0.7,window=2: 'megahertz' is 100: at 0.7 V",
          {{"method", "points"}, {"points", {point}}});
}

TEST_CASE("study of designs: what is wrong is named", "[explore][bad-input]") {
  StudyFile file;
  CHECK_THROWS_WITH(file.read(with("speed", 1)), Contains("unknown key 'speed'"));
  CHECK_THROWS_WITH(file.read(with("objectives", json::array())), Contains("'objectives' is empty"));
  CHECK_THROWS_WITH(file.read(with("objectives", {"cycles", "cycles"})), Contains("names 'cycles' twice"));
  CHECK_THROWS_WITH(file.read(with("objectives", {"power"})),
                    Contains("there is no metric 'power'; there are cycles,"));
  CHECK_THROWS_WITH(file.read(with("constraints", {{"cycles", json::object()}})), Contains("bounds nothing"));
  CHECK_THROWS_WITH(file.read(with("constraints", {{"cycles", {{"least", 3}, {"most", 2}}}})),
                    Contains("'least' is 3, above 'most', 2"));
  for (const json& wrong : {json(5), json::array({"cycles"}), json(nullptr)}) {
    CHECK_THROWS_WITH(file.read(with("constraints", wrong)),
                      Contains("'constraints' is ") && Contains("must be an object of metrics and bounds"));
    CHECK_THROWS_WITH(file.read(with("baseline", wrong)),
                      Contains("'baseline' is ") && Contains("must be an object of knobs and values"));
  }
  CHECK_THROWS_WITH(file.read(with("models", {"x", "y/x"})), Contains("two are called \"x\""));
  CHECK_THROWS_WITH(file.read(with("models", {"x", {{"name", "y"}, {"folder", "z/../x"}}})),
                    Contains("models: \"x\" and \"y\" are the same folder"));
  CHECK_THROWS_WITH(file.read(with("models", json::array())), Contains("'models' is empty"));
  CHECK_THROWS_WITH(file.read(with("baseline", {{"weight_rows", 1}})),
                    Contains("'weight_rows' is 1, must be"));
  CHECK_THROWS_WITH(file.read(with("baseline", {{"model", "first"}})), Contains("varied by 'models' alone"));
  CHECK_THROWS_WITH(file.read(with("space", {{"window", {1}}, {"entries", {2}}})),
                    Contains("no point of 'space' is a chip: parameter 'entries' is 2"));
  // A value that no point can have, and a knob that is said twice.
  CHECK_THROWS_WITH(
      file.read(with("space", {{"window", {1, 2}}, {"entries", {1, 8}}})),
      Contains("space: 'entries' is 8, with which no point is a chip: parameter 'entries' is 8"));
  CHECK_THROWS_WITH(file.read(with("space", {{"window", {2}}, {"weight_rows", {512, 1024}}})),
                    Contains("'weight_rows' is in 'baseline' and in 'space'; leave it out of one of them"));
  CHECK_THROWS_WITH(file.read(with("search", {{"method", "best"}})),
                    Contains("must be one of grid, random, nsga2, points"));
  CHECK_THROWS_WITH(file.read(with("search", {{"method", "grid"}, {"evaluations", 3}})),
                    Contains("unknown key 'evaluations'"));
  CHECK_THROWS_WITH(
      file.read(with("search", {{"method", "nsga2"}, {"evaluations", 100}, {"population", 10}})),
      Contains("must be a multiple of 4"));
  CHECK_THROWS_WITH(file.read(with("search", {{"method", "nsga2"}, {"evaluations", 8}, {"population", 12}})),
                    Contains("more than 'evaluations', 8"));
  // Whole numbers: what is allowed, not what the program's type could hold.
  CHECK_THROWS_WITH(file.read(with("search", {{"method", "random"}, {"evaluations", -1}})),
                    Contains("'evaluations' is -1, must be a whole number, 1 to 1000000"));
  CHECK_THROWS_WITH(
      file.read(with("search", {{"method", "random"}, {"evaluations", 9}, {"seed", {{"from", 1}}}})),
      Contains("'seed' is an object, must be a whole number, 1 to 4294967295"));
  CHECK_THROWS_WITH(file.read(with("space", {{"window", json::array()}})),
                    Contains("space: 'window' has no values; give at least one"));
  for (const double percent : {90.0, -0.1})
    CHECK_THROWS_WITH(file.read(with("constraints", {{"accuracy", {{"least", percent}}}})),
                      Contains("is no accuracy, which is a fraction, 0 to 1"));
  const json impossible = {{"method", "points"},
                           {"points", {{{"window", 2}, {"entries", 4}, {"model", "first"}}}}};
  json study = with("search", impossible);
  study["space"] = {{"window", {2, 4}}, {"entries", {2, 4}}};
  CHECK_THROWS_WITH(file.read(study),
                    Contains("points: entries=4,window=2,model=first: parameter 'entries' is 4"));
  study["search"]["points"] = {{{"window", 2}, {"model", "first"}}};
  CHECK_THROWS_WITH(file.read(study), Contains("key 'entries' is missing"));
  CHECK_THROWS_WITH(file.read(with("confirm", {"fast"})), Contains("must be of golden, systemc and rtl"));
  CHECK_THROWS_WITH(file.read(with("confirm", {"rtl", "rtl"})), Contains("'confirm' names 'rtl' twice"));
  CHECK_THROWS_WITH(file.read(with("images", 0)), Contains("'images' is 0, must be 1 to"));
}

}  // namespace
}  // namespace wd::flow::explore
