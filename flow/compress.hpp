// SPDX-License-Identifier: Apache-2.0
// compress: model.wdm to the entropy-coded model.wdz, with what each element of the coding is worth.
//
// Source    docs/compression.md
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "algo/compress/compress.hpp"
#include "flow/context.hpp"

namespace wd::flow {

struct CompressOptions {
  CommonOptions common;
  DataOptions data;            // for the cost of FP8 norms
  std::string norms = "fp16";  // or fp8
  std::string code = "auto";   // or that of all weight sets

  void declare(OptionSink& sink);
};

/// What FP8 norms cost; no accuracies where masks are random.
struct NormCost {
  std::size_t images = 0;
  std::optional<double> accuracy_fp16, accuracy_fp8;
};

struct CompressResult {
  compress::CompressReport report;
  std::string model_sha256, compressed_sha256;
  double seconds = 0;
  std::optional<NormCost> norm_cost;  // where norms are FP8

  nlohmann::json to_json() const;
};

CompressResult compress(const CompressOptions& options, Context& context);

}  // namespace wd::flow
