// SPDX-License-Identifier: Apache-2.0
#include "compiler/stripe_graph.hpp"

#include <algorithm>
#include <numeric>

#include "base/integer.hpp"
#include "hw/formats/program/geometry.hpp"

namespace wd::compiler {
namespace {

/// A burst of fewer beats would mostly wait for its first one.
constexpr int least_beats = 512;

class Graph {
 public:
  Graph(const model::Network& network, const arch::Arch& arch, int batch)
      : network_(network), arch_(arch), batch_(batch), present_(network.tensors.size(), -1) {}

  StripeGraph build(const std::vector<LoweredStep>& steps) {
    add_value(network_.input, -1);
    for (std::size_t s = 0; s < steps.size(); ++s)
      for (int iteration = 0; iteration < steps[s].loop_count; ++iteration)
        for (std::size_t c = 0; c < steps[s].convs.size(); ++c) add_layer(s, c, iteration, steps[s].convs[c]);
    load_all_of_input();
    return std::move(graph_);
  }

 private:
  int add_value(int tensor, int writer) {
    const model::Tensor& shape = network_.tensors[index(tensor)];
    StripeValue value;
    value.tensor = tensor;
    value.height = shape.height;
    value.width = shape.width * batch_;
    value.blocks = program::channel_blocks(shape.channels);
    value.words = program::block_words(value.blocks, arch_);
    value.writer = writer;
    value.align = arch_.groups() / std::gcd(arch_.groups(), value.width);
    value.unit = value.align;
    while (value.unit < value.height && value.beats(0, value.unit) < least_beats) value.unit *= 2;
    value.unit = std::min(value.unit, value.height);
    graph_.values.push_back(value);
    return present_[index(tensor)] = static_cast<int>(graph_.values.size()) - 1;
  }

  void add_layer(std::size_t step, std::size_t conv, int iteration, const LoweredConv& lowered) {
    const int number = static_cast<int>(graph_.layers.size());
    StripeLayer layer{step, conv, iteration, &lowered};
    layer.height = lowered.out_h;
    layer.input = read(lowered.conv->input, number);
    if (lowered.conv->residual) layer.residual = read(*lowered.conv->residual, number);
    if (lowered.conv->output >= 0) layer.output = add_value(lowered.conv->output, number);
    graph_.layers.push_back(layer);
  }

  /// A program loads all of its input: its last burst, too, has rows that a layer needs.
  void load_all_of_input() {
    StripeValue& input = graph_.values.front();
    int needed = 0;
    for (const int reader : input.readers) {
      const StripeLayer& layer = graph_.layers[index(reader)];
      if (layer.input == 0) needed = std::max(needed, layer.needs({0, layer.height}).end);
      if (layer.residual == 0) needed = input.height;
    }
    while ((input.height - 1) / input.unit * input.unit >= needed)
      input.unit = std::min(2 * input.unit, input.height);
  }

  int read(int tensor, int layer) {
    const int value = present_[index(tensor)];
    std::vector<int>& readers = graph_.values[index(value)].readers;
    if (readers.empty() || readers.back() != layer) readers.push_back(layer);
    return value;
  }

  const model::Network& network_;
  const arch::Arch& arch_;
  const int batch_;
  std::vector<int> present_;  // value of each tensor
  StripeGraph graph_;
};

}  // namespace

RowRange StripeLayer::needs(RowRange out) const {
  if (lowered->conv->kind == model::LayerKind::elementwise) return out;
  const int stride = lowered->conv->stride, pad = lowered->conv->pad, below = lowered->input->height;
  const int first = std::clamp(out.first * stride - pad, 0, below - 1);
  const int end = std::clamp((out.end - 1) * stride - pad + lowered->kernel_h, first + 1, below);
  return {first, end};
}

bool StripeLayer::begins_below(int row) const {
  return lowered->conv->kind != model::LayerKind::elementwise &&
         row * lowered->conv->stride - lowered->conv->pad >= lowered->input->height;
}

int StripeGraph::overwritten(int layer) const {
  const StripeLayer& of = layers[index(layer)];
  if (of.output < 0) return -1;
  const StripeValue& output = values[index(of.output)];
  const auto dies = [&](int value) {
    return values[index(value)].last_reader() == layer && values[index(value)].same_shape(output);
  };
  if (of.lowered->conv->kind == model::LayerKind::elementwise && dies(of.input)) return of.input;
  return of.residual >= 0 && of.residual != of.input && dies(of.residual) ? of.residual : -1;
}

StripeGraph stripe_graph(const model::Network& network, const std::vector<LoweredStep>& steps,
                         const arch::Arch& arch, int batch) {
  return Graph(network, arch, batch).build(steps);
}

}  // namespace wd::compiler
