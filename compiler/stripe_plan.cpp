// SPDX-License-Identifier: Apache-2.0
#include "compiler/stripe_plan.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <set>

#include "base/error.hpp"
#include "base/integer.hpp"
#include "compiler/remedy.hpp"
#include "compiler/stripe_clock.hpp"

namespace wd::compiler {
namespace {

using Mask = unsigned;  // of a border's values: on the chip

constexpr int most_choices = 6;  // values of a border that may stay on the chip; further ones are in memory
constexpr int patience = 6;      // longer groups that are tried behind one that does not fit

/// Values that are needed behind layer `border - 1`; those that are needed soonest first.
std::vector<int> values_at(const StripeGraph& graph, int border) {
  std::vector<std::pair<int, int>> found;
  for (std::size_t v = 0; v < graph.values.size(); ++v) {
    const StripeValue& value = graph.values[v];
    if (value.writer >= border || value.last_reader() < border) continue;
    found.emplace_back(*std::lower_bound(value.readers.begin(), value.readers.end(), border),
                       static_cast<int>(v));
  }
  std::sort(found.begin(), found.end());
  std::vector<int> values;
  for (const auto& [next, v] : found) values.push_back(v);
  return values;
}

/// A way through the layers before a border.
struct Way {
  double cycles = std::numeric_limits<double>::infinity();
  int from = -1;  // the border before
  Mask state = 0;
  StripeGroup group;

  bool there() const { return cycles < std::numeric_limits<double>::infinity(); }
};

/// What a group costs whatever is at its borders.
struct Work {
  double products = 0, weight_rows = 0, norm_rows = 0, parts = 0;
};

class Planner {
 public:
  Planner(const StripeGraph& graph, const arch::Arch& arch, const StripeLimits& limits, int batch)
      : graph_(graph),
        arch_(arch),
        limits_(limits),
        batch_(batch),
        layers_(static_cast<int>(graph.layers.size())) {
    for (int border = 0; border <= layers_; ++border) {
      live_.push_back(values_at(graph, border));
      const std::size_t choices = std::min<std::size_t>(live_.back().size(), most_choices);
      ways_.emplace_back(border == 0 ? 1 : std::size_t{1} << choices);  // the input is in memory
    }
    ways_[0][0].cycles = 0;
  }

  std::vector<StripeGroup> run() {
    for (int first = 0; first < layers_; ++first) {
      if (std::none_of(ways_[index(first)].begin(), ways_[index(first)].end(),
                       [](const Way& way) { return way.there(); }))
        continue;
      int failed = 0;
      for (int last = first; last < layers_ && failed < patience; ++last)
        failed = add_group(first, last) ? 0 : failed + 1;
    }
    if (!ways_.back()[0].there()) refuse();
    std::vector<StripeGroup> groups;
    Mask state = 0;
    for (int border = layers_; border > 0;) {
      const Way& way = ways_[index(border)][state];
      groups.push_back(way.group);
      border = way.from, state = way.state;
    }
    std::reverse(groups.begin(), groups.end());
    return groups;
  }

 private:
  /// A value of the group and where it lies.
  struct Place {
    std::vector<int> values;
    int ring = 0, whole = 0;  // activation rows
  };

  const StripeValue& value(int v) const { return graph_.values[index(v)]; }
  int whole_rows(int v) const { return ring_pitch(value(v), value(v).height, arch_) * value(v).words; }

  /// Whether it fits in any state.
  bool add_group(int first, int last) {
    const std::vector<int>&before = live_[index(first)], &behind = live_[index(last + 1)];
    GroupBorders borders;
    for (const int v : before)
      if (value(v).readers.empty() || used(v, first, last)) borders.loads.push_back(v);
    for (const int v : behind)
      if (value(v).writer >= first) borders.stores.push_back(v);
    const Work work = work_of(first, last);
    const int height = graph_.layers[index(last)].height;
    std::vector<std::vector<char>> fits(ways_[index(first)].size(),
                                        std::vector<char>(ways_[index(last + 1)].size(), 0));
    bool any = false;
    // Whether all states were taken with the best that stripes of so many rows allow: smaller ones cost more.
    const auto attempt = [&](const GroupShape& shape, bool best) {
      const std::vector<StripeAction> actions = group_actions(graph_, shape, borders);
      const std::vector<Place> places = places_of(group_rings(graph_, shape, borders, actions));
      bool all = true;
      for (Mask s = 0; s < fits.size(); ++s)
        for (Mask t = 0; ways_[index(first)][s].there() && t < fits[s].size(); ++t) {
          if (fits[s][t]) continue;
          const bool taken = try_states(shape, s, t, places, actions.size(), work);
          fits[s][t] = static_cast<char>(taken && best);
          any |= taken, all &= taken && best;
        }
      return all;
    };
    for (int rows = height; rows > 0; rows = smaller(last, rows))
      for (const int pieces : {1, 2, 4})
        for (const bool ahead : {true, false}) {
          if (rows == height && (pieces > 1 || !ahead)) continue;
          if (attempt({first, last, rows, pieces, ahead, 1, limits_.residuals_last}, pieces == 1 && ahead))
            return true;
        }
    if (any || first != last) return any;
    const int output = graph_.layers[index(last)].output;
    for (const int slices : possible_slices(graph_, last, arch_))
      if (attempt({first, last, value(output).unit, 1, false, slices}, true) || any) break;
    return any;
  }

  /// The next smaller stripe: halves, in whole multiples of what may begin one.
  int smaller(int last, int rows) const {
    const int output = graph_.layers[index(last)].output;
    const int align = output < 0 ? rows : value(output).align;
    if (rows <= align) return 0;
    int half = align;
    while (half * 2 < rows) half *= 2;
    return half;
  }

  bool is_behind(int v, int layer) const { return value(v).last_reader() > layer; }

  bool used(int v, int first, int last) const {
    const auto reader = std::lower_bound(value(v).readers.begin(), value(v).readers.end(), first);
    return reader != value(v).readers.end() && *reader <= last;
  }

  std::vector<Place> places_of(const std::vector<GroupRing>& rings) const {
    std::vector<Place> places;
    for (const GroupRing& ring : rings) {
      const int v = ring.values.front();
      places.push_back({ring.values, ring_pitch(value(v), ring.rows, arch_) * ring.words, whole_rows(v)});
    }
    return places;
  }

  static bool on_chip(const std::vector<int>& live, Mask state, int v) {
    const auto found = std::find(live.begin(), live.end(), v);
    const auto at = static_cast<std::size_t>(found - live.begin());
    return found != live.end() && at < most_choices && (state >> at & 1) != 0;
  }

  /// Takes the group from state `s` to state `t` if that fits and is the cheapest way so far.
  bool try_states(const GroupShape& shape, Mask s, Mask t, const std::vector<Place>& places,
                  std::size_t actions, const Work& work) {
    const std::vector<int>&before = live_[index(shape.first)], &behind = live_[index(shape.last + 1)];
    StripeGroup group{shape, {}, {}, {}, {}, 0, 0};
    const StripeLayer& end = graph_.layers[index(shape.last)];
    if (shape.slices > 1 && (on_chip(behind, t, end.output) || on_chip(before, s, end.residual) ||
                             on_chip(behind, t, end.residual) || !is_behind(end.output, shape.last)))
      return false;  // slices go through memory
    double loads = 0, stores = 0, bursts = 0;
    const auto burst = [&](int v, std::vector<int>& list, double& beats) {
      list.push_back(v);
      beats += static_cast<double>(value(v).beats());
      bursts += ceil_div(value(v).height, value(v).unit);
    };
    for (const int v : before) {
      const bool here = on_chip(before, s, v), stays = on_chip(behind, t, v),
                 needed = is_behind(v, shape.last);
      if (here) group.on_chip_before.push_back(v);
      if (used(v, shape.first, shape.last)) {
        if (!here) burst(v, group.from_memory, loads);
        if (here && needed && !stays) burst(v, group.to_memory, stores);
      } else if (here != stays) {
        return false;  // it is brought, or goes, where it is used
      } else if (here) {
        group.rows += whole_rows(v);
      }
    }
    for (const int v : behind) {
      if (on_chip(behind, t, v))
        group.on_chip_behind.push_back(v);
      else if (value(v).writer >= shape.first)
        burst(v, group.to_memory, stores);
    }
    for (const Place& place : places) {
      const bool whole = std::any_of(place.values.begin(), place.values.end(),
                                     [&](int v) { return on_chip(before, s, v) || on_chip(behind, t, v); });
      group.rows += whole ? place.whole : place.ring;
    }
    const bool crosses = !group.on_chip_before.empty() || !group.on_chip_behind.empty();
    if (group.rows > (crosses ? limits_.crossing_rows : limits_.act_rows)) return false;
    group.cycles = cycles(shape, loads, stores, bursts, static_cast<double>(actions), work);
    const double total = ways_[index(shape.first)][s].cycles + group.cycles;
    Way& way = ways_[index(shape.last + 1)][t];
    if (total < way.cycles) way = {total, shape.first, s, std::move(group)};
    return true;
  }

  Work work_of(int first, int last) const {
    Work work;
    std::set<std::pair<std::size_t, std::size_t>> seen;
    for (int l = first; l <= last; ++l) {
      const StripeLayer& layer = graph_.layers[index(l)];
      const LoweredConv& conv = *layer.lowered;
      work.norm_rows += norm_rows(conv);
      work.parts += 1;
      if (conv.weights == nullptr) continue;
      const double rows = rows_per_tile(conv, arch_) * channel_tiles(conv, arch_);
      if (seen.insert({layer.step, layer.conv}).second) work.weight_rows += rows;
      work.parts += std::max(0.0, rows / (arch_.weight_rows / 4.0) - 1);
      const double pooled = conv.conv->pooled ? conv.kernel_h * conv.kernel_w : 1;
      work.products += static_cast<double>(conv.weights->count()) * pooled * conv.out_h * conv.out_w * batch_;
    }
    return work;
  }

  double cycles(const GroupShape& shape, double loads, double stores, double bursts, double actions,
                const Work& work) const {
    const double again = ceil_div(graph_.layers[index(shape.last)].height, shape.rows) - 1;
    const double weights =
        work.weight_rows * beats_per_weight_row +
        again * beats_per_weight_row * std::max(0.0, work.weight_rows - arch_.weight_rows) +
        again * beats_per_norm_row * std::max(0.0, work.norm_rows - arch_.norm_rows);
    const double products = work.products / products_per_cycle;
    const bool alone = shape.first == shape.last;  // each stripe takes the rows of the one before
    stores *= cycles_per_stored_beat;
    const double exposed = (shape.ahead ? 0 : loads) + (alone ? stores : 0);
    const double beside = loads + stores - exposed + weights;
    const double instructions = actions * work.parts / (shape.last + 1 - shape.first) + bursts;
    return exposed + std::max(0.0, beside - products) + limits_.per_beat * (loads + stores + weights) +
           burst_cycles * bursts + limits_.per_instruction * instructions;
  }

  [[noreturn]] void refuse() const {
    int largest = 0, need = 0;
    for (int l = 0; l < layers_; ++l)
      if (const int own = least_need(l); own > need) largest = l, need = own;
    const LoweredConv& conv = *graph_.layers[index(largest)].lowered;
    throw Error(text("layer ", conv.name, ": needs ", need,
                     " activation rows in its smallest stripes, the architecture has ", limits_.act_rows,
                     "; ", raise("act_rows", need, "take smaller images or fewer channels"),
                     or_smaller_batch(batch_)));
  }

  /// Activation rows of a layer alone, all through memory.
  int least_need(int l) const {
    GroupBorders borders;
    const StripeLayer& layer = graph_.layers[index(l)];
    borders.loads.push_back(layer.input);
    if (layer.residual >= 0 && layer.residual != layer.input) borders.loads.push_back(layer.residual);
    if (layer.output >= 0) borders.stores.push_back(layer.output);
    int least = std::numeric_limits<int>::max();
    std::vector<GroupShape> shapes;
    for (int rows = layer.height; rows > 0; rows = smaller(l, rows)) shapes.push_back({l, l, rows, 1, false});
    for (const int slices : possible_slices(graph_, l, arch_))
      shapes.push_back({l, l, value(layer.output).unit, 1, false, slices});
    for (const GroupShape& shape : shapes) {
      int need = 0;
      for (const Place& place :
           places_of(group_rings(graph_, shape, borders, group_actions(graph_, shape, borders))))
        need += place.ring;
      least = std::min(least, need);
    }
    return least;
  }

  const StripeGraph& graph_;
  const arch::Arch& arch_;
  const StripeLimits& limits_;
  const int batch_, layers_;
  std::vector<std::vector<int>> live_;  // values at each border
  std::vector<std::vector<Way>> ways_;  // of each border and state
};

}  // namespace

std::vector<StripeGroup> plan_stripes(const StripeGraph& graph, const arch::Arch& arch,
                                      const StripeLimits& limits, int batch) {
  return Planner(graph, arch, limits, batch).run();
}

}  // namespace wd::compiler
