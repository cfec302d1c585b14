// SPDX-License-Identifier: Apache-2.0
#include "flow/judge.hpp"

#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

#include "base/error.hpp"

namespace wd::flow {
namespace {

using nlohmann::json;

double squared(double x) { return x * x; }

/// Of the difference of two means whose own variances are a and b (Welch and Satterthwaite).
double degrees_of_freedom(double a, std::size_t a_count, double b, std::size_t b_count) {
  const auto a_free = static_cast<double>(a_count - 1), b_free = static_cast<double>(b_count - 1);
  // Two constants have no variances to weigh; the interval has no width then, whatever the quantile.
  if (a + b == 0) return a_free + b_free;
  return squared(a + b) / (squared(a) / a_free + squared(b) / b_free);
}

}  // namespace

json Spread::to_json() const {
  return {{"mean", mean}, {"deviation", deviation ? json(*deviation) : json(nullptr)}};
}

Spread spread_of(const std::vector<double>& values) {
  WD_ASSERT(!values.empty());
  const auto count = static_cast<double>(values.size());
  Spread spread;
  spread.count = values.size();
  spread.mean = std::accumulate(values.begin(), values.end(), 0.0) / count;
  if (values.size() < 2) return spread;
  double squares = 0;
  for (double value : values) squares += squared(value - spread.mean);
  spread.deviation = std::sqrt(squares / (count - 1));
  return spread;
}

double student_t_95(double degrees_of_freedom) {
  return boost::math::quantile(boost::math::students_t(degrees_of_freedom), 0.975);
}

std::string verdict_text(Verdict verdict) {
  switch (verdict) {
    case Verdict::no_verdict:
      return "one seed: no verdict";
    case Verdict::within_noise:
      return "within noise";
    case Verdict::holds:
      return "holds";
    case Verdict::does_not_hold:
      return "does not hold";
  }
  WD_ASSERT(false);
}

Judgement judge(const Spread& better, const Spread& than, double margin) {
  Judgement judgement;
  judgement.difference = better.mean - than.mean;
  if (!better.deviation || !than.deviation) return judgement;
  const double a = squared(*better.deviation) / static_cast<double>(better.count),
               b = squared(*than.deviation) / static_cast<double>(than.count);
  const double degrees = degrees_of_freedom(a, better.count, b, than.count), error = std::sqrt(a + b);
  const double half_width = student_t_95(degrees) * error, excess = judgement.difference - margin;
  judgement.standard_error = error;
  judgement.degrees_of_freedom = degrees;
  judgement.half_width = half_width;
  judgement.verdict = excess > half_width    ? Verdict::holds
                      : excess < -half_width ? Verdict::does_not_hold
                                             : Verdict::within_noise;
  return judgement;
}

}  // namespace wd::flow
