// SPDX-License-Identifier: Apache-2.0
// The last step of OnnxGraphBuilder: nodes, weights and norms in the order of execution.
#include <functional>
#include <queue>

#include "algo/interchange/onnx_graph_builder.hpp"
#include "base/error.hpp"

namespace wd::algo {

/// A node joined by a sum may have to wait for a shortcut that came after it: earliest node that is ready
/// first.
std::vector<std::size_t> OnnxGraphBuilder::execution_order() const {
  const std::size_t count = graph_.nodes.size();
  std::vector<std::vector<std::size_t>> readers(count);
  std::vector<int> waits(count, 0);
  for (std::size_t i = 0; i < count; ++i)
    for (const int activation : {graph_.nodes[i].input, graph_.nodes[i].residual}) {
      const int producer = activation < 0 ? -1 : producer_[static_cast<std::size_t>(activation)];
      if (producer < 0) continue;
      readers[static_cast<std::size_t>(producer)].push_back(i);
      ++waits[i];
    }
  std::priority_queue<std::size_t, std::vector<std::size_t>, std::greater<>> ready;
  for (std::size_t i = 0; i < count; ++i)
    if (waits[i] == 0) ready.push(i);
  std::vector<std::size_t> order;
  while (!ready.empty()) {
    order.push_back(ready.top());
    ready.pop();
    for (const std::size_t reader : readers[order.back()])
      if (--waits[reader] == 0) ready.push(reader);
  }
  WD_ASSERT(order.size() == count);
  return order;
}

/// Numbers weights and norms by first use.
void OnnxGraphBuilder::renumber() {
  const auto first_use = [&](auto& shapes, auto& states, int Node::*member) {
    std::decay_t<decltype(shapes)> ordered_shapes;
    std::decay_t<decltype(states)> ordered_states;
    std::vector<int> number(shapes.size(), -1);
    for (Node& node : graph_.nodes) {
      if (node.*member < 0) continue;
      const auto old = static_cast<std::size_t>(node.*member);
      if (number[old] < 0) {
        number[old] = static_cast<int>(ordered_shapes.size());
        ordered_shapes.push_back(shapes[old]);
        ordered_states.push_back(std::move(states[old]));
      }
      node.*member = number[old];
    }
    shapes = std::move(ordered_shapes);
    states = std::move(ordered_states);
  };
  first_use(graph_.weights, state_.weights, &Node::weights);
  first_use(graph_.norms, state_.norms, &Node::norm);
}

ImportedNetwork OnnxGraphBuilder::finish(const Value& scores) {
  std::vector<Node> ordered;
  for (const std::size_t index : execution_order()) ordered.push_back(graph_.nodes[index]);
  graph_.nodes = std::move(ordered);
  const Node& last = graph_.nodes.back();
  WD_REQUIRE(
      last.kind == NodeKind::conv && last.output == scores.activation && shape_of(scores).positions() == 1,
      origin_, ": its output is ", text_of_value(scores),
      ", must be the class scores of a linear layer; end the network with Gemm, or a 1x1 Conv after pooling");
  renumber();
  check(graph_, state_, origin_);
  return {std::move(graph_), std::move(state_)};
}

}  // namespace wd::algo
