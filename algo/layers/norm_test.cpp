// SPDX-License-Identifier: Apache-2.0
// The norms with residual and activation against FP64 loops, their gradients against differences of those.
#include <catch2/catch.hpp>
#include <cmath>
#include <utility>

#include "algo/layers/affine_norm.hpp"
#include "algo/layers/batch_norm.hpp"
#include "algo/layers/finite_difference.hpp"
#include "algo/layers/layer_norm.hpp"

using namespace wd;
using namespace wd::algo;

namespace {

struct Problem {
  NormKind kind;
  Activation activation;
  bool residual;
  std::size_t channels, rows = 23;
  double sigma = 0.25;
  std::vector<double> raw = random_values(rows * channels, 1, 3, 2), side = random_values(raw.size(), 2),
                      gamma = random_values(channels, 3, 0.5, 1), beta = random_values(channels, 4),
                      dout = random_values(raw.size(), 5);

  std::size_t stored() const { return stored_channels(static_cast<int>(channels)); }
  double epsilon() const { return kind == NormKind::batch ? 1e-5 : 3e-4; }

  /// sigma * raw, normalized over `count` values `step` apart from `first` on.
  void normalize(std::vector<double>& x, std::size_t first, std::size_t step, std::size_t count) const {
    double mean = 0, variance = 0;
    for (std::size_t i = 0; i < count; ++i) mean += x[first + i * step] / static_cast<double>(count);
    for (std::size_t i = 0; i < count; ++i)
      variance += std::pow(x[first + i * step] - mean, 2) / static_cast<double>(count);
    for (std::size_t i = 0; i < count; ++i)
      x[first + i * step] = (x[first + i * step] - mean) / std::sqrt(variance + epsilon());
  }

  std::vector<double> forward() const {
    std::vector<double> x = raw;
    for (double& value : x) value *= sigma;
    if (kind == NormKind::batch)
      for (std::size_t c = 0; c < channels; ++c) normalize(x, c, channels, rows);
    if (kind == NormKind::layer)
      for (std::size_t r = 0; r < rows; ++r) normalize(x, r * channels, 1, channels);
    for (std::size_t i = 0; i < x.size(); ++i) {
      x[i] = gamma[i % channels] * x[i] + beta[i % channels] + (residual ? side[i] : 0);
      if (activation == Activation::relu) x[i] = std::max(0.0, x[i]);
      if (activation == Activation::gelu) x[i] *= std::erfc(-x[i] / std::sqrt(2)) / 2;
    }
    return x;
  }
};

/// The three chunks of the problem's rows: 0..8, 8..16, 16..23.
template <typename Work>
void for_chunks(const Problem& p, const Work& work) {
  for (std::size_t chunk = 0; chunk < 3; ++chunk) {
    const std::size_t first = chunk * 8;
    work(chunk, std::min<std::size_t>(8, p.rows - first), first * p.stored());
  }
}

template <typename T>
struct Outcome {
  Array<T> out, dside, draw, added;
  std::vector<double> dgamma, dbeta;
};

NormParameters parameters_of(const Problem& p) {
  NormParameters parameters({"norm", p.kind, static_cast<int>(p.channels), true, 1.0, p.epsilon()});
  for (std::size_t c = 0; c < p.channels; ++c) {
    parameters.gamma.value[c] = static_cast<float>(p.gamma[c]);
    parameters.beta.value[c] = static_cast<float>(p.beta[c]);
  }
  return parameters;
}

/// Forward and backward through `norm`; `input_gradient` is the last step, and its second argument says
/// whether to accumulate.
template <typename T, typename Norm, typename Last>
Outcome<T> run_through(const Problem& p, Norm& norm, const Array<T>& raw, const Last& input_gradient) {
  const Array<T> side = to_tensor<T>(p.side, p.channels, p.stored());
  const T* residual = p.residual ? side.data() : nullptr;
  Outcome<T> o{Array<T>(raw.size()),
               to_tensor<T>(p.dout, p.channels, p.stored()),
               Array<T>(raw.size()),
               to_tensor<T>(p.side, p.channels, p.stored()),
               {},
               {}};
  norm.normalize(p.rows, raw.data(), residual, p.activation, o.out.data());
  for_chunks(p, [&](std::size_t chunk, std::size_t rows, std::size_t at) {
    norm.collect_gradient(chunk, rows, o.dside.data() + at, o.out.data() + at, raw.data() + at,
                          residual ? residual + at : nullptr, p.activation);
  });
  norm.finish_gradient();
  input_gradient(o.dside, o.draw, false);
  input_gradient(o.dside, o.added, true);
  for (float x : norm.parameters().gamma.gradient) o.dgamma.push_back(static_cast<double>(x));
  for (float x : norm.parameters().beta.gradient) o.dbeta.push_back(static_cast<double>(x));
  return o;
}

template <typename T>
Outcome<T> run(const Problem& p) {
  NormParameters parameters = parameters_of(p);
  const Array<T> raw = to_tensor<T>(p.raw, p.channels, p.stored());
  if (p.kind == NormKind::affine) {
    AffineNorm<T> norm(parameters, 3, p.stored(), p.sigma);
    return run_through(p, norm, raw, [&](auto& dy, auto& draw, bool accumulate) {
      norm.input_gradient(p.rows, dy.data(), draw.data(), accumulate);
    });
  }
  const auto last = [&](auto& norm) {
    return run_through(p, norm, raw, [&](auto& dy, auto& draw, bool accumulate) {
      norm.input_gradient(p.rows, dy.data(), raw.data(), draw.data(), accumulate);
    });
  };
  if (p.kind == NormKind::layer) {
    LayerNorm<T> norm(parameters, 3, p.stored(), p.sigma);
    return last(norm);
  }
  BatchNorm<T> norm(parameters, 3, p.rows, p.stored(), p.sigma);
  for_chunks(p, [&](std::size_t chunk, std::size_t rows, std::size_t at) {
    norm.collect(chunk, rows, raw.data() + at);
  });
  norm.finish_statistics();
  return last(norm);
}

double worst(const std::vector<double>& a, const std::vector<double>& expected) {
  double error = 0, largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    error = std::max(error, std::abs(a[i] - expected[i]));
    largest = std::max(largest, std::abs(expected[i]));
  }
  return error / largest;
}

}  // namespace

TEMPLATE_TEST_CASE("norms: forward and gradients equal FP64 references", "[algo][oracle][gradient]", float,
                   BFloat16) {
  const auto kind = GENERATE(NormKind::batch, NormKind::affine, NormKind::layer);
  const auto activation = GENERATE(Activation::none, Activation::relu, Activation::gelu);
  const bool residual = GENERATE(false, true);
  const auto channels = GENERATE(std::size_t{16}, 10, 41);
  Problem p{kind, activation, residual, channels};
  const Outcome<TestType> o = run<TestType>(p);
  // bf16: each tensor is rounded once (2^-9 of itself), and the input's gradient comes from a rounded dy.
  const double bound = std::is_same_v<TestType, float> ? 2e-6 : 0x1p-8;
  CHECK(worst_error(o.out, p.forward(), channels, p.stored()) < bound);
  const auto loss = [&] { return dot(p.dout, p.forward()); };
  const std::vector<double> dside = [&] {
    const bool before = std::exchange(p.residual, true);
    std::vector<double> kept = p.side;
    if (!before) std::fill(p.side.begin(), p.side.end(), 0.0);  // the gradient before the activation
    std::vector<double> result = slopes(p.side, loss);
    p.side = kept;
    p.residual = before;
    return result;
  }();
  CHECK(worst_error(o.dside, dside, channels, p.stored()) < bound);
  const std::vector<double> draw = slopes(p.raw, loss);
  CHECK(worst_error(o.draw, draw, channels, p.stored()) < 2 * bound);
  std::vector<double> sum = p.side;
  for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += draw[i];
  CHECK(worst_error(o.added, sum, channels, p.stored()) < 2 * bound);
  CHECK(worst(o.dgamma, slopes(p.gamma, loss)) < bound);
  CHECK(worst(o.dbeta, slopes(p.beta, loss)) < bound);
}

TEMPLATE_TEST_CASE("norms: thousands of channels", "[algo][oracle]", float, BFloat16) {
  Problem p{GENERATE(NormKind::batch, NormKind::affine, NormKind::layer), Activation::none, true, 1030, 17};
  const Outcome<TestType> o = run<TestType>(p);
  const double bound = std::is_same_v<TestType, float> ? 2e-6 : 0x1p-8;
  const auto loss = [&] { return dot(p.dout, p.forward()); };
  CHECK(worst_error(o.out, p.forward(), p.channels, p.stored()) < bound);
  CHECK(worst(o.dgamma, slopes(p.gamma, loss)) < bound);
  CHECK(worst_error(o.draw, p.raw, p.channels, p.stored()) < HUGE_VAL);  // no value in the padding
}

TEST_CASE("norms: epsilon keeps its size where raw is in units of sigma", "[algo][oracle]") {
  Problem p{GENERATE(NormKind::batch, NormKind::layer), Activation::none, false, 10};
  for (double& x : p.raw) x *= 0x1p-10;  // the variance of sigma * raw is near epsilon
  CHECK(worst_error(run<float>(p).out, p.forward(), 10, 16) < 2e-6);
}

TEST_CASE("population statistics: batches of equal size join to the statistics of all", "[algo][oracle]") {
  PopulationStatistics population;
  population.add({{1.0f, 0.0f}, {2.0f, 1.0f}});
  population.add({{3.0f, 0.0f}, {4.0f, 3.0f}});
  const ChannelStatistics joined = population.estimate();
  CHECK(joined.mean == std::vector<float>{2.0f, 0.0f});
  CHECK(joined.variance == std::vector<float>{4.0f, 2.0f});  // 3 within the batches, 1 between their means
}

TEMPLATE_TEST_CASE("batch norm: the variance survives a mean of many deviations", "[algo][oracle]", float,
                   BFloat16) {
  const double mean = GENERATE(10.0, 1000.0);
  constexpr std::size_t rows = 128, chunks = 4, channels = 16;
  NormParameters parameters({"norm", NormKind::batch, channels, true, 1.0});
  BatchNorm<TestType> norm(parameters, chunks, chunks * rows, channels, 1.0);
  Array<TestType> tensor(chunks * rows * channels);
  std::vector<double> raw;
  for (std::size_t i = 0; i < tensor.size(); ++i) {
    tensor[i] = TestType(static_cast<float>(mean + random_normal(1, RandomStream::scores, i)));
    raw.push_back(static_cast<double>(static_cast<float>(tensor[i])));
  }
  for (std::size_t k = 0; k < chunks; ++k) norm.collect(k, rows, tensor.data() + k * rows * channels);
  norm.finish_statistics();
  for (std::size_t c = 0; c < channels; ++c) {
    double sum = 0, square = 0;
    for (std::size_t i = c; i < raw.size(); i += channels) sum += raw[i] / (chunks * rows);
    for (std::size_t i = c; i < raw.size(); i += channels)
      square += std::pow(raw[i] - sum, 2) / (chunks * rows);
    CHECK(static_cast<double>(norm.batch_statistics().mean[c]) == Approx(sum).epsilon(1e-7));
    CHECK(static_cast<double>(norm.batch_statistics().variance[c]) == Approx(square).epsilon(1e-5));
  }
}

TEST_CASE("batch norm: running statistics follow PyTorch's rule, node after node", "[algo][oracle]") {
  constexpr std::size_t rows = 8, channels = 16;
  NormParameters parameters({"norm", NormKind::batch, channels, true, 1.0});
  BatchNorm<float> first(parameters, 1, rows, channels, 2.0), second(parameters, 1, rows, channels, 0.5);
  std::vector<double> mean(channels, 0.0), variance(channels, 1.0);
  for (auto [norm, sigma, seed] : {std::tuple{&first, 2.0, 1u}, std::tuple{&second, 0.5, 2u}}) {
    const std::vector<double> raw = random_values(rows * channels, seed, 1, 3);
    norm->collect(0, rows, to_tensor<float>(raw, channels, channels).data());
    norm->finish_statistics(false);
    norm->finish_statistics();
    for (std::size_t c = 0; c < channels; ++c) {
      double sum = 0, square = 0;
      for (std::size_t r = 0; r < rows; ++r) sum += sigma * raw[r * channels + c] / rows;
      for (std::size_t r = 0; r < rows; ++r) square += std::pow(sigma * raw[r * channels + c] - sum, 2);
      mean[c] = 0.9 * mean[c] + 0.1 * sum;
      variance[c] = 0.9 * variance[c] + 0.1 * square / (rows - 1);
    }
  }
  for (std::size_t c = 0; c < channels; ++c) {
    CHECK(static_cast<double>(parameters.running.mean[c]) == Approx(mean[c]).epsilon(1e-6));
    CHECK(static_cast<double>(parameters.running.variance[c]) == Approx(variance[c]).epsilon(1e-6));
  }
}

TEST_CASE("batch norm: given statistics normalize as affine() says", "[algo]") {
  Problem p{NormKind::batch, Activation::none, false, 10};
  NormParameters parameters = parameters_of(p);
  BatchNorm<float> norm(parameters, 3, p.rows, p.stored(), p.sigma);
  ChannelStatistics statistics{std::vector<float>(10, 0.5f), std::vector<float>(10, 0.25f)};
  norm.use_statistics(statistics);
  Buffer out(p.rows * p.stored());
  norm.normalize(p.rows, to_tensor<float>(p.raw, 10, 16).data(), nullptr, Activation::none, out.data());
  std::vector<double> expected, folded;
  const std::vector<ChannelAffine> affine = norm.affine(statistics);
  for (std::size_t i = 0; i < p.raw.size(); ++i) {
    expected.push_back(p.gamma[i % 10] * (p.sigma * p.raw[i] - 0.5) / std::sqrt(0.25 + 1e-5) +
                       p.beta[i % 10]);
    folded.push_back(affine[i % 10].factor * p.raw[i] + affine[i % 10].offset);
  }
  CHECK(worst_error(out, expected, 10, 16) < 1e-6);
  CHECK(worst(folded, expected) < 1e-12);
}

TEST_CASE("norms: parameters that are not learned get no gradient, shared ones a sum", "[algo]") {
  Problem p{NormKind::batch, Activation::relu, true, 16};
  NormParameters fixed({"norm", NormKind::batch, 16, false, 1.0}), shared = parameters_of(p);
  BatchNorm<float> a(fixed, 3, p.rows, 16, p.sigma), b(shared, 3, p.rows, 16, p.sigma),
      c(shared, 3, p.rows, 16, p.sigma);
  const Buffer raw = to_tensor<float>(p.raw, 16, 16);
  std::vector<double> once;
  for (BatchNorm<float>* norm : {&a, &b, &c}) {
    for_chunks(p, [&](std::size_t chunk, std::size_t rows, std::size_t at) {
      norm->collect(chunk, rows, raw.data() + at);
    });
    norm->finish_statistics();
    const Outcome<float> o = run_through(p, *norm, raw, [](auto&, auto&, bool) {});
    if (norm == &a)
      for (double x : o.dgamma) CHECK(x == 0);
    if (norm == &b) once = o.dgamma;
    if (norm == &c)
      for (std::size_t i = 0; i < once.size(); ++i) CHECK(o.dgamma[i] == 2 * once[i]);
  }
}

TEST_CASE("norms: LayerScale starts at its gamma, no norm at one", "[algo]") {
  NormParameters scale({"ls", NormKind::affine, 20, true, 1e-5}),
      none({"", NormKind::affine, 20, false, 1.0});
  CHECK(scale.gamma.name == "ls.gamma");
  AffineNorm<float> small(scale, 1, 32, 2.0), plain(none, 1, 32, 2.0);
  Buffer x(32), y(32);
  x.fill(3);
  small.normalize(1, x.data(), nullptr, Activation::none, y.data());
  CHECK(y[19] == Approx(6e-5));
  plain.normalize(1, x.data(), nullptr, Activation::none, y.data());
  CHECK(y[19] == 6);
  CHECK(y[20] == 0);
}
