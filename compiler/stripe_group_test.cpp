// SPDX-License-Identifier: Apache-2.0
// Groups by hand; then groups of any layers of random networks in a buffer that is simulated row by row: each row is computed
// once, is there when it is read, and no burst or stripe crosses the end of its ring.
#include "compiler/stripe_group.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>

#include "base/error.hpp"
#include "compiler/stripe_test_networks.hpp"

using namespace wd;
using namespace wd::compiler;

namespace {

using Kind = StripeAction::Kind;

/// With the steps that a graph points to.
struct Lowered {
  std::vector<LoweredStep> steps;
  StripeGraph graph;

  explicit Lowered(const model::Network& network)
      : steps(lower_steps(network, true)), graph(stripe_graph(network, steps, {}, 1)) {}
};

std::string text_of(const std::vector<StripeAction>& actions) {
  std::string all;
  for (const StripeAction& a : actions)
    all += text(a.kind == Kind::load    ? "load "
                : a.kind == Kind::store ? "store "
                                        : "",
                a.what, ":", a.rows.first, "-", a.rows.end, a.slice > 0 ? text("/", a.slice) : "", "; ");
  return all;
}

/// What a group's borders are if everything goes through memory.
GroupBorders all_borders(const StripeGraph& graph, int first, int last) {
  GroupBorders borders;
  for (std::size_t v = 0; v < graph.values.size(); ++v) {
    const StripeValue& value = graph.values[v];
    const bool used = std::any_of(value.readers.begin(), value.readers.end(),
                                  [&](int reader) { return first <= reader && reader <= last; });
    if (value.writer < first && used) borders.loads.push_back(static_cast<int>(v));
    if (value.writer >= first && value.writer <= last && value.last_reader() > last)
      borders.stores.push_back(static_cast<int>(v));
  }
  return borders;
}

/// Which value's which row each ring row holds.
class Buffer {
 public:
  Buffer(const StripeGraph& graph, const std::vector<GroupRing>& rings) : graph_(graph), rings_(rings) {
    for (std::size_t r = 0; r < rings.size(); ++r) {
      held_.emplace_back(static_cast<std::size_t>(rings[r].rows), std::pair{-1, -1});
      for (const int v : rings[r].values) ring_of_[v] = r;
    }
  }

  void write(int value, RowRange rows) {
    for (int y = rows.first; y < rows.end; ++y) held(value, y) = {value, y};
  }
  void read(int value, RowRange rows) {
    for (int y = rows.first; y < rows.end; ++y)
      if (held(value, y) != std::pair{value, y})
        FAIL("row " << y << " of value " << value << " is not there");
  }
  void require_whole(int value, RowRange rows) const {
    const int ring = rings_[ring_of_.at(value)].rows;
    if (rows.first / ring != (rows.end - 1) / ring)
      FAIL("rows " << rows.first << " of value " << value << " wrap");
    const int width = graph_.values[static_cast<std::size_t>(value)].width;
    if (rows.first * width % 16 != 0)
      FAIL("rows " << rows.first << " of value " << value << " are not aligned");
  }
  int rows(int value) const { return rings_[ring_of_.at(value)].rows; }

 private:
  std::pair<int, int>& held(int value, int y) {
    auto& ring = held_[ring_of_.at(value)];
    return ring[static_cast<std::size_t>(y) % ring.size()];
  }

  const StripeGraph& graph_;
  const std::vector<GroupRing>& rings_;
  std::map<int, std::size_t> ring_of_;
  std::vector<std::vector<std::pair<int, int>>> held_;
};

void simulate(const StripeGraph& graph, const GroupShape& shape) {
  const GroupBorders borders = all_borders(graph, shape.first, shape.last);
  const std::vector<StripeAction> actions = group_actions(graph, shape, borders);
  const std::vector<GroupRing> rings = group_rings(graph, shape, borders, actions);
  Buffer buffer(graph, rings);
  std::map<int, int> computed, stored;
  for (const StripeAction& action : actions) {
    if (action.kind != Kind::compute) {
      buffer.require_whole(action.what, action.rows);
      if (action.kind == Kind::load) {
        buffer.write(action.what, action.rows);
      } else {
        buffer.read(action.what, action.rows);
        CHECK(action.rows.first == stored[action.what]);
        stored[action.what] = action.rows.end;
      }
      continue;
    }
    const StripeLayer& layer = graph.layers[static_cast<std::size_t>(action.what)];
    std::vector<int> ends;
    if (layer.output >= 0) ends.push_back(buffer.rows(layer.output));
    if (layer.residual >= 0) ends.push_back(buffer.rows(layer.residual));
    CHECK(action.rows.first == computed[action.what]);
    computed[action.what] = action.rows.end;
    for (const RowRange& rows : split_at_rings(action.rows, ends)) {
      CHECK_FALSE(layer.begins_below(rows.first));
      buffer.read(layer.input, layer.needs(rows));
      if (layer.residual >= 0) buffer.read(layer.residual, rows), buffer.require_whole(layer.residual, rows);
      if (layer.output >= 0) buffer.require_whole(layer.output, rows), buffer.write(layer.output, rows);
    }
  }
  for (int l = shape.first; l <= shape.last; ++l)
    CHECK(computed[l] == graph.layers[static_cast<std::size_t>(l)].height);
  for (const int v : borders.stores) CHECK(stored[v] == graph.values[static_cast<std::size_t>(v)].height);
}

}  // namespace

TEST_CASE("stripe group: rows are pulled with their halo, computed once, and loaded ahead", "[compiler]") {
  test::Chain chain(12, 16, 512);  // 512 beats a row: bursts of one
  chain.conv("a", 3, 16);
  chain.conv("b", 3, 16);
  const Lowered lowered(chain.network);
  const StripeGraph& graph = lowered.graph;
  const GroupBorders borders{{0}, {}};
  const auto actions = [&](const GroupShape& shape) { return group_actions(graph, shape, borders); };
  const auto plain = actions({0, 1, 4, 1, false});
  CHECK(text_of(plain) ==
        "load 0:0-1; load 0:1-2; load 0:2-3; load 0:3-4; load 0:4-5; load 0:5-6; 0:0-5; 1:0-4; "
        "load 0:6-7; load 0:7-8; load 0:8-9; load 0:9-10; 0:5-9; 1:4-8; "
        "load 0:10-11; load 0:11-12; 0:9-12; 1:8-12; ");
  const std::vector<GroupRing> rings = group_rings(graph, {0, 1, 4, 1, false}, borders, plain);
  REQUIRE(rings.size() == 3);
  CHECK(rings[0].rows == 6);  // 6 for 5 rows, then rows 4 to 9
  CHECK(rings[1].rows == 6);  // rows 3 to 8
  CHECK(rings[2].rows == 4);
  const auto ahead = actions({0, 1, 4, 1, true});
  CHECK(group_rings(graph, {0, 1, 4, 1, true}, borders, ahead)[0].rows > 6);
  CHECK(std::count_if(ahead.begin(), ahead.end(),
                      [](const StripeAction& a) { return a.kind == Kind::load; }) == 12);
  // In smaller pieces the first layer's input is not there all at once.
  const auto pieces = actions({0, 1, 4, 4, false});
  CHECK(group_rings(graph, {0, 1, 4, 4, false}, borders, pieces)[0].rows == 3);
}

TEST_CASE("stripe group: an output takes its residual's ring where nobody needs that any more",
          "[compiler]") {
  test::Chain chain(32, 16, 16);
  chain.bottleneck("block", 16);
  const Lowered lowered(chain.network);
  const StripeGraph& graph = lowered.graph;
  const GroupShape shape{0, 2, 4, 1, false};
  const GroupBorders borders{{0}, {3}};
  const std::vector<GroupRing> rings =
      group_rings(graph, shape, borders, group_actions(graph, shape, borders));
  REQUIRE(rings.size() == 3);
  CHECK(rings[0].values == std::vector<int>{0, 3});
  test::Chain wide(32, 16, 16);  // the residual is read again, by rows that come later
  const int input = wide.conv("a", 1, 16);
  wide.conv("b", 1, 16, 1, input, 0);
  wide.conv("c", 3, 16, 1, std::nullopt, input);
  CHECK(Lowered(wide.network).graph.overwritten(1) == -1);
}

TEST_CASE("stripe group: some channels at a time, where all go through memory", "[compiler]") {
  test::Chain chain(32, 16, 64);
  const int first = chain.conv("a", 1, 256);
  chain.conv("b", 1, 256, 1, first, 0);
  const arch::Arch arch;
  const Lowered lowered(chain.network);
  const StripeGraph& graph = lowered.graph;
  CHECK(possible_slices(graph, 1, arch) == std::vector<int>{2, 4});
  const GroupShape shape{1, 1, 16, 1, false, 4};
  const GroupBorders borders{{0, 1}, {2}};
  const std::vector<StripeAction> actions = group_actions(graph, shape, borders);
  const std::vector<GroupRing> rings = group_rings(graph, shape, borders, actions);
  REQUIRE(rings.size() == 2);
  CHECK(rings[0].words == 4);
  CHECK(rings[1].values == std::vector<int>{1, 2});
  CHECK(rings[1].words == 4);  // of 16
  int slices = 0;
  for (const StripeAction& action : actions) slices += action.kind == Kind::compute;
  CHECK(slices == 8);
}

TEST_CASE("stripe group: in a simulated buffer every row is there when it is read", "[compiler]") {
  int groups = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    const model::Network network = seed % 4 == 0   ? model::pooled_stem_network(seed)
                                   : seed % 4 == 1 ? model::small_network(seed)
                                                   : model::residual_network(seed);
    const std::vector<LoweredStep> steps = lower_steps(network, seed % 3 != 0);
    const StripeGraph graph = stripe_graph(network, steps, {}, 1 << seed % 5);
    const int layers = static_cast<int>(graph.layers.size());
    for (int first = 0; first < layers; ++first)
      for (int last = first; last < std::min(layers, first + 6); ++last) {
        const StripeLayer& layer = graph.layers[static_cast<std::size_t>(last)];
        if (layer.output < 0) continue;
        for (int rows = graph.values[static_cast<std::size_t>(layer.output)].align; rows < 2 * layer.height;
             rows *= 2)
          for (const int pieces : {1, 2, 4}) {
            INFO("seed " << seed << ", layers " << first << " to " << last << ", rows " << rows << " in "
                         << pieces);
            simulate(graph, {first, last, rows, pieces, (first + rows) % 2 == 0});
            ++groups;
          }
      }
  }
  CHECK(groups > 3000);
}
