// SPDX-License-Identifier: Apache-2.0
#include "algo/optimize/optimizer.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>
#include <vector>

#include "algo/data/counter_random.hpp"
#include "algo/optimize/optimizer_kernels.hpp"
#include "base/error.hpp"

using namespace wd::algo;
using Catch::Matchers::Contains;
using nlohmann::json;

namespace {

using TorchSteps = std::array<std::array<double, 4>, 3>;  // after steps 1, 2 and 6

// clang-format off
const std::vector<TorchSteps> torch_steps{
#include "algo/optimize/torch_steps.inc"
};
// clang-format on

OptimizerConfig sgd(double momentum, bool nesterov, double decay) {
  OptimizerConfig config;
  config.momentum = momentum;
  config.nesterov = nesterov;
  config.weight_decay = decay;
  return config;
}

OptimizerConfig adamw(double beta1, double beta2, double epsilon, double decay) {
  OptimizerConfig config;
  config.kind = OptimizerKind::adamw;
  config.beta1 = beta1;
  config.beta2 = beta2;
  config.epsilon = epsilon;
  config.weight_decay = decay;
  return config;
}

const std::vector<OptimizerConfig> configs{sgd(0, false, 0.01), sgd(0.9, false, 5e-4), sgd(0.875, true, 0.01),
                                           adamw(0.9, 0.999, 1e-8, 0.01), adamw(0.8, 0.95, 1e-3, 0.25)};

/// The published update of one weight, in FP64.
struct Reference {
  OptimizerConfig config;
  double value, first = 0, second = 0;

  void step(double gradient, double rate, int number) {
    if (config.kind == OptimizerKind::sgd) {
      const double slope = gradient + config.weight_decay * value;
      first = config.momentum * first + slope;
      value -= rate * (config.nesterov ? slope + config.momentum * first : first);
      return;
    }
    value *= 1 - rate * config.weight_decay;
    first = config.beta1 * first + (1 - config.beta1) * gradient;
    second = config.beta2 * second + (1 - config.beta2) * gradient * gradient;
    const double m = first / (1 - std::pow(config.beta1, number)),
                 v = second / (1 - std::pow(config.beta2, number));
    value -= rate * m / (std::sqrt(v) + config.epsilon);
  }
};

std::string message(const char* text) {
  try {
    optimizer_config_from_json(json::parse(text), "train.json: optimizer");
  } catch (const wd::Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("optimizer: PyTorch's numbers", "[algo][golden]") {
  REQUIRE(torch_steps.size() == configs.size());
  for (std::size_t c = 0; c < configs.size(); ++c) {
    const Optimizer optimizer(configs[c]);
    Parameter parameter("weights", 4);
    const float first[4] = {-0.75f, 0.0f, 0.5f, 2.0f};
    std::copy_n(first, 4, parameter.value.data());
    for (int step = 1, row = 0; step <= 6; ++step) {
      for (int i = 0; i < 4; ++i)
        parameter.gradient[static_cast<std::size_t>(i)] = static_cast<float>((5 * i + 3 * step) % 7 - 3) / 8;
      optimizer.step(parameter, 0.125 / step, static_cast<std::uint64_t>(step));
      if (step != 1 && step != 2 && step != 6) continue;
      INFO("case " << c << " step " << step);
      for (std::size_t i = 0; i < 4; ++i)
        CHECK(parameter.value[i] == Approx(torch_steps[c][static_cast<std::size_t>(row)][i]).margin(5e-7));
      ++row;
    }
  }
}

TEST_CASE("optimizer: each instruction set follows the FP64 loops and they agree bit for bit",
          "[algo][oracle]") {
  const auto config = GENERATE(from_range(configs));
  const auto count = GENERATE(std::size_t{1}, 16, 37, 1000);
  const Optimizer optimizer(config);
  std::vector<std::vector<float>> found;
  for (int set = 0; set < 3; ++set) {
    const OptimizerKernels* kernels = optimizer_kernels_for(static_cast<OptimizerInstructions>(set));
    if (kernels == nullptr) continue;
    std::vector<float> value(count), first(count), second(count), gradient(count);
    std::vector<Reference> expected;
    for (std::size_t i = 0; i < count; ++i) {
      value[i] = static_cast<float>(random_normal(1, RandomStream::scores, i));
      expected.push_back({config, value[i]});
    }
    for (int step = 1; step <= 5; ++step) {
      const double rate = 0.01 * step;
      for (std::size_t i = 0; i < count; ++i) {
        gradient[i] =
            static_cast<float>(random_normal(2, RandomStream::scores, i * 8 + static_cast<unsigned>(step)));
        expected[i].step(gradient[i], rate, step);
      }
      const OptimizerStep factors = optimizer.factors(rate, static_cast<std::uint64_t>(step), true);
      if (config.kind == OptimizerKind::sgd)
        kernels->sgd(factors, count, gradient.data(), value.data(), first.data());
      else
        kernels->adamw(factors, count, gradient.data(), value.data(), first.data(), second.data());
    }
    for (std::size_t i = 0; i < count; ++i)
      REQUIRE(value[i] == Approx(expected[i].value).epsilon(1e-5).margin(1e-6));
    found.push_back(value);
  }
  for (const std::vector<float>& value : found)
    CHECK(std::memcmp(value.data(), found.front().data(), count * sizeof(float)) == 0);
}

TEST_CASE("optimizer: threads change nothing, and the decay flag is obeyed", "[algo]") {
  const auto config = GENERATE(from_range(configs));
  const Optimizer optimizer(config);
  const std::size_t count = 50001;
  Parameter alone("a", count), shared("b", count), spared("c", count);
  spared.decay = false;
  for (Parameter* parameter : {&alone, &shared, &spared})
    for (std::size_t i = 0; i < count; ++i) {
      parameter->value[i] = static_cast<float>(random_normal(1, RandomStream::scores, i));
      parameter->gradient[i] = static_cast<float>(random_normal(2, RandomStream::scores, i));
    }
  wd::ThreadPool pool(8);
  for (std::uint64_t step = 1; step <= 3; ++step) {
    optimizer.step(alone, 0.1, step);
    optimizer.step(pool, shared, 0.1, step);
    optimizer.step(pool, spared, 0.1, step);
  }
  CHECK(std::memcmp(alone.value.data(), shared.value.data(), count * sizeof(float)) == 0);
  OptimizerConfig without = config;
  without.weight_decay = 0;
  Reference expected{without, random_normal(1, RandomStream::scores, 7)};
  for (int step = 1; step <= 3; ++step) expected.step(random_normal(2, RandomStream::scores, 7), 0.1, step);
  CHECK(spared.value[7] == Approx(expected.value).epsilon(1e-5));
  CHECK((config.kind == OptimizerKind::sgd) == (alone.second.size() == 0));
}

TEST_CASE("optimizer config: round trip and refusals", "[algo][round trip][message]") {
  for (OptimizerConfig config : configs) {
    if (config.kind == OptimizerKind::adamw) config.momentum = 0.9;
    config.decay_norms = false;
    CHECK(optimizer_config_from_json(to_json(config), "again") == config);
  }
  CHECK_THAT(message(R"({"kind": "adam"})"),
             Contains("train.json: optimizer: 'kind' is \"adam\", must be one of sgd, adamw"));
  CHECK_THAT(message(R"({"kind": "sgd", "beta1": 0.9})"), Contains("unknown key 'beta1'"));
  CHECK_THAT(message(R"({"kind": "adamw", "momentum": 0.9})"), Contains("unknown key 'momentum'"));
  CHECK_THAT(message(R"({"momentum": 1})"), Contains("'momentum' is 1, must be 0 to 0.9999"));
  CHECK_THAT(message(R"({"momentum": 0, "nesterov": true})"), Contains("'nesterov' needs momentum"));
  CHECK_THAT(message(R"({"weight_decay": -1})"), Contains("'weight_decay' is -1, must be 0 to 1"));
}
