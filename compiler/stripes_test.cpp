// SPDX-License-Identifier: Apache-2.0
// The pass `stripe`: what is before and behind it, what it prints, and what it refuses.
#include "compiler/stripes.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "compiler/passes.hpp"
#include "compiler/stripe_test_networks.hpp"

using namespace wd;
using namespace wd::compiler;

namespace {

Options with_rows(int act_rows) {
  Options options;
  options.arch.act_rows = act_rows;
  options.arch.instr_rows = 4096;
  return options;
}

int count(const program::Program& program, arch::Op op) {
  int found = 0;
  for (const arch::Instr& instr : program.instrs) found += instr.operation() == op;
  return found;
}

}  // namespace

TEST_CASE("stripes: a network that fits whole is left alone", "[compiler]") {
  const model::Network network = test::tall_chain().network;
  const int needed = rows_needed(network, {}, true, 1);
  const Options options = with_rows(needed);
  PassState state{network, options};
  run_passes(state, "stripe");
  CHECK_FALSE(state.stripes.used());
  CHECK(state.steps.size() == network.steps.size());
  PassState dumped{network, options};
  CHECK(run_passes(dumped, "stripe").dump(dumped)["stripes"] == "none: the network fits whole");
  const program::Program program = compile(network, options);
  CHECK(count(program, arch::Op::LoadTensor) == 1);
  CHECK(count(program, arch::Op::Conv) == static_cast<int>(network.steps.size()));
  CHECK(program.scratch_beats == 0);
}

TEST_CASE("stripes: one that does not is divided, and the tables say how", "[compiler]") {
  const model::Network network = test::tall_chain().network;
  const Options options = with_rows(100);
  PassState state{network, options};
  const nlohmann::ordered_json tables = run_passes(state, "stripe").dump(state);
  REQUIRE(state.stripes.used());
  CHECK(tables["activation rows"] <= 100);
  REQUIRE(tables["groups"].size() == state.stripes.layout.groups.size());
  std::int64_t loaded = 0, stored = 0;
  for (const auto& group : tables["groups"]) {
    loaded += group["beats loaded"].get<std::int64_t>();
    stored += group["beats stored"].get<std::int64_t>();
  }
  CHECK(tables["beats loaded"] == loaded);
  CHECK(tables["beats stored"] == stored);
  CHECK(loaded >= 48 * 16);
  CHECK(tables["groups"][0]["loads"] == "input");
  CHECK(tables["rings"].size() == state.stripes.layout.rings.size());
  const program::Program program = compile(network, options);
  std::int64_t beats_loaded = 0, beats_stored = 0;
  for (const arch::Instr& instr : program.instrs) {
    if (instr.operation() == arch::Op::LoadTensor) beats_loaded += instr.count;
    if (instr.operation() == arch::Op::StoreTensor) beats_stored += instr.count;
  }
  CHECK(beats_loaded == loaded);
  CHECK(beats_stored == stored);
  CHECK(program.scratch_beats == stored);
  std::uint64_t products = 0, whole = 0;
  for (const program::Layer& layer : program.layers) products += layer.dense_macs;
  for (const program::Layer& layer : compile(network, with_rows(1024)).layers) whole += layer.dense_macs;
  CHECK(products == whole);
}

TEST_CASE("stripes: what cannot be done is refused by layer, need, limit and remedy",
          "[compiler][bad-input][message]") {
  const model::Network network = test::tall_chain().network;
  CHECK_THROWS_WITH(compile(network, with_rows(40)),
                    "layer down0: needs 96 activation rows in its smallest stripes, the architecture has 40; "
                    "raise act_rows to 96");
  CHECK_NOTHROW(compile(network, with_rows(96)));
  Options few = with_rows(100);
  few.arch.instr_rows = 24;
  CHECK_THROWS_WITH(compile(network, few),
                    Catch::Contains("instructions, the architecture has 24; raise instr_rows to "));
  Options wide = with_rows(100);
  wide.arch.chunk = 32;
  CHECK_THROWS_WITH(
      compile(network, wide),
      Catch::StartsWith("tensor 'input': its 16 channels leave part of a word of 32 unwritten"));
  Options own = with_rows(100);
  own.share_rows = false;  // every tensor has rows of its own: no stripes
  CHECK_THROWS_WITH(compile(network, own), Catch::Contains("raise act_rows to "));
  Options batch = with_rows(100);
  batch.batch = 16;
  CHECK_THROWS_WITH(compile(network, batch), Catch::Contains("in its smallest stripes") &&
                                                 Catch::EndsWith(", or take a smaller --batch"));
}

TEST_CASE("stripes: fewer instructions where the memory for them is short", "[compiler]") {
  const model::Network network = test::tall_chain().network;
  for (const int act_rows : {100, 128, 176}) {
    Options options = with_rows(act_rows);
    const std::size_t needs = compile(network, options).instrs.size();
    options.arch.instr_rows = static_cast<int>(needs) - 1;
    const std::size_t fewer = compile(network, options).instrs.size();
    CHECK(fewer < needs);
    // What --explain then says is true: with that many the faster plan is taken, with one less it is not.
    PassState state{network, options};
    const nlohmann::ordered_json tables = run_passes(state, "stripe").dump(state);
    options.arch.instr_rows = tables["fewer cycles with instr_rows"];
    CHECK(compile(network, options).instrs.size() == needs);
    --options.arch.instr_rows;
    CHECK(compile(network, options).instrs.size() < needs);
    options.arch.instr_rows = 30;
    CHECK_THROWS_WITH(compile(network, options),
                      Catch::Contains("instructions, the architecture has 30; raise instr_rows to "));
  }
}
