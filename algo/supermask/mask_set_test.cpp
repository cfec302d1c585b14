// SPDX-License-Identifier: Apache-2.0
#include "algo/supermask/mask_set.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>

#include "algo/data/counter_random.hpp"
#include "algo/supermask/weight_flags.hpp"
#include "base/error.hpp"

using namespace wd;
using namespace wd::algo;

namespace {

const std::vector<WeightShape> shapes{
    {"stem", 3, 3, 16}, {"middle", 3, 64, 64}, {"odd", 1, 33, 17}, {"last", 1, 64, 10}};

MaskConfig config_of(const char* text) { return mask_config_from_json(nlohmann::json::parse(text), "test"); }

void fill_gradients(MaskSet& set, std::uint64_t step) {
  for (std::size_t l = 0; l < set.size(); ++l)
    for (std::size_t at = 0; at < set[l].count(); ++at)
      set[l].dweight[at] =
          static_cast<float>(0.01 * random_normal(step, RandomStream::scores, random_index(l, at)));
}

bool same_bits(const Buffer& a, const Buffer& b) {
  return a.size() == b.size() &&
         (a.size() == 0 || std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0);
}

void check_same(const MaskSet& a, const MaskSet& b) {
  for (std::size_t l = 0; l < a.size(); ++l) {
    INFO("layer " << l);
    CHECK(same_bits(a[l].scores.value, b[l].scores.value));
    CHECK(same_bits(a[l].scores.first, b[l].scores.first));
    CHECK(same_bits(a[l].scores.second, b[l].scores.second));
    CHECK(a[l].thresholds() == b[l].thresholds());
    CHECK(a[l].kept() == b[l].kept());
    CHECK(a[l].sigma() == b[l].sigma());
    CHECK(std::memcmp(a[l].weights(), b[l].weights(), a[l].count() * sizeof(float)) == 0);
  }
}

const char* const all_methods[] = {
    R"({"method": "dense"})",
    R"({"coats": 1, "pruned": [0.7]})",
    R"({"coats": 3, "scope": "global", "scaled": false})",
    R"({"coats": 7, "schedule": {"kind": "uniform", "first": 0.5}, "signs": "learned"})",
    R"({"coats": 2, "pruned": [0.5, 0.8], "init": "kaiming_normal", "dynamic_scaled": true})",
    R"({"coats": 1, "pruned": [0.7], "distribution": "erk", "freeze": {"pruned": 0.4, "locked": 0.1}})",
    R"({"coats": 1, "pruned": [0.5], "scope": "global", "freeze": {"balanced": 0.6}, "dense_last": true})",
    R"({"method": "signed_threshold", "threshold": 0.05, "dense_first": true})",
    R"({"coats": 2, "pruned": [0.7, 0.9], "distribution": "erk", "sparsity_warmup": {"epochs": 3}})",
    R"({"coats": 2, "pruned": [0.7, 0.9], "scope": "global", "sparsity_warmup": {"epochs": 3, "start": 0.4}})",
};

}  // namespace

TEST_CASE("mask set: the fused update is gradient, optimizer, refresh, bit for bit", "[algo][oracle]") {
  const char* text = GENERATE(from_range(std::begin(all_methods), std::end(all_methods)));
  const OptimizerKind kind = GENERATE(OptimizerKind::sgd, OptimizerKind::adamw);
  INFO(text);
  OptimizerConfig optimizer_config;
  optimizer_config.kind = kind;
  const Optimizer optimizer(optimizer_config);
  ThreadPool pool(2);
  MaskSet fused(shapes, config_of(text), 5), plain(shapes, config_of(text), 5);
  check_same(fused, plain);
  for (std::uint64_t step = 1; step <= 6; ++step) {
    fill_gradients(fused, step);
    fill_gradients(plain, step);
    for (MaskSet* set : {&fused, &plain}) set->warm_up(static_cast<double>(step - 1));
    fused.update(pool, optimizer, step == 4 ? 5.0 : 0.1, step);
    plain.score_gradients(pool);
    for (Supermask& mask : plain.layers()) optimizer.step(mask.scores, step == 4 ? 5.0 : 0.1, step);
    plain.zero_gradients(pool);
    // Each layer by itself, where nothing joins them.
    if (plain.config().scope == MaskScope::layer)
      for (Supermask& mask : plain.layers()) mask.refresh();
    else
      plain.refresh(pool);
    INFO("step " << step);
    check_same(fused, plain);
    for (const Supermask& mask : fused.layers())
      REQUIRE(std::all_of(mask.dweight.begin(), mask.dweight.end(), [](float x) { return x == 0; }));
  }
}

TEST_CASE("mask set: the same at 1, 2 and 8 threads", "[algo]") {
  const char* text = GENERATE(from_range(std::begin(all_methods), std::end(all_methods)));
  INFO(text);
  const Optimizer optimizer{OptimizerConfig{}};
  std::vector<MaskSet> sets;
  for (const unsigned threads : {1u, 2u, 8u}) {
    ThreadPool pool(threads);
    sets.emplace_back(shapes, config_of(text), 9, &pool);
    for (std::uint64_t step = 1; step <= 4; ++step) {
      fill_gradients(sets.back(), step);
      sets.back().warm_up(static_cast<double>(step - 1));
      sets.back().update(pool, optimizer, 0.5, step);
    }
  }
  check_same(sets[0], sets[1]);
  check_same(sets[0], sets[2]);
}

TEST_CASE("mask set: global scope ranks all layers together", "[algo][oracle]") {
  const double balanced = GENERATE(0.0, 0.4);
  MaskConfig config = config_of(R"({"coats": 2, "pruned": [0.6, 0.9], "scope": "global"})");
  config.freeze.balanced = balanced;
  MaskSet set(shapes, config, 3);
  const float infinity = std::numeric_limits<float>::infinity();
  std::vector<float> ranked;
  const auto value = [&](const Supermask& mask, std::size_t at) {
    if ((mask.flags(at) & flag_pruned) != 0) return -infinity;
    return (mask.flags(at) & flag_locked) != 0 ? infinity : std::abs(mask.scores.value[at]);
  };
  for (const Supermask& mask : set.layers())
    for (std::size_t at = 0; at < mask.count(); ++at) ranked.push_back(value(mask, at));
  std::sort(ranked.begin(), ranked.end());
  const auto threshold = [&](double q) {
    return ranked[static_cast<std::size_t>(std::floor(q * static_cast<double>(ranked.size())))];
  };
  std::size_t wrong = 0;
  for (const Supermask& mask : set.layers())
    for (std::size_t at = 0; at < mask.count(); ++at)
      wrong += mask.level(at) != (value(mask, at) >= threshold(0.6)) + (value(mask, at) >= threshold(0.9));
  CHECK(wrong == 0);
}

TEST_CASE("mask set: a collapsed layer is named", "[algo]") {
  MaskSet set(shapes, config_of(R"({"coats": 1, "pruned": [0.7], "scope": "global"})"), 3);
  CHECK(set.collapsed().empty());
  set[1].scores.value.fill(1e-6f);
  set[3].scores.value.fill(-1e-7f);
  ThreadPool pool(2);
  set.refresh(pool);
  // The middle layer has most weights, so the threshold lies among its equal scores and keeps them all.
  CHECK(set.collapsed() == std::vector<std::string>{"last"});
  MaskSet sparse(shapes, config_of(R"({"coats": 1, "pruned": [0.995], "scope": "global"})"), 3);
  sparse[0].scores.value.fill(100.0f);
  sparse.refresh(pool);
  CHECK(sparse.collapsed() == std::vector<std::string>{"middle", "odd", "last"});
}

TEST_CASE("mask set: dense layers at the ends carry no mask", "[algo]") {
  MaskSet set(shapes, config_of(R"({"dense_first": true, "dense_last": true, "scope": "global"})"), 3);
  CHECK(set[0].dense());
  CHECK_FALSE(set[1].dense());
  CHECK_FALSE(set[2].dense());
  CHECK(set[3].dense());
  CHECK(set.stats().weights == set[1].count() + set[2].count());
  CHECK(set[0].scores.name == "stem.weight");
  CHECK(set[1].scores.name == "middle.scores");
}

TEST_CASE("mask set: layer densities follow the distribution", "[algo]") {
  MaskSet set(shapes, config_of(R"({"coats": 2, "pruned": [0.8, 0.9], "distribution": "erk"})"), 3);
  const std::vector<double> densities = layer_densities(Distribution::erk, shapes, 0.2);
  std::size_t kept = 0, all = 0;
  for (std::size_t l = 0; l < set.size(); ++l) {
    CHECK(static_cast<double>(set[l].kept()) ==
          Approx(densities[l] * static_cast<double>(set[l].count())).margin(1));
    CHECK(1 - set[l].pruned()[1] == Approx(densities[l] / 2));
    kept += set[l].kept();
    all += set[l].count();
  }
  CHECK(static_cast<double>(kept) == Approx(0.2 * static_cast<double>(all)).margin(5));
  // Dense layers take no part: the others meet the density among themselves.
  MaskSet open(shapes,
               config_of(R"({"coats": 1, "pruned": [0.8], "distribution": "erk", "dense_last": true})"), 3);
  CHECK(open.stats().value_sparsity() == Approx(0.8).margin(1e-3));
}

TEST_CASE("mask set: adapt reads the coats from the scores' tail", "[algo][oracle]") {
  const char* text = R"({"coats": 3, "schedule": {"kind": "adaptive", "first": 0.7}})";
  MaskSet set({{"a", 3, 64, 128}, {"b", 3, 128, 128}}, config_of(text), 3);
  ThreadPool pool(2);
  CHECK(set.adaptive());
  CHECK(set[0].coats() == 1);
  CHECK(*std::max_element(set[0].weights(), set[0].weights() + set[0].count()) == 1);
  set.adapt(pool);
  CHECK_FALSE(set.adaptive());
  // Fresh scores are normal in each layer: thresholds at 1, 2 and 3 times t leave .7, .9618 and .9981 below.
  CHECK(set.pruned()[0] == 0.7);
  CHECK(set.pruned()[1] == Approx(0.9618).margin(0.001));
  CHECK(set.pruned()[2] == Approx(0.9981).margin(0.0004));
  CHECK(set[0].coats() == 3);
  CHECK(*std::max_element(set[0].weights(), set[0].weights() + set[0].count()) == 3);
}

TEST_CASE("mask set: adapted coats survive saving and restoring", "[algo][round trip]") {
  const MaskConfig config = config_of(R"({"coats": 4, "schedule": {"kind": "adaptive", "first": 0.5}})");
  ThreadPool pool(2);
  MaskSet set(shapes, config, 3), again(shapes, config, 3);
  again.restore(set.state(), "checkpoint");
  CHECK(again.adaptive());
  set.adapt(pool);
  again.restore(set.state(), "checkpoint");
  again.refresh(pool);
  CHECK(again.state() == set.state());
  check_same(set, again);

  const auto message = [&](nlohmann::json state) -> std::string {
    try {
      again.restore(state, "checkpoint");
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  CHECK_THAT(message({{"adapted", true}, {"pruned", {0.5}}}),
             Catch::Contains("checkpoint: 'pruned' has 1 fractions for 4 coats; start afresh"));
  CHECK_THAT(message({{"adapted", true}, {"pruned", {0.5, 0.4, 0.6, 0.7}}}),
             Catch::Contains("'pruned' holds 0.4, fractions must ascend"));
  CHECK_THAT(message({{"adapted", true}, {"pruned", {0.4, 0.5, 0.6, 0.7}}}),
             Catch::Contains("is not of this configuration's schedule; start afresh"));
  CHECK_THAT(message({{"pruned", {0.5}}}), Catch::Contains("key 'adapted' is missing"));
}

TEST_CASE("mask set: a sparsity warm-up prunes more and more, and ends at the coats", "[algo][oracle]") {
  const char* text = GENERATE(
      R"({"pruned": [0.95, 0.98], "sparsity_warmup": {"epochs": 4, "start": 0.15}})",
      R"({"pruned": [0.95, 0.98], "scope": "global", "sparsity_warmup": {"epochs": 4, "start": 0.15}})",
      R"({"pruned": [0.95, 0.98], "distribution": "erk", "sparsity_warmup": {"epochs": 4, "start": 0.15}})");
  INFO(text);
  MaskSet set(shapes, config_of(text), 3);
  const MaskSet made(shapes, config_of(text), 3);
  CHECK_FALSE(set.warming());  // what is not trained has the coats of the end
  std::size_t all = 0;
  for (const Supermask& mask : set.layers()) all += mask.count();
  ThreadPool pool(2);
  // 0.95 - 0.8 left^3, by hand: left is 1, 3/4, 1/2, 1/4, 0; the second coat keeps 2/5 of what the first one keeps.
  for (const auto& [epoch, first] :
       {std::pair{0.0, 0.15}, {1.0, 0.6125}, {2.0, 0.85}, {3.0, 0.9375}, {4.0, 0.95}}) {
    INFO("epoch " << epoch);
    set.warm_up(epoch);
    set.refresh(pool);
    CHECK(set.warming() == (epoch < 4));
    std::size_t kept[2] = {0, 0};
    for (const Supermask& mask : set.layers())
      for (std::size_t at = 0; at < mask.count(); ++at)
        for (int n = 0; n < 2; ++n) kept[n] += mask.level(at) > n;
    CHECK(static_cast<double>(kept[0]) == Approx((1 - first) * static_cast<double>(all)).margin(5));
    CHECK(static_cast<double>(kept[1]) == Approx(0.4 * (1 - first) * static_cast<double>(all)).margin(5));
    // `scaled` is of the network that is kept.
    for (std::size_t l = 0; l < set.size(); ++l) CHECK(set[l].sigma() == made[l].sigma());
  }
  set.warm_up(7);
  set.refresh(pool);
  check_same(set, made);
}

TEST_CASE("mask set: frozen weights stay frozen in a sparsity warm-up", "[algo]") {
  const char* text =
      R"({"pruned": [0.9], "freeze": {"pruned": 0.5, "locked": 0.05}, "sparsity_warmup": {"epochs": 4}})";
  MaskSet set({{"a", 3, 64, 128}}, config_of(text), 3);
  ThreadPool pool(2);
  const auto right = [&] {
    for (std::size_t at = 0; at < set[0].count(); ++at) {
      if ((set[0].flags(at) & flag_pruned) != 0 && set[0].level(at) != 0) return false;
      if ((set[0].flags(at) & flag_locked) != 0 && set[0].level(at) != 1) return false;
    }
    return true;
  };
  // Dense at first, but for what is frozen: 0.5. Then 0.9 (1 - left^3), once that is more.
  for (const auto& [epoch, pruned] : {std::pair{0.0, 0.5}, {1.0, 0.5203125}, {2.0, 0.7875}, {4.0, 0.9}}) {
    set.warm_up(epoch);
    set.refresh(pool);
    CHECK(set.stats().value_sparsity() == Approx(pruned).margin(0.004));
    CHECK(right());
  }
}

TEST_CASE("mask set: a warm-up's coats survive saving and restoring", "[algo][round trip]") {
  const MaskConfig config =
      config_of(R"({"pruned": [0.8, 0.9], "sparsity_warmup": {"epochs": 3, "start": 0.1}})");
  ThreadPool pool(2);
  MaskSet set(shapes, config, 3), again(shapes, config, 3);
  for (const double epoch : {0.0, 0.7, 2.9, 3.0}) {
    set.warm_up(epoch);
    set.refresh(pool);
    again.restore(set.state(), "checkpoint");
    again.refresh(pool);
    CHECK(again.state() == set.state());
    check_same(set, again);
  }
  for (const double first : {0.05, 0.85})
    CHECK_THROWS_WITH(again.restore({{"adapted", false}, {"pruned", {first, 0.9}}}, "checkpoint"),
                      Catch::Contains("'pruned' is not of this configuration's schedule; start afresh"));
}

TEST_CASE("mask set: statistics of the published coats", "[algo][oracle]") {
  // Level shares .7, .2212, .0473, .0315: 1.2070 bits of
  // level, 1.5070 with the sign, .3315 bits set per weight.
  MaskSet random({{"a", 3, 64, 256}}, config_of("{}"), 3);
  const MaskStats stats = random.stats();
  CHECK(stats.value_sparsity() == Approx(0.7).margin(1e-4));
  CHECK(stats.entropy_bits() == Approx(1.2070).margin(2e-4));
  CHECK(stats.bits_set() == Approx(0.3315).margin(1e-4));
  CHECK(stats.bit_sparsity() == Approx(1 - 0.3315 / 2).margin(1e-4));
  CHECK(stats.negative() == Approx(0.5).margin(0.01));
  MaskSet learned({{"a", 3, 64, 256}}, config_of(R"({"signs": "learned"})"), 3);
  CHECK(learned.stats().entropy_bits() == Approx(1.5070).margin(1e-3));
  // Frozen weights cost nothing: half of the weights are free, half of those kept.
  MaskSet frozen({{"a", 3, 64, 256}},
                 config_of(R"({"coats": 1, "pruned": [0.5], "freeze": {"pruned": 0.25, "locked": 0.25}})"),
                 3);
  CHECK(frozen.stats().entropy_bits() == Approx(0.5).margin(0.005));
  CHECK(frozen.stats().value_sparsity() == Approx(0.5).margin(1e-4));
}
