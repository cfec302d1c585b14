// SPDX-License-Identifier: Apache-2.0
// Each layer kind against plain loops in FP64, and its gradients against central differences.
#include <catch2/catch.hpp>
#include <cmath>
#include <functional>

#include "algo/data/counter_random.hpp"
#include "algo/layers/batch_norm.hpp"
#include "algo/layers/classifier.hpp"
#include "algo/layers/conv.hpp"

using namespace wd;
using namespace wd::algo;

namespace {

Buffer random_buffer(std::size_t count, std::uint64_t seed) {
  Buffer values(count);
  for (std::size_t i = 0; i < count; ++i)
    values[i] = static_cast<float>(random_normal(seed, RandomStream::scores, i));
  return values;
}

double dot(const Buffer& a, const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += static_cast<double>(a[i]) * b[i];
  return sum;
}

/// Central difference of `loss` in values[i].
double slope(Buffer& values, std::size_t i, double step, const std::function<double()>& loss) {
  const float before = values[i];
  values[i] = static_cast<float>(before + step);
  const double up = loss(), high = values[i];
  values[i] = static_cast<float>(before - step);
  const double down = loss(), low = values[i];
  values[i] = before;
  return (up - down) / (high - low);
}

/// Plain convolution; weights are taps x I x O.
std::vector<double> plain_conv(const ConvShape& s, std::size_t batch, const Buffer& in, const Buffer& w) {
  std::vector<double> out(s.out_positions() * batch * s.outputs());
  for (int y = 0; y < s.out_height(); ++y)
    for (int x = 0; x < s.out_width(); ++x)
      for (int ky = 0; ky < s.kernel; ++ky)
        for (int kx = 0; kx < s.kernel; ++kx) {
          const int iy = y * s.stride + ky - s.pad, ix = x * s.stride + kx - s.pad;
          if (iy < 0 || iy >= s.in_height || ix < 0 || ix >= s.in_width) continue;
          const auto from = static_cast<std::size_t>(iy * s.in_width + ix),
                     to = static_cast<std::size_t>(y * s.out_width() + x);
          const auto tap = static_cast<std::size_t>(ky * s.kernel + kx);
          for (std::size_t b = 0; b < batch; ++b)
            for (std::size_t i = 0; i < s.inputs(); ++i)
              for (std::size_t o = 0; o < s.outputs(); ++o)
                out[(to * batch + b) * s.outputs() + o] +=
                    static_cast<double>(in[(from * batch + b) * s.inputs() + i]) *
                    w[(tap * s.inputs() + i) * s.outputs() + o];
        }
  return out;
}

}  // namespace

TEST_CASE("conv: forward equals plain loops, gradients equal differences", "[algo][oracle][gradient]") {
  const ConvShape shape = GENERATE(ConvShape{5, 4, 16, 48, 3, 1, 1}, ConvShape{7, 7, 32, 16, 3, 2, 1},
                                   ConvShape{7, 7, 16, 32, 1, 2, 0}, ConvShape{2, 2, 48, 16, 3, 1, 1});
  const auto batch = GENERATE(std::size_t{3}, 64);
  Buffer in = random_buffer(shape.in_positions() * batch * shape.inputs(), 1);
  Buffer weights = random_buffer(shape.taps() * shape.inputs() * shape.outputs(), 2);
  const Buffer dout = random_buffer(shape.out_positions() * batch * shape.outputs(), 3);
  Buffer forward(weights.size()), backward(weights.size()), out(dout.size()), din(in.size()),
      dweight(weights.size());
  pack_weights(shape, weights.data(), forward.data(), backward.data());
  const PackedWeights packed{forward.data(), backward.data()};
  ThreadPool pool(2);
  const Conv conv(shape, batch);
  conv.forward(pool, in.data(), packed, out.data(), nullptr);
  const std::vector<double> expected = plain_conv(shape, batch, in, weights);
  double worst = 0;
  for (std::size_t i = 0; i < out.size(); ++i) worst = std::max(worst, std::abs(out[i] - expected[i]));
  CHECK(worst < 1e-3);

  if (batch > 3) return;  // a convolution is linear: large steps are exact, small batches enough
  conv.backward_input(pool, dout.data(), packed, din.data(), false);
  conv.backward_weights(pool, in.data(), dout.data(), dweight.data());
  const auto loss = [&] { return dot(dout, plain_conv(shape, batch, in, weights)); };
  for (std::size_t n = 0; n < 8; ++n) {
    const std::size_t i = random_bits(9, RandomStream::shuffle, n) % in.size();
    CHECK(din[i] == Approx(slope(in, i, 1, loss)).margin(1e-3));
    const std::size_t w = random_bits(8, RandomStream::shuffle, n) % weights.size();
    CHECK(dweight[w] == Approx(slope(weights, w, 1, loss)).margin(1e-3));
  }
  Buffer twice(in.size());
  std::copy(din.begin(), din.end(), twice.begin());
  conv.backward_input(pool, dout.data(), packed, twice.data(), true);
  for (std::size_t i = 0; i < in.size(); ++i) REQUIRE(twice[i] == Approx(2 * din[i]).margin(1e-3));
}

namespace {

/// relu(gamma * (raw - mean) / sqrt(var + eps) + beta + residual), statistics of the batch, in FP64.
std::vector<double> plain_norm(std::size_t channels, const Buffer& raw, const BatchNorm& norm,
                               const Buffer& residual) {
  const std::size_t rows = raw.size() / channels;
  std::vector<double> out(raw.size());
  for (std::size_t c = 0; c < channels; ++c) {
    double mean = 0, variance = 0;
    for (std::size_t r = 0; r < rows; ++r)
      mean += static_cast<double>(raw[r * channels + c]) / static_cast<double>(rows);
    for (std::size_t r = 0; r < rows; ++r)
      variance += std::pow(raw[r * channels + c] - mean, 2) / static_cast<double>(rows);
    for (std::size_t r = 0; r < rows; ++r) {
      const std::size_t i = r * channels + c;
      out[i] = std::max(
          0.0, norm.gamma[c] * (raw[i] - mean) / std::sqrt(variance + 1e-5) + norm.beta[c] + residual[i]);
    }
  }
  return out;
}

}  // namespace

TEST_CASE("batch norm, residual and ReLU: forward and gradients", "[algo][oracle][gradient]") {
  constexpr std::size_t channels = 16, rows = 12, chunks = 3;
  BatchNorm norm(channels, chunks, chunks * rows, 1.0);
  Buffer raw = random_buffer(chunks * rows * channels, 1), residual = random_buffer(raw.size(), 2);
  for (std::size_t i = 0; i < raw.size(); ++i) raw[i] = 3 * raw[i] + static_cast<float>(i % channels);
  for (std::size_t c = 0; c < channels; ++c) {
    norm.gamma[c] = 0.5f + 0.1f * static_cast<float>(c);
    norm.beta[c] = 0.3f - 0.05f * static_cast<float>(c);
  }
  Buffer out(raw.size()), draw(raw.size()), dy = random_buffer(raw.size(), 3);
  const Buffer dout = random_buffer(raw.size(), 3);
  const std::size_t size = rows * channels;
  for (std::size_t k = 0; k < chunks; ++k) norm.collect(k, rows, raw.data() + k * size);
  norm.finish_statistics();
  norm.normalize(chunks * rows, raw.data(), residual.data(), true, out.data());
  const std::vector<double> expected = plain_norm(channels, raw, norm, residual);
  for (std::size_t i = 0; i < out.size(); ++i) REQUIRE(out[i] == Approx(expected[i]).margin(1e-5));

  for (std::size_t k = 0; k < chunks; ++k)
    norm.collect_gradient(k, rows, dy.data() + k * size, out.data() + k * size, raw.data() + k * size);
  norm.finish_gradient();
  norm.input_gradient(chunks * rows, dy.data(), raw.data(), draw.data());
  const auto loss = [&] { return dot(dout, plain_norm(channels, raw, norm, residual)); };
  for (std::size_t n = 0; n < 40; ++n) {
    const std::size_t i = random_bits(4, RandomStream::shuffle, n) % raw.size();
    if (std::abs(expected[i]) < 1e-2) continue;  // too near the kink of the ReLU
    CHECK(draw[i] == Approx(slope(raw, i, 1e-3, loss)).epsilon(0.02).margin(5e-3));
    CHECK(dy[i] == Approx(slope(residual, i, 1e-3, loss)).epsilon(0.02).margin(5e-3));
  }
  for (std::size_t c = 0; c < channels; ++c) {
    CHECK(norm.dgamma[c] == Approx(slope(norm.gamma, c, 1e-4, loss)).epsilon(0.02).margin(2e-2));
    CHECK(norm.dbeta[c] == Approx(slope(norm.beta, c, 1e-4, loss)).epsilon(0.02).margin(2e-2));
  }
}

TEST_CASE("batch norm: sigma joins the statistics and leaves the result alone", "[algo]") {
  constexpr std::size_t channels = 16, rows = 30;
  constexpr float sigma = 0.25f;
  BatchNorm whole(channels, 1, rows, 1.0), scaled(channels, 1, rows, sigma);
  const Buffer raw = random_buffer(rows * channels, 1);
  Buffer small(raw.size()), a(raw.size()), b(raw.size());
  for (std::size_t i = 0; i < raw.size(); ++i) small[i] = raw[i] * sigma;
  whole.collect(0, rows, small.data());
  whole.finish_statistics();
  whole.normalize(rows, small.data(), nullptr, false, a.data());
  scaled.collect(0, rows, raw.data());
  scaled.finish_statistics();
  scaled.normalize(rows, raw.data(), nullptr, false, b.data());
  for (std::size_t i = 0; i < raw.size(); ++i) REQUIRE(a[i] == Approx(b[i]).margin(1e-5));
}

TEST_CASE("classifier: pooling, scores, loss and their gradients", "[algo][gradient]") {
  constexpr std::size_t positions = 6, batch = 4, channels = 16, classes = 10;
  const double smoothing = GENERATE(0.0, 0.1);
  PoolClassifier classifier(positions, batch, channels, classes, 0.3);
  Buffer features = random_buffer(positions * batch * channels, 1),
         weights = random_buffer(channels * classes, 2);
  const std::vector<std::uint8_t> labels{3, 0, 9, 3};
  const auto loss = [&] {
    classifier.forward(features.data(), weights.data());
    return classifier.loss(labels, smoothing);
  };
  const double value = loss();
  double expected = 0;
  for (std::size_t b = 0; b < batch; ++b) {
    std::vector<double> z(classes);
    for (std::size_t k = 0; k < classes; ++k)
      for (std::size_t p = 0; p < positions; ++p)
        for (std::size_t c = 0; c < channels; ++c)
          z[k] += 0.3 / positions * features[(p * batch + b) * channels + c] * weights[c * classes + k];
    double sum = 0;
    for (double x : z) sum += std::exp(x);
    for (std::size_t k = 0; k < classes; ++k)
      expected -=
          (smoothing / classes + (k == labels[b] ? 1 - smoothing : 0)) * (z[k] - std::log(sum)) / batch;
  }
  CHECK(value == Approx(expected).margin(1e-6));

  Buffer dweights(weights.size()), dfeatures(features.size());
  classifier.backward(weights.data(), dweights.data(), dfeatures.data());
  for (std::size_t n = 0; n < 20; ++n) {
    const std::size_t f = random_bits(1, RandomStream::shuffle, n) % features.size();
    const std::size_t w = random_bits(2, RandomStream::shuffle, n) % weights.size();
    CHECK(dfeatures[f] == Approx(slope(features, f, 0.05, loss)).epsilon(0.02).margin(1e-4));
    CHECK(dweights[w] == Approx(slope(weights, w, 0.05, loss)).epsilon(0.02).margin(1e-4));
  }
}
