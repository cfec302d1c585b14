// SPDX-License-Identifier: Apache-2.0
// One training step of every kind of network and mask against an independent one: plain FP64 loops, the
// gradient by central differences of the loss.
#include "algo/executor/executor.hpp"

#include <catch2/catch.hpp>

#include "algo/executor/training_step.hpp"

using namespace wd;
using namespace wd::algo;

namespace {

constexpr double rate = 0.05, decay = 0.01;

/// What a first step of SGD makes of values with their gradients.
PlainValues stepped(const Parameter& parameter, double own_rate) {
  PlainValues values(parameter.value.begin(), parameter.value.end());
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] -= own_rate * (static_cast<double>(parameter.gradient[i]) + decay * values[i]);
  return values;
}

/// The same of scores (or dense weights), from the weights' gradient; NaN where the random weight is not to
/// be seen.
PlainValues stepped(const Supermask& mask, const MaskConfig& config) {
  PlainValues values(mask.scores.value.begin(), mask.scores.value.end());
  for (std::size_t at = 0; at < values.size(); ++at) {
    double gradient = static_cast<double>(mask.dweight[at]), weight = mask.negative(at) ? -1 : 1;
    if (config.init == WeightInit::kaiming_normal)
      weight = mask.level(at) == 0 ? NAN : static_cast<double>(mask.weights()[at]) / mask.level(at);
    if (!mask.dense() && config.score_gradient == ScoreGradient::per_coat) gradient *= mask.coats();
    if (!mask.dense() && !mask.has_learned_signs()) gradient *= weight * (values[at] < 0 ? -1 : 1);
    values[at] -= rate * (gradient + decay * values[at]);
  }
  return values;
}

/// After one pass from mean 0 and variance 1: a tenth of the way at each use of a norm, in node order.
void check_running(const Executor& executor, const std::vector<PlainStatistics>& seen) {
  const Graph& graph = executor.graph();
  for (std::size_t norm = 0; norm < graph.norms.size(); ++norm) {
    const auto channels = static_cast<std::size_t>(graph.norms[norm].channels);
    PlainValues mean(channels, 0), variance(channels, 1);
    for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
      if (graph.nodes[n].norm != static_cast<int>(norm) || seen[n].mean.empty()) continue;
      const auto samples = static_cast<double>(graph.tensor_of(graph.nodes[n].output).positions() * batch);
      for (std::size_t c = 0; c < channels; ++c) {
        mean[c] += 0.1 * (seen[n].mean[c] - mean[c]);
        variance[c] += 0.1 * (seen[n].variance[c] * samples / (samples - 1) - variance[c]);
      }
    }
    INFO(graph.norms[norm].name);
    CHECK(difference(executor.norms()[norm].running.mean, mean) < 1e-5);
    CHECK(difference(executor.norms()[norm].running.variance, variance) < 1e-5);
  }
}

/// Activations, statistics, loss and gradients of a training step in FP32.
void check_step(Executor& executor) {
  PlainNetwork plain = plain_copy(executor);
  std::vector<PlainStatistics> statistics;
  const std::vector<PlainValues> expected = plain.forward(&statistics);
  executor.forward_train();
  check_activations(executor, expected, 1e-5);
  const std::vector<ChannelStatistics> measured = executor.batch_statistics();
  REQUIRE(measured.size() == statistics.size());
  for (std::size_t n = 0; n < measured.size(); ++n) {
    REQUIRE(measured[n].mean.size() == statistics[n].mean.size());
    if (measured[n].mean.empty()) continue;
    CHECK(difference(measured[n].mean, statistics[n].mean) < 1e-5);
    CHECK(difference(measured[n].variance, statistics[n].variance) < 1e-5);
  }
  check_running(executor, statistics);
  CHECK(executor.loss(targets()).loss == Approx(plain.loss()).epsilon(1e-6));
  executor.backward();
  check_gradients(executor, plain, {2e-5, 3e-7});
}

}  // namespace

TEST_CASE("executor: one training step equals an independent FP64 network", "[algo][oracle][gradient]") {
  for (const NetworkCase& network : network_cases()) {
    INFO(network.name);
    ThreadPool pool(2);
    const auto executor = make_case(network, Precision::fp32, batch, pool);
    check_step(*executor);
  }
}

TEST_CASE("executor: values that several nodes read, pools on the way and residuals of any kind",
          "[algo][oracle][gradient]") {
  // What no built-in network has: the input as a residual, one residual of two nodes, norms and GELU with
  // residuals, values that pools, norms and residuals share.
  Graph graph;
  graph.tensors = {{"input", 4, 4, 6}, {"map", 4, 4, 6}, {"small", 2, 2, 6}, {"scores", 1, 1, 10}};
  graph.activations = {0, 1, 1, 1, 1, 2, 2, 2, 3};
  graph.weights = {{"a", 3, 6, 6}, {"b", 1, 6, 6}, {"mix", 1, 4, 4}, {"classifier", 2, 6, 10}};
  graph.norms = {{"n0", NormKind::batch, 6}, {"n1", NormKind::layer, 6}, {"n2", NormKind::affine, 6}};
  using enum NodeKind;
  const auto relu = Activation::relu, gelu = Activation::gelu;
  graph.nodes = {
      {.name = "a",
       .weights = 0,
       .norm = 0,
       .output = 1,
       .residual = 0,
       .activation = relu,
       .kernel = 3,
       .pad = 1},
      {.name = "b", .weights = 1, .norm = 1, .input = 1, .output = 2, .residual = 1, .activation = gelu},
      {.kind = norm, .name = "n", .norm = 2, .input = 1, .output = 3, .residual = 2, .activation = gelu},
      {.name = "c", .weights = 1, .norm = 0, .input = 3, .output = 4, .residual = 1, .activation = relu},
      {.kind = average_pool, .name = "average", .input = 4, .output = 5, .kernel = 2, .stride = 2},
      {.kind = max_pool, .name = "largest", .input = 4, .output = 6, .kernel = 3, .stride = 2, .pad = 1},
      {.kind = token_mix,
       .name = "mix",
       .weights = 2,
       .input = 5,
       .output = 7,
       .residual = 6,
       .activation = gelu},
      {.name = "classifier", .weights = 3, .input = 7, .output = 8, .kernel = 2}};
  ThreadPool pool(2);
  ExecutorConfig config;
  config.precision = Precision::fp32;
  config.batch = batch;
  const auto executor = make_executor(config, graph, pool);
  randomize(*executor);
  check_step(*executor);
}

TEST_CASE("executor: an update moves scores, weights and norms by the published rules", "[algo][oracle]") {
  for (const NetworkCase& network : network_cases()) {
    INFO(network.name);
    ThreadPool pool(2);
    const auto executor = make_case(network, Precision::fp32, batch, pool);
    executor->forward_train();
    executor->loss(targets());
    executor->backward();
    std::vector<PlainValues> expected;
    for (const Supermask& mask : executor->masks().layers())
      expected.push_back(stepped(mask, executor->masks().config()));
    for (const NormParameters& norm : executor->norms())
      for (const Parameter* parameter : {&norm.gamma, &norm.beta})
        expected.push_back(stepped(*parameter, norm.learned ? rate : 0));
    executor->update(Optimizer({.momentum = 0.9, .weight_decay = decay}), rate, 1);
    const std::vector<Parameter*> parameters = executor->parameters();
    REQUIRE(parameters.size() == expected.size());
    for (std::size_t p = 0; p < parameters.size(); ++p) {
      INFO(parameters[p]->name);
      for (std::size_t i = 0; i < expected[p].size(); ++i)
        if (std::isnan(expected[p][i])) expected[p][i] = static_cast<double>(parameters[p]->value[i]);
      CHECK(difference(parameters[p]->value, expected[p]) < 1e-6);
    }
    const auto zero = [](const Buffer& gradient) {
      return std::all_of(gradient.begin(), gradient.end(), [](float g) { return g == 0; });
    };
    for (const Supermask& mask : executor->masks().layers()) CHECK(zero(mask.dweight));
    for (const NormParameters& norm : executor->norms())
      CHECK((zero(norm.gamma.gradient) && zero(norm.beta.gradient)));
    // The next pass computes with the new weights.
    executor->forward_train();
    check_activations(*executor, plain_copy(*executor).forward(), 1e-5);
  }
}

TEST_CASE("executor: frozen statistics normalize as given and change nothing", "[algo][oracle]") {
  for (const NetworkCase& network : network_cases()) {
    INFO(network.name);
    ThreadPool pool(2);
    const auto executor = make_case(network, Precision::fp32, batch, pool);
    PlainNetwork plain = plain_copy(*executor);
    std::vector<ChannelStatistics> given;
    for (const NormParameters& norm : executor->norms()) {
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
        executor->norms().empty() ? ChannelStatistics{} : executor->norms()[0].running;
    executor->forward_frozen(given);
    check_activations(*executor, plain.forward(), 1e-5);
    if (!executor->norms().empty()) CHECK(executor->norms()[0].running.mean == running.mean);
    const PlainValues scores =
        plain.forward()[static_cast<std::size_t>(executor->graph().nodes.back().output)];
    for (std::size_t b = 0; b < batch; ++b) {
      const std::vector<float> own = executor->scores(b);
      const PlainValues row(scores.begin() + static_cast<std::ptrdiff_t>(b * 10),
                            scores.begin() + static_cast<std::ptrdiff_t>(b * 10 + 10));
      CHECK(difference(own, row) < 1e-4);
      CHECK(static_cast<std::ptrdiff_t>(executor->predicted(b)) ==
            std::max_element(row.begin(), row.end()) - row.begin());
    }
  }
}

TEST_CASE("executor: the largest values and zeros of tensors are those of their activations", "[algo]") {
  ThreadPool pool(2);
  for (const NetworkCase& network : network_cases()) {
    const auto executor = make_case(network, Precision::bf16, batch, pool);
    executor->forward_train();
    const std::vector<float> maxima = executor->tensor_maxima();
    const std::vector<double> sparsity = executor->tensor_sparsity();
    for (std::size_t t = 0; t < executor->graph().tensors.size(); ++t) {
      INFO(network.name << " tensor " << executor->graph().tensors[t].name);
      float most = 0;
      std::size_t zeros = 0, count = 0;
      for (std::size_t a = 0; a < executor->graph().activations.size(); ++a) {
        if (executor->graph().activations[a] != static_cast<int>(t)) continue;
        for (float x : executor->values(static_cast<int>(a))) {
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
