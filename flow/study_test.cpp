// SPDX-License-Identifier: Apache-2.0
// Study files: what is taken, and what is refused before anything runs.
#include "flow/study.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>

#include "base/error.hpp"
#include "flow/study_trainings.hpp"

using namespace wd;
using namespace wd::flow;
using Catch::Contains;
using nlohmann::json;

namespace {

struct Folder {
  std::filesystem::path path;
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "wd_study_XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path = name;
    std::ofstream(path / "base.json") << R"({"name": "base", "network": {"kind": "mlp"}, "epochs": 3})";
  }
  ~Folder() { std::filesystem::remove_all(path); }

  StudyPlan read(const json& study) const {
    std::ofstream(path / "study.json") << study;
    return read_study(path / "study.json");
  }
  std::string refusal(const json& study) const {
    try {
      read(study);
    } catch (const Error& error) {
      return error.what();
    }
    return "accepted";
  }
};

json study_of(const json& variants, const json& seeds = {1, 2}) {
  return {{"name", "s"}, {"baseline", "base.json"}, {"seeds", seeds}, {"variants", variants}};
}

}  // namespace

TEST_CASE("study: a variant is the baseline with its differences", "[flow]") {
  const Folder folder;
  json study = study_of({{"a", json::object()}, {"b-2.x_Y", {{"epochs", 5}}}});
  study["claims"] = {{{"claim", "b beats a"}, {"better", "b-2.x_Y"}, {"than", "a"}, {"margin", -0.01}}};
  const StudyPlan plan = folder.read(study);
  REQUIRE(plan.variants.size() == 2);
  CHECK(plan.config_of(0).epochs == 3);
  CHECK(plan.config_of(1).epochs == 5);
  CHECK(plan.seeds == std::vector<std::uint64_t>{1, 2});
  REQUIRE(plan.claims.size() == 1);
  CHECK(plan.claims[0].margin == -0.01);
}

TEST_CASE("study: names that would leave the study's folder are refused", "[flow][bad-input]") {
  const Folder folder;
  for (const char* name : {"../x", "/x", ".", "..", "", ".hidden", "a/b", "a b", "a\\b", "\xc3\xa4", "a\n"}) {
    INFO(name);
    const std::string message = folder.refusal(study_of({{name, json::object()}}));
    CHECK_THAT(message, Contains("study.json: 'variants' has the name " + json(name).dump(-1, ' ', true)) &&
                            Contains("use 1 to 100 letters, digits"));
  }
}

TEST_CASE("study: names of the study's own files are refused", "[flow][bad-input]") {
  const Folder folder;
  for (const char* name : {"networks", "slurm"})
    CHECK_THAT(folder.refusal(study_of({{name, json::object()}})),
               Contains("is a folder of the study's own"));
  for (const char* name : {"study.json", "whitedwarf.lock", "ablation.csv", "x.html"}) {
    INFO(name);
    CHECK_THAT(folder.refusal(study_of({{name, json::object()}})),
               Contains("'variants' has the name " + json(name).dump()) && Contains("own files end with ."));
  }
  CHECK(folder.refusal(study_of({{"lock", json::object()}, {"json.x", json::object()}})) == "accepted");
}

TEST_CASE("study: one training under two names is no comparison", "[flow][bad-input]") {
  const Folder folder;
  const auto configs = [&](const json& variants) {
    const StudyPlan plan = folder.read(study_of(variants));
    std::vector<NamedConfig> list;
    for (std::size_t v = 0; v < plan.variants.size(); ++v)
      list.push_back({plan.variants[v].first, plan.config_of(v)});
    return list;
  };
  CHECK_NOTHROW(require_different(configs({{"a", json::object()}, {"b", {{"epochs", 5}}}}), "s"));
  // The baseline's own value is no difference; the seed is the study's, and a name decides nothing.
  for (const json& other : {json{{"epochs", 3}}, json{{"seed", 7}}, json{{"name", "other"}}})
    CHECK_THROWS_WITH(require_different(configs({{"a", json::object()}, {"b", other}}), "s"),
                      Contains("s: variants 'a' and 'b' are the same training"));
}

TEST_CASE("study: the same seed twice is no second sample", "[flow][bad-input]") {
  const Folder folder;
  const json variants{{"a", json::object()}};
  CHECK_THAT(folder.refusal(study_of(variants, {1, 1})), Contains("'seeds' names 1 twice"));
  CHECK_THAT(folder.refusal(study_of(variants, {0, 1})),
             Contains("'seeds' holds 0, must be whole numbers from 1"));
  CHECK_THAT(folder.refusal(study_of(variants, json::array())), Contains("'seeds' is empty"));
  CHECK_THAT(folder.refusal(study_of(variants, {-1, 2})),
             Contains("'seeds' holds -1, must be whole numbers from 1"));
  CHECK_THAT(folder.refusal(study_of(variants, {{"from", 1}})),
             Contains("'seeds' is an object, must be a list"));
}

TEST_CASE("study: claims name variants; a wrong variant is named", "[flow][bad-input]") {
  const Folder folder;
  json study = study_of({{"a", json::object()}, {"b", {{"epoch", 5}}}});
  CHECK_THROWS_WITH(folder.read(study).config_of(1),
                    Contains("study.json: b") && Contains("unknown key 'epoch'"));
  study["claims"] = {{{"claim", "c"}, {"better", "a"}, {"than", "z"}}};
  CHECK_THAT(folder.refusal(study), Contains("claims: 'z' is no variant"));
  study["claims"] = {{{"claim", "c"}, {"better", "a"}, {"than", "a"}}};
  CHECK_THAT(folder.refusal(study), Contains("claims: 'a' is compared with itself"));
  study["claims"] = "none";
  CHECK_THAT(folder.refusal(study), Contains("'claims' is \"none\", must be a list"));
}

TEST_CASE("study: its JSON says nothing about chance where there is one seed", "[flow]") {
  TrainReport run;
  run.accuracy_fp32 = 0.9;
  run.history = run.config = json::array();
  StudyReport report{"s", {1}, {}, {{"a", {run}, spreads_of({run})}}, {}};
  report.claims.push_back({{"c", "a", "a", 0}, judge(spread_of({0.9}), spread_of({0.8}), 0)});
  const json value = report.to_json();
  CHECK(value["results"]["a"]["accuracy_fp32"] == json{{"mean", 0.9}, {"deviation", nullptr}});
  CHECK(value["results"]["a"]["accuracy_hw"].is_null());
  for (const char* key : {"standard_error", "degrees_of_freedom", "half_width"})
    CHECK(value["claims"][0][key].is_null());
  CHECK(value["claims"][0]["verdict"] == "one seed: no verdict");
  CHECK(value["claims"][0]["difference"].get<double>() == Approx(0.1));
}

TEST_CASE("study: a training's folder is named by what decides it", "[flow]") {
  const Folder folder;
  const StudyPlan plan = folder.read(study_of({{"a", json::object()}, {"b", {{"epochs", 5}}}}));
  const algo::TrainConfig config = plan.config_of(0);
  const auto of = [](const algo::TrainConfig& one, std::uint64_t seed, const std::string& images) {
    return study_training("out", "a", one, seed, images).folder;
  };
  const Training training = study_training("out", "a", config, 1, "images");
  CHECK(training.link == "out/a/seed_1");
  CHECK(training.folder.parent_path() == "out/networks");
  algo::TrainConfig renamed = config;
  renamed.name = "other";
  renamed.seed = 9;  // the study's seeds count
  CHECK(of(renamed, 1, "images") == training.folder);
  CHECK(study_training("out", "z", config, 1, "images").folder == training.folder);
  CHECK(of(plan.config_of(1), 1, "images") != training.folder);
  CHECK(of(config, 2, "images") != training.folder);
  CHECK(of(config, 1, "others") != training.folder);
}

TEST_CASE("study: a teacher is a variant that learns from the labels", "[flow][bad-input]") {
  const Folder folder;
  const auto learner = [](const char* teacher) {
    return json{{"epochs", 4}, {"distillation", {{"teacher", teacher}}}};
  };
  const StudyPlan plan = folder.read(study_of({{"a", learner("b")},
                                               {"b", json::object()},
                                               {"c", learner("a")},
                                               {"d", learner("d")},
                                               {"e", learner("/tmp")}}));
  CHECK(plan.teacher_of(0) == 1);
  CHECK_FALSE(plan.teacher_of(1));
  CHECK_THROWS_WITH(plan.teacher_of(2),
                    Contains("study.json: c: distillation: 'teacher' is 'a', which learns "
                             "from a teacher itself; name a variant that learns from"));
  CHECK_THROWS_WITH(plan.teacher_of(3), Contains("'teacher' is 'd', which learns from a teacher itself"));
  CHECK_THROWS_WITH(plan.teacher_of(4),
                    Contains("e: distillation: 'teacher' is '/tmp', which is no variant"));
  // The teacher's content is in the key, not its name.
  algo::TrainConfig config = plan.config_of(0);
  const auto of = [&](const char* teacher) {
    return study_training("out", "a", config, 1, "images", teacher).folder;
  };
  const std::filesystem::path first = of("out/networks/1234");
  CHECK(of("elsewhere/networks/1234") == first);
  CHECK(of("out/networks/1235") != first);
  config.distillation.teacher = "renamed";
  CHECK(of("out/networks/1234") == first);
  config.distillation.weight = 0.5;
  CHECK(of("out/networks/1234") != first);
}

TEST_CASE("study: links are relative and take the place of former ones, not of folders", "[flow]") {
  const Folder folder;
  const auto at = [&](const char* name) { return folder.path / name; };
  std::filesystem::create_directories(at("networks/1"));
  std::filesystem::create_directories(at("networks/2"));
  link_folder(at("a/seed_1"), at("networks/1"));
  CHECK(std::filesystem::read_symlink(at("a/seed_1")) == "../networks/1");
  link_folder(at("a/seed_1"), at("networks/2"));
  CHECK(std::filesystem::equivalent(at("a/seed_1"), at("networks/2")));
  std::filesystem::create_directories(at("a/seed_2/x"));
  CHECK_THROWS_WITH(link_folder(at("a/seed_2"), at("networks/1")),
                    Contains("cannot become a link to ../networks/1") && Contains("move away what is there"));
  CHECK(std::filesystem::exists(at("a/seed_2/x")));
  CHECK(std::distance(std::filesystem::directory_iterator(at("a")), {}) == 2);  // nothing half made
}

TEST_CASE("study: every study of trainings that the project has is taken", "[flow]") {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(WD_SOURCE_FOLDER "/algo/studies")) {
    const json study = json::parse(std::ifstream(entry.path()));
    if (!study.contains("baseline")) continue;  // a baseline itself, a chip, a study of designs
    INFO(entry.path());
    const StudyPlan plan = read_study(entry.path());
    CHECK(plan.variants.size() == study.at("variants").size());
    for (std::size_t v = 0; v < plan.variants.size(); ++v)
      CHECK(plan.teacher_of(v).has_value() == plan.config_of(v).distillation.on());
    CHECK(plan.claims.size() == study.at("claims").size());
    CHECK(text(plan.name, ".json") == entry.path().filename().string());
    names.push_back(plan.name);
  }
  CHECK(names.size() >= 6);
}
