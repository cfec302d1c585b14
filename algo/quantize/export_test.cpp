// SPDX-License-Identifier: Apache-2.0
// The exported network, run by a plain interpreter with integer accumulators and hw/numerics, against
// the trainer's own FP8 emulation.
#include "algo/quantize/export.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "algo/data/synthetic_images.hpp"
#include "algo/quantize/fold.hpp"
#include "algo/train/evaluate.hpp"
#include "algo/train/trainer.hpp"
#include "hw/model/input_image.hpp"
#include "hw/numerics/post.hpp"
#include "hw/stream/sign_generator.hpp"

using namespace wd;
using namespace wd::algo;

namespace {

class Interpreter {
 public:
  explicit Interpreter(const model::Network& network) : network_(network), image_(network) {
    for (const model::Weights& w : network.weights) {
      const stream::SignGenerator signs(w.sign_seed);
      std::vector<int> values(w.count());
      for (std::size_t i = 0; i < values.size(); ++i)
        values[i] = signs.negative(i) ? -w.levels[i] : w.levels[i];
      weights_.push_back(values);
    }
  }

  std::vector<float> scores(std::span<const std::uint8_t> pixels) {
    tensors_.clear();
    for (const model::Tensor& t : network_.tensors)
      tensors_.emplace_back(static_cast<std::size_t>(t.height * t.width * t.channels));
    image_.convert(pixels, tensors_[static_cast<std::size_t>(network_.input)]);
    for (const model::Step& step : network_.steps) {
      if (const auto* conv = std::get_if<model::Conv>(&step)) {
        run(*conv, 0);
      } else {
        const auto& loop = std::get<model::Loop>(step);
        for (int t = 0; t < loop.count; ++t)
          for (const model::Conv& inner : loop.body) run(inner, static_cast<std::size_t>(t));
      }
    }
    return scores_;
  }

 private:
  std::int64_t accumulate(const model::Conv& conv, int y, int x, int o) const {
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

  void run(const model::Conv& conv, std::size_t iteration) {
    const int channels = network_.weights[static_cast<std::size_t>(conv.weights)].out_channels;
    const bool last = conv.output < 0;
    const model::Tensor one{"", 1, 1, channels, 0};
    const model::Tensor& out = last ? one : network_.tensors[static_cast<std::size_t>(conv.output)];
    if (last) scores_.clear();
    std::vector<std::uint8_t> result;
    for (int y = 0; y < out.height; ++y)
      for (int x = 0; x < out.width; ++x)
        for (int o = 0; o < channels; ++o) {
          const auto c = static_cast<std::size_t>(o);
          const model::Norm& norm = conv.norms[iteration];
          numerics::Fp16 z = numerics::fp16_fma(numerics::post_scale(accumulate(conv, y, x, o), 0),
                                                norm.gamma[c], norm.beta[c]);
          if (conv.residual) {
            const auto r = static_cast<std::size_t>(*conv.residual);
            z = numerics::post_residual(z, tensors_[r][result.size()],
                                        out.scale_exp - network_.tensors[r].scale_exp);
          }
          if (conv.relu) z = numerics::post_relu(z);
          if (last) scores_.push_back(numerics::fp16_to_float(z));
          result.push_back(numerics::fp8_from_fp16(z).code);
        }
    if (!last) tensors_[static_cast<std::size_t>(conv.output)] = result;
  }

  const model::Network& network_;
  model::InputImage image_;
  std::vector<std::vector<int>> weights_;
  std::vector<std::vector<std::uint8_t>> tensors_;
  std::vector<float> scores_;
};

TrainConfig tiny_config(bool split) {
  TrainConfig config;
  config.name = "tiny";
  config.stem.channels = 32;
  config.stages = {{16, 1, 2}, {48, 2, 3}};
  config.split_pixels = split;
  config.batch = 40;
  config.epochs = 4;
  config.fp8_epochs = 1;
  return config;
}

}  // namespace

TEST_CASE("export: an integer interpreter agrees with the trainer", "[algo][oracle]") {
  const bool split = GENERATE(false, true);
  const ImageSet images = synthetic_images(400, 1), test = synthetic_images(100, 2);
  const TrainConfig config = tiny_config(split);
  const TrainResult result = train(config, images, test, {.threads = 2});
  CHECK(result.network.weight_count() == (split ? 2u : 1u) * 9 * 16 * 32 + 9 * 32 * 16 + 32 * 16 +
                                             3 * 9 * 16 * 16 + 9 * 16 * 48 + 16 * 48 + 3 * 9 * 48 * 48 +
                                             48 * 10);
  Interpreter interpreter(result.network);
  std::size_t right = 0;
  for (std::size_t n = 0; n < test.count(); ++n) {
    const std::vector<float> scores = interpreter.scores(test.image(n));
    right += std::max_element(scores.begin(), scores.end()) - scores.begin() == test.labels[n];
  }
  CHECK(std::abs(static_cast<double>(right) / 100 - result.accuracy_fp8) <= 0.011);
}

TEST_CASE("export: class scores equal the engine's hardware emulation", "[algo][oracle]") {
  const TrainConfig config = tiny_config(false);
  const ImageSet images = synthetic_images(40, 5);
  ThreadPool pool(2);
  Engine engine(config, build_graph(config, 28, 28), pool);
  const InputFormat format = input_format(config, images);
  engine.use_fp8(calibrate_scales(engine, images, format, 1));
  const auto norms = fold_layers(engine, population_statistics(engine, images, format, 1));
  const model::Network network = export_network(engine, norms, config, format.transform);
  std::vector<std::uint32_t> indices(40);
  for (std::uint32_t i = 0; i < 40; ++i) indices[i] = i;
  fill_batch(pool, images, {indices, 0, 0, {}}, format.transform, format.values(true), engine.input());
  engine.forward_hardware(norms);
  Interpreter interpreter(network);
  double difference = 0, size = 0;
  for (std::size_t n = 0; n < 40; ++n) {
    const std::vector<float> scores = interpreter.scores(images.image(n));
    for (std::size_t k = 0; k < 10; ++k) {
      const double emulated = engine.classifier().logits()[n * 10 + k];
      difference += std::abs(scores[k] - emulated);
      size += std::abs(emulated);
    }
  }
  CHECK(size > 1);
  CHECK(difference / size < 0.001);  // rare ties of roundings on the way
}

TEST_CASE("fold: scales leave a margin of two, and constants beyond FP16 are refused", "[algo][bad-input]") {
  CHECK(choose_scale_exp(7) == 5);
  CHECK(choose_scale_exp(7.01) == 4);
  CHECK(choose_scale_exp(0) == 0);
  CHECK(choose_scale_exp(1e9) == -7);
  const model::Norm norm = fold_norm("conv", {{0.75, -0.5}}, 2, 4);
  CHECK(numerics::fp16_to_float(norm.gamma[0]) == 3.0f);
  CHECK(numerics::fp16_to_float(norm.beta[0]) == -8.0f);
  CHECK_THROWS_WITH(fold_norm("stem", {{1, 0}, {1e5, 0}}, 0, 0),
                    Catch::Contains("stem: channel 1: gamma is 100000, beyond FP16's 65504"));
}
