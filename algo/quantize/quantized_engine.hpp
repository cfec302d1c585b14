// SPDX-License-Identifier: Apache-2.0
// For tests: an untrained network with everything that the hardware's form needs, on synthetic images.
#pragma once

#include <nlohmann/json.hpp>

#include "algo/data/synthetic_images.hpp"
#include "algo/networks/build.hpp"
#include "algo/quantize/fold.hpp"
#include "algo/train/evaluate.hpp"

namespace wd::algo {

struct QuantizedEngine {
  ThreadPool pool{2};
  TrainConfig config;
  ImageSet images = synthetic_images(64, 5);
  InputFormat format;
  std::unique_ptr<Engine> engine;
  std::vector<int> scales;
  std::vector<ChannelStatistics> statistics;
  std::vector<model::Norm> norms;

  /// @param network, supermask JSON; norms' gains and offsets become random. @param plain_convs lose their
  /// ReLU.
  QuantizedEngine(const char* network, const char* supermask, bool plain_convs = false)
      : config(config_from_json({{"name", "tiny"},
                                 {"network", nlohmann::json::parse(network)},
                                 {"supermask", nlohmann::json::parse(supermask)},
                                 {"batch", 16},
                                 {"precision", "fp32"}},
                                "tiny")),
        format(input_format(config.network, images)),
        engine(make_engine(config, graph_of(config, plain_convs), pool)) {
    for (NormParameters& norm : engine->norms())
      for (std::size_t c = 0; c < norm.channels(); ++c) {
        norm.gamma.value[c] *= static_cast<float>(1 + 0.25 * random_normal(7, RandomStream::scores, c));
        norm.beta.value[c] = static_cast<float>(0.3 * random_normal(8, RandomStream::scores, c));
      }
    population_statistics(*engine, images, format, 1, {});
    for (int pass = 0; pass < 40; ++pass) engine->forward_train();  // running statistics, for calibration
    scales = calibrate_scales(*engine, images, format, Fp8Format::e4m3, 1);
    engine->fp8.exps = scales;
    statistics = population_statistics(*engine, images, format, 1, {});
    norms = fold_nodes(*engine, statistics, scales);
  }

 private:
  static Graph graph_of(const TrainConfig& config, bool plain_convs) {
    Graph graph = build_graph(config.network, {28, 28, 1}, 10);
    for (Node& node : graph.nodes)
      if (plain_convs && node.kind == NodeKind::conv) node.activation = Activation::none;
    return graph;
  }
};

}  // namespace wd::algo
