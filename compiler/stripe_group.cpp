// SPDX-License-Identifier: Apache-2.0
#include "compiler/stripe_group.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/integer.hpp"
#include "hw/formats/program/geometry.hpp"

namespace wd::compiler {
namespace {

using Kind = StripeAction::Kind;
using Rows = std::vector<int>;  // of each value, from the first on

int rounded_up(int rows, int multiple) { return ceil_div(rows, multiple) * multiple; }

bool has(const std::vector<int>& values, int value) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

/// Pulls one stripe after the other.
class Puller {
 public:
  Puller(const StripeGraph& graph, const GroupShape& shape, const GroupBorders& borders)
      : graph_(graph),
        shape_(shape),
        borders_(borders),
        height_(graph.layers[index(shape.last)].height),
        there_(graph.values.size(), 0),
        stored_(graph.values.size(), 0),
        read_(graph.values.size(), 0) {
    const auto read = [&](int v, int end) { read_[index(v)] = std::max(read_[index(v)], end); };
    for (int l = shape.first; l <= shape.last; ++l) {
      read(layer(l).input, layer(l).needs({0, layer(l).height}).end);
      if (layer(l).residual >= 0) read(layer(l).residual, layer(l).height);
    }
  }

  std::vector<StripeAction> run() {
    for (int rows = std::min(shape_.rows, height_);; rows = std::min(rows + shape_.rows, height_)) {
      for (int l = shape_.first; l < shape_.last; ++l)
        if (is_end(l)) compute(l, in_step(l, rows));
      compute(shape_.last, rows);
      if (rows == height_) break;
    }
    for (int l = shape_.first; l < shape_.last; ++l)
      compute(l, layer(l).height);  // rows that no layer needed
    return std::move(actions_);
  }

 private:
  const StripeValue& value(int v) const { return graph_.values[index(v)]; }
  const StripeLayer& layer(int l) const { return graph_.layers[index(l)]; }

  /// Whether no other layer of the group reads its output.
  bool is_end(int l) const {
    const StripeValue& output = value(layer(l).output);
    return output.readers.empty() || output.readers.front() > shape_.last;
  }

  /// The share of a layer's rows that the last one's are of its own.
  int in_step(int l, int rows) const {
    return static_cast<int>(std::int64_t{layer(l).height} * rows / height_);
  }

  /// Up to a row that may begin the next stripe.
  int rounded(int l, int rows) const {
    if (layer(l).output < 0) return layer(l).height;
    rows = std::min(rounded_up(rows, value(layer(l).output).align), layer(l).height);
    return layer(l).begins_below(rows) ? layer(l).height : rows;
  }

  /// The rows of a layer's output are there up to one.
  void compute(int l, int rows) {
    const StripeLayer& of = layer(l);
    rows = rounded(l, rows);
    const int piece = l == shape_.last ? shape_.rows : std::max(in_step(l, shape_.rows) / shape_.pieces, 1);
    for (int* done = of.output < 0 ? &scores_ : &there_[index(of.output)]; *done < rows;) {
      const int end = rows - *done <= piece + piece / 2 ? rows : std::min(rounded(l, *done + piece), rows);
      compute_piece(l, {*done, end});
      *done = end;
      if (of.output >= 0 && shape_.slices == 1 && has(borders_.stores, of.output)) store(of.output);
    }
  }

  void compute_piece(int l, RowRange rows) {
    const StripeLayer& of = layer(l);
    if (!shape_.residuals_last) bring_residual(of, rows);
    const RowRange input = of.needs(rows);
    bring(of.input, input.end);
    if (shape_.ahead && has(borders_.loads, of.input))
      load(of.input, input.end + rows.count() * input_rows(l));
    if (shape_.residuals_last) bring_residual(of, rows);
    if (shape_.slices == 1) {
      actions_.push_back({Kind::compute, l, rows});
      return;
    }
    for (int slice = 0; slice < shape_.slices; ++slice) {
      if (of.residual >= 0) units(Kind::load, of.residual, rows, slice);
      actions_.push_back({Kind::compute, l, rows, slice});
      units(Kind::store, of.output, rows, slice);
    }
  }

  void bring_residual(const StripeLayer& of, RowRange rows) {
    if (of.residual < 0 || shape_.slices > 1) return;
    bring(of.residual, rows.end);
    if (shape_.ahead && has(borders_.loads, of.residual)) load(of.residual, rows.end + rows.count());
  }

  /// For an output row more.
  int input_rows(int l) const {
    return layer(l).lowered->conv->kind == model::LayerKind::elementwise ? 1 : layer(l).lowered->conv->stride;
  }

  /// Computes or loads a value up to a row, if it is neither there nor there before the group.
  void bring(int v, int rows) {
    if (value(v).writer >= shape_.first) return compute(value(v).writer, rows);
    if (has(borders_.loads, v)) load(v, rows);
  }

  void load(int v, int rows) {
    int& there = there_[index(v)];
    const int end = std::min(rounded_up(std::min(rows, read_[index(v)]), value(v).unit), value(v).height);
    if (end > there) units(Kind::load, v, {there, end}, 0);
    there = std::max(there, end);
  }

  /// Units that are complete.
  void store(int v) {
    const int there = there_[index(v)], unit = value(v).unit;
    const int complete = there == value(v).height ? there : there / unit * unit;
    int& stored = stored_[index(v)];
    if (complete > stored) units(Kind::store, v, {stored, complete}, 0);
    stored = complete;
  }

  void units(Kind kind, int v, RowRange rows, int slice) {
    for (int first = rows.first; first < rows.end; first += value(v).unit)
      actions_.push_back({kind, v, {first, std::min(first + value(v).unit, rows.end)}, slice});
  }

  const StripeGraph& graph_;
  const GroupShape& shape_;
  const GroupBorders& borders_;
  const int height_;
  Rows there_, stored_;
  Rows read_;  // by the group's layers
  int scores_ = 0;
  std::vector<StripeAction> actions_;
};

/// When each row of the group's values is written and read last, in actions.
class RowTimes {
 public:
  RowTimes(const StripeGraph& graph, const std::vector<StripeAction>& actions)
      : graph_(graph), actions_(actions), last_read(graph.values.size()), written(graph.values.size()) {
    for (std::size_t t = 0; t < actions.size(); ++t) add(actions[t], static_cast<int>(t));
  }

  /// Whether a layer that writes its output over `before` finds each row read by all others.
  bool may_overwrite(int layer, int before) const {
    const std::vector<int>& reads = last_read[index(before)];
    for (std::size_t t = 0; t < actions_.size(); ++t) {
      if (actions_[t].kind != Kind::compute || actions_[t].what != layer) continue;
      for (int y = actions_[t].rows.first; y < actions_[t].rows.end; ++y)
        if (reads[index(y)] > static_cast<int>(t)) return false;
    }
    return true;
  }

 private:
  void touch(std::vector<std::vector<int>>& times, int value, RowRange rows, int time) {
    std::vector<int>& of = times[index(value)];
    if (of.empty()) of.assign(index(graph_.values[index(value)].height), -1);
    for (int y = rows.first; y < rows.end; ++y) of[index(y)] = time;
  }

  void add(const StripeAction& action, int time) {
    if (action.kind == Kind::load) return touch(written, action.what, action.rows, time);
    if (action.kind == Kind::store) return touch(last_read, action.what, action.rows, time);
    const StripeLayer& layer = graph_.layers[index(action.what)];
    touch(last_read, layer.input, layer.needs(action.rows), time);
    if (layer.residual >= 0) touch(last_read, layer.residual, action.rows, time);
    if (layer.output >= 0) touch(written, layer.output, action.rows, time);
  }

  const StripeGraph& graph_;
  const std::vector<StripeAction>& actions_;

 public:
  std::vector<std::vector<int>> last_read, written;  // by value and row; -1: never
};

/// Rows from the oldest that is needed to the newest, at most. A value that is there before the group needs all of them.
int least_rows(const StripeGraph& graph, const GroupRing& ring, const RowTimes& times) {
  const int height = graph.values[index(ring.values.front())].height;
  const std::vector<int>& written = times.written[index(ring.values.front())];
  if (written.empty()) return height;
  std::vector<int> until = written;
  for (const int v : ring.values)
    for (const auto* of : {&times.written[index(v)], &times.last_read[index(v)]})
      if (!of->empty())
        for (std::size_t y = 0; y < until.size(); ++y) until[y] = std::max(until[y], (*of)[y]);
  int least = 0, oldest = 0;
  for (int y = 0; y < height; ++y) {
    // Rows are written in order; all of an action's count from its first.
    while (oldest < y && until[index(oldest)] < written[index(y)]) ++oldest;
    least = std::max(least, y + 1 - oldest);
  }
  return least;
}

}  // namespace

std::vector<StripeAction> group_actions(const StripeGraph& graph, const GroupShape& shape,
                                        const GroupBorders& borders) {
  return Puller(graph, shape, borders).run();
}

std::vector<GroupRing> group_rings(const StripeGraph& graph, const GroupShape& shape,
                                   const GroupBorders& borders, const std::vector<StripeAction>& actions) {
  const RowTimes times(graph, actions);
  std::vector<GroupRing> rings;
  std::vector<int> ring_of(graph.values.size(), -1);
  const auto add = [&](int v) {
    if (ring_of[index(v)] >= 0) return;
    ring_of[index(v)] = static_cast<int>(rings.size());
    rings.push_back({{v}});
  };
  for (int l = shape.first; l <= shape.last; ++l) {
    const StripeLayer& layer = graph.layers[index(l)];
    add(layer.input);
    if (layer.residual >= 0) add(layer.residual);
    if (layer.output < 0) continue;
    const int before = graph.overwritten(l);
    // A slice is loaded, written over and stored before the next one.
    if (before < 0 || (shape.slices == 1 && !times.may_overwrite(l, before))) {
      add(layer.output);
      continue;
    }
    const int ring = ring_of[index(layer.output)] = ring_of[index(before)];
    rings[index(ring)].values.push_back(layer.output);
  }
  std::vector<char> whole(rings.size(), 0);  // a stripe, and then a ring, cannot begin anywhere
  for (int l = shape.first; l <= shape.last; ++l) {
    const StripeLayer& layer = graph.layers[index(l)];
    if (!layer.begins_below(layer.height - 1)) continue;
    for (const int v : {layer.output, layer.residual})
      if (v >= 0) whole[index(ring_of[index(v)])] = 1;
  }
  for (std::size_t r = 0; r < rings.size(); ++r) {
    GroupRing& ring = rings[r];
    const StripeValue& value = graph.values[index(ring.values.front())];
    int multiple = value.align;
    for (const int v : ring.values)
      if (has(borders.loads, v) || has(borders.stores, v)) multiple = value.unit;
    const StripeLayer& last = graph.layers[index(shape.last)];
    ring.words = has(ring.values, last.input) ? value.words : value.words / shape.slices;
    ring.least = whole[r] ? value.height : least_rows(graph, ring, times);
    ring.rows = std::min(rounded_up(ring.least, multiple), value.height);
  }
  return rings;
}

int ring_pitch(const StripeValue& value, int rows, const arch::Arch& arch) {
  return ceil_div(rows * value.width, arch.groups());
}

std::vector<int> possible_slices(const StripeGraph& graph, int layer, const arch::Arch& arch) {
  const StripeLayer& of = graph.layers[index(layer)];
  std::vector<int> slices;
  if (of.output < 0 || of.residual == of.input || of.lowered->conv->kind != model::LayerKind::conv)
    return slices;
  const StripeValue& output = graph.values[index(of.output)];
  const int tiles = program::channel_tiles(output.blocks, arch);
  for (int count = 2; count <= tiles; ++count)
    if (tiles % count == 0 && output.blocks % (tiles / count * program::tile_blocks(arch)) == 0)
      slices.push_back(count);
  return slices;
}

std::vector<RowRange> split_at_rings(RowRange rows, const std::vector<int>& ring_rows) {
  std::vector<RowRange> pieces;
  for (int first = rows.first; first < rows.end;) {
    int end = rows.end;
    for (const int ring : ring_rows)
      if (ring > 0) end = std::min(end, (first / ring + 1) * ring);
    pieces.push_back({first, end});
    first = end;
  }
  return pieces;
}

}  // namespace wd::compiler
