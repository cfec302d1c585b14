// SPDX-License-Identifier: Apache-2.0
#include "compiler/space_to_depth.hpp"

#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/integer.hpp"
#include "compiler/pack_weights.hpp"

namespace wd::compiler {
namespace {

constexpr int side = 2;  // of the pixels that become one; the stride
constexpr int most_patch = 64;

/// Where a kernel's taps go along a side.
struct Taps {
  int first = 0;      // place of tap 0 in the kernel that is extended to whole pairs
  int positions = 0;  // of the new kernel
  int pad = 0;

  Taps(int kernel, int old_pad) : pad(ceil_div(old_pad, side)) {
    first = side * pad - old_pad;
    positions = ceil_div(kernel + first, side);
  }
};

/// Channel of the image in larger patches. @param dy, dx of the pixel in its pair
int depth_channel(const model::InputTransform& image, int channel, int dy, int dx) {
  const int colours = image.image_channels(), patch = image.patch, coarse = patch * patch * colours;
  const int fine = channel / coarse, at = channel % coarse / colours, colour = channel % colours;
  const int y = dy * patch + at / patch, x = dx * patch + at % patch;
  return ((fine * side * patch + y) * side * patch + x) * colours + colour;
}

model::Weights remade(const model::Weights& old, const model::InputTransform& image, int pad) {
  const Taps down(old.kernel_h, pad), across(old.kernel_w, pad);
  model::Weights weights;
  weights.name = old.name;
  weights.kernel_h = down.positions, weights.kernel_w = across.positions;
  weights.in_channels = side * side * old.in_channels;
  weights.out_channels = old.out_channels;
  weights.coats = old.coats;
  weights.signs = model::SignSource::learned;  // random ones are by place
  weights.levels.resize(weights.count());
  weights.learned_signs.resize(weights.count());
  const std::vector<std::int8_t> values = signed_levels(old);
  std::size_t from = 0;
  for (int o = 0; o < old.out_channels; ++o)
    for (int ky = 0; ky < old.kernel_h; ++ky)
      for (int kx = 0; kx < old.kernel_w; ++kx)
        for (int c = 0; c < old.in_channels; ++c, ++from) {
          const int y = ky + down.first, x = kx + across.first;
          const int channel = depth_channel(image, c, y % side, x % side);
          const std::size_t to =
              index(((o * weights.kernel_h + y / side) * weights.kernel_w + x / side) * weights.in_channels +
                    channel);
          weights.levels[to] = old.levels[from];
          weights.learned_signs[to] = values[from] < 0;
        }
  return weights;
}

/// Layers that name a tensor.
int users(const model::Network& network, int tensor) {
  int count = 0;
  model::for_each_layer(network, [&](const model::Layer& layer, int) {
    count += layer.input == tensor || layer.output == tensor || layer.residual == tensor;
  });
  return count;
}

/// Outside of loops.
model::Layer* reader_of(model::Network& network, int tensor) {
  for (model::Step& step : network.steps)
    if (auto* layer = std::get_if<model::Layer>(&step); layer != nullptr && layer->input == tensor)
      return layer;
  return nullptr;
}

std::string obstacle(const model::Network& network, const model::Layer& layer) {
  const model::Tensor& input = network.tensors[index(network.input)];
  if (users(network, network.input) > 1) return "other layers use the image's tensor, too";
  if (layer.kind != model::LayerKind::conv || layer.pooled) return "is no convolution of windows";
  if (layer.output < 0) return "makes the scores";
  if (layer.stride != side) return text("its stride is ", layer.stride);
  if (input.height % side != 0 || input.width % side != 0)
    return text("sides of ", input.height, " x ", input.width, " are not even");
  if (network.input_transform.patch * side > most_patch)
    return text("patches of ", network.input_transform.patch * side, " are too large");
  return {};
}

/// What the layer walks, before and after, and what keeps it from being remade.
Stem look_at(const model::Network& network, const model::Layer& layer, const arch::Arch& arch) {
  const model::Tensor& input = network.tensors[index(network.input)];
  Stem stem{.layer = layer.name, .of = text(input.height, " x ", input.width, " x ", input.channels)};
  stem.stride = layer.stride;
  stem.why = obstacle(network, layer);
  if (layer.kind != model::LayerKind::conv) return stem;
  const model::Weights& weights = network.weights[index(layer.weights)];
  stem.kernel = text(weights.kernel_h, " x ", weights.kernel_w);
  stem.products = weights.count() / static_cast<std::size_t>(weights.out_channels);
  stem.chunks = weights.kernel_h * weights.kernel_w * ceil_div(input.channels, arch.chunk);
  if (!stem.why.empty()) return stem;
  const Taps down(weights.kernel_h, layer.pad), across(weights.kernel_w, layer.pad);
  stem.chunks_as_depth =
      down.positions * across.positions * ceil_div(side * side * input.channels, arch.chunk);
  if (stem.chunks_as_depth >= stem.chunks)
    stem.why = text("would walk ", stem.chunks_as_depth, " chunks instead of ", stem.chunks);
  return stem;
}

}  // namespace

Stem space_to_depth(model::Network& network, const arch::Arch& arch, bool wanted) {
  model::Layer* layer = reader_of(network, network.input);
  if (layer == nullptr) return {.layer = "-", .why = "a loop reads the image"};
  Stem stem = look_at(network, *layer, arch);
  if (stem.why.empty() && !wanted) stem.why = "switched off";
  if (!stem.why.empty()) return stem;
  model::InputTransform& image = network.input_transform;
  model::Weights weights = remade(network.weights[index(layer->weights)], image, layer->pad);
  layer->weights = static_cast<int>(network.weights.size());  // the old ones may be another layer's, too
  network.weights.push_back(std::move(weights));
  layer->stride = 1;
  layer->pad = Taps(1, layer->pad).pad;
  model::Tensor& input = network.tensors[index(network.input)];
  input.height /= side, input.width /= side, input.channels *= side * side;
  image.patch *= side;
  stem.remade = true;
  stem.why = text("on the 2 x 2 space-to-depth image it walks ", stem.chunks_as_depth, " chunks instead of ",
                  stem.chunks);
  return stem;
}

}  // namespace wd::compiler
