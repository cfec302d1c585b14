// SPDX-License-Identifier: Apache-2.0
// Study files of `ablate`: rows and points of a file, and what is refused before anything runs.
#include "flow/ablation/plan.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>

#include "base/error.hpp"
#include "base/files.hpp"

namespace wd::flow::ablation {
namespace {

using Catch::Contains;
using nlohmann::json;

class Files {
 public:
  Files() {
    std::string name = (std::filesystem::temp_directory_path() / "wd_ablation_XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
    write_file(path_ / "base.json",
               std::string(R"({"name": "base", "network": {"kind": "mlp"}, "epochs": 3})"));
  }
  ~Files() { std::filesystem::remove_all(path_); }
  Plan read(const json& value) const {
    write_file(path_ / "study.json", value.dump());
    return read_plan(path_ / "study.json", "run1");
  }
  std::string refusal(const json& value) const {
    try {
      read(value);
    } catch (const Error& error) {
      return error.what();
    }
    return "accepted";
  }

 private:
  std::filesystem::path path_;
};

json trained() {
  return json::parse(
      R"({"name": "n", "config": "base.json", "seeds": [1, 2], "images": 3, "design": {"batch": 2},
    "variants": {"learned": {"config": {"supermask": {"signs": "learned"}}},
                 "plain": {"design": {"huffman": false}},
                 "both": {"config": {"supermask": {"signs": "learned"}}, "design": {"window": 4}}},
    "sweep": ["gate_sum", "learned", "plain"]})");
}

json with(json study, const char* key, json value) {
  study[key] = std::move(value);
  return study;
}

json of_model() { return {{"name", "n"}, {"variants", {{"v", {{"design", {{"window", 4}}}}}}}}; }

TEST_CASE("ablation: rows, networks and points of a file", "[ablation]") {
  const Files files;
  const Plan plan = files.read(trained());
  CHECK(plan.source == Source::trained);
  CHECK(plan.images == 3);
  REQUIRE(plan.rows.size() == 4);
  CHECK(plan.row("baseline").design.compile.batch == 2);
  // Learned signs are one network, whatever the chip; the others have the baseline's.
  REQUIRE(plan.networks.size() == 2);
  CHECK(plan.row("plain").network == 0);
  CHECK(plan.row("learned").network == 1);
  CHECK(plan.row("both").network == 1);
  CHECK(plan.networks[1].config.supermask.signs == algo::MaskSigns::learned);
  CHECK_FALSE(plan.row("plain").design.compile.huffman);
  CHECK(plan.row("both").design.compile.arch.window == 4);
  CHECK(plan.row("both").changed == Names{"window", "supermask.signs"});
  REQUIRE(plan.points.size() == 8);
  for (std::size_t n = 0; n < 8; ++n) {
    CHECK(plan.points[n].design.switches.gate_sum == ((n & 1) == 0));
    CHECK(plan.points[n].network == (n >> 1 & 1));
    CHECK(plan.points[n].design.compile.huffman == ((n >> 2 & 1) == 0));
  }
  CHECK(plan.points[5].name == "gate_sum+plain");
  CHECK(&plan.row("gate_sum+plain") == &plan.points[5]);
  CHECK(&plan.row("plain+gate_sum") == &plan.points[5]);
  CHECK_THROWS_WITH(plan.row("gate"), Contains("--row is 'gate', which") && Contains("it has baseline,"));
}

TEST_CASE("ablation: a given model, all switches", "[ablation]") {
  const Files files;
  const Plan plan = files.read(with(of_model(), "sweep", "switches"));
  CHECK(plan.source == Source::given);
  CHECK(plan.model == "run1");
  CHECK(plan.points.size() == std::size_t{1} << arch::switch_count);
  CHECK(plan.points.back().design.switches.bits() == 0);
}

TEST_CASE("ablation: what is wrong is named", "[ablation][bad-input]") {
  const Files files;
  const auto refused = [&](const json& study, const std::string& expected) {
    CHECK_THAT(files.refusal(study), Contains("study.json") && Contains(expected));
  };
  const auto variant = [](const char* name, const json& value) {
    return with(of_model(), "variants", {{name, value}});
  };
  refused(with(of_model(), "speed", 1), "unknown key 'speed'");
  refused(variant("v", {{"design", {{"windows", 4}}}}), "variants: v: design: there is no knob 'windows'");
  refused(variant("v", {{"design", {{"window", 9}}}}), "'window' is 9, must be a whole number, 1 to 8");
  refused(variant("v", {{"design", {{"entries", 4}}}}),
          "v: no such chip can be built: parameter 'entries' is 4");
  refused(variant("v", {{"knobs", {{"window", 4}}}}), "v: unknown key 'knobs'");
  json taught = trained();
  taught["variants"]["v"] = {{"config", {{"distillation", {{"teacher", "x"}}}}}};
  refused(taught, "v: 'distillation' is of `train` and `study`; train the network and ablate its folder");
  refused(variant("v", {{"config", {{"epochs", 4}}}}), "give the study 'config', too");
  refused(variant("v", json::object()), "variants 'baseline' and 'v' are the same");
  for (const char* name : {"../x", "/x", "a/b", "", "ablation.json"})
    refused(variant(name, {{"design", {{"window", 4}}}}), "'variants' has the name " + json(name).dump());
  refused(variant("baseline", {{"design", {{"window", 4}}}}), "the row without differences");
  refused(with(of_model(), "design", {{"model", "x"}}), "'model' is no knob");
  refused(with(of_model(), "seeds", {1}), "'seeds' is of studies that make their networks");
  refused(with(trained(), "seeds", {1, 1}), "'seeds' names 1 twice");
  refused(with(trained(), "networks", "learned"), "must be one of trained, random");
  refused(with(trained(), "networks", "random"), "'seeds' are of trainings");
  refused(with(trained(), "model", "run1"), "'config' and 'model' exclude each other");
  refused(with(trained(), "accuracy_images", 5), "is of a given model");
  json study = trained();
  study["variants"]["twin"] = {{"config", {{"supermask", {{"signs", "learned"}}}}}};
  refused(study, "variants 'learned' and 'twin' are the same");
  study["variants"]["twin"] = {{"config", {{"epoch", 4}}}};
  refused(study, "twin: unknown key 'epoch'");
  study["variants"]["twin"] = {{"config", {{"dataset", "mnist"}}}};
  refused(study, "twin: 'dataset' is mnist");
}

TEST_CASE("ablation: sweeps that are too large or no switches", "[ablation][bad-input]") {
  const Files files;
  const auto refused = [&](const json& study, const std::string& expected) {
    CHECK_THAT(files.refusal(study), Contains("study.json") && Contains(expected));
  };
  refused(with(of_model(), "sweep", json::array()), "'sweep' is empty");
  refused(with(of_model(), "sweep", {"gate_sum", "gate_sum"}), "'sweep' names 'gate_sum' twice");
  refused(with(of_model(), "sweep", {"window"}), "'window' is neither a variant of the study nor a switch");
  json study = of_model();
  study["variants"]["w"] = {{"design", {{"window", 1}, {"entries", 1}}}};
  refused(with(study, "sweep", {"v", "w"}), "'v' and 'w' both change 'window'");
  study = trained();
  study["variants"]["other"] = {{"config", {{"supermask", nullptr}}}};
  refused(with(study, "sweep", {"learned", "other"}), "both change 'supermask");
  // Networks of combinations have folders named by their elements.
  study = trained();
  study["variants"]["other"] = {{"config", {{"epochs", 5}}}};
  study["variants"]["learned__other"] = {{"config", {{"epochs", 6}}}};
  refused(with(study, "sweep", {"learned", "other"}),
          "variants: learned__other: is also the folder of a combination of the sweep");
  study = of_model();
  study["variants"]["huffman"] = {{"design", {{"window", 3}}}};
  refused(with(study, "sweep", {"huffman"}), "'huffman' is a variant of the study and a switch");
  json many = of_model();
  json names = json::array();
  for (int i = 0; i < 13; ++i) {
    const std::string name = "v" + std::to_string(i);
    many["variants"][name] = {{"design", {{"volt", 1 + 0.01 * i}}}};
    names.push_back(name);
  }
  refused(with(many, "sweep", names), "'sweep' has 13 elements, which are 2^13 points; at most 12");
}

}  // namespace
}  // namespace wd::flow::ablation
