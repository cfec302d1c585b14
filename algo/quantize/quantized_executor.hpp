// SPDX-License-Identifier: Apache-2.0
// For tests: an untrained network with everything that the hardware's form needs, on synthetic images.
#pragma once

#include <nlohmann/json.hpp>

#include "algo/data/synthetic_images.hpp"
#include "algo/executor/evaluate.hpp"
#include "algo/networks/build.hpp"
#include "algo/quantize/absorb.hpp"

namespace wd::algo {

struct QuantizedExecutor {
  ThreadPool pool{2};
  NetworkConfig network;
  ImageSet images = synthetic_images(64, 5);
  InputFormat format;
  std::unique_ptr<Executor> executor;
  std::vector<int> scales;
  std::vector<ChannelStatistics> statistics;
  std::vector<model::Norm> norms;

  /// @param network_json, supermask_json as in a configuration; norms' gains and offsets become random. @param change of the network's
  /// graph, to one that no configuration makes
  QuantizedExecutor(const char* network_json, const char* supermask_json, void (*change)(Graph&) = nullptr)
      : network(network_from_json(nlohmann::json::parse(network_json), "tiny")),
        format(input_format(network, images)),
        executor(make_executor(config_of(supermask_json), graph_of(network, change), pool)) {
    for (NormParameters& norm : executor->norms())
      for (std::size_t c = 0; c < norm.channels(); ++c) {
        norm.gamma.value[c] *= static_cast<float>(1 + 0.25 * random_normal(7, RandomStream::scores, c));
        norm.beta.value[c] = static_cast<float>(0.3 * random_normal(8, RandomStream::scores, c));
      }
    population_statistics(*executor, images, format, 1, {});
    for (int pass = 0; pass < 40; ++pass) executor->forward_train();  // running statistics, for calibration
    scales = calibrate_scales(*executor, images, format, Fp8Format::e4m3, 1);
    executor->fp8.exps = scales;
    statistics = population_statistics(*executor, images, format, 1, {});
    norms = absorb_norms(*executor, statistics, scales);
  }

 private:
  static ExecutorConfig config_of(const char* supermask) {
    ExecutorConfig config;
    config.supermask = mask_config_from_json(nlohmann::json::parse(supermask), "tiny");
    config.batch = 16;
    config.precision = Precision::fp32;
    return config;
  }
  static Graph graph_of(const NetworkConfig& network, void (*change)(Graph&)) {
    Graph graph = build_graph(network, {28, 28, 1}, 10);
    if (change != nullptr) change(graph);
    return graph;
  }
};

}  // namespace wd::algo
