// SPDX-License-Identifier: Apache-2.0
// The time and memory of a training step (forward, loss, backward, update with the choice of the masks) of several
// networks, each in a process of its own.
//
// Units     milliseconds, medians over the measured steps after two of warm-up; filling the batch is timed apart and
//           is no part of the step. cpu_ms is the time of all threads on a processor: on a machine that others use
//           too, that of one thread says more than the time that passes.
// Not       comparing: scripts/bench_train.sh runs the same networks in PyTorch beside it.
// Test      cli/bad_input_test.sh
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "flow/context.hpp"

namespace wd::flow {

struct BenchTrainOptions {
  ThreadOptions work;                 // threads 0: each network's own number
  std::vector<std::string> networks;  // empty: all
  std::vector<std::string> precisions{"bf16", "fp32"};
  std::size_t steps = 0;  // measured; 0: as many as fit into ten seconds, at least five

  void declare(OptionSink& sink);
};

struct TrainStepRow {
  std::string network, precision;
  unsigned threads = 0;
  int batch = 0;
  std::size_t weights = 0, steps = 0;
  double step_ms = 0, fastest_ms = 0, cpu_ms = 0;
  double forward_ms = 0, loss_ms = 0, backward_ms = 0, update_ms = 0, fill_ms = 0;
  double images_per_second = 0;
  double peak_mib = 0;  // the largest resident set
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(TrainStepRow, network, precision, threads, batch, weights, steps, step_ms,
                                   fastest_ms, cpu_ms, forward_ms, loss_ms, backward_ms, update_ms, fill_ms,
                                   images_per_second, peak_mib)

/// The networks that bench_train() knows, in the order of its table.
std::vector<std::string> bench_train_networks();

struct BenchTrainReport {
  std::vector<TrainStepRow> rows;

  nlohmann::json to_json() const { return rows; }
};

BenchTrainReport bench_train(const BenchTrainOptions& options, Context& context);

}  // namespace wd::flow
