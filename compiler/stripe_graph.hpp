// SPDX-License-Identifier: Apache-2.0
// A network as a straight list of layers over values: what the planner of stripes works on.
//
// What      folds are unrolled, and each write of a tensor makes a value of its own, so that rows of a value never change.
// Units     rows: of an image, with all columns and images of the batch.
// Test      stripe_graph_test.cpp
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/lowering.hpp"
#include "hw/arch/arch.hpp"

namespace wd::compiler {

/// What one layer has written. `writer` -1: the program's input.
struct StripeValue {
  int tensor = 0;
  int height = 0, width = 0;  // columns times images
  int blocks = 0, words = 0;  // of a pixel
  int writer = -1;
  std::vector<int> readers;  // layers, in order
  int align = 1;             // stripes begin at multiples of so many rows: the first pixel lies in bank 0
  int unit = 1;  // rows of a burst from or to memory, a multiple of `align` where there are several

  int last_reader() const { return readers.empty() ? writer : readers.back(); }
  std::int64_t beats(int from, int to) const { return std::int64_t{to - from} * width * blocks; }
  std::int64_t beats() const { return beats(0, height); }
  bool same_shape(const StripeValue& other) const {
    return height == other.height && width == other.width && blocks == other.blocks;
  }
};

/// Rows [first, end) of a value.
struct RowRange {
  int first = 0, end = 0;

  int count() const { return end - first; }
  bool operator==(const RowRange&) const = default;
};

struct StripeLayer {
  std::size_t step = 0, conv = 0;  // of the lowered steps
  int iteration = 0;
  const LoweredConv* lowered = nullptr;
  int input = 0, residual = -1, output = -1;  // values; output -1: the scores
  int height = 0;                             // of the output

  /// Input rows that output rows need; at least one, as an instruction has one.
  RowRange needs(RowRange out) const;
  /// Whether the windows of output rows from `row` on begin below the input: such rows cannot begin a stripe.
  bool begins_below(int row) const;
};

struct StripeGraph {
  std::vector<StripeValue> values;  // the program's input first
  std::vector<StripeLayer> layers;

  /// The value whose rows a layer's output takes, one by one, if its shape and lifetime allow it; else -1.
  int overwritten(int layer) const;
};

/// @param steps that live as long as the graph
StripeGraph stripe_graph(const model::Network& network, const std::vector<LoweredStep>& steps,
                         const arch::Arch& arch, int batch);

}  // namespace wd::compiler
