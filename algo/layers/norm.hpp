// SPDX-License-Identifier: Apache-2.0
// What norm layers learn and measure per channel; nodes that share a norm share one NormParameters.
//
// Shape     C real channels, without padding.
// Units     statistics are those of sigma * raw, the value that PyTorch's batch norm would see.
// Test      norm_test.cpp
#pragma once

#include <vector>

#include "algo/graph/graph.hpp"
#include "algo/optimize/parameter.hpp"

namespace wd::algo {

struct ChannelStatistics {
  std::vector<float> mean, variance;
};

/// y = factor * raw + offset of one channel.
struct ChannelAffine {
  double factor, offset;
};

struct NormParameters {
  explicit NormParameters(const NormShape& shape);

  std::size_t channels() const { return gamma.count(); }

  NormKind kind;
  double epsilon;  // layer norm only
  bool learned;    // otherwise gamma and beta keep their first values and their gradients stay zero
  Parameter gamma, beta;
  ChannelStatistics running;  // batch norm only; updated by each node that uses the norm, in node order
};

/// Averages the statistics of many batches: a population estimate with the weights as they are.
class PopulationStatistics {
 public:
  void add(const ChannelStatistics& batch);
  ChannelStatistics estimate() const;

 private:
  std::vector<double> mean_, square_;
  std::size_t batches_ = 0;
};

}  // namespace wd::algo
