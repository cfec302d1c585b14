// SPDX-License-Identifier: Apache-2.0
// What gradient tests share: test values that both tensor types hold exactly, and slopes of FP64 references.
//
// Numerics  values have 8 significant bits, so bf16 and FP32 layers see the same input. Slopes are central
//           differences in FP64 with a step of 2^-20: smooth references of order 1 keep 1e-8.
#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

#include "algo/data/counter_random.hpp"
#include "algo/kernels/buffer.hpp"

namespace wd::algo {

/// offset + scale * normal, rounded to bf16.
inline std::vector<double> random_values(std::size_t count, std::uint64_t seed, double scale = 1,
                                         double offset = 0) {
  std::vector<double> values(count);
  for (std::size_t i = 0; i < count; ++i) {
    const double x = offset + scale * random_normal(seed, RandomStream::scores, i);
    values[i] = static_cast<double>(static_cast<float>(BFloat16(static_cast<float>(x))));
  }
  return values;
}

/// Rows of `channels` values as a tensor of `stored` channels, zeros behind them.
template <typename T>
Array<T> to_tensor(const std::vector<double>& values, std::size_t channels, std::size_t stored) {
  Array<T> tensor(values.size() / channels * stored);
  for (std::size_t i = 0; i < values.size(); ++i)
    tensor[i / channels * stored + i % channels] = T(static_cast<float>(values[i]));
  return tensor;
}

/// The derivative of `loss` by values[i], for every i.
inline std::vector<double> slopes(std::vector<double>& values, const std::function<double()>& loss) {
  constexpr double step = 0x1p-20;
  std::vector<double> result;
  for (double& value : values) {
    const double before = value;
    value = before + step;
    const double up = loss();
    value = before - step;
    result.push_back((up - loss()) / (2 * step));
    value = before;
  }
  return result;
}

inline double dot(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

/// The largest |tensor - expected|, relative to the largest |expected|; infinite where padding is not zero.
template <typename T>
double worst_error(const Array<T>& tensor, const std::vector<double>& expected, std::size_t channels,
                   std::size_t stored) {
  double worst = 0, largest = 1e-30;
  for (double x : expected) largest = std::max(largest, std::abs(x));
  for (std::size_t i = 0; i < tensor.size(); ++i) {
    const auto value = static_cast<double>(static_cast<float>(tensor[i]));
    if (i % stored >= channels) {
      if (value != 0) return HUGE_VAL;
      continue;
    }
    const double error = std::abs(value - expected[i / stored * channels + i % stored]);
    if (!(error <= worst)) worst = error;  // a NaN counts
  }
  return worst / largest;
}

}  // namespace wd::algo
