// SPDX-License-Identifier: Apache-2.0
// One training step of every kind of network and mask against an independent one: plain FP64 loops, the
// gradient by central differences of the loss.
#include "algo/train/engine.hpp"

#include <catch2/catch.hpp>

#include "algo/train/training_step.hpp"

using namespace wd;
using namespace wd::algo;

namespace {

/// What a step of SGD makes of a score (or dense weight) whose weight has the gradient `dweight`.
double stepped(const Supermask& mask, const MaskConfig& config, std::size_t at, double dweight,
               double score) {
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
    check_gradients(*engine, plain, {2e-5, 3e-7});
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
      given.push_back(batch_norm
                          ? ChannelStatistics{{mean.begin(), mean.end()}, {variance.begin(), variance.end()}}
                          : ChannelStatistics{});
    }
    const ChannelStatistics running =
        engine->norms().empty() ? ChannelStatistics{} : engine->norms()[0].running;
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
