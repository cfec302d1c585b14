// SPDX-License-Identifier: Apache-2.0
#include "compiler/stripe_layout.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/integer.hpp"

namespace wd::compiler {
namespace {

bool has(const std::vector<int>& values, int value) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

class Layouter {
 public:
  Layouter(const StripeGraph& graph, std::vector<StripeGroup> groups, const arch::Arch& arch)
      : graph_(graph), arch_(arch), present_(graph.values.size(), -1) {
    layout_.groups = std::move(groups);
  }

  StripeLayout run() {
    for (std::size_t g = 0; g < layout_.groups.size(); ++g) add_group(static_cast<int>(g));
    place();
    return std::move(layout_);
  }

 private:
  void add_group(int g) {
    const StripeGroup& group = layout_.groups[index(g)];
    GroupBorders borders{group.from_memory, {}};
    std::vector<int> behind;  // stored when the group is done
    for (const int v : group.to_memory)
      (graph_.values[index(v)].writer >= group.shape.first ? borders.stores : behind).push_back(v);
    std::vector<StripeAction> actions = group_actions(graph_, group.shape, borders);
    std::vector<int> ring_of(graph_.values.size(), -1);
    for (const int v : group.on_chip_before) stay(ring_of[index(v)] = present_[index(v)], g);
    for (const GroupRing& ring : group_rings(graph_, group.shape, borders, actions)) {
      const int number = number_of(ring, group, g);
      for (const int v : ring.values) ring_of[index(v)] = number;
    }
    for (const int v : behind) {
      const StripeValue& value = graph_.values[index(v)];
      for (int first = 0; first < value.height; first += value.unit)
        actions.push_back(
            {StripeAction::Kind::store, v, {first, std::min(first + value.unit, value.height)}});
    }
    std::fill(present_.begin(), present_.end(), -1);
    for (const int v : group.on_chip_behind) present_[index(v)] = ring_of[index(v)];
    layout_.actions.push_back(std::move(actions));
    layout_.ring_of.push_back(std::move(ring_of));
  }

  void stay(int ring, int group) { layout_.rings[index(ring)].last_group = group; }

  /// Of the ring that one of the values has already, or of a new one.
  int number_of(const GroupRing& ring, const StripeGroup& group, int g) {
    std::vector<StripeRing>& rings = layout_.rings;
    for (const int v : ring.values)
      if (has(group.on_chip_before, v)) {
        StripeRing& present = rings[index(present_[index(v)])];
        for (const int other : ring.values)
          if (!has(present.values, other)) present.values.push_back(other);
        return present_[index(v)];
      }
    const StripeValue& value = graph_.values[index(ring.values.front())];
    const bool whole = std::any_of(ring.values.begin(), ring.values.end(),
                                   [&](int v) { return has(group.on_chip_behind, v); });
    const int rows = whole ? value.height : ring.rows;
    const int pitch = ring_pitch(value, rows, arch_);
    rings.push_back({ring.values, rows, pitch, pitch * ring.words, g, g});
    return static_cast<int>(rings.size()) - 1;
  }

  using Before = bool (*)(const StripeRing&, const StripeRing&);

  /// First fit in some orders; the one that takes the fewest rows.
  void place() {
    const Before orders[] = {
        [](const StripeRing& a, const StripeRing& b) { return a.first_group < b.first_group; },
        [](const StripeRing& a, const StripeRing& b) { return a.area > b.area; },
        [](const StripeRing& a, const StripeRing& b) {
          const int life_a = a.last_group - a.first_group, life_b = b.last_group - b.first_group;
          return life_a != life_b ? life_a > life_b : a.area > b.area;
        }};
    for (const Before order : orders) {
      const std::vector<int> first = placed(order);
      int rows = 0;
      for (std::size_t r = 0; r < first.size(); ++r) rows = std::max(rows, first[r] + layout_.rings[r].area);
      if (layout_.rows != 0 && rows >= layout_.rows) continue;
      layout_.rows = rows;
      for (std::size_t r = 0; r < first.size(); ++r) layout_.rings[r].first = first[r];
    }
  }

  std::vector<int> placed(Before before) const {
    std::vector<const StripeRing*> order;
    for (const StripeRing& ring : layout_.rings) order.push_back(&ring);
    std::stable_sort(order.begin(), order.end(),
                     [&](const StripeRing* a, const StripeRing* b) { return before(*a, *b); });
    std::vector<int> first(layout_.rings.size(), 0);
    const auto number = [&](const StripeRing* ring) {
      return static_cast<std::size_t>(ring - layout_.rings.data());
    };
    std::vector<const StripeRing*> there;  // by first row
    for (const StripeRing* ring : order) {
      int& row = first[number(ring)];
      for (const StripeRing* other : there)
        if (ring->first_group <= other->last_group && other->first_group <= ring->last_group &&
            first[number(other)] < row + ring->area)
          row = std::max(row, first[number(other)] + other->area);
      const auto at =
          std::upper_bound(there.begin(), there.end(), row,
                           [&](int own, const StripeRing* other) { return own < first[number(other)]; });
      there.insert(at, ring);
    }
    return first;
  }

  const StripeGraph& graph_;
  const arch::Arch& arch_;
  std::vector<int> present_;  // ring of each value that is on the chip at the border
  StripeLayout layout_;
};

}  // namespace

StripeLayout lay_out(const StripeGraph& graph, std::vector<StripeGroup> groups, const arch::Arch& arch) {
  return Layouter(graph, std::move(groups), arch).run();
}

std::vector<RowRange> pieces_of(const StripeGraph& graph, const StripeLayout& layout, std::size_t group,
                                const StripeAction& action) {
  const StripeLayer& layer = graph.layers[index(action.what)];
  std::vector<int> ends;
  const auto end_at = [&](int value) {
    if (value < 0) return;
    const int rows = layout.ring(group, value).rows;
    if (rows < graph.values[index(value)].height) ends.push_back(rows);
  };
  end_at(layer.output);
  end_at(layer.residual);
  if (layer.lowered->conv->kind == model::LayerKind::elementwise) end_at(layer.input);
  return split_at_rings(action.rows, ends);
}

RowRange rows_in_ring(const StripeRing& ring, int width, RowRange rows, int word, const arch::Arch& arch) {
  const int first = ring.first + word * ring.pitch, pixel = rows.first % ring.rows * width;
  return {first + pixel / arch.groups(), first + ceil_div(pixel + rows.count() * width, arch.groups())};
}

StripeLayout plan_and_lay_out(const StripeGraph& graph, const arch::Arch& arch, double per_instruction,
                              double per_beat, int batch, bool residuals_last) {
  constexpr int tries = 8;
  StripeLayout layout;
  for (int t = 0; t <= tries; ++t) {
    // The last time no value stays over a border: then a group's rings are all that there is.
    const int crossing = t == tries ? 0 : arch.act_rows - arch.act_rows * t / (2 * tries);
    layout =
        lay_out(graph,
                plan_stripes(graph, arch,
                             {arch.act_rows, crossing, per_instruction, per_beat, residuals_last}, batch),
                arch);
    if (layout.rows <= arch.act_rows) return layout;
  }
  WD_ASSERT(layout.rows <= arch.act_rows);
  return layout;
}

}  // namespace wd::compiler
