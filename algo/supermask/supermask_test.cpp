// SPDX-License-Identifier: Apache-2.0
#include "algo/supermask/supermask.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <numeric>

#include "algo/data/counter_random.hpp"
#include "hw/formats/stream/freeze_generator.hpp"

using namespace wd::algo;

namespace {

const WeightShape shape{"layer", 3, 16, 32};

/// The index in taps x I x O of the weight `flat` in O x KH x KW x I.
std::size_t memory_index(std::size_t flat) {
  const std::size_t i = flat % 16, tap = flat / 16 % 9, o = flat / 144;
  return (tap * 16 + i) * 32 + o;
}

Supermask make(const MaskConfig& config, MaskMethod method = MaskMethod::supermask, LayerFreeze freeze = {}) {
  Supermask mask(shape, config, {method, config.pruned, freeze}, 11, 2);
  mask.refresh();
  return mask;
}

MaskConfig one_coat(double pruned) {
  MaskConfig config;
  config.coats = 1;
  config.pruned = {pruned};
  return config;
}

std::vector<double> magnitudes(const Supermask& mask) {
  std::vector<double> result;
  for (float s : mask.scores.value) result.push_back(std::abs(s));
  return result;
}

double sign(float x) { return x < 0 ? -1 : 1; }

void fill_gradient(Supermask& mask) {
  for (std::size_t at = 0; at < mask.count(); ++at) mask.dweight[at] = static_cast<float>(at % 7) - 3;
}

}  // namespace

TEST_CASE("supermask: one coat is edge-popup's sorted top-k", "[algo][oracle]") {
  const double kept = GENERATE(0.5, 0.3, 0.1, 1.0, 0.001);
  const Supermask mask = make(one_coat(1 - kept));
  // The public code: sort |s|, cut at int((1 - k) n), zeros below, ones from there on.
  const std::vector<double> s = magnitudes(mask);
  std::vector<std::size_t> order(s.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return s[a] < s[b]; });
  const int j = static_cast<int>((1 - kept) * static_cast<double>(s.size()));
  std::vector<int> expected(s.size(), 1);
  for (int i = 0; i < j; ++i) expected[order[static_cast<std::size_t>(i)]] = 0;
  std::size_t wrong = 0;
  for (std::size_t at = 0; at < s.size(); ++at) wrong += mask.level(at) != expected[at];
  CHECK(wrong == 0);
  CHECK(mask.kept() + static_cast<std::size_t>(j) == s.size());
}

TEST_CASE("supermask: coats are the multicoated reference's, but for one weight each", "[algo][oracle]") {
  const MaskConfig config;
  const Supermask mask = make(config);
  const std::vector<double> s = magnitudes(mask);
  std::vector<double> sorted = s;
  std::sort(sorted.begin(), sorted.end());
  const double last = static_cast<double>(s.size()) - 1;
  // The public code takes sorted[1 + floor(q (n - 1))], edge-popup's
  // sorted[floor(q n)]: at most one place apart.
  std::vector<double> reference;
  for (double q : config.pruned)
    reference.push_back(sorted[static_cast<std::size_t>(1 + std::floor(q * last))]);
  int differ = 0;
  for (std::size_t at = 0; at < s.size(); ++at)
    differ += std::count_if(reference.begin(), reference.end(), [&](double t) { return s[at] >= t; }) !=
              mask.level(at);
  CHECK(differ <= 3);
  for (std::size_t n = 0; n < 3; ++n) {
    const auto rank = static_cast<std::size_t>(std::floor(config.pruned[n] * static_cast<double>(s.size())));
    CHECK(mask.thresholds()[n] == static_cast<float>(sorted[rank]));
    std::size_t kept = 0;
    for (std::size_t at = 0; at < s.size(); ++at) kept += mask.level(at) > static_cast<int>(n);
    CHECK(kept == s.size() - rank);
  }
}

TEST_CASE("supermask: random weights are the generator's signs times levels", "[algo]") {
  const Supermask mask = make({});
  const wd::stream::SignGenerator generator(mask.sign_seed());
  CHECK(mask.sign_seed() == random_bits(11, RandomStream::signs, 2));
  const std::vector<std::uint8_t> levels = mask.levels(), signs = mask.signs();
  CHECK(mask.learned_signs().empty());
  std::size_t wrong = 0;
  for (std::size_t flat = 0; flat < mask.count(); ++flat) {
    const float expected = (generator.negative(flat) ? -1.0f : 1.0f) * levels[flat];
    wrong += mask.weights()[memory_index(flat)] != expected || signs[flat] != generator.negative(flat);
  }
  CHECK(wrong == 0);
}

TEST_CASE("supermask: normal weights have mean 0 and deviation 1 under the same mask", "[algo]") {
  MaskConfig config;
  config.init = WeightInit::kaiming_normal;
  const Supermask mask = make(config), constant = make({});
  double sum = 0, square = 0, kept = 0;
  for (std::size_t at = 0; at < mask.count(); ++at) {
    CHECK(mask.level(at) == constant.level(at));
    if (mask.level(at) == 0) {
      CHECK(mask.weights()[at] == 0);
      continue;
    }
    const double z = mask.weights()[at] / static_cast<double>(mask.level(at));
    sum += z;
    square += z * z;
    kept += 1;
  }
  CHECK(sum / kept == Approx(0).margin(0.1));
  CHECK(square / kept == Approx(1).epsilon(0.15));
}

TEST_CASE("supermask: learned signs come from the scores", "[algo]") {
  MaskConfig config;
  config.signs = MaskSigns::learned;
  const Supermask mask = make(config);
  const std::vector<std::uint8_t> levels = mask.levels(), signs = mask.learned_signs();
  CHECK(mask.signs().empty());
  for (std::size_t flat = 0; flat < mask.count(); ++flat) {
    const std::size_t at = memory_index(flat);
    REQUIRE(mask.weights()[at] == sign(mask.scores.value[at]) * levels[flat]);
    REQUIRE(signs[flat] == (mask.weights()[at] < 0));
  }
}

TEST_CASE("supermask: a fixed threshold keeps what is strictly beyond it", "[algo][oracle]") {
  MaskConfig config = one_coat(0);
  config.method = MaskMethod::signed_threshold;
  config.signs = MaskSigns::learned;
  config.threshold = 0.0625;
  Supermask mask = make(config, MaskMethod::signed_threshold);
  mask.scores.value[0] = 0.0625f;
  mask.scores.value[1] = -0.0625f;
  mask.scores.value[2] = -0.07f;
  mask.refresh();
  CHECK(mask.weights()[0] == 0);
  CHECK(mask.weights()[1] == 0);
  CHECK(mask.weights()[2] == -1);
  for (std::size_t at = 0; at < mask.count(); ++at) {
    const double s = mask.scores.value[at];
    REQUIRE(mask.weights()[at] == (std::abs(s) > 0.0625 ? (s < 0 ? -1 : 1) : 0));
  }
}

TEST_CASE("supermask: frozen weights count in the sparsity and keep their state", "[algo][oracle]") {
  const LayerFreeze freeze =
      GENERATE(LayerFreeze{0.25, 0.25}, LayerFreeze{0.5, 0.0}, LayerFreeze{0.0, 0.25}, LayerFreeze{0.7, 0.3});
  const Supermask mask = make(one_coat(0.7), MaskMethod::supermask, freeze);
  const wd::stream::FreezeGenerator generator(mask.freeze_seed(), mask.freeze_pruned(), mask.freeze_locked());
  CHECK(mask.freeze_pruned() == static_cast<std::uint32_t>(std::lround(65536 * freeze.pruned)));
  CHECK(mask.freeze_locked() == static_cast<std::uint32_t>(std::lround(65536 * freeze.locked)));
  // The public code: the int(n sparsity)-th smallest (from 1) of |s| + (mask * infinity); kept beyond it, and
  // then forced where frozen.
  const double infinity = std::numeric_limits<double>::infinity();
  std::vector<double> ranked = magnitudes(mask);
  std::vector<int> forced(ranked.size(), -1);
  for (std::size_t flat = 0; flat < ranked.size(); ++flat) {
    const auto state = generator.state(flat);
    if (state == wd::stream::FreezeState::free) continue;
    const bool locked = state == wd::stream::FreezeState::locked;
    forced[memory_index(flat)] = locked;
    ranked[memory_index(flat)] = locked ? infinity : -infinity;
  }
  std::vector<double> sorted = ranked;
  std::sort(sorted.begin(), sorted.end());
  const double t = sorted[static_cast<std::size_t>(0.7 * static_cast<double>(sorted.size())) - 1];
  std::size_t wrong = 0;
  for (std::size_t at = 0; at < ranked.size(); ++at)
    wrong += mask.level(at) != (forced[at] >= 0 ? forced[at] : ranked[at] > t);
  CHECK(wrong == 0);
}

TEST_CASE("supermask: locked weights have all coats and, where learned, their own sign", "[algo]") {
  MaskConfig config;
  config.signs = MaskSigns::learned;
  const Supermask mask = make(config, MaskMethod::supermask, {0.3, 0.02});
  std::size_t locked = 0;
  for (std::size_t at = 0; at < mask.count(); ++at) {
    if ((mask.flags(at) & 2) == 0) continue;
    ++locked;
    CHECK(mask.weights()[at] == 3 * sign(mask.scores.value[at]));
  }
  CHECK(locked > 0);
}

TEST_CASE("supermask: straight-through gradients follow their formulas", "[algo][gradient]") {
  const double factor = GENERATE(1.0, 3.0);
  MaskConfig config;
  config.score_gradient = factor == 1 ? ScoreGradient::once : ScoreGradient::per_coat;
  const auto check = [&](const MaskConfig& used, MaskMethod method, auto expected) {
    Supermask mask = make(used, method, {});
    fill_gradient(mask);
    mask.score_gradient();
    std::size_t wrong = 0;
    for (std::size_t at = 0; at < mask.count(); ++at)
      wrong += std::abs(mask.scores.gradient[at] - expected(mask, at)) > 1e-6 * std::abs(expected(mask, at));
    CHECK(wrong == 0);
  };
  // Random weights w: ds = factor * D * w * sgn(s), w in units of sigma, also where the mask hides it.
  check(config, MaskMethod::supermask, [&](const Supermask& mask, std::size_t at) {
    return factor * mask.dweight[at] * (mask.negative(at) ? -1 : 1) * sign(mask.scores.value[at]);
  });
  // The scalar supermask: ds = factor * D.
  config.signs = MaskSigns::learned;
  check(config, MaskMethod::supermask,
        [&](const Supermask& mask, std::size_t at) { return factor * mask.dweight[at]; });
  MaskConfig threshold = one_coat(0);
  threshold.signs = MaskSigns::learned;
  check(threshold, MaskMethod::signed_threshold,
        [](const Supermask& mask, std::size_t at) { return 1.0 * mask.dweight[at]; });
  check(one_coat(0), MaskMethod::dense,
        [](const Supermask& mask, std::size_t at) { return 1.0 * mask.dweight[at]; });
}

TEST_CASE("supermask: sigma", "[algo][oracle]") {
  const double plain = std::sqrt(2.0 / 144);
  MaskConfig config;
  CHECK(make(config).sigma() == Approx(plain / std::sqrt(0.3)));
  config.scaled = false;
  config.gain = 1.5;
  CHECK(make(config).sigma() == Approx(1.5 * plain));
  config.gain = 1;
  config.dynamic_scaled = true;
  const Supermask mask = make(config);
  CHECK(mask.sigma() ==
        Approx(plain * std::sqrt(static_cast<double>(mask.count()) / static_cast<double>(mask.kept()))));
  Supermask empty = make(config);
  empty.refresh({std::numeric_limits<float>::infinity()});
  CHECK(empty.kept() == 0);
  CHECK(std::isfinite(empty.sigma()));
}

TEST_CASE("supermask: first scores and dense weights have their distributions", "[algo][statistics]") {
  const auto deviation = [](const Buffer& values) {
    return std::sqrt(std::inner_product(values.begin(), values.end(), values.begin(), 0.0) /
                     static_cast<double>(values.size()));
  };
  const auto largest = [](const Buffer& values) {
    return std::max(*std::max_element(values.begin(), values.end()),
                    -*std::min_element(values.begin(), values.end()));
  };
  const auto scores = [&](ScoreInit init) {
    MaskConfig config;
    config.scores = init;
    return make(config).scores.value;
  };
  const double fan_in = 144, fan_out = 288;
  CHECK(deviation(scores(ScoreInit::kaiming_normal_fan_in)) == Approx(std::sqrt(2 / fan_in)).epsilon(0.05));
  CHECK(deviation(scores(ScoreInit::kaiming_normal_fan_out)) == Approx(std::sqrt(2 / fan_out)).epsilon(0.05));
  // Uniform numbers have a deviation of bound / sqrt(3).
  const double kaiming = 1 / std::sqrt(fan_in), xavier = std::sqrt(6 / (fan_in + fan_out));
  CHECK(deviation(scores(ScoreInit::kaiming_uniform)) == Approx(kaiming / std::sqrt(3)).epsilon(0.05));
  CHECK(largest(scores(ScoreInit::kaiming_uniform)) <= kaiming);
  CHECK(deviation(scores(ScoreInit::xavier_uniform)) == Approx(xavier / std::sqrt(3)).epsilon(0.05));
  CHECK(largest(scores(ScoreInit::xavier_uniform)) <= xavier);

  MaskConfig dense;
  dense.init = WeightInit::kaiming_normal;
  const Supermask normal = make(dense, MaskMethod::dense);
  CHECK(normal.sigma() == 1);
  CHECK(normal.weights() == normal.scores.value.data());
  CHECK(deviation(normal.scores.value) == Approx(std::sqrt(2 / fan_in)).epsilon(0.05));
  const Supermask constant = make({}, MaskMethod::dense);
  for (float w : constant.scores.value) REQUIRE(std::abs(w) == Approx(std::sqrt(2 / fan_in)));
}

TEST_CASE("supermask: what the hardware cannot hold says why", "[algo][message]") {
  std::string reason = "x";
  CHECK(make({}).exportable(&reason));
  CHECK(reason.empty());
  CHECK_FALSE(make({}, MaskMethod::dense).exportable(&reason));
  CHECK_THAT(reason,
             Catch::Contains("layer 'layer' cannot be exported: its weights are trained without a mask"));
  MaskConfig normal;
  normal.init = WeightInit::kaiming_normal;
  CHECK_FALSE(make(normal).exportable(&reason));
  CHECK_THAT(reason, Catch::Contains("init \"kaiming_normal\""));
  for (const auto& [coats, hardware] : {std::pair{1, 1}, {2, 3}, {3, 3}, {4, 7}, {7, 7}}) {
    MaskConfig config;
    config.pruned = coat_fractions(CoatSchedule::uniform, coats, 0.3);
    CHECK(make(config).hardware_coats() == hardware);
  }
}
