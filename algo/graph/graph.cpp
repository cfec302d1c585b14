// SPDX-License-Identifier: Apache-2.0
#include "algo/graph/graph.hpp"

namespace wd::algo {

ConvShape Graph::conv_shape(const Node& node) const {
  const TensorShape& in = tensor_of(node.input);
  const WeightShape& w = weights[static_cast<std::size_t>(node.weights)];
  return {in.height, in.width, w.in_channels, w.out_channels, w.kernel, node.stride, node.pad};
}

std::size_t Graph::weight_count() const {
  std::size_t count = 0;
  for (const WeightShape& w : weights) count += w.count();
  return count;
}

std::uint64_t Graph::macs() const {
  std::uint64_t count = 0;
  for (const Node& node : nodes) {
    if (node.weights < 0) continue;
    const WeightShape& w = weights[static_cast<std::size_t>(node.weights)];
    const std::size_t times = node.kind == NodeKind::conv
                                  ? tensor_of(node.output).positions()
                                  : static_cast<std::size_t>(tensor_of(node.input).channels);
    count += times * w.count();
  }
  return count;
}

}  // namespace wd::algo
