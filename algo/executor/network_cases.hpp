// SPDX-License-Identifier: Apache-2.0
// For tests: small networks of every kind and mask, executors on them, values that exercise everything.
//
// Shape     images of at most 8 x 8; channel counts are no multiples of a vector's length.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "algo/executor/executor.hpp"
#include "algo/layers/finite_difference.hpp"
#include "algo/networks/build.hpp"

namespace wd::algo {

struct NetworkCase {
  const char* name;
  const char* network;
  const char* supermask;
  int side, channels;  // of the images
};

inline const std::vector<NetworkCase>& network_cases() {
  static constexpr const char* coats = R"({})";
  static constexpr const char* learned = R"({"signs": "learned", "coats": 7,
                                             "schedule": {"kind": "uniform", "first": 0.5}})";
  static constexpr const char* dense = R"({"method": "dense"})";
  static constexpr const char* normal = R"({"init": "kaiming_normal", "coats": 2, "pruned": [0.3, 0.6]})";
  static constexpr const char* threshold =
      R"({"method": "signed_threshold", "threshold": 0.2, "dense_first": true, "dense_last": true})";
  static constexpr const char* one_coat =
      R"({"coats": 1, "pruned": [0.5], "score_gradient": "once", "dynamic_scaled": true})";
  static const std::vector<NetworkCase> cases{
      {"mlp", R"({"kind": "mlp", "hidden": [20, 12]})", coats, 4, 2},
      {"mlp without norm", R"({"kind": "mlp", "hidden": [20, 12], "norm": false})", learned, 4, 1},
      {"conv", R"({"kind": "conv", "depth": 2, "width": 0.0625})", one_coat, 8, 3},
      {"conv with norm", R"({"kind": "conv", "depth": 4, "width": 0.0625, "norm": true, "affine": "none"})",
       dense, 8, 2},
      {"folded basic ResNet",
       R"({"kind": "resnet", "patch": 2, "stem": {"channels": 6}, "always_project": true, "stages":
        [{"channels": 6, "blocks": 3, "stride": 1, "folded": true}, {"channels": 9, "blocks": 2, "stride": 2}]})",
       coats, 8, 1},
      {"basic ResNet, shared norm",
       R"({"kind": "resnet", "stem": {"channels": 5, "max_pool": true}, "shared_norm": true, "affine": "folds",
        "stages": [{"channels": 5, "blocks": 4, "stride": 1, "folded": true}]})",
       learned, 8, 2},
      {"bottleneck ResNet",
       R"({"kind": "resnet", "block": "bottleneck", "stem": {"kernel": 5, "stride": 2, "channels": 7},
        "stages": [{"channels": 3, "blocks": 2, "stride": 1}, {"channels": 5, "blocks": 3, "stride": 2, "folded": true}]})",
       normal, 8, 2},
      {"folded ResMLP",
       R"({"kind": "res_mlp", "patch": 4, "dim": 10, "channel_dim": 18, "depth": 4, "folds": 2})", coats, 8,
       1},
      {"ResMLP, shared norm",
       R"({"kind": "res_mlp", "patch": 2, "dim": 6, "depth": 3, "folds": 1, "gelu": false, "norm": "batch",
        "shared_norm": true})",
       learned, 4, 2},
      {"MLP-Mixer",
       R"({"kind": "mixer", "patch": 4, "dim": 12, "token_dim": 7, "channel_dim": 20, "depth": 2})",
       threshold, 8, 1},
      {"folded MLP-Mixer, batch norm",
       R"({"kind": "mixer", "patch": 4, "dim": 9, "token_dim": 5, "depth": 4, "folds": 2, "norm": "batch"})",
       normal, 8, 1}};
  return cases;
}

inline ExecutorConfig config_of(const NetworkCase& network, Precision precision, int batch) {
  ExecutorConfig config;
  config.supermask = mask_config_from_json(nlohmann::json::parse(network.supermask), network.name);
  config.precision = precision;
  config.batch = batch;
  return config;
}

inline Graph graph_of(const NetworkCase& network) {
  return build_graph(network_from_json(nlohmann::json::parse(network.network), network.name),
                     {network.side, network.side, network.channels}, 10);
}

/// Gains and offsets of norms (also unlearned ones) that are not their first values, and a random input.
inline void randomize(Executor& executor) {
  std::uint64_t seed = 100;
  for (NormParameters& norm : executor.norms()) {
    const std::vector<double> gamma = random_values(norm.channels(), ++seed, 0.25, 1);
    const std::vector<double> beta = random_values(norm.channels(), ++seed, 0.3);
    for (std::size_t c = 0; c < norm.channels(); ++c) norm.gamma.value[c] *= static_cast<float>(gamma[c]);
    std::copy(beta.begin(), beta.end(), norm.beta.value.begin());
  }
  const std::vector<double> input = random_values(executor.values(0).size(), 50);
  executor.set_input(std::vector<float>(input.begin(), input.end()));
}

inline std::unique_ptr<Executor> make_case(const NetworkCase& network, Precision precision, int batch,
                                           ThreadPool& pool) {
  std::unique_ptr<Executor> executor =
      make_executor(config_of(network, precision, batch), graph_of(network), pool);
  randomize(*executor);
  return executor;
}

}  // namespace wd::algo
