// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <utility>

#include "algo/reservoir/reca.hpp"
#include "base/error.hpp"

using namespace wd;
using namespace wd::algo;
using Catch::Contains;

namespace {
RecaConfig parse(const char* text) { return reca_config_from_json(nlohmann::json::parse(text), "c.json"); }
}  // namespace

TEST_CASE("reca config: the files are the built-in configurations", "[algo]") {
  const std::filesystem::path folder = WD_CONFIG_FOLDER;
  CHECK(load_reca_config(folder / "reca_fmnist.json") == reca_config());
  CHECK(load_reca_config(folder / "reca_fmnist_quick.json") == quick_reca_config());
  RecaConfig other = load_reca_config(folder / "reca_fmnist_rule90.json");
  CHECK(other.name == "reca_fmnist_rule90");
  for (Automaton& automaton : other.reservoir.automata) CHECK(std::exchange(automaton.rule, 254u) == 90);
  other.name = "reca_fmnist";
  CHECK(other == reca_config());
  CHECK(load_reca_config(folder / "reca_fmnist_binary.json").reservoir.encoding.code == PixelCode::threshold);
}

TEST_CASE("reca config: every key survives JSON", "[algo][round-trip]") {
  const RecaConfig config = parse(R"({"name": "n", "dataset": "mnist", "seeds": [4, 18446744073709551615],
    "encoding": {"code": "gray", "planes": 3},
    "automata": [{"evolution": "rows", "rule": 30}, {"evolution": "additive", "cells": ["north", "centre"]},
                 {"evolution": "totalistic", "rule": "B2/S"}, {"evolution": "columns", "rule": 255}],
    "boundary": "periodic", "steps": 7,
    "forest": {"trees": 5, "features_per_node": 9, "criterion": "entropy", "max_depth": 4, "min_leaf": 2,
               "voting": "majority"},
    "linear": {"epochs": 2, "batch": 7, "lr": 0.5, "weight_decay": 0.01},
    "train_images": 11, "test_images": 12})");
  CHECK(config.seeds[1] == 18446744073709551615u);
  CHECK(config.reservoir.encoding == EncodingConfig{PixelCode::gray, 3});
  REQUIRE(config.reservoir.automata.size() == 4);
  CHECK(config.reservoir.automata[1].cells == (north | centre));
  CHECK(config.reservoir.automata[2].born == 1u << 2);
  CHECK(config.reservoir.automata[2].survive == 0);
  CHECK(config.reservoir.boundary == Boundary::periodic);
  CHECK(config.forest == ForestConfig{5, 9, SplitCriterion::entropy, 4, 2, Voting::majority});
  CHECK(config.linear == LinearConfig{2, 7, 0.5, 0.01});
  CHECK(reca_config_from_json(to_json(config), "again") == config);
  const RecaConfig threshold = parse(R"({"encoding": {"code": "threshold", "level": 90},
                                         "validation_fraction": 0.25})");
  CHECK(threshold.reservoir.encoding == EncodingConfig{PixelCode::threshold, 1, 90});
  CHECK(reca_config_from_json(to_json(threshold), "again") == threshold);
}

TEST_CASE("reca config: what is wrong is refused by key and value", "[algo][bad-input][message]") {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"step": 3})", "c.json: unknown key 'step'"},
      {R"({"steps": 0})", "'steps' is 0, must be 1 to 64"},
      {R"({"seeds": []})", "'seeds' must be a list"},
      {R"({"seeds": [1, 0]})", "'seeds' holds 0"},
      {R"({"seeds": [1, 1]})", "'seeds' names one twice"},
      {R"({"seeds": [1.5]})", "'seeds' holds 1.5"},
      {R"({"dataset": "cifar10"})", "'dataset' is \"cifar10\", must be one of fashion-mnist, mnist"},
      {R"({"boundary": "wrap"})", "'boundary' is \"wrap\", must be one of zero, periodic"},
      {R"({"encoding": {"code": "unary"}})", "c.json: encoding: 'code' is \"unary\""},
      {R"({"encoding": {"code": "binary", "planes": 9}})", "'planes' is 9, must be 1 to 8"},
      {R"({"encoding": {"code": "thermometer", "planes": 33}})", "'planes' is 33, must be 1 to 32"},
      {R"({"encoding": {"code": "threshold", "planes": 2}})", "unknown key 'planes'"},
      {R"({"encoding": {"code": "gray", "level": 2}})", "unknown key 'level'"},
      {R"({"automata": []})", "'automata' must be a list of 1 to 8"},
      {R"({"automata": [{"rule": 3}]})", "c.json: automata[0]: key 'evolution' is missing"},
      {R"({"automata": [{"evolution": "rows", "rule": 256}]})", "'rule' is 256, must be 0 to 255"},
      {R"({"automata": [{"evolution": "rows", "cells": []}]})", "unknown key 'cells'"},
      {R"({"automata": [{"evolution": "additive", "cells": []}]})", "'cells' is empty"},
      {R"({"automata": [{"evolution": "additive", "cells": ["up"]}]})", "'cells' holds 'up'"},
      {R"({"automata": [{"evolution": "additive", "cells": ["west", "west"]}]})", "'cells' holds 'west'"},
      {R"({"automata": [{"evolution": "totalistic", "rule": "life"}]})", "'life' is not a rule"},
      {R"({"forest": {"trees": 0}})", "c.json: forest: 'trees' is 0"},
      {R"({"forest": {"min_leaf": 0}})", "'min_leaf' is 0"},
      {R"({"forest": {"voting": "loud"}})", "'voting' is \"loud\""},
      {R"({"linear": {"lr": 0}})", "c.json: linear: 'lr' is 0"},
      {R"({"linear": {"epochs": -1}})", "'epochs' is -1"},
      {R"({"train_images": -5})", "'train_images' is -5"},
      {R"({"validation_fraction": 1})", "'validation_fraction' is 1"},
      {R"({"validation_fraction": 0.5, "test_images": 9})", "exclude each other"}};
  for (const auto& [json, message] : cases) {
    INFO(json);
    CHECK_THROWS_WITH(parse(json), Contains("c.json") && Contains(message));
  }
  CHECK_THROWS_WITH(load_reca_config("/no/such.json"), Contains("/no/such.json"));
}
