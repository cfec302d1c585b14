// SPDX-License-Identifier: Apache-2.0
// Speed and size of the weight codes on random masks of several densities, and of zstd on the same weights packed two
// to a byte.
//
// Units     millions of weights a second on one thread, medians of five rounds.
// Errors    an interruption; a code that does not give back what it was given: wd::Error.
// Test      hw/formats/stream/*_test.cpp (the codes)
#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "flow/context.hpp"

namespace wd::flow {

struct CodecRow {
  std::string mask, code;
  std::size_t weights = 0;
  double encode_million_per_second = 0, decode_million_per_second = 0;
  double bits_per_weight = 0, over_entropy = 0;  // coded bytes by those of the entropy

  nlohmann::json to_json() const;
};

struct BenchCodecReport {
  std::vector<CodecRow> rows;

  nlohmann::json to_json() const;
};

/// There is nothing to choose.
struct BenchCodecOptions {
  void declare(OptionSink&) {}
};

BenchCodecReport bench_codec(const BenchCodecOptions& options, Context& context);

}  // namespace wd::flow
