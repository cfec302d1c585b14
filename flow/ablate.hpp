// SPDX-License-Identifier: Apache-2.0
// ablate: cycles and energy with each switch off, with a window of one row, with other arrays, and without folding.
//
// Units     of an image, on average: of a frame by the program's batch; energies of a power table, the chip's and that of the traffic to the memory outside
//           apart.
// Errors    a switch or an array that changes results: wd::Error.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "flow/context.hpp"
#include "flow/figures.hpp"
#include "flow/inputs.hpp"

namespace wd::flow {

struct AblateOptions {
  CommonOptions common;
  InputOptions inputs;
  PowerTableOptions power;
  std::size_t images = 200;
  bool whole = false;  // values for every entry; else the baseline records maps, and the others replay them

  void declare(OptionSink& sink);
  void declare_images(OptionSink& sink);
};

struct AblationEntry {
  std::string name;
  Names off;            // switches, parameters that are other than the chip's, or "window" and "folding"
  nlohmann::json arch;  // those parameters, with their values
  Names extrapolated;   // sim::extrapolated()
  double cycles = 0, run_cycles = 0, beats_read = 0, energy_pj = 0, offchip_pj = 0;

  double total_pj() const { return energy_pj + offchip_pj; }
  nlohmann::json to_json() const;
};

struct AblateResult {
  std::size_t images = 0;
  int batch = 1;       // images of a frame
  std::string inputs;  // where images are from; empty: the data set
  std::uint32_t program_crc = 0;
  std::string program_sha256, compressed_sha256;
  std::string table, caveat;           // of the energies
  std::vector<AblationEntry> entries;  // the baseline first

  nlohmann::json to_json() const;
};

AblateResult ablate(const AblateOptions& options, Context& context);

}  // namespace wd::flow
