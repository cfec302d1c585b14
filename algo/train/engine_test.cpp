// SPDX-License-Identifier: Apache-2.0
// One training step against an independent network: plain loops in FP64 over images in H x W x C,
// its gradient by central differences of the loss.
#include "algo/train/engine.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "algo/data/synthetic_images.hpp"
#include "algo/train/evaluate.hpp"

using namespace wd;
using namespace wd::algo;

namespace {

using Image = std::vector<double>;  // H x W x C

TrainConfig tiny_config() {
  TrainConfig config;
  config.name = "tiny";
  config.stem.channels = 16;
  config.stages = {{16, 1, 2}, {32, 2, 1}};
  config.batch = 8;
  return config;
}

/// The network in FP64: weights[mask] are O x KH x KW x I, in real units.
struct PlainNetwork {
  HiddenFoldGraph graph;
  std::vector<std::vector<double>> weights, gamma, beta;
  std::vector<Image> inputs;
  std::vector<std::uint8_t> labels;

  static Image conv(const ConvShape& s, const std::vector<double>& w, const Image& in) {
    Image out(s.out_positions() * s.outputs());
    for (int y = 0; y < s.out_height(); ++y)
      for (int x = 0; x < s.out_width(); ++x)
        for (int o = 0; o < s.out_channels; ++o) {
          double sum = 0;
          for (int ky = 0; ky < s.kernel; ++ky)
            for (int kx = 0; kx < s.kernel; ++kx) {
              const int iy = y * s.stride + ky - s.pad, ix = x * s.stride + kx - s.pad;
              if (iy < 0 || iy >= s.in_height || ix < 0 || ix >= s.in_width) continue;
              for (int i = 0; i < s.in_channels; ++i)
                sum += in[static_cast<std::size_t>((iy * s.in_width + ix) * s.in_channels + i)] *
                       w[static_cast<std::size_t>(((o * s.kernel + ky) * s.kernel + kx) * s.in_channels + i)];
            }
          out[static_cast<std::size_t>((y * s.out_width() + x) * s.out_channels + o)] = sum;
        }
    return out;
  }

  static void normalize(std::vector<Image>& images, const std::vector<double>& g,
                        const std::vector<double>& b) {
    const std::size_t channels = g.size(), positions = images[0].size() / channels;
    const auto count = static_cast<double>(positions * images.size());
    for (std::size_t c = 0; c < channels; ++c) {
      double mean = 0, variance = 0;
      for (const Image& image : images)
        for (std::size_t p = 0; p < positions; ++p) mean += image[p * channels + c] / count;
      for (const Image& image : images)
        for (std::size_t p = 0; p < positions; ++p)
          variance += std::pow(image[p * channels + c] - mean, 2) / count;
      for (Image& image : images)
        for (std::size_t p = 0; p < positions; ++p) {
          double& v = image[p * channels + c];
          v = g[c] * (v - mean) / std::sqrt(variance + 1e-5) + b[c];
        }
    }
  }

  double loss() const {
    std::vector<std::vector<Image>> acts(graph.activations.size());
    acts[0] = inputs;
    for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
      const ConvNode& node = graph.nodes[n];
      const auto w = static_cast<std::size_t>(node.weights), in = static_cast<std::size_t>(node.input);
      std::vector<Image> out;
      for (const Image& image : acts[in]) out.push_back(conv(graph.masks[w].shape, weights[w], image));
      normalize(out, gamma[n], beta[n]);
      for (std::size_t b = 0; b < out.size(); ++b)
        for (std::size_t i = 0; i < out[b].size(); ++i) {
          if (node.residual >= 0) out[b][i] += acts[static_cast<std::size_t>(node.residual)][b][i];
          if (node.relu) out[b][i] = std::max(0.0, out[b][i]);
        }
      acts[static_cast<std::size_t>(node.output)] = std::move(out);
    }
    return cross_entropy(acts[static_cast<std::size_t>(graph.features)]);
  }

  double cross_entropy(const std::vector<Image>& features) const {
    const std::vector<double>& w = weights.back();
    const std::size_t channels = w.size() / 10, positions = features[0].size() / channels;
    double total = 0;
    for (std::size_t b = 0; b < features.size(); ++b) {
      std::vector<double> z(10);
      for (std::size_t k = 0; k < 10; ++k)
        for (std::size_t i = 0; i < features[b].size(); ++i)
          z[k] += features[b][i] * w[k * channels + i % channels] / static_cast<double>(positions);
      double sum = 0;
      for (double x : z) sum += std::exp(x);
      total += std::log(sum) - z[labels[b]];
    }
    return total / static_cast<double>(features.size());
  }
};

double slope(const PlainNetwork& network, double& value) {
  constexpr double step = 1e-5;
  const double before = value;
  value = before + step;
  const double up = network.loss();
  value = before - step;
  const double down = network.loss();
  value = before;
  return (up - down) / (2 * step);
}

std::size_t flat_of(const ConvShape& s, std::size_t at) {
  const std::size_t o = at % s.outputs(), i = at / s.outputs() % s.inputs(),
                    tap = at / s.outputs() / s.inputs();
  return (o * s.taps() + tap) * s.inputs() + i;
}

PlainNetwork plain_copy(Engine& engine, const std::vector<std::uint8_t>& labels) {
  PlainNetwork plain;
  plain.graph = engine.graph();
  plain.labels = labels;
  for (const Supermask& mask : engine.masks()) {
    std::vector<double> w(mask.count());
    for (std::size_t at = 0; at < w.size(); ++at)
      w[flat_of(mask.shape(), at)] = mask.sigma() * mask.weights()[at];
    plain.weights.push_back(w);
  }
  for (Layer& layer : engine.layers()) {
    for (std::size_t c = 0; c < layer.norm.channels(); ++c) {
      layer.norm.gamma[c] = 0.8f + 0.02f * static_cast<float>(c);
      layer.norm.beta[c] = 0.1f * static_cast<float>(c % 5) - 0.2f;
    }
    plain.gamma.emplace_back(layer.norm.gamma.begin(), layer.norm.gamma.end());
    plain.beta.emplace_back(layer.norm.beta.begin(), layer.norm.beta.end());
  }
  const std::size_t batch = engine.batch(), channels = engine.activation(0).size() / batch / 49;
  for (std::size_t b = 0; b < batch; ++b) {
    Image image;
    for (std::size_t p = 0; p < 49; ++p)
      for (std::size_t c = 0; c < channels; ++c)
        image.push_back(engine.activation(0)[(p * batch + b) * channels + c]);
    plain.inputs.push_back(image);
  }
  return plain;
}

}  // namespace

TEST_CASE("engine: one training step equals an independent FP64 network", "[algo][oracle][gradient]") {
  const TrainConfig config = tiny_config();
  const ImageSet images = synthetic_images(8, 3);
  ThreadPool pool(2);
  Engine engine(config, build_graph(config, 28, 28), pool);
  const InputFormat format = input_format(config, images);
  const std::vector<std::uint32_t> indices{0, 1, 2, 3, 4, 5, 6, 7};
  fill_batch(pool, images, {indices, 0, 0, {}}, format.transform, format.values(false), engine.input());
  PlainNetwork plain = plain_copy(engine, images.labels);

  engine.forward_train();
  CHECK(engine.classifier().loss(images.labels, 0) == Approx(plain.loss()).epsilon(1e-5));
  engine.backward();
  std::vector<std::vector<float>> scores;
  for (const Supermask& mask : engine.masks()) scores.emplace_back(mask.scores.begin(), mask.scores.end());
  constexpr double rate = 0.05, decay = 0.01;
  engine.update({rate, 0.9, decay});

  for (std::size_t m = 0; m < engine.masks().size(); ++m) {
    const Supermask& mask = engine.masks()[m];
    for (std::size_t n = 0; n < 6; ++n) {
      const std::size_t at = random_bits(m, RandomStream::shuffle, n) % mask.count();
      const double gradient =
          slope(plain, plain.weights[m][flat_of(mask.shape(), at)]) * mask.sigma() * mask.signs()[at];
      const double s = scores[m][at];
      const double expected = s - rate * (3 * gradient * (s < 0 ? -1 : 1) + decay * s);
      INFO(mask.name() << " score " << at);
      CHECK(mask.scores[at] == Approx(expected).margin(2e-5 + 0.01 * std::abs(rate * 3 * gradient)));
    }
  }
  for (std::size_t l = 0; l < engine.layers().size(); ++l) {
    const BatchNorm& norm = engine.layers()[l].norm;
    for (std::size_t c : {std::size_t{0}, norm.channels() - 1}) {
      INFO(engine.layers()[l].node.name << " channel " << c);
      CHECK(norm.gamma[c] == Approx(plain.gamma[l][c] - rate * slope(plain, plain.gamma[l][c])).margin(2e-5));
      CHECK(norm.beta[c] == Approx(plain.beta[l][c] - rate * slope(plain, plain.beta[l][c])).margin(2e-5));
    }
  }
}
