// SPDX-License-Identifier: Apache-2.0
// Plans by hand, and what must hold for the plan of any network on any buffer.
#include "compiler/stripe_plan.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "base/error.hpp"
#include "compiler/stripe_layout.hpp"
#include "compiler/stripe_test_networks.hpp"

using namespace wd;
using namespace wd::compiler;

namespace {

struct Planned {
  std::vector<LoweredStep> steps;
  StripeGraph graph;
  std::vector<StripeGroup> groups;

  Planned(const model::Network& network, int act_rows, double per_instruction = 48, int batch = 1)
      : steps(lower_steps(network, true)), graph(stripe_graph(network, steps, {}, batch)) {
    arch::Arch arch;
    arch.act_rows = act_rows;
    groups = plan_stripes(graph, arch, {act_rows, act_rows, per_instruction, 0.125}, batch);
  }

  double beats() const {
    double all = 0;
    for (const StripeGroup& group : groups)
      for (const auto* values : {&group.from_memory, &group.to_memory})
        for (const int v : *values)
          all += static_cast<double>(graph.values[static_cast<std::size_t>(v)].beats());
    return all;
  }
  std::size_t actions() const {
    std::size_t all = 0;
    for (const auto& of : lay_out(graph, groups, {}).actions) all += of.size();
    return all;
  }
};

}  // namespace

TEST_CASE("stripe plan: what fits goes to memory less, in larger stripes", "[compiler]") {
  const model::Network network = test::tall_chain().network;
  // 64 channels take 192 rows, 16 take 48; the input has 48.
  const double input = 48 * 16;
  const Planned roomy(network, 1024);
  CHECK(roomy.beats() == input);
  const Planned fused(network, 176);  // a group of all blocks: rings of some rows each
  CHECK(fused.beats() == input);
  CHECK(fused.groups.size() < 6);
  CHECK(fused.actions() > roomy.actions());
  const Planned tight(network, 96);
  CHECK(tight.beats() > input);
  for (const Planned* planned : {&roomy, &fused, &tight})
    for (const StripeGroup& group : planned->groups) CHECK(group.rows <= 1024);
  for (const StripeGroup& group : tight.groups) CHECK(group.rows <= 96);
  // Instructions that cost more are fewer.
  CHECK(Planned(network, 100, 5000).actions() < Planned(network, 100, 1).actions());
}

TEST_CASE("stripe plan: groups follow each other, and what they leave is what the next ones find",
          "[compiler]") {
  int several = 0, kept = 0, spilled = 0;
  for (std::uint64_t seed = 1; seed <= 120; ++seed) {
    INFO("seed " << seed);
    const model::Network network =
        seed % 3 == 0 ? model::pooled_stem_network(seed)
        : seed % 3 == 1
            ? (seed % 2 == 0 ? test::wide_chain() : test::tall_chain(1 + static_cast<int>(seed % 4))).network
            : model::residual_network(seed);
    const int rows = 40 + static_cast<int>(seed * 17 % 160), batch = 1 << seed % 4;
    std::unique_ptr<Planned> planned;
    try {
      planned = std::make_unique<Planned>(network, rows, 48, batch);
    } catch (const Error& error) {
      CHECK_THAT(error.what(), Catch::Contains(text("the architecture has ", rows, "; raise act_rows to ")));
      continue;
    }
    std::set<int> in_memory{0}, on_chip;
    int next = 0;
    for (const StripeGroup& group : planned->groups) {
      CHECK(group.shape.first == next);
      next = group.shape.last + 1;
      CHECK(group.rows <= rows);
      for (const int v : group.from_memory) CHECK(in_memory.count(v) == 1);
      CHECK(std::set<int>(group.on_chip_before.begin(), group.on_chip_before.end()) == on_chip);
      for (int l = group.shape.first; l <= group.shape.last; ++l) {
        const StripeLayer& layer = planned->graph.layers[static_cast<std::size_t>(l)];
        for (const int v : {layer.input, layer.residual}) {
          if (v < 0 || planned->graph.values[static_cast<std::size_t>(v)].writer >= group.shape.first)
            continue;
          const bool loaded = std::count(group.from_memory.begin(), group.from_memory.end(), v) != 0;
          CHECK(loaded != (on_chip.count(v) == 1));
        }
      }
      in_memory.insert(group.to_memory.begin(), group.to_memory.end());
      on_chip = {group.on_chip_behind.begin(), group.on_chip_behind.end()};
      kept += static_cast<int>(on_chip.size()), spilled += static_cast<int>(group.to_memory.size());
    }
    CHECK(next == static_cast<int>(planned->graph.layers.size()));
    several += planned->groups.size() > 1;
  }
  CHECK(several > 20);
  CHECK(kept > 20);
  CHECK(spilled > 20);
}

TEST_CASE("stripe plan: a layer that fits in no stripes is refused with what it needs",
          "[compiler][message]") {
  const model::Network network = test::tall_chain().network;
  std::string refused;
  try {
    Planned(network, 16);
  } catch (const Error& error) {
    refused = error.what();
  }
  CHECK_THAT(refused,
             Catch::Contains(
                 "activation rows in its smallest stripes, the architecture has 16; raise act_rows to "));
  const int need = std::stoi(refused.substr(refused.rfind(' ')));
  CHECK_NOTHROW(Planned(network, need));
  CHECK_THROWS(Planned(network, need - 1));
}
