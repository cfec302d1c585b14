// SPDX-License-Identifier: Apache-2.0
// Mean and deviation over seeds, and whether one mean exceeds another by more than chance explains.
//
// Numerics  deviations divide by n - 1. The difference of two means is a difference where it leaves the two-sided
//           95 % interval around 0: its standard error, times the quantile of Student's t with the degrees of
//           freedom of two samples whose variances differ. With three seeds that is 2.8 to 4.3 standard errors.
// Source    Welch, Biometrika 34 (1947)
// Test      judge_test.cpp
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

namespace wd::flow {

struct Spread {
  double mean = 0;
  std::optional<double> deviation;  // of a sample; one value has none
  std::size_t count = 0;

  nlohmann::json to_json() const;  // {mean, deviation or null}
};

/// @param values at least one.
Spread spread_of(const std::vector<double>& values);

/// Student's t that is exceeded, in either direction, with a probability of 5 %.
double student_t_95(double degrees_of_freedom);

enum class Verdict { no_verdict, within_noise, holds, does_not_hold };
/// As results and tables write it.
std::string verdict_text(Verdict verdict);

struct Judgement {
  double difference = 0;  // of the means, without the margin
  /// All three are absent where a side has one value.
  std::optional<double> standard_error, degrees_of_freedom, half_width;
  Verdict verdict = Verdict::no_verdict;
};

/// Whether `better` exceeds `than` by more than `margin`: "not worse than" is a negative one.
Judgement judge(const Spread& better, const Spread& than, double margin);

}  // namespace wd::flow
