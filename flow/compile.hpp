// SPDX-License-Identifier: Apache-2.0
// compile: model.wdz to program.wdp and its listing, for an architecture.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "flow/context.hpp"

namespace wd::flow {

struct CompileOptions {
  CommonOptions common;
  ArchOptions arch;
  bool no_fold = false;  // every iteration of a fold gets its own weights
  int batch = 1;         // images of a frame

  void declare(OptionSink& sink);
};

struct CompiledLayer {
  std::string name;
  std::uint64_t executions = 0, dense_macs = 0;  // of a frame; of one execution and image
  std::int64_t rows = 0;
};

struct CompileResult {
  arch::Arch arch;
  int batch = 1;  // images of a frame
  std::size_t instructions = 0, memory_bytes = 0;
  std::int64_t weight_rows = 0;
  int activation_rows = 0, activation_rows_unshared = 0;  // of a bank; without sharing
  bool resident = false;                                  // all weights stay on chip
  std::uint32_t program_crc = 0;
  std::string compressed_sha256, program_sha256;
  std::vector<CompiledLayer> layers;

  nlohmann::json to_json() const;
};

CompileResult compile(const CompileOptions& options, Context& context);

}  // namespace wd::flow
