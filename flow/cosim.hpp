// SPDX-License-Identifier: Apache-2.0
// cosim: engines in lockstep on the same images, tile by tile; locates the first difference.
//
// Errors    engines that disagree, with the place: wd::Error, after cosim.json is written.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "flow/engines.hpp"
#include "flow/inputs.hpp"
#include "flow/lockstep.hpp"
#include "flow/run.hpp"

namespace wd::flow {

struct CosimOptions {
  CommonOptions common;
  InputOptions inputs;
  EngineOptions engines;
  std::size_t images = 2;
  SwitchOptions switches;
  WavesOptions waves;

  void declare(OptionSink& sink);
  void declare_images(OptionSink& sink);
};

struct CosimResult {
  std::size_t images = 0;  // compared
  int batch = 1;           // images of a frame
  std::string inputs;      // where images are from; empty: the data set
  Names engines;
  std::uint32_t program_crc = 0;
  std::string program_sha256;
  arch::Switches switches;
  std::uint64_t tiles = 0, convolutions = 0;
  Agreement equal;
  std::optional<Difference> difference;
  std::vector<LayerSummary> layers;  // of the first frame

  nlohmann::json to_json() const;
};

CosimResult cosim(const CosimOptions& options, Context& context);

}  // namespace wd::flow
