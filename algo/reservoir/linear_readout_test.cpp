// SPDX-License-Identifier: Apache-2.0
#include "algo/reservoir/linear_readout.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <numeric>

#include "algo/data/counter_random.hpp"
#include "base/error.hpp"

using namespace wd;
using namespace wd::algo;
using Catch::Contains;

namespace {

constexpr std::size_t features = 100;

FeatureRows random_rows(ThreadPool& pool, std::size_t samples) {
  return make_feature_rows(pool, features, samples, [](std::size_t i, std::span<std::uint64_t> bits) {
    for (std::size_t f = 0; f < features; ++f)
      bits[f / 64] |= (random_bits(2, RandomStream::shuffle, random_index(i, f)) & 1) << f % 64;
  });
}

bool bit_of(const FeatureRows& rows, std::size_t sample, std::size_t f) {
  return rows.row(sample)[f / 64] >> (f % 64) & 1;
}

std::vector<std::uint16_t> labels_of(const FeatureRows& rows, int classes) {
  std::vector<std::uint16_t> labels;
  for (std::size_t i = 0; i < rows.samples; ++i)
    labels.push_back(static_cast<std::uint16_t>((2 * bit_of(rows, i, 3) + bit_of(rows, i, 70)) % classes));
  return labels;
}

/// Mean cross-entropy in FP64, from the definition.
double plain_loss(LinearReadout& readout, const FeatureRows& rows, const std::vector<std::uint16_t>& labels) {
  double sum = 0;
  for (std::size_t i = 0; i < rows.samples; ++i) {
    std::vector<double> scores;
    for (std::size_t c = 0; c < static_cast<std::size_t>(readout.classes()); ++c) {
      double score = readout.bias()[c];
      for (std::size_t f = 0; f < features; ++f)
        if (bit_of(rows, i, f)) score += readout.weights()[f * readout.lanes() + c];
      scores.push_back(score);
    }
    double total = 0;
    for (double score : scores) total += std::exp(score);
    sum += std::log(total) - scores[labels[i]];
  }
  return sum / static_cast<double>(rows.samples);
}

LinearReadout random_readout(int classes) {
  LinearReadout readout(features, classes);
  for (std::size_t i = 0; i < readout.weights().size(); ++i)
    if (i % readout.lanes() < static_cast<std::size_t>(classes))
      readout.weights()[i] = static_cast<float>(0.2 * random_normal(3, RandomStream::scores, i));
  return readout;
}

}  // namespace

TEST_CASE("linear readout: scores and loss equal plain sums in FP64", "[algo][oracle]") {
  ThreadPool pool(2);
  const int classes = GENERATE(2, 10, 17);
  const FeatureRows rows = random_rows(pool, 50);
  const std::vector<std::uint16_t> labels = labels_of(rows, classes);
  LinearReadout readout = random_readout(classes);
  const double expected = plain_loss(readout, rows, labels);
  std::vector<std::uint32_t> all(50);
  std::iota(all.begin(), all.end(), 0u);
  CHECK(readout.train_step(pool, rows, labels, all, 0, 1) == Approx(expected).epsilon(1e-5));
  CHECK(readout.weight_bits() == 32 * static_cast<std::uint64_t>(classes) * 101);
}

TEST_CASE("linear readout: a step follows the finite-difference gradient", "[algo][gradient]") {
  ThreadPool pool(2);
  const int classes = GENERATE(3, 17);
  const FeatureRows rows = random_rows(pool, 40);
  const std::vector<std::uint16_t> labels = labels_of(rows, classes);
  const LinearReadout before = random_readout(classes);
  std::vector<std::uint32_t> all(40);
  std::iota(all.begin(), all.end(), 0u);
  LinearReadout after = before;
  constexpr double step_size = 0.5, decay = 0.75;
  after.train_step(pool, rows, labels, all, step_size, decay);
  constexpr float h = 1e-2f;  // FP32 weights: a smaller step would lose the difference
  for (std::size_t f : {std::size_t{0}, std::size_t{3}, std::size_t{63}, std::size_t{64}, std::size_t{99}})
    for (std::size_t c = 0; c < static_cast<std::size_t>(classes); ++c) {
      const std::size_t at = f * before.lanes() + c;
      LinearReadout up = before, down = before, first = before;
      up.weights()[at] += h;
      down.weights()[at] -= h;
      const double slope = (plain_loss(up, rows, labels) - plain_loss(down, rows, labels)) / (2.0 * h);
      CHECK(after.weights()[at] == Approx(decay * first.weights()[at] - step_size * slope).margin(2e-5));
    }
  LinearReadout up = before, down = before;
  up.bias()[1] += h;
  down.bias()[1] -= h;
  const double slope = (plain_loss(up, rows, labels) - plain_loss(down, rows, labels)) / (2.0 * h);
  CHECK(after.bias()[1] == Approx(-step_size * slope).margin(2e-5));
}

TEST_CASE("linear readout: learns, the same for any number of threads", "[algo]") {
  ThreadPool one(1), two(2), eight(8);
  const FeatureRows rows = random_rows(one, 1000);
  const std::vector<std::uint16_t> labels = labels_of(rows, 4);
  const LinearConfig config{.epochs = 12, .batch = 48, .lr = 60};
  LinearReadout readout = train_linear(one, config, 1, rows, labels, 4);
  CHECK(readout.weights() == train_linear(two, config, 1, rows, labels, 4).weights());
  CHECK(readout.weights() == train_linear(eight, config, 1, rows, labels, 4).weights());
  int right = 0;
  for (std::size_t i = 0; i < rows.samples; ++i) right += readout.classify(rows.row(i)) == labels[i];
  CHECK(right == 1000);
}

TEST_CASE("linear readout: a stop ends the training early", "[algo]") {
  ThreadPool pool(1);
  const FeatureRows rows = random_rows(pool, 100);
  std::atomic<bool> stop{false};
  int steps = 0;
  LinearOptions options{&stop, [&](double) { stop = ++steps == 2; }};
  train_linear(pool, {.epochs = 5, .batch = 10}, 1, rows, labels_of(rows, 4), 4, options);
  CHECK(steps == 2);
}

TEST_CASE("linear readout: divergence and too much memory are refused", "[algo][bad-input][message]") {
  ThreadPool pool(1);
  const FeatureRows rows = random_rows(pool, 100);
  CHECK_THROWS_WITH(train_linear(pool, {.epochs = 500, .batch = 10, .lr = 1e6, .weight_decay = 1}, 1, rows,
                                 labels_of(rows, 4), 4),
                    Contains("loss is not finite in epoch") && Contains("lower 'lr' (1e+06)"));
  CHECK_THROWS_WITH(make_feature_rows(pool, 1000000, 60000, {}), Contains("the limit is 4096 MiB"));
}
