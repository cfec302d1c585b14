// SPDX-License-Identifier: Apache-2.0
// The training whose checkpoints are fuzzed: so small that its arrays are a few hundred bytes.
#pragma once

#include <nlohmann/json.hpp>

#include "algo/networks/build.hpp"
#include "algo/train/checkpoint.hpp"

namespace wd::fuzz {

inline algo::TrainConfig checkpoint_config() {
  return algo::config_from_json(
      nlohmann::json::parse(R"({"network": {"kind": "mlp", "hidden": [4]}, "optimizer": {"kind": "adamw"},
    "precision": "fp32", "epochs": 3, "batch": 2, "quantization": {"fp8_epochs": 1}})"),
      "fuzz");
}

inline std::unique_ptr<algo::Executor> checkpoint_executor(ThreadPool& pool) {
  const algo::TrainConfig config = checkpoint_config();
  return algo::make_executor(config.executor(), algo::build_graph(config.network, {2, 2, 1}, 3), pool);
}

}  // namespace wd::fuzz
