// SPDX-License-Identifier: Apache-2.0
// One training step of every kind of network and mask against an independent one: plain FP64 loops, the
// gradient by central differences of the loss. bf16 is held to a bound from FP32.
#include "algo/train/engine.hpp"

#include <catch2/catch.hpp>

#include "algo/train/network_cases.hpp"
#include "algo/train/plain_network.hpp"
#include "hw/numerics/fp8.hpp"

using namespace wd;
using namespace wd::algo;

namespace {

constexpr int batch = 6;

const LossTargets& targets() {
  static const std::vector<std::uint16_t> labels{3, 0, 9, 3, 5, 1}, partners{1, 3, 0, 9, 3, 5};
  static const LossTargets all{labels, partners, 0.7, 0.1};
  return all;
}

PlainNetwork plain_copy(Engine& engine) {
  PlainNetwork plain;
  plain.graph = engine.graph();
  plain.batch = engine.batch();
  plain.labels.assign(targets().labels.begin(), targets().labels.end());
  plain.partners.assign(targets().other.begin(), targets().other.end());
  plain.lambda = targets().lambda;
  plain.smoothing = targets().smoothing;
  for (const Supermask& mask : engine.masks().layers()) {
    plain.weights.emplace_back(mask.weights(), mask.weights() + mask.count());
    for (double& w : plain.weights.back()) w *= mask.sigma();
  }
  for (const NormParameters& norm : engine.norms()) {
    plain.gamma.emplace_back(norm.gamma.value.begin(), norm.gamma.value.end());
    plain.beta.emplace_back(norm.beta.value.begin(), norm.beta.value.end());
  }
  const std::vector<float> input = engine.values(0);
  plain.input.assign(input.begin(), input.end());
  return plain;
}

/// The largest difference, relative to the largest value.
template <typename Values>
double difference(const Values& values, const PlainValues& expected) {
  double worst = 0, largest = 1e-30;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    largest = std::max(largest, std::abs(expected[i]));
    worst = std::max(worst, std::abs(static_cast<double>(values[i]) - expected[i]));
  }
  return worst / largest;
}

/// Slopes of the loss along random directions and single values, against the gradient times `unit`.
void check_gradient(PlainNetwork& plain, PlainValues& values, const Buffer& gradient, double unit, double bound) {
  const std::size_t count = values.size();
  double norm = 0;
  for (float g : gradient) norm += std::pow(static_cast<double>(g) * unit, 2);
  norm = std::sqrt(norm);
  for (std::uint64_t n = 0; n < 6; ++n) {
    PlainValues direction(count);
    if (n < 3)
      direction = random_values(count, 900 + n);
    else
      direction[random_bits(n, RandomStream::shuffle, count) % count] = 1;
    double along = 0;
    for (std::size_t i = 0; i < count; ++i) along += static_cast<double>(gradient[i]) * unit * direction[i];
    INFO("direction " << n);
    // Some gradients vanish but for FP32's noise: an offset before a batch norm.
    CHECK(along == Approx(slope(plain, values, direction)).epsilon(0).margin(bound * norm + 3e-7));
  }
}

void check_gradients(Engine& engine, PlainNetwork& plain, double bound) {
  for (std::size_t w = 0; w < engine.masks().size(); ++w) {
    const Supermask& mask = engine.masks()[w];
    INFO("gradient of weights " << mask.name());
    check_gradient(plain, plain.weights[w], mask.dweight, 1 / mask.sigma(), bound);
  }
  for (std::size_t n = 0; n < engine.norms().size(); ++n) {
    const NormParameters& norm = engine.norms()[n];
    INFO("gradients of " << norm.gamma.name << " and beta");
    if (norm.learned) {
      check_gradient(plain, plain.gamma[n], norm.gamma.gradient, 1, bound);
      check_gradient(plain, plain.beta[n], norm.beta.gradient, 1, bound);
    } else {
      for (const Buffer* gradient : {&norm.gamma.gradient, &norm.beta.gradient})
        CHECK(std::all_of(gradient->begin(), gradient->end(), [](float g) { return g == 0; }));
    }
  }
}

void check_activations(const Engine& engine, const std::vector<PlainValues>& expected, double bound) {
  for (const Node& node : engine.graph().nodes) {
    INFO("output of " << node.name << " iteration " << node.iteration);
    CHECK(difference(engine.values(node.output), expected[static_cast<std::size_t>(node.output)]) < bound);
  }
}

double fp8_rounded(double x, int scale_exp) {
  const auto scaled = static_cast<float>(std::ldexp(x, scale_exp));
  return std::ldexp(double{numerics::fp8_to_float(numerics::fp8_from_float(scaled))}, -scale_exp);
}

/// What a step of SGD makes of a score (or dense weight) whose weight has the gradient `dweight`.
double stepped(const Supermask& mask, const MaskConfig& config, std::size_t at, double dweight, double score) {
  constexpr double rate = 0.05, decay = 0.01;
  double gradient = dweight;
  if (!mask.dense()) {
    if (config.score_gradient == ScoreGradient::per_coat) gradient *= mask.coats();
    if (!mask.has_learned_signs()) {
      double weight = mask.negative(at) ? -1 : 1;
      if (config.init == WeightInit::kaiming_normal)
        weight = static_cast<double>(mask.weights()[at]) / mask.level(at);
      gradient *= weight * (score < 0 ? -1 : 1);
    }
  }
  return score - rate * (gradient + decay * score);
}

}  // namespace

TEST_CASE("engine: one training step equals an independent FP64 network", "[algo][oracle][gradient]") {
  for (const NetworkCase& network : network_cases()) {
    INFO(network.name);
    ThreadPool pool(2);
    const auto engine = make_case(network, Precision::fp32, batch, pool);
    PlainNetwork plain = plain_copy(*engine);
    std::vector<PlainStatistics> statistics;
    const std::vector<PlainValues> expected = plain.forward(&statistics);
    engine->forward_train();
    check_activations(*engine, expected, 1e-5);
    const std::vector<ChannelStatistics> measured = engine->batch_statistics();
    REQUIRE(measured.size() == statistics.size());
    for (std::size_t n = 0; n < measured.size(); ++n) {
      REQUIRE(measured[n].mean.size() == statistics[n].mean.size());
      if (measured[n].mean.empty()) continue;
      CHECK(difference(measured[n].mean, statistics[n].mean) < 1e-5);
      CHECK(difference(measured[n].variance, statistics[n].variance) < 1e-5);
    }
    CHECK(engine->loss(targets()).loss == Approx(plain.loss()).epsilon(1e-6));
    engine->backward();
    check_gradients(*engine, plain, 2e-5);
  }
}

TEST_CASE("engine: an update moves scores, weights and norms by the published rules", "[algo][oracle]") {
  for (const NetworkCase& network : network_cases()) {
    INFO(network.name);
    ThreadPool pool(2);
    const auto engine = make_case(network, Precision::fp32, batch, pool);
    engine->forward_train();
    engine->loss(targets());
    engine->backward();
    std::vector<std::vector<double>> before, expected;
    for (const Supermask& mask : engine->masks().layers()) {
      expected.emplace_back();
      for (std::size_t at = 0; at < mask.count(); ++at)
        expected.back().push_back(
            mask.weights()[at] == 0 && engine->masks().config().init == WeightInit::kaiming_normal
                ? HUGE_VAL  // the random weight is not to be seen
                : stepped(mask, engine->masks().config(), at, static_cast<double>(mask.dweight[at]),
                          static_cast<double>(mask.scores.value[at])));
    }
    for (const NormParameters& norm : engine->norms()) {
      before.emplace_back(norm.gamma.value.begin(), norm.gamma.value.end());
      for (std::size_t c = 0; c < norm.channels() && norm.learned; ++c)
        before.back()[c] -= 0.05 * (static_cast<double>(norm.gamma.gradient[c]) + 0.01 * before.back()[c]);
    }
    engine->update(Optimizer({.momentum = 0.9, .weight_decay = 0.01}), 0.05, 1);
    for (std::size_t w = 0; w < expected.size(); ++w) {
      const Supermask& mask = engine->masks()[w];
      double worst = 0;
      for (std::size_t at = 0; at < mask.count(); ++at)
        if (expected[w][at] < HUGE_VAL)
          worst = std::max(worst, std::abs(expected[w][at] - static_cast<double>(mask.scores.value[at])));
      INFO(mask.name());
      CHECK(worst < 1e-6);
      CHECK(std::all_of(mask.dweight.begin(), mask.dweight.end(), [](float g) { return g == 0; }));
    }
    for (std::size_t n = 0; n < before.size(); ++n) {
      CHECK(difference(engine->norms()[n].gamma.value, before[n]) < 1e-6);
      CHECK(engine->norms()[n].gamma.gradient[0] == 0);
    }
    // The next pass computes with the new weights.
    engine->forward_train();
    check_activations(*engine, plain_copy(*engine).forward(), 1e-5);
  }
}

TEST_CASE("engine: frozen statistics normalize as given and change nothing", "[algo][oracle]") {
  for (const NetworkCase& network : network_cases()) {
    INFO(network.name);
    ThreadPool pool(2);
    const auto engine = make_case(network, Precision::fp32, batch, pool);
    PlainNetwork plain = plain_copy(*engine);
    std::vector<ChannelStatistics> given;
    for (const NormParameters& norm : engine->norms()) {
      const std::vector<double> mean = random_values(norm.channels(), given.size(), 0.2);
      std::vector<double> variance = random_values(norm.channels(), 70 + given.size(), 0.2, 1);
      for (double& v : variance) v = std::abs(v);
      plain.frozen.push_back({mean, variance});
      const bool batch_norm = norm.kind == NormKind::batch;
      given.push_back(batch_norm ? ChannelStatistics{{mean.begin(), mean.end()}, {variance.begin(), variance.end()}}
                                 : ChannelStatistics{});
    }
    const ChannelStatistics running = engine->norms().empty() ? ChannelStatistics{} : engine->norms()[0].running;
    engine->forward_frozen(given);
    check_activations(*engine, plain.forward(), 1e-5);
    if (!engine->norms().empty()) CHECK(engine->norms()[0].running.mean == running.mean);
    const PlainValues scores = plain.forward()[static_cast<std::size_t>(engine->graph().nodes.back().output)];
    for (std::size_t b = 0; b < batch; ++b) {
      const std::vector<float> own = engine->scores(b);
      const PlainValues row(scores.begin() + static_cast<std::ptrdiff_t>(b * 10),
                            scores.begin() + static_cast<std::ptrdiff_t>(b * 10 + 10));
      CHECK(difference(own, row) < 1e-4);
      CHECK(static_cast<std::ptrdiff_t>(engine->predicted(b)) ==
            std::max_element(row.begin(), row.end()) - row.begin());
    }
  }
}

TEST_CASE("engine: FP8 rounds every stored tensor and passes gradients straight through",
          "[algo][oracle][gradient]") {
  for (const NetworkCase& network : network_cases()) {
    INFO(network.name);
    ThreadPool pool(2);
    const auto engine = make_case(network, Precision::fp32, batch, pool);
    std::vector<int>& exps = engine->fp8.exps;
    exps.assign(engine->graph().tensors.size(), 4);
    exps[1] = 3;
    PlainNetwork plain = plain_copy(*engine);
    for (double& x : plain.input) x = fp8_rounded(x, exps[0]);
    const Node& last = plain.graph.nodes.back();
    plain.fix([&](std::size_t n, PlainValues values) {
      const Node& node = plain.graph.nodes[n];
      const auto output = static_cast<std::size_t>(node.output);
      const int exp = exps[static_cast<std::size_t>(plain.graph.activations[output])];
      // Maxima are FP8 values; scores, and the pooled features that only the classifier reads, are not rounded.
      const bool stored = &node != &last && node.kind != NodeKind::max_pool && node.kind != NodeKind::average_pool;
      for (double& x : values) x = stored ? fp8_rounded(x, exp) : x;
      return values;
    });
    engine->set_input(std::vector<float>(plain.input.begin(), plain.input.end()));
    engine->forward_train();
    check_activations(*engine, plain.forward(), 1e-5);
    CHECK(engine->loss(targets()).loss == Approx(plain.loss()).epsilon(1e-6));
    engine->backward();
    check_gradients(*engine, plain, 2e-5);
  }
}

TEST_CASE("engine: bf16 rounds each tensor once, and its gradient keeps near that of the rounded values",
          "[algo][oracle][gradient]") {
  // At other values than these, some ReLUs would switch: FP32's gradient is no reference.
  for (const NetworkCase& network : network_cases()) {
    INFO(network.name);
    ThreadPool pool(2);
    const auto engine = make_case(network, Precision::bf16, batch, pool);
    engine->forward_train();
    PlainNetwork plain = plain_copy(*engine);
    for (std::size_t w = 0; w < plain.weights.size(); ++w)
      for (std::size_t i = 0; i < plain.weights[w].size(); ++i)
        plain.weights[w][i] =
            static_cast<double>(static_cast<float>(BFloat16(engine->masks()[w].weights()[i]))) *
            engine->masks()[w].sigma();
    plain.fix([&](std::size_t n, const PlainValues& exact) {
      const std::vector<float> values = engine->values(plain.graph.nodes[n].output);
      INFO("output of " << plain.graph.nodes[n].name);
      CHECK(difference(values, exact) < 0.01);
      return PlainValues(values.begin(), values.end());
    });
    CHECK(engine->loss(targets()).loss == Approx(plain.loss()).epsilon(1e-6));
    engine->backward();
    check_gradients(*engine, plain, 0.02);
  }
}

TEST_CASE("engine: the largest values and zeros of tensors are those of their activations", "[algo]") {
  ThreadPool pool(2);
  for (const NetworkCase& network : network_cases()) {
    const auto engine = make_case(network, Precision::bf16, batch, pool);
    engine->forward_train();
    const std::vector<float> maxima = engine->tensor_maxima();
    const std::vector<double> sparsity = engine->tensor_sparsity();
    for (std::size_t t = 0; t < engine->graph().tensors.size(); ++t) {
      INFO(network.name << " tensor " << engine->graph().tensors[t].name);
      float most = 0;
      std::size_t zeros = 0, count = 0;
      for (std::size_t a = 0; a < engine->graph().activations.size(); ++a) {
        if (engine->graph().activations[a] != static_cast<int>(t)) continue;
        for (float x : engine->values(static_cast<int>(a))) {
          most = std::max(most, std::abs(x));
          zeros += x == 0;
          ++count;
        }
      }
      CHECK(maxima[t] == most);
      CHECK(sparsity[t] == Approx(static_cast<double>(zeros) / static_cast<double>(count)).margin(1e-12));
    }
  }
}
