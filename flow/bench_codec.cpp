// SPDX-License-Identifier: Apache-2.0
#include "flow/bench_codec.hpp"

#include <zstd.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>

#include "algo/compress/random_masks.hpp"
#include "base/error.hpp"
#include "hw/formats/stream/free_weights.hpp"
#include "hw/formats/stream/weight_code.hpp"

namespace wd::flow {
namespace {

using Clock = std::chrono::steady_clock;

struct Mask {
  const char* name;
  compress::MaskQuestion question;
};

/// Millions of weights a second: the median of five rounds of at least 50 ms.
template <typename Work>
double speed(const Context& context, std::size_t weights, Work work) {
  std::vector<double> rounds;
  for (int round = 0; round < 5; ++round) {
    context.check_stop("interrupted");
    const auto begin = Clock::now();
    double seconds = 0;
    std::size_t calls = 0;
    do {
      work();
      ++calls;
      seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    } while (seconds < 0.05);
    rounds.push_back(static_cast<double>(calls * weights) / seconds / 1e6);
  }
  std::sort(rounds.begin(), rounds.end());
  return rounds[rounds.size() / 2];
}

CodecRow row(const Mask& mask, const std::string& code, double encode, double decode, std::size_t bytes,
             double entropy_bytes, std::size_t weights) {
  return {mask.name,
          code,
          weights,
          encode,
          decode,
          8.0 * static_cast<double>(bytes) / static_cast<double>(weights),
          static_cast<double>(bytes) / entropy_bytes};
}

CodecRow our_row(const Mask& mask, const model::Weights& weights, std::optional<stream::CodeMode> mode,
                 double entropy_bytes, const Context& context) {
  const stream::FreeWeights free(weights, mask.name);
  const stream::EncodeOptions options{free.stream_weights, {}, mode};
  const bool has_signs = !free.signs.empty();
  const Bytes code = stream::encode_weights(free.levels, free.signs, weights.coats, options);
  const double encode = speed(context, weights.count(), [&] {
    stream::encode_weights(free.levels, free.signs, weights.coats, options);
  });
  const double decode = speed(context, weights.count(), [&] {
    stream::decode_weights(code, weights.count(), weights.coats, has_signs, mask.name,
                           {free.stream_weights, {}});
  });
  return row(mask, mode ? stream::name(*mode) : text("smallest: ", stream::name(stream::mode_of(code))),
             encode, decode, code.size(), entropy_bytes, weights.count());
}

/// Two weights a byte: level in three bits, sign in one.
Bytes packed(const model::Weights& weights) {
  Bytes bytes((weights.count() + 1) / 2);
  for (std::size_t i = 0; i < weights.count(); ++i) {
    const unsigned sign = weights.learned_signs.empty() ? 0 : weights.learned_signs[i];
    bytes[i / 2] = static_cast<std::uint8_t>(bytes[i / 2] | (weights.levels[i] | sign << 3) << (4 * (i % 2)));
  }
  return bytes;
}

CodecRow zstd_row(const Mask& mask, const model::Weights& weights, int level, double entropy_bytes,
                  const Context& context) {
  const Bytes plain = packed(weights);
  Bytes code(ZSTD_compressBound(plain.size())), back(plain.size());
  ZSTD_CCtx* compressor = ZSTD_createCCtx();
  ZSTD_DCtx* decompressor = ZSTD_createDCtx();
  std::size_t size = 0;
  const double encode = speed(context, weights.count(), [&] {
    size = ZSTD_compressCCtx(compressor, code.data(), code.size(), plain.data(), plain.size(), level);
  });
  const double decode = speed(context, weights.count(), [&] {
    ZSTD_decompressDCtx(decompressor, back.data(), back.size(), code.data(), size);
  });
  ZSTD_freeCCtx(compressor);
  ZSTD_freeDCtx(decompressor);
  WD_REQUIRE(back == plain, "zstd does not give back what it was given");
  return row(mask, text("zstd -", level, ", nibbles"), encode, decode, size, entropy_bytes, weights.count());
}

}  // namespace

nlohmann::json CodecRow::to_json() const {
  return {{"mask", mask},
          {"code", code},
          {"weights", weights},
          {"encode_million_per_second", encode_million_per_second},
          {"decode_million_per_second", decode_million_per_second},
          {"bits_per_weight", bits_per_weight},
          {"over_entropy", over_entropy}};
}

nlohmann::json BenchCodecReport::to_json() const {
  nlohmann::json list = nlohmann::json::array();
  for (const CodecRow& row : rows) list.push_back(row.to_json());
  return list;
}

BenchCodecReport bench_codec(const BenchCodecOptions&, Context& context) {
  const Mask masks[] = {{"3 coats, 30 %", {{0.7, 0.9212, 0.9685}, false, 0}},
                        {"3 coats, 30 %, signs", {{0.7, 0.9212, 0.9685}, true, 0}},
                        {"1 coat, 30 %", {{0.7}, false, 0}},
                        {"1 coat, 5 %", {{0.95}, false, 0}},
                        {"7 coats, 30 %", {{0.7, 0.8, 0.85, 0.9, 0.93, 0.96, 0.98}, false, 0}}};
  std::vector<CodecRow> rows;
  for (const Mask& mask : masks) {
    const model::Weights weights = compress::random_weights({"layer", 3, 512, 512}, mask.question, 0);
    const double entropy_bytes = stream::weight_entropy(weights.levels, weights.learned_signs) *
                                 static_cast<double>(weights.count()) / 8;
    rows.push_back(our_row(mask, weights, std::nullopt, entropy_bytes, context));
    for (const stream::CodeMode mode :
         {stream::CodeMode::plain, stream::CodeMode::golomb, stream::CodeMode::tans})
      rows.push_back(our_row(mask, weights, mode, entropy_bytes, context));
    for (const int level : {1, 3}) rows.push_back(zstd_row(mask, weights, level, entropy_bytes, context));
  }
  return {rows};
}

}  // namespace wd::flow
