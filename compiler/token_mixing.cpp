// SPDX-License-Identifier: Apache-2.0
#include "compiler/token_mixing.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/integer.hpp"
#include "hw/formats/program/geometry.hpp"

namespace wd::compiler {
namespace {

using model::Layer;
using model::LayerKind;

/// Layers in their order, each tensor's readers by the layer that writes it.
class Order {
 public:
  explicit Order(model::Network& network) {
    for (model::Step& step : network.steps) {
      if (auto* layer = std::get_if<Layer>(&step)) {
        places_.push_back({layer, -1});
        continue;
      }
      auto& loop = std::get<model::Loop>(step);
      const int first = size();
      for (Layer& layer : loop.body) places_.push_back({&layer, -1});
      if (loop.count > 1) places_.back().again = first;
    }
  }

  int size() const { return static_cast<int>(places_.size()); }
  Layer& layer(int place) const { return *places_[index(place)].layer; }

  /// Those that read what a tensor holds behind a place, -1 the beginning.
  std::vector<const Layer*> readers(int place, int tensor) const {
    std::vector<const Layer*> found;
    std::vector<bool> seen(places_.size(), false);
    std::vector<int> next;
    const auto go_on = [&](int from) {
      if (from + 1 < size()) next.push_back(from + 1);
      if (from >= 0 && places_[index(from)].again >= 0) next.push_back(places_[index(from)].again);
    };
    for (go_on(place); !next.empty();) {
      const int at = next.back();
      next.pop_back();
      if (seen[index(at)]) continue;
      seen[index(at)] = true;
      if (layer(at).input == tensor || layer(at).residual == tensor) found.push_back(&layer(at));
      if (layer(at).output != tensor) go_on(at);
    }
    return found;
  }

 private:
  struct Place {
    Layer* layer;
    int again;  // the place behind the end of a loop's body that is not its last iteration; -1: none
  };
  std::vector<Place> places_;
};

class Transposer {
 public:
  explicit Transposer(model::Network network)
      : network_(std::move(network)), order_(network_), twin_(network_.tensors.size(), -1) {}

  model::Network run() {
    find_sides();
    find_needs();
    add_twins();
    std::vector<model::Step> steps;
    if (input_.crosswise) steps.emplace_back(transpose(network_.input, true));
    int place = 0;
    for (model::Step& step : network_.steps) {
      if (auto* layer = std::get_if<Layer>(&step)) {
        for (Layer& made : rewritten(*layer, place++)) steps.emplace_back(std::move(made));
        continue;
      }
      auto& loop = std::get<model::Loop>(step);
      std::vector<Layer> body;
      for (Layer& layer : loop.body)
        for (Layer& made : rewritten(layer, place++)) body.push_back(std::move(made));
      loop.body = std::move(body);
      steps.push_back(std::move(step));
    }
    network_.steps = std::move(steps);
    return std::move(network_);
  }

 private:
  /// How a result is read.
  struct Needs {
    bool straight = false, crosswise = false;
  };

  static bool on_transposed(const Layer& layer) {
    return layer.kind == LayerKind::token_mix || layer.norms_of_positions;
  }

  Needs needs(int place, int tensor) const {
    Needs result;
    for (const Layer* reader : order_.readers(place, tensor))
      (on_transposed(*reader) ? result.crosswise : result.straight) = true;
    return result;
  }

  /// Which layers without products are computed on transposed tensors: from readers to what they read.
  void find_sides() {
    for (bool changed = true; changed;) {
      changed = false;
      for (int place = order_.size() - 1; place >= 0; --place) {
        Layer& layer = order_.layer(place);
        if (layer.kind != LayerKind::elementwise || on_transposed(layer)) continue;
        const Needs result = needs(place, layer.output);
        if (result.crosswise && !result.straight) layer.norms_of_positions = changed = true;
      }
    }
  }

  void find_needs() {
    input_ = needs(-1, network_.input);
    for (int place = 0; place < order_.size(); ++place)
      needs_.push_back(needs(place, order_.layer(place).output));
  }

  void add_twins() {
    for (int place = 0; place < order_.size(); ++place) {
      const Layer& layer = order_.layer(place);
      if (!on_transposed(layer)) continue;
      for (int tensor : {layer.input, layer.output, layer.residual.value_or(layer.input)}) add_twin(tensor);
    }
  }

  void add_twin(int number) {
    if (twin_[index(number)] >= 0) return;
    const model::Tensor tensor = network_.tensors[index(number)];
    twin_[index(number)] = static_cast<int>(network_.tensors.size());
    network_.tensors.push_back({tensor.name + ".transposed", program::channel_blocks(tensor.channels),
                                arch::block, tensor.height * tensor.width, tensor.scale_exp});
  }

  Layer transpose(int tensor, bool there) const {
    Layer layer;
    layer.kind = LayerKind::transpose;
    layer.name = "transpose." + network_.tensors[index(tensor)].name;
    layer.weights = -1;
    layer.input = there ? tensor : twin_[index(tensor)];
    layer.output = there ? twin_[index(tensor)] : tensor;
    return layer;
  }

  /// The layer, and what brings its result to those that read it the other way.
  std::vector<Layer> rewritten(Layer& layer, int place) const {
    const int output = layer.output;
    const Needs& result = needs_[index(place)];
    if (!on_transposed(layer)) {
      std::vector<Layer> made{std::move(layer)};
      if (result.crosswise) made.push_back(transpose(output, true));
      return made;
    }
    if (layer.kind == LayerKind::token_mix) layer.kind = LayerKind::conv;
    layer.norms_of_positions = true;
    layer.input = twin_[index(layer.input)];
    layer.output = twin_[index(output)];
    if (layer.residual) layer.residual = twin_[index(*layer.residual)];
    std::vector<Layer> made{std::move(layer)};
    if (result.straight) made.push_back(transpose(output, false));
    return made;
  }

  model::Network network_;
  const Order order_;
  Needs input_;
  std::vector<Needs> needs_;  // of each layer's result
  std::vector<int> twin_;     // the transposed one of each tensor; -1: none
};

}  // namespace

model::Network lower_token_mixing(model::Network network, const arch::Arch& arch, int batch) {
  const Layer* mixing = nullptr;
  model::for_each_layer(network, [&](const Layer& layer, int) {
    if (layer.kind == LayerKind::token_mix && mixing == nullptr) mixing = &layer;
  });
  if (mixing == nullptr) return network;
  WD_REQUIRE(batch == 1, "layer ", mixing->name, ": token mixing takes one image at a time, not a batch of ",
             batch, "; compile with --batch 1");
  WD_REQUIRE(arch.chunk == arch::block, "layer ", mixing->name, ": token mixing needs chunks of ",
             arch::block, " channels, the architecture's have ", arch.chunk, "; set chunk to ", arch::block);
  return Transposer(std::move(network)).run();
}

}  // namespace wd::compiler
