// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "base/error.hpp"
#include "hw/formats/model/network.hpp"

namespace wd::model {
namespace {

void require_tensors(const Network& network, const Layer& layer, int first_output, const std::string& what) {
  const auto count = static_cast<int>(network.tensors.size());
  WD_REQUIRE(layer.input >= 0 && layer.input < count && layer.output >= first_output && layer.output < count,
             what, "'input' or 'output' names a tensor that does not exist");
}

/// Of a dimension: how many windows of `kernel` there are.
int windows(int size, int kernel, const Layer& layer) {
  return (size + 2 * layer.pad - kernel) / layer.stride + 1;
}

void check_pool(const Network& network, const Layer& pool, const std::string& origin) {
  const std::string what = text(origin, ": pool '", pool.name, "': ");
  require_tensors(network, pool, 0, what);
  WD_REQUIRE(
      pool.weights == -1 && !pool.residual && pool.norms.empty() && !pool.relu && !pool.gelu && !pool.pooled,
      what, "has no weights, residual, norms or activation");
  WD_REQUIRE(pool.kernel_h >= 1 && pool.kernel_h <= 63 && pool.kernel_w >= 1 && pool.kernel_w <= 63, what,
             "the kernel is ", pool.kernel_h, "x", pool.kernel_w, ", sides must be 1 to 63");
  WD_REQUIRE(pool.stride >= 1 && pool.stride <= 15, what, "'stride' is ", pool.stride, ", must be 1 to 15");
  WD_REQUIRE(pool.pad >= 0 && pool.pad <= 15 && pool.pad < pool.kernel_h && pool.pad < pool.kernel_w, what,
             "'pad' is ", pool.pad, ", must be 0 to 15 and below the kernel's sides, ", pool.kernel_h,
             " and ", pool.kernel_w);
  const Tensor &input = network.tensors[static_cast<std::size_t>(pool.input)],
               &output = network.tensors[static_cast<std::size_t>(pool.output)];
  WD_REQUIRE(input.height + 2 * pool.pad >= pool.kernel_h && input.width + 2 * pool.pad >= pool.kernel_w,
             what, "the kernel of ", pool.kernel_h, "x", pool.kernel_w, " is larger than the padded input");
  WD_REQUIRE(pool.output != pool.input, what, "writes the tensor that it reads");
  const int out_h = windows(input.height, pool.kernel_h, pool),
            out_w = windows(input.width, pool.kernel_w, pool);
  WD_REQUIRE(output.height == out_h && output.width == out_w && output.channels == input.channels, what,
             "makes ", out_h, "x", out_w, "x", input.channels, ", tensor '", output.name, "' is ",
             output.height, "x", output.width, "x", output.channels);
  WD_REQUIRE(output.scale_exp == input.scale_exp, what, "'scale_exp' of tensor '", output.name, "' is ",
             output.scale_exp, ", must be the input's, ", input.scale_exp);
}

/// @param shape of the output
void check_residual(const Network& network, const Layer& layer, const Tensor& shape,
                    const std::string& what) {
  WD_REQUIRE(*layer.residual >= 0 && *layer.residual < static_cast<int>(network.tensors.size()), what,
             "'residual' names a tensor that does not exist");
  const Tensor& residual = network.tensors[static_cast<std::size_t>(*layer.residual)];
  WD_REQUIRE(
      residual.height == shape.height && residual.width == shape.width && residual.channels == shape.channels,
      what, "residual '", residual.name, "' has another shape than the output");
  const int shift = network.tensors[static_cast<std::size_t>(layer.output)].scale_exp - residual.scale_exp;
  WD_REQUIRE(shift >= -15 && shift <= 15, what, "residual and output scales differ by 2^", shift,
             ", at most 2^15 is possible");
}

void check_norms(const Layer& layer, int channels, int iterations, const std::string& what) {
  WD_REQUIRE(!layer.relu || !layer.gelu, what, "has both 'relu' and 'gelu'");
  WD_REQUIRE(static_cast<int>(layer.norms.size()) == iterations, what, "has ", layer.norms.size(),
             " normalizations for ", iterations, " iterations");
  for (const Norm& norm : layer.norms) {
    WD_REQUIRE(
        static_cast<int>(norm.gamma.size()) == channels && static_cast<int>(norm.beta.size()) == channels,
        what, "normalization and output channels differ");
    for (std::size_t channel = 0; channel < norm.gamma.size(); ++channel)
      WD_REQUIRE((norm.gamma[channel] & 0x7c00) != 0x7c00 && (norm.beta[channel] & 0x7c00) != 0x7c00, what,
                 "gamma or beta of channel ", channel, " is not finite");
  }
}

void check_elementwise(const Network& network, const Layer& layer, int iterations,
                       const std::string& origin) {
  const std::string what = text(origin, ": elementwise layer '", layer.name, "': ");
  require_tensors(network, layer, 0, what);
  WD_REQUIRE(layer.weights == -1 && !layer.pooled, what, "has no weights");
  const Tensor &input = network.tensors[static_cast<std::size_t>(layer.input)],
               &output = network.tensors[static_cast<std::size_t>(layer.output)];
  WD_REQUIRE(
      output.height == input.height && output.width == input.width && output.channels == input.channels, what,
      "makes ", input.height, "x", input.width, "x", input.channels, ", tensor '", output.name, "' is ",
      output.height, "x", output.width, "x", output.channels);
  WD_REQUIRE(layer.output != layer.input, what, "writes the tensor that it reads");
  if (layer.residual) check_residual(network, layer, input, what);
  check_norms(layer, input.channels, iterations, what);
}

void check_token_mix(const Network& network, const Layer& layer, int iterations, const std::string& origin) {
  const std::string what = text(origin, ": token mixing '", layer.name, "': ");
  WD_REQUIRE(layer.weights >= 0 && layer.weights < static_cast<int>(network.weights.size()), what,
             "'weights' is ", layer.weights, ", there are ", network.weights.size());
  require_tensors(network, layer, 0, what);
  const Weights& weights = network.weights[static_cast<std::size_t>(layer.weights)];
  const Tensor &input = network.tensors[static_cast<std::size_t>(layer.input)],
               &output = network.tensors[static_cast<std::size_t>(layer.output)];
  WD_REQUIRE(
      weights.kernel_h == 1 && weights.kernel_w == 1 && layer.stride == 1 && layer.pad == 0 && !layer.pooled,
      what, "needs a 1x1 kernel, stride 1 and pad 0, and is not pooled");
  WD_REQUIRE(weights.in_channels == input.height * input.width, what, "weights '", weights.name, "' take ",
             weights.in_channels, " positions, tensor '", input.name, "' has ", input.height * input.width);
  WD_REQUIRE(weights.out_channels == output.height * output.width && output.channels == input.channels, what,
             "makes ", weights.out_channels, " positions of ", input.channels, " channels, tensor '",
             output.name, "' has ", output.height * output.width, " of ", output.channels);
  WD_REQUIRE(layer.output != layer.input, what, "writes the tensor that it reads");
  if (layer.residual) check_residual(network, layer, output, what);
  check_norms(layer, input.channels, iterations, what);
}

void check_conv(const Network& network, const Layer& conv, int iterations, const std::string& origin) {
  const std::string what = text(origin, ": convolution '", conv.name, "': ");
  WD_REQUIRE(conv.weights >= 0 && conv.weights < static_cast<int>(network.weights.size()), what,
             "'weights' is ", conv.weights, ", there are ", network.weights.size());
  require_tensors(network, conv, -1, what);
  const Weights& weights = network.weights[static_cast<std::size_t>(conv.weights)];
  const Tensor& input = network.tensors[static_cast<std::size_t>(conv.input)];
  WD_REQUIRE(weights.in_channels == input.channels, what, "weights '", weights.name, "' take ",
             weights.in_channels, " channels, tensor '", input.name, "' has ", input.channels);
  WD_REQUIRE(conv.stride == 1 || conv.stride == 2, what, "'stride' is ", conv.stride, ", must be 1 or 2");
  WD_REQUIRE(conv.pad >= 0 && conv.pad <= 15, what, "'pad' is ", conv.pad, ", must be 0 to 15");
  WD_REQUIRE(
      !conv.pooled || (weights.kernel_h == 1 && weights.kernel_w == 1 && conv.stride == 1 && conv.pad == 0),
      what, "'pooled' needs a 1x1 kernel, stride 1 and pad 0");
  WD_REQUIRE(!conv.pooled || !conv.gelu, what, "a 'pooled' convolution cannot have GELU");
  const int kernel_h = conv.pooled ? input.height : weights.kernel_h;
  const int kernel_w = conv.pooled ? input.width : weights.kernel_w;
  const int reach_h = input.height + 2 * conv.pad - kernel_h, reach_w = input.width + 2 * conv.pad - kernel_w;
  WD_REQUIRE(reach_h >= 0 && reach_w >= 0, what, "the kernel of ", kernel_h, "x", kernel_w,
             " is larger than the padded input");
  const int out_h = reach_h / conv.stride + 1, out_w = reach_w / conv.stride + 1;
  WD_REQUIRE(conv.output != conv.input, what, "writes the tensor that it reads");
  if (conv.output >= 0) {
    const Tensor& output = network.tensors[static_cast<std::size_t>(conv.output)];
    WD_REQUIRE(output.height == out_h && output.width == out_w && output.channels == weights.out_channels,
               what, "makes ", out_h, "x", out_w, "x", weights.out_channels, ", tensor '", output.name,
               "' is ", output.height, "x", output.width, "x", output.channels);
  } else {
    WD_REQUIRE(out_h == 1 && out_w == 1 && weights.out_channels == network.classes, what,
               "class scores must be 1x1x", network.classes, ", this makes ", out_h, "x", out_w, "x",
               weights.out_channels);
    WD_REQUIRE(!conv.residual && !conv.gelu && iterations == 1, what,
               "class scores cannot have a residual or GELU, or be in a loop");
  }
  if (conv.residual) check_residual(network, conv, {"", out_h, out_w, weights.out_channels, 0}, what);
  check_norms(conv, weights.out_channels, iterations, what);
}

}  // namespace

void check(const InputTransform& transform, const std::string& origin) {
  for (const auto& [name, side] :
       {std::pair("image_height", transform.image_height), std::pair("image_width", transform.image_width)})
    WD_REQUIRE(side >= 1 && side <= 4096, origin, ": '", name, "' is ", side, ", must be 1 to 4096");
  WD_REQUIRE(transform.patch >= 1 && transform.patch <= 64, origin, ": 'patch' is ", transform.patch,
             ", must be 1 to 64");
  WD_REQUIRE(!transform.mean.empty() && transform.mean.size() <= 16, origin, ": 'mean' has ",
             transform.mean.size(), " values, must have one per image channel, 1 to 16");
  WD_REQUIRE(transform.deviation.size() == transform.mean.size(), origin, ": 'deviation' has ",
             transform.deviation.size(), " values, 'mean' has ", transform.mean.size());
  for (std::size_t c = 0; c < transform.mean.size(); ++c) {
    WD_REQUIRE(std::isfinite(transform.mean[c]), origin, ": 'mean' of channel ", c, " is not finite");
    WD_REQUIRE(transform.deviation[c] > 0 && std::isfinite(transform.deviation[c]), origin,
               ": 'deviation' is ", transform.deviation[c], ", must be positive");
  }
}

void check(const Network& network, const std::string& origin) {
  const InputTransform& transform = network.input_transform;
  check(transform, origin);
  WD_REQUIRE(network.input >= 0 && network.input < static_cast<int>(network.tensors.size()), origin,
             ": 'input' names a tensor that does not exist");
  for (const Tensor& tensor : network.tensors) {
    WD_REQUIRE(tensor.height >= 1 && tensor.height <= 255 && tensor.width >= 1 && tensor.width <= 255 &&
                   tensor.channels >= 1 && tensor.channels <= 8176,
               origin, ": tensor '", tensor.name, "' is ", tensor.height, "x", tensor.width, "x",
               tensor.channels, ", sides must be 1 to 255 and channels 1 to 8176");
    WD_REQUIRE(tensor.scale_exp >= -24 && tensor.scale_exp <= 24, origin, ": tensor '", tensor.name,
               "': 'scale_exp' is ", tensor.scale_exp, ", must be -24 to 24");
  }
  const Tensor& input = network.tensors[static_cast<std::size_t>(network.input)];
  WD_REQUIRE(transform.patch >= 1 && transform.image_height % transform.patch == 0 &&
                 transform.image_width % transform.patch == 0 &&
                 input.height == transform.image_height / transform.patch &&
                 input.width == transform.image_width / transform.patch &&
                 input.channels == transform.channels(),
             origin, ": the input transform of patch ", transform.patch, " does not make the input tensor '",
             input.name, "'");
  for (const Weights& weights : network.weights) {
    const std::string what = text(origin, ": weights '", weights.name, "': ");
    WD_REQUIRE(weights.coats == 1 || weights.coats == 3 || weights.coats == 7, what, "'coats' is ",
               weights.coats, ", must be 1, 3 or 7 (INT2, INT3, INT4)");
    WD_REQUIRE(weights.kernel_h >= 1 && weights.kernel_h <= 63 && weights.kernel_w >= 1 &&
                   weights.kernel_w <= 63 && weights.in_channels >= 1 && weights.in_channels <= 8176 &&
                   weights.out_channels >= 1 && weights.out_channels <= 8176,
               what, "shape ", weights.out_channels, "x", weights.kernel_h, "x", weights.kernel_w, "x",
               weights.in_channels, " is out of range");
    WD_REQUIRE(weights.levels.size() == weights.count(), what, weights.levels.size(), " levels for ",
               weights.count(), " weights");
    for (std::uint8_t level : weights.levels)
      WD_REQUIRE(level <= weights.coats, what, "level ", int{level}, " with ", weights.coats, " coats");
    if (weights.freeze) {
      const Freeze& freeze = *weights.freeze;
      WD_REQUIRE(freeze.pruned >= 0 && freeze.locked >= 0 && freeze.pruned <= 65536 &&
                     freeze.locked <= 65536 && freeze.pruned + freeze.locked <= 65536,
                 what, "'freeze' prunes ", freeze.pruned, " and locks ", freeze.locked,
                 " of 65536 weights, together at most 65536 are possible");
      WD_REQUIRE(freeze.level >= 1 && freeze.level <= weights.coats, what, "'freeze' locks weights at level ",
                 freeze.level, ", must be 1 to ", weights.coats);
    }
    WD_REQUIRE(weights.learned_signs.size() == (weights.signs == SignSource::learned ? weights.count() : 0),
               what, weights.learned_signs.size(), " learned signs for ", weights.count(), " weights");
  }
  bool scores = false;
  for (const Step& step : network.steps) {
    WD_REQUIRE(!scores, origin, ": only the last step may make the class scores");
    if (const Loop* loop = std::get_if<Loop>(&step))
      WD_REQUIRE(loop->count >= 1 && loop->count <= 1000 && !loop->body.empty(), origin, ": a loop of ",
                 loop->count, " iterations over ", loop->body.size(), " layers");
    else
      scores = std::get<Layer>(step).output < 0;
  }
  for_each_layer(network, [&](const Layer& layer, int iterations) {
    if (layer.kind == LayerKind::pool) return check_pool(network, layer, origin);
    if (layer.kind == LayerKind::elementwise) return check_elementwise(network, layer, iterations, origin);
    if (layer.kind == LayerKind::token_mix) return check_token_mix(network, layer, iterations, origin);
    WD_REQUIRE(layer.kind == LayerKind::conv, origin, ": layer '", layer.name,
               "' is of no kind that models have");
    check_conv(network, layer, iterations, origin);
  });
  WD_REQUIRE(scores, origin, ": the last step must make the class scores");
}

}  // namespace wd::model
