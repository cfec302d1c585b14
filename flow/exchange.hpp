// SPDX-License-Identifier: Apache-2.0
// Networks from and for elsewhere: a safetensors or ONNX file to model.wdm, a checkpoint to such a file.
//
// Errors    files of another kind, networks that do not fit the configuration's images and classes, what
//           algo/interchange refuses: wd::Error, before anything is written.
// Test      cli/import_test.sh, algo/interchange/*_test.cpp
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "flow/context.hpp"

namespace wd::flow {

struct ImportOptions {
  CommonOptions common;
  DataOptions data;
  std::filesystem::path config, file;
  std::uint64_t seed = 0;           // 0: the configuration's
  std::string repository = "auto";  // whose names the file has; auto: found out from them
  std::string dataset;              // in place of a configuration, whose network is found out from the file
  std::vector<double> pruned;       // with it, for files with scores

  void declare(OptionSink& sink);
};

/// import.json.
struct ImportReport {
  std::filesystem::path file;
  std::string repository;
  bool masked = false;
  std::size_t weights = 0;
  double accuracy_fp32 = 0, accuracy_fp8 = 0;
  std::optional<double> accuracy_hw;
  std::string no_hardware, no_network;  // why there is none; empty where there is one
  std::string model_sha256;             // of model.wdm; empty where there is none

  nlohmann::json to_json() const;
};

ImportReport import_network(const ImportOptions& options, Context& context);

struct ExportOptions {
  CommonOptions common;
  std::filesystem::path file;
  std::string repository = "own";

  void declare(OptionSink& sink);
};

struct ExportReport {
  std::filesystem::path file;
  std::string repository;
  std::uintmax_t bytes = 0;
  std::size_t weights = 0;

  nlohmann::json to_json() const;
};

ExportReport export_network(const ExportOptions& options, Context& context);

}  // namespace wd::flow
