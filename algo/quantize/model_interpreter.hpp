// SPDX-License-Identifier: Apache-2.0
// For tests: runs a model as docs/numerics.md says, with plain loops over its tensors, integer accumulators and hw/numerics.
#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <span>
#include <utility>
#include <vector>

#include "hw/formats/model/input_image.hpp"
#include "hw/formats/stream/sign_generator.hpp"
#include "hw/numerics/post.hpp"

namespace wd::algo {

class ModelInterpreter {
 public:
  /// Gets a finished convolution's outputs, H x W x O: FP8 codes, or FP16 scores.
  using Observer = std::function<void(const model::Layer& conv, std::size_t iteration,
                                      std::span<const numerics::Fp16> outputs)>;

  explicit ModelInterpreter(const model::Network& network) : network_(network), image_(network) {
    for (const model::Weights& w : network.weights) {
      const stream::SignGenerator random(w.sign_seed);
      std::vector<int> values(w.levels.begin(), w.levels.end());
      for (std::size_t i = 0; i < values.size(); ++i)
        if (w.signs == model::SignSource::learned ? w.learned_signs[i] == 1 : random.negative(i))
          values[i] = -values[i];
      weights_.push_back(values);
    }
  }

  void observe(Observer observer) { observer_ = std::move(observer); }

  std::vector<numerics::Fp16> scores(std::span<const std::uint8_t> pixels) {
    tensors_.clear();
    for (const model::Tensor& t : network_.tensors)
      tensors_.emplace_back(static_cast<std::size_t>(t.height * t.width * t.channels));
    image_.convert(pixels, tensors_[static_cast<std::size_t>(network_.input)]);
    for (const model::Step& step : network_.steps) {
      if (const auto* conv = std::get_if<model::Layer>(&step)) {
        run(*conv, 0);
      } else {
        const auto& loop = std::get<model::Loop>(step);
        for (int t = 0; t < loop.count; ++t)
          for (const model::Layer& inner : loop.body) run(inner, static_cast<std::size_t>(t));
      }
    }
    return scores_;
  }

 private:
  std::int64_t accumulate(const model::Layer& conv, int y, int x, int o) const {
    const model::Tensor& in = network_.tensors[static_cast<std::size_t>(conv.input)];
    const model::Weights& w = network_.weights[static_cast<std::size_t>(conv.weights)];
    const std::vector<std::uint8_t>& codes = tensors_[static_cast<std::size_t>(conv.input)];
    const int kernel_h = conv.pooled ? in.height : w.kernel_h, kernel_w = conv.pooled ? in.width : w.kernel_w;
    std::int64_t sum = 0;
    for (int ky = 0; ky < kernel_h; ++ky)
      for (int kx = 0; kx < kernel_w; ++kx) {
        const int iy = y * conv.stride + ky - conv.pad, ix = x * conv.stride + kx - conv.pad;
        if (iy < 0 || iy >= in.height || ix < 0 || ix >= in.width) continue;
        const int tap = conv.pooled ? 0 : ky * w.kernel_w + kx;
        for (int i = 0; i < in.channels; ++i)
          sum += std::int64_t{numerics::fp8_units(
                     codes[static_cast<std::size_t>((iy * in.width + ix) * in.channels + i)])} *
                 weights_[static_cast<std::size_t>(conv.weights)]
                         [static_cast<std::size_t>((o * w.kernel_h * w.kernel_w + tap) * in.channels + i)];
      }
    return sum;
  }

  /// Over the positions of a channel.
  std::int64_t mix(const model::Layer& layer, int position, int channel) const {
    const model::Tensor& in = network_.tensors[static_cast<std::size_t>(layer.input)];
    const std::vector<std::uint8_t>& codes = tensors_[static_cast<std::size_t>(layer.input)];
    const int tokens = in.height * in.width;
    std::int64_t sum = 0;
    for (int token = 0; token < tokens; ++token)
      sum +=
          std::int64_t{numerics::fp8_units(codes[static_cast<std::size_t>(token * in.channels + channel)])} *
          weights_[static_cast<std::size_t>(layer.weights)]
                  [static_cast<std::size_t>(position * tokens + token)];
    return sum;
  }

  void pool(const model::Layer& layer, std::size_t iteration) {
    const model::Tensor &in = network_.tensors[static_cast<std::size_t>(layer.input)],
                        &out = network_.tensors[static_cast<std::size_t>(layer.output)];
    const std::vector<std::uint8_t>& codes = tensors_[static_cast<std::size_t>(layer.input)];
    std::vector<std::uint8_t> result;
    for (int y = 0; y < out.height; ++y)
      for (int x = 0; x < out.width; ++x)
        for (int c = 0; c < out.channels; ++c) {
          int greatest = -1;  // none yet
          for (int ky = 0; ky < layer.kernel_h; ++ky)
            for (int kx = 0; kx < layer.kernel_w; ++kx) {
              const int iy = y * layer.stride + ky - layer.pad, ix = x * layer.stride + kx - layer.pad;
              if (iy < 0 || iy >= in.height || ix < 0 || ix >= in.width) continue;
              const int code = codes[static_cast<std::size_t>((iy * in.width + ix) * in.channels + c)];
              if (greatest < 0 || numerics::fp8_units(static_cast<std::uint8_t>(code)) >
                                      numerics::fp8_units(static_cast<std::uint8_t>(greatest)))
                greatest = code;
            }
          result.push_back(static_cast<std::uint8_t>(greatest));
        }
    if (observer_) observer_(layer, iteration, std::vector<numerics::Fp16>(result.begin(), result.end()));
    tensors_[static_cast<std::size_t>(layer.output)] = result;
  }

  /// The smallest at which the largest sum that any input could make fits FP16.
  int acc_shift(const model::Layer& conv) const {
    const model::Weights& w = network_.weights[static_cast<std::size_t>(conv.weights)];
    const model::Tensor& in = network_.tensors[static_cast<std::size_t>(conv.input)];
    const std::size_t per_channel = w.count() / static_cast<std::size_t>(w.out_channels);
    double largest = 0;
    for (std::size_t o = 0; o < static_cast<std::size_t>(w.out_channels); ++o) {
      double sum = 0;
      for (std::size_t i = 0; i < per_channel; ++i) sum += w.levels[o * per_channel + i];
      largest = std::max(largest, sum * 448 * (conv.pooled ? in.height * in.width : 1));
    }
    int shift = 0;
    for (; largest > 65504; largest /= 2) ++shift;
    return shift;
  }

  /// The code nearest to GELU of a code's value; ties do not occur.
  static std::uint8_t gelu(std::uint8_t code, int scale_exp) {
    const double x = std::ldexp(numerics::fp8_units(code), -9 - scale_exp);
    const double y = std::ldexp(x / 2 * std::erfc(-x / std::sqrt(2.0)), scale_exp + 9);
    std::uint8_t best = 0;
    for (int other = 0; other < 256; ++other) {
      const auto candidate = static_cast<std::uint8_t>(other);
      if ((candidate & 0x7f) == numerics::fp8_nan || candidate == 0x80) continue;
      if (std::abs(numerics::fp8_units(candidate) - y) < std::abs(numerics::fp8_units(best) - y))
        best = candidate;
    }
    return best;
  }

  void run(const model::Layer& conv, std::size_t iteration) {
    if (conv.kind == model::LayerKind::pool) return pool(conv, iteration);
    const bool products = conv.has_products(), mixes = conv.kind == model::LayerKind::token_mix;
    const int channels = products && !mixes
                             ? network_.weights[static_cast<std::size_t>(conv.weights)].out_channels
                             : network_.tensors[static_cast<std::size_t>(conv.input)].channels;
    const bool last = conv.output < 0;
    const model::Tensor one{"", 1, 1, channels, 0};
    const model::Tensor& out = last ? one : network_.tensors[static_cast<std::size_t>(conv.output)];
    if (last) scores_.clear();
    const int shift = products ? acc_shift(conv) : 0;
    std::vector<std::uint8_t> result;
    std::vector<numerics::Fp16> observed;
    for (int y = 0; y < out.height; ++y)
      for (int x = 0; x < out.width; ++x)
        for (int o = 0; o < channels; ++o) {
          const auto c = static_cast<std::size_t>(o);
          const model::Norm& norm = conv.norms[iteration];
          const numerics::Fp16 gamma =
              numerics::fp16_from_fixed(numerics::fp16_units(norm.gamma[c]), shift - 24);
          const std::int64_t sum =
              mixes      ? mix(conv, y * out.width + x, o)
              : products ? accumulate(conv, y, x, o)
                         : numerics::fp8_units(tensors_[static_cast<std::size_t>(conv.input)][result.size()]);
          numerics::Fp16 z = numerics::fp16_fma(numerics::post_scale(sum, shift), gamma, norm.beta[c]);
          if (conv.residual) {
            const auto r = static_cast<std::size_t>(*conv.residual);
            z = numerics::post_residual(z, tensors_[r][result.size()],
                                        out.scale_exp - network_.tensors[r].scale_exp);
          }
          if (conv.relu) z = numerics::post_relu(z);
          if (last) scores_.push_back(z);
          const std::uint8_t code = numerics::fp8_from_fp16(z).code;
          result.push_back(conv.gelu ? gelu(code, out.scale_exp) : code);
          if (observer_) observed.push_back(last ? z : result.back());
        }
    if (observer_) observer_(conv, iteration, observed);
    if (!last) tensors_[static_cast<std::size_t>(conv.output)] = result;
  }

  const model::Network& network_;
  model::InputImage image_;
  std::vector<std::vector<int>> weights_;
  std::vector<std::vector<std::uint8_t>> tensors_;
  std::vector<numerics::Fp16> scores_;
  Observer observer_;
};

}  // namespace wd::algo
