// SPDX-License-Identifier: Apache-2.0
// explore: chunk sizes, windows and activation entries on the compressed network; cycles, utilization, and the flops
// that they cost.
//
// Units     cycles and rows of an image, on average; operands per PE and RUN cycle; flops of window, walkers and
//           activation entries, shared out to the PEs.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "flow/context.hpp"
#include "flow/inputs.hpp"

namespace wd::flow {

struct ExploreOptions {
  CommonOptions common;
  InputOptions inputs;
  std::size_t images = 200;
  int batch = 1;
  bool whole = false;  // values at every point; else the first one records maps, and the others replay them

  void declare(OptionSink& sink);
};

struct ExplorePoint {
  int chunk = 0, window = 0, entries = 0;
  double cycles = 0, run_cycles = 0, utilization = 0, rows_issued = 0, walker_flops_per_pe = 0;
};

struct ExploreResult {
  std::size_t images = 0;
  int batch = 1;                  // images of a frame
  std::string inputs;             // where images are from; empty: the data set
  std::string compressed_sha256;  // of the model.wdz that was explored
  std::vector<ExplorePoint> points;

  nlohmann::json to_json() const;
};

/// model.wdz of the folder to explore.json.
ExploreResult explore(const ExploreOptions& options, Context& context);

}  // namespace wd::flow
