// SPDX-License-Identifier: Apache-2.0
// Layouts of random networks on narrow buffers, run in a simulated buffer and memory, word by word.
#include "compiler/stripe_layout.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>

#include "base/error.hpp"
#include "compiler/stripe_test_networks.hpp"

using namespace wd;
using namespace wd::compiler;

namespace {

using Kind = StripeAction::Kind;

/// Which value's which row each word of the buffer belongs to, and what is in memory.
class Machine {
 public:
  Machine(const StripeGraph& graph, const StripeLayout& layout, int act_rows)
      : graph_(graph), layout_(layout), words_(static_cast<std::size_t>(act_rows) * 16, {-1, -1}) {}

  void run() {
    for (group_ = 0; group_ < layout_.groups.size(); ++group_)
      for (const StripeAction& action : layout_.actions[group_]) step(action);
  }

  int wraps = 0, slices = 0, in_place = 0, spills = 0;

 private:
  void step(const StripeAction& action) {
    if (action.kind == Kind::load) {
      if (graph_.values[static_cast<std::size_t>(action.what)].writer >= 0)
        for (int y = action.rows.first; y < action.rows.end; ++y)
          if (memory_[{action.what, y, action.slice}] == 0) FAIL("row " << y << " is not in memory");
      return write(action.what, action.rows);
    }
    if (action.kind == Kind::store) {
      read(action.what, action.rows);
      ++spills;
      const int slices_of = layout_.groups[group_].shape.slices;
      for (int y = action.rows.first; y < action.rows.end; ++y)
        for (int s = 0; s < (slices_of > 1 ? 1 : 64); ++s) memory_[{action.what, y, action.slice + s}] = 1;
      return;
    }
    slices += action.slice > 0;
    const StripeLayer& layer = graph_.layers[static_cast<std::size_t>(action.what)];
    for (const RowRange& rows : pieces_of(graph_, layout_, group_, action)) {
      const RowRange input = layer.needs(rows);
      const int ring = layout_.ring(group_, layer.input).rows;
      wraps += input.first / ring != (input.end - 1) / ring;
      read(layer.input, input);
      if (layer.residual >= 0) read(layer.residual, rows);
      if (layer.output < 0) continue;
      in_place +=
          layer.residual >= 0 && layout_.ring_of[group_][static_cast<std::size_t>(layer.output)] ==
                                     layout_.ring_of[group_][static_cast<std::size_t>(layer.residual)];
      write(layer.output, rows);
    }
  }

  template <typename Visit>
  void for_words(int value, RowRange rows, Visit visit) {
    const StripeRing& ring = layout_.ring(group_, value);
    const int width = graph_.values[static_cast<std::size_t>(value)].width;
    for (int word = 0; word < ring.area / ring.pitch; ++word)
      for (int y = rows.first; y < rows.end; ++y)
        for (int x = 0; x < width; ++x)
          visit(words_.at(static_cast<std::size_t>((ring.first + word * ring.pitch) * 16 +
                                                   y % ring.rows * width + x)),
                y);
  }
  void write(int value, RowRange rows) {
    for_words(value, rows, [&](std::pair<int, int>& word, int y) { word = {value, y}; });
  }
  void read(int value, RowRange rows) {
    for_words(value, rows, [&](const std::pair<int, int>& word, int y) {
      if (word != std::pair{value, y}) FAIL("row " << y << " of value " << value << " is not there");
    });
  }

  const StripeGraph& graph_;
  const StripeLayout& layout_;
  std::size_t group_ = 0;
  std::vector<std::pair<int, int>> words_;
  std::map<std::tuple<int, int, int>, int> memory_;  // value, row, slice
};

}  // namespace

TEST_CASE("stripe layout: in a simulated buffer and memory every word is there when it is read",
          "[compiler]") {
  int layouts = 0, wraps = 0, slices = 0, in_place = 0, spills = 0;
  for (std::uint64_t seed = 1; seed <= 120; ++seed) {
    INFO("seed " << seed);
    const model::Network network = seed % 3 == 0   ? model::pooled_stem_network(seed)
                                   : seed % 9 == 1 ? test::wide_chain().network
                                   : seed % 3 == 1 ? test::tall_chain(1 + static_cast<int>(seed % 4)).network
                                                   : model::residual_network(seed);
    arch::Arch arch;
    arch.act_rows = 24 + static_cast<int>(seed * 29 % 400);
    const std::vector<LoweredStep> steps = lower_steps(network, true);
    const int batch = 1 << seed % 5;
    const StripeGraph graph = stripe_graph(network, steps, arch, batch);
    StripeLayout layout;
    try {
      layout = plan_and_lay_out(graph, arch, 48, 0.125, batch);
    } catch (const Error&) {
      continue;  // too narrow
    }
    ++layouts;
    CHECK(layout.rows <= arch.act_rows);
    Machine machine(graph, layout, arch.act_rows);
    machine.run();
    wraps += machine.wraps, slices += machine.slices, in_place += machine.in_place, spills += machine.spills;
  }
  CHECK(layouts > 60);
  CHECK(wraps > 100);
  CHECK(slices > 2);
  CHECK(in_place > 100);
  CHECK(spills > 100);
}
