// SPDX-License-Identifier: Apache-2.0
// bench: the speed and peak memory of every stage, on the demo's network with random weights (no training needed), and what
// the machine can do at most, measured in the same run.
//
// Not       the training step of several networks (bench_train.hpp), the weight codes (bench_codec.hpp).
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "flow/context.hpp"

namespace wd::flow {

struct BenchRow {
  std::string stage;
  double figure = 0;
  std::string unit, measured;
  double peak_mib = 0;
  // Of engines:
  std::optional<double> macs_per_second = {}, cycles_per_second = {};  // dense; of timed ones
  std::optional<double> bytes_per_second = {};                         // that any engine must move at least
  std::optional<double> of_peak_products = {}, of_memory = {};         // by what a core can do at most

  nlohmann::json to_json() const;
};

struct BenchReport {
  std::vector<BenchRow> rows;

  nlohmann::json to_json() const;
};

BenchReport bench(const ThreadOptions& options, Context& context);

}  // namespace wd::flow
