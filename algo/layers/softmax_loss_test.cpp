// SPDX-License-Identifier: Apache-2.0
// Cross entropy against its formula in FP64, its gradient against differences, ranks against plain counting.
#include "algo/layers/softmax_loss.hpp"

#include <catch2/catch.hpp>
#include <limits>

#include "algo/graph/graph.hpp"
#include "algo/layers/finite_difference.hpp"
#include "base/error.hpp"

using namespace wd;
using namespace wd::algo;

namespace {

/// T^2 sum p log(p / q), both as fractions.
double plain_divergence(std::size_t classes, const std::vector<double>& z, const LossTargets& t,
                        std::size_t b) {
  double teacher_sum = 0, sum = 0, divergence = 0;
  const auto teacher = [&](std::size_t k) {
    return std::exp(static_cast<double>(t.teacher[b * classes + k]) / t.temperature);
  };
  const auto own = [&](std::size_t k) { return std::exp(z[b * classes + k] / t.temperature); };
  for (std::size_t k = 0; k < classes; ++k) {
    teacher_sum += teacher(k);
    sum += own(k);
  }
  for (std::size_t k = 0; k < classes; ++k)
    divergence += teacher(k) / teacher_sum * std::log(teacher(k) / teacher_sum / (own(k) / sum));
  return t.temperature * t.temperature * divergence;
}

/// -sum target log softmax, mean over rows, with the targets written out.
double plain_loss(std::size_t classes, const std::vector<double>& z, const LossTargets& t) {
  double total = 0;
  const std::size_t rows = t.labels.size();
  for (std::size_t b = 0; b < rows; ++b) {
    double sum = 0;
    for (std::size_t k = 0; k < classes; ++k) sum += std::exp(z[b * classes + k]);
    for (std::size_t k = 0; k < classes; ++k) {
      double one_hot = k == t.labels[b] ? 1 : 0;
      if (!t.other.empty()) one_hot = t.lambda * one_hot + (1 - t.lambda) * (k == t.other[b] ? 1 : 0);
      const double target = (1 - t.smoothing) * one_hot + t.smoothing / static_cast<double>(classes);
      total -= (1 - t.teacher_weight) * target * (z[b * classes + k] - std::log(sum));
    }
    if (!t.teacher.empty()) total += t.teacher_weight * plain_divergence(classes, z, t, b);
  }
  return total / static_cast<double>(rows);
}

}  // namespace

TEMPLATE_TEST_CASE("softmax loss: value and gradient", "[algo][oracle][gradient]", float, BFloat16) {
  const auto classes = GENERATE(std::size_t{10}, 100);
  const double smoothing = GENERATE(0.0, 0.1);
  const bool mixed = GENERATE(false, true);
  constexpr std::size_t rows = 37;
  const std::size_t stored = stored_channels(static_cast<int>(classes));
  std::vector<double> z = random_values(rows * classes, 1, 3);
  std::vector<std::uint16_t> labels, other;
  for (std::size_t b = 0; b < rows; ++b) {
    labels.push_back(static_cast<std::uint16_t>(b * 7 % classes));
    if (mixed) other.push_back(static_cast<std::uint16_t>(b * 3 % classes));
  }
  const LossTargets targets{labels, other, 0.3, smoothing};
  const Array<TestType> logits = to_tensor<TestType>(z, classes, stored);
  std::size_t right = 0;
  for (std::size_t b = 0; b < rows; ++b) {
    const auto row = z.begin() + static_cast<std::ptrdiff_t>(b * classes);
    right += std::max_element(row, row + static_cast<std::ptrdiff_t>(classes)) - row == labels[b];
  }
  const std::vector<double> gradient = slopes(z, [&] { return plain_loss(classes, z, targets); });
  std::vector<double> losses;
  for (unsigned threads : {1u, 2u, 8u}) {
    ThreadPool pool(threads);
    Array<TestType> dlogits(logits.size());
    dlogits.fill(TestType(5.0f));
    const LossResult result = softmax_loss(pool, classes, logits.data(), targets, dlogits.data());
    CHECK(result.loss == Approx(plain_loss(classes, z, targets)).epsilon(1e-12));
    CHECK(result.right == right);
    CHECK(worst_error(dlogits, gradient, classes, stored) <
          (std::is_same_v<TestType, float> ? 1e-6 : 0x1p-8));
    CHECK(softmax_loss<TestType>(pool, classes, logits.data(), targets, nullptr).loss == result.loss);
    losses.push_back(result.loss);
    CHECK(losses.back() == losses.front());
  }
}

TEMPLATE_TEST_CASE("softmax loss: value and gradient with a teacher", "[algo][oracle][gradient]", float,
                   BFloat16) {
  const double temperature = GENERATE(1.0, 4.0);
  constexpr std::size_t rows = 19, classes = 10, stored = 16;
  std::vector<double> z = random_values(rows * classes, 1, 3);
  const std::vector<double> drawn = random_values(rows * classes, 2, 3);
  const std::vector<float> teacher(drawn.begin(), drawn.end());
  std::vector<std::uint16_t> labels, other;
  for (std::size_t b = 0; b < rows; ++b) {
    labels.push_back(static_cast<std::uint16_t>(b * 7 % classes));
    other.push_back(static_cast<std::uint16_t>(b * 3 % classes));
  }
  const LossTargets targets{labels, other, 0.3, 0.1, teacher, 0.7, temperature};
  const Array<TestType> logits = to_tensor<TestType>(z, classes, stored);
  const double loss = plain_loss(classes, z, targets);
  const std::vector<double> gradient = slopes(z, [&] { return plain_loss(classes, z, targets); });
  for (unsigned threads : {1u, 2u, 8u}) {
    ThreadPool pool(threads);
    Array<TestType> dlogits(logits.size());
    const LossResult result = softmax_loss(pool, classes, logits.data(), targets, dlogits.data());
    CHECK(result.loss == Approx(loss).epsilon(1e-12));
    CHECK(worst_error(dlogits, gradient, classes, stored) <
          (std::is_same_v<TestType, float> ? 1e-6 : 0x1p-8));
    CHECK(softmax_loss<TestType>(pool, classes, logits.data(), targets, nullptr).loss == result.loss);
  }
}

TEST_CASE("softmax loss: a teacher's scores alone pull the scores to its own", "[algo]") {
  ThreadPool pool(1);
  Buffer logits(16), dlogits(16);
  const std::vector<float> teacher{1, 2, 3};
  for (std::size_t k = 0; k < 3; ++k) logits[k] = teacher[k] + 5;  // the same but for an offset
  const std::vector<std::uint16_t> labels{0};
  const LossTargets targets{labels, {}, 1, 0, teacher, 1, 2};
  CHECK(softmax_loss(pool, 3, logits.data(), targets, dlogits.data()).loss == Approx(0).margin(1e-12));
  for (std::size_t k = 0; k < 3; ++k) CHECK(dlogits[k] == Approx(0).margin(1e-7));
  logits[0] = 1000;
  CHECK(softmax_loss(pool, 3, logits.data(), targets, dlogits.data()).loss > 900);
  CHECK(dlogits[0] > 0.5);
}

TEST_CASE("softmax loss: scores far apart stay finite", "[algo]") {
  ThreadPool pool(1);
  Buffer logits(16), dlogits(16);
  logits[0] = 1000;
  logits[1] = -1000;
  const std::vector<std::uint16_t> labels{1};
  CHECK(softmax_loss(pool, 10, logits.data(), {labels, {}}, dlogits.data()).loss == Approx(2000));
  CHECK(dlogits[0] == 1);
  CHECK(dlogits[1] == -1);
}

TEMPLATE_TEST_CASE("count_right: top 1 and top 5, ties to the lower class, NaN wrong", "[algo]", float,
                   BFloat16) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const std::vector<std::vector<float>> rows{{9, 8, 7, 6, 5, 4, 3},   {9, 8, 7, 6, 5, 4, 3},
                                             {9, 8, 7, 6, 5, 4, 3},   {1, 1, 1, 1, 1, 1, 1},
                                             {1, 1, 1, 1, 1, 1, 1},   {1, 1, 1, 1, 1, 1, 1},
                                             {nan, 2, 1, 1, 1, 1, 1}, {nan, nan, nan, nan, nan, nan, nan}};
  const std::vector<std::uint16_t> labels{0, 4, 5, 0, 4, 5, 1, 0};
  Array<TestType> logits(rows.size() * 16);
  for (std::size_t b = 0; b < rows.size(); ++b)
    for (std::size_t k = 0; k < 7; ++k) logits[b * 16 + k] = TestType(rows[b][k]);
  const TopRight right = count_right<TestType>(7, logits.data(), labels);
  CHECK(right.top1 == 2);  // rows 0 and 3
  CHECK(right.top5 == 5);  // rows 0, 1, 3, 4 and 6
}

TEST_CASE("softmax loss: a label beyond the classes is refused", "[algo][bad-input]") {
  ThreadPool pool(1);
  Buffer logits(2 * 16);
  const std::vector<std::uint16_t> good{1, 2}, bad{3, 10};
  const std::string text =
      "image 1 of the batch has label 10, but the network has 10 classes; "
      "train a network with as many classes as the data set";
  CHECK_THROWS_WITH(softmax_loss<float>(pool, 10, logits.data(), {bad, {}}, nullptr), text);
  CHECK_THROWS_WITH(softmax_loss<float>(pool, 10, logits.data(), {good, bad, 0.5}, nullptr), text);
  CHECK_THROWS_WITH(count_right<float>(10, logits.data(), bad), text);
}
