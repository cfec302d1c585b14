// SPDX-License-Identifier: Apache-2.0
// The C++ half of torch_check.py: one FP32 training step of each small network, written as JSON.
//
// Shape     argument: a folder that receives NUMBER.json: the graph, weights (taps x I x O, real units),
//           norms, input (positions x B x C), targets, and what the step makes of them: loss, scores,
//           gradients, statistics.
#include <iostream>

#include "algo/executor/network_cases.hpp"
#include "base/error.hpp"
#include "base/files.hpp"

using namespace wd;
using namespace wd::algo;
using nlohmann::json;

namespace {

constexpr int batch = 6;
const std::vector<std::uint16_t> labels{3, 0, 9, 3, 5, 1}, partners{1, 3, 0, 9, 3, 5};
constexpr double lambda = 0.7, smoothing = 0.1;

/// Values times `unit`.
template <typename Values>
json numbers(const Values& values, double unit = 1) {
  json list = json::array();
  for (auto value : values) list.push_back(static_cast<double>(value) * unit);
  return list;
}

json nodes_of(const Graph& graph) {
  constexpr const char* kinds[] = {"conv", "token_mix", "norm", "max_pool", "average_pool"};
  constexpr const char* activations[] = {"none", "relu", "gelu"};
  json nodes = json::array();
  for (const Node& node : graph.nodes)
    nodes.push_back({{"kind", kinds[static_cast<int>(node.kind)]},
                     {"name", node.name},
                     {"weights", node.weights},
                     {"norm", node.norm},
                     {"input", node.input},
                     {"output", node.output},
                     {"residual", node.residual},
                     {"activation", activations[static_cast<int>(node.activation)]},
                     {"kernel", node.kernel},
                     {"stride", node.stride},
                     {"pad", node.pad}});
  return nodes;
}

json step_of(const NetworkCase& network) {
  ThreadPool pool(2);
  const auto executor = make_case(network, Precision::fp32, batch, pool);
  const Graph& graph = executor->graph();
  const TensorShape& in = graph.tensors[0];
  json step{{"name", network.name},
            {"batch", batch},
            {"nodes", nodes_of(graph)},
            {"shape", {in.height, in.width, in.channels}},
            {"input", numbers(executor->values(0))},
            {"labels", labels},
            {"partners", partners},
            {"lambda", lambda},
            {"smoothing", smoothing},
            {"weights", json::array()},
            {"norms", json::array()}};
  executor->forward_train();
  step["loss"] = executor->loss({labels, partners, lambda, smoothing}).loss;
  step["scores"] = numbers(executor->values(graph.nodes.back().output));
  executor->backward();
  for (const Supermask& mask : executor->masks().layers())
    step["weights"].push_back(
        {{"name", mask.name()},
         {"shape",
          {mask.shape().kernel, mask.shape().kernel, mask.shape().in_channels, mask.shape().out_channels}},
         {"value", numbers(std::vector<float>(mask.weights(), mask.weights() + mask.count()), mask.sigma())},
         {"gradient", numbers(mask.dweight, 1 / mask.sigma())}});
  constexpr const char* kinds[] = {"batch", "affine", "layer"};
  for (const NormParameters& norm : executor->norms())
    step["norms"].push_back({{"name", norm.gamma.name},
                             {"kind", kinds[static_cast<int>(norm.kind)]},
                             {"learned", norm.learned},
                             {"gamma", numbers(norm.gamma.value)},
                             {"beta", numbers(norm.beta.value)},
                             {"dgamma", numbers(norm.gamma.gradient)},
                             {"dbeta", numbers(norm.beta.gradient)},
                             {"mean", numbers(norm.running.mean)},
                             {"variance", numbers(norm.running.variance)}});
  return step;
}

}  // namespace

int main(int count, char** arguments) try {
  WD_REQUIRE(count == 2, "usage: wd_torch_check FOLDER; run torch_check.sh");
  const std::filesystem::path folder = arguments[1];
  for (std::size_t n = 0; n < network_cases().size(); ++n)
    write_file(folder / (std::to_string(n) + ".json"), step_of(network_cases()[n]).dump());
  return 0;
} catch (const std::exception& error) {
  std::cerr << "error: " << error.what() << '\n';
  return 1;
}
