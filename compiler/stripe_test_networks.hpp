// SPDX-License-Identifier: Apache-2.0
// Networks for the tests of stripes: shapes only, but where a program is made of them.
#pragma once

#include "compiler/lowering.hpp"
#include "hw/formats/model/random_network.hpp"

namespace wd::compiler::test {

struct Chain {
  model::Network network;
  int last = 0;

  Chain(int height, int width, int channels) {
    network.tensors.push_back({"input", height, width, channels, 0});
  }

  const model::Tensor& shape(int tensor) const { return network.tensors[static_cast<std::size_t>(tensor)]; }

  /// A convolution of the last tensor; its output is the last one then.
  int conv(const std::string& name, int kernel, int channels, int stride = 1,
           std::optional<int> residual = {}, int input = -1) {
    model::Weights w;
    w.name = name;
    const model::Tensor in = shape(input < 0 ? last : input);
    w.kernel_h = w.kernel_w = kernel, w.in_channels = in.channels, w.out_channels = channels;
    w.levels.assign(w.count(), 1);
    model::Layer layer;
    layer.name = name;
    layer.weights = static_cast<int>(network.weights.size());
    layer.input = input < 0 ? last : input;
    layer.stride = stride, layer.pad = kernel / 2, layer.residual = residual;
    layer.norms.resize(1);
    layer.norms[0].gamma.assign(static_cast<std::size_t>(channels), 0x2000);
    layer.norms[0].beta.assign(static_cast<std::size_t>(channels), 0);
    layer.output = static_cast<int>(network.tensors.size());
    network.tensors.push_back({name, (in.height - 1) / stride + 1, (in.width - 1) / stride + 1, channels, 0});
    network.weights.push_back(std::move(w));
    network.steps.emplace_back(std::move(layer));
    return last = static_cast<int>(network.tensors.size()) - 1;
  }

  /// 1 x 1, 3 x 3, 1 x 1 with the input as residual.
  void bottleneck(const std::string& name, int inner) {
    const int input = last, channels = shape(last).channels;
    conv(name + ".a", 1, inner);
    conv(name + ".b", 3, inner);
    conv(name + ".c", 1, channels, 1, input);
  }

  void scores(int classes) {
    conv("classifier", 1, classes);
    network.tensors.pop_back();
    auto& layer = std::get<model::Layer>(network.steps.back());
    layer.output = -1, layer.pooled = true;
    network.classes = classes;
    const model::Tensor& in = shape(0);
    network.input_transform.patch = 1;
    network.input_transform.image_height = in.height, network.input_transform.image_width = in.width;
    network.input_transform.mean.assign(static_cast<std::size_t>(in.channels), 0);
    network.input_transform.deviation.assign(static_cast<std::size_t>(in.channels), 1);
  }
};

/// Blocks whose tensors are much larger than their weights: 48 x 16 pixels, 48 activation rows a word.
inline Chain tall_chain(int blocks = 3) {
  Chain chain(48, 16, 16);
  chain.conv("stem", 3, 64);
  for (int b = 0; b < blocks; ++b) chain.bottleneck("block" + std::to_string(b), 16);
  for (int d = 0; d < 3; ++d)
    chain.conv("down" + std::to_string(d), 3, 64, 2);  // the classifier's input fits whole
  chain.scores(10);
  return chain;
}

/// Strided layers whose outputs are wide and whose stripes are of many rows: they are computed in slices of their channels.
inline Chain wide_chain() {
  Chain chain(32, 16, 16);
  chain.conv("widen", 1, 256);
  chain.conv("down0", 1, 512, 2);
  chain.conv("down1", 1, 512, 2);
  chain.conv("down2", 1, 64, 2);
  chain.scores(10);
  return chain;
}

}  // namespace wd::compiler::test
