// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "compiler/tables.hpp"
#include "hw/formats/model/random_network.hpp"

using namespace wd;
using namespace wd::compiler;

TEST_CASE("passes: each is a part of compile, and leaves what later ones make alone", "[compiler]") {
  const model::Network network = model::hidden_fold_network({}, 2);
  const Options options;
  for (const Pass& last : passes()) {
    const auto number = &last - passes().data();
    INFO(last.name);
    PassState state{network, options};
    CHECK(&run_passes(state, last.name) == &last);
    const std::string name = last.name;
    CHECK(state.stem.layer == "stem");
    CHECK(state.steps.size() == (number >= 1 ? 10 : 0));
    CHECK_FALSE(state.stripes.used());
    CHECK(state.tensor_rows.first.empty() == (number < 3));
    CHECK(state.acc_shifts.empty() == (number < 4));
    CHECK(state.schedule.parts.empty() == (number < 5));
    CHECK(state.packed.memory.empty() == (name != "pack" && name != "emit"));
    CHECK(state.program.instrs.empty() == (name != "emit"));
    const nlohmann::ordered_json dumped = last.dump(state);
    CHECK(dumped.is_object());
    CHECK_FALSE(dumped.begin()->empty());
    CHECK(tables_text(dumped).size() > (name == "stripe" ? 20 : 100));
  }
  PassState state{network, options};
  run_passes(state, "emit");
  const auto bytes = [](const program::Program& p) { return program::encode_program(p, "p").serialize(); };
  CHECK(bytes(state.program) == bytes(compile(network, options)));
  CHECK_THROWS_WITH(run_passes(state, "optimize"), "pass 'optimize' is unknown");
}

TEST_CASE("passes: what they dump is what they made", "[compiler]") {
  const model::Network network = model::hidden_fold_network({16, {32}, {2}, {3}, 3}, 1);
  Options options;
  options.arch.weight_rows = 100;
  const auto dump = [&](const char* name) {
    PassState state{network, options};
    return run_passes(state, name).dump(state);
  };
  const auto steps = dump("lower")["layers"];
  REQUIRE(steps.size() == 7);
  CHECK(steps[1]["layer"] == "stage1.conv1");
  CHECK(steps[1]["of"] == "7 x 7 x 16");
  CHECK(steps[1]["makes"] == "4 x 4 x 32");
  CHECK(steps[5]["times"] == 3);
  CHECK(steps[6]["kernel"] == "4 x 4 pooled");
  const auto rows = dump("rows");
  CHECK(rows["tensors"].size() == network.tensors.size());
  CHECK(rows["rows of the chip"] == 1024);
  const auto scales = dump("scale")["sums"];
  REQUIRE(scales.size() == 7);
  CHECK(scales[0]["layer"] == "stem");
  const auto loads = dump("schedule");
  CHECK(loads["all weights stay"] == false);
  CHECK(loads["parts"][0]["layer"] == "stem");
  CHECK(loads["parts"][0]["rows"] == 18);  // 9 positions, one chunk, two planes
  CHECK(loads["transfers"][0]["of"] == "stem");
  CHECK(loads["transfers"][0]["queued before run"] == 0);
  const auto packed = dump("pack");
  CHECK(packed["bursts"][0]["first beat"] == 0);
  CHECK(packed["bursts"][1]["first beat"] == packed["bursts"][0]["beats"]);
  CHECK(packed["normalization rows"] == 1 + 2 + 2 + 2 + 2 * 3 * 2 + 1);
  CHECK(dump("emit")["instructions"].back()["operation"] == "HALT");
}

TEST_CASE("passes: sides are told as height x width", "[compiler]") {
  const model::Network network = model::small_network(2);
  REQUIRE(network.tensors[0].height != network.tensors[0].width);
  Options options;
  options.space_to_depth = false;
  PassState state{network, options};
  const auto rows = run_passes(state, "lower").dump(state)["layers"];
  std::size_t row = 0;
  model::for_each_layer(network, [&](const model::Layer& layer, int) {
    const model::Tensor& input = network.tensors[static_cast<std::size_t>(layer.input)];
    const model::Weights& weights = network.weights[static_cast<std::size_t>(layer.weights)];
    INFO(layer.name);
    CHECK(rows[row]["of"] == text(input.height, " x ", input.width, " x ", input.channels));
    CHECK(rows[row]["kernel"] == (layer.pooled ? text(input.height, " x ", input.width, " pooled")
                                               : text(weights.kernel_h, " x ", weights.kernel_w)));
    if (layer.output >= 0) {
      const model::Tensor& output = network.tensors[static_cast<std::size_t>(layer.output)];
      CHECK(rows[row]["makes"] == text(output.height, " x ", output.width, " x ", output.channels));
    }
    ++row;
  });
  CHECK(row == rows.size());
}

TEST_CASE("passes: a refusal of a later pass does not keep from what comes before", "[compiler][message]") {
  const model::Network network = model::hidden_fold_network({}, 2);
  Options options;
  options.arch.instr_rows = 16;
  PassState state{network, options};
  CHECK_NOTHROW(run_passes(state, "schedule"));
  PassState again{network, options};
  CHECK_THROWS_WITH(run_passes(again, "emit"), Catch::Contains("raise instr_rows"));
}

TEST_CASE("compile: the same network gives the same bytes", "[compiler]") {
  const auto bytes = [](const model::Network& network, int weight_rows) {
    Options options;
    options.arch.weight_rows = weight_rows;
    return program::encode_program(compile(network, options), "p").serialize();
  };
  for (const int weight_rows : {200, 700, 1536}) {
    const model::Network network = model::hidden_fold_network({}, 3);
    const Bytes first = bytes(network, weight_rows);
    const model::Network copy = network;  // elsewhere in memory
    bytes(model::hidden_fold_network({}, 4), weight_rows);
    CHECK(bytes(copy, weight_rows) == first);
  }
}
