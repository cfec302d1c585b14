// SPDX-License-Identifier: Apache-2.0
#include "algo/compress/compress.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "hw/formats/stream/norm_code.hpp"
#include "hw/formats/stream/sign_generator.hpp"

namespace wd::compress {
namespace {

using model::Network;
using model::SignSource;
using model::Weights;

/// The file with every weight set in this code.
std::uint64_t file_bytes(const Network& network, stream::CompressOptions options, stream::CodeMode mode) {
  options.mode = mode;
  return stream::compressed_size(network, options).total_bytes;
}

Network without_freezing(Network network) {
  for (Weights& weights : network.weights) weights.freeze.reset();
  return network;
}

}  // namespace

PaperSize::PaperSize(const Network& network) {
  for (const Weights& weights : network.weights) {
    mask_bits += weights.count();
    for (const std::uint8_t level : weights.levels) {
      // The last coat's own ones are not followed by another coat.
      mask_bits += std::min<unsigned>(level, static_cast<unsigned>(weights.coats - 1));
      sign_bits += level != 0 && weights.signs == SignSource::learned;
    }
  }
  for (const model::Step& step : network.steps)
    if (const auto* loop = std::get_if<model::Loop>(&step))
      for (const model::Layer& conv : loop->body)
        for (const model::Norm& norm : conv.norms) norm_bits += 32 * (norm.gamma.size() + norm.beta.size());
  constexpr std::uint64_t seed_bits = 32;
  bytes = (seed_bits + mask_bits + sign_bits + norm_bits + 7) / 8;
  bits_per_weight = static_cast<double>(mask_bits + sign_bits) / static_cast<double>(network.weight_count());
}

Network unfold(const Network& network) {
  Network result = network;
  result.steps.clear();
  std::vector<bool> used(network.weights.size(), false);
  const auto add = [&](const model::Layer& conv, std::size_t iteration, bool in_loop) {
    model::Layer copy = conv;
    if (in_loop) copy.name += text(".", iteration);
    if (in_loop && !conv.norms.empty()) copy.norms = {conv.norms[iteration]};  // a pool has none
    if (conv.weights < 0) return void(result.steps.emplace_back(std::move(copy)));
    const auto weights = static_cast<std::size_t>(conv.weights);
    if (in_loop && used[weights]) {
      copy.weights = static_cast<int>(result.weights.size());
      result.weights.push_back(network.weights[weights]);
      result.weights.back().name += text(".", result.weights.size() - 1);
    }
    used[weights] = true;
    result.steps.emplace_back(std::move(copy));
  };
  for (const model::Step& step : network.steps) {
    if (const auto* conv = std::get_if<model::Layer>(&step)) {
      add(*conv, 0, false);
      continue;
    }
    const auto& loop = std::get<model::Loop>(step);
    for (std::size_t iteration = 0; iteration < static_cast<std::size_t>(loop.count); ++iteration)
      for (const model::Layer& conv : loop.body) add(conv, iteration, true);
  }
  return result;
}

Network store_signs(const Network& network) {
  Network result = network;
  for (Weights& weights : result.weights) {
    if (weights.signs == SignSource::learned) continue;
    const stream::SignGenerator generator(weights.sign_seed);
    weights.signs = SignSource::learned;
    weights.learned_signs.resize(weights.count());
    for (std::size_t i = 0; i < weights.count(); ++i)
      weights.learned_signs[i] = generator.negative(i) ? 1 : 0;
  }
  return result;
}

void require_equal(const Network& expected, const Network& actual, const std::string& origin) {
  WD_REQUIRE(model::describe(expected) == model::describe(actual), origin,
             ": decodes to another network description than was written");
  WD_REQUIRE(model::flatten_norms(expected) == model::flatten_norms(actual), origin,
             ": decodes to other gamma or beta than were written");
  for (std::size_t set = 0; set < expected.weights.size(); ++set) {
    const Weights &a = expected.weights[set], &b = actual.weights[set];
    WD_REQUIRE(a.levels.size() == b.levels.size() && a.learned_signs.size() == b.learned_signs.size(), origin,
               ": decodes to another number of weights in '", a.name, "'");
    for (std::size_t i = 0; i < a.levels.size(); ++i) {
      WD_REQUIRE(a.levels[i] == b.levels[i], origin, ": weight ", i, " of '", a.name, "' decodes to level ",
                 int{b.levels[i]}, ", level ", int{a.levels[i]}, " was written");
      // The sign of a zero weight is not kept.
      WD_REQUIRE(a.learned_signs.empty() || a.levels[i] == 0 || a.learned_signs[i] == b.learned_signs[i],
                 origin, ": weight ", i, " of '", a.name, "' decodes to the other sign");
    }
  }
}

Compressed compress(Network network, const std::string& origin, const stream::CompressOptions& options) {
  if (options.norms == stream::NormFormat::fp8) stream::round_norms(network);
  stream::EncodedFile file = stream::encode_file(network, origin, options);
  require_equal(
      network, stream::decode_network(Container::parse(file.bytes, stream::compressed_kind, origin)), origin);
  CompressReport report{network.name, options.norms, std::move(file.size), 0, 0, 0, PaperSize(network), {}};
  report.compressed_bytes = file.bytes.size();
  report.dense_fp32_bytes = 4 * network.dense_unfolded_parameters;
  report.offchip_ratio =
      static_cast<double>(report.dense_fp32_bytes) / static_cast<double>(report.compressed_bytes);
  using stream::CodeMode;
  Ablations& ablations = report.ablations;
  ablations.huffman_off = file_bytes(network, options, CodeMode::plain);
  ablations.golomb = file_bytes(network, options, CodeMode::golomb);
  ablations.huffman = file_bytes(network, options, CodeMode::huffman);
  ablations.tans = file_bytes(network, options, CodeMode::tans);
  ablations.sign_generation_off = stream::compressed_size(store_signs(network), options).total_bytes;
  ablations.freezing_off = stream::compressed_size(without_freezing(network), options).total_bytes;
  ablations.folding_off = stream::compressed_size(unfold(network), options).total_bytes;
  return {std::move(file.bytes), std::move(network), std::move(report)};
}

CompressReport compress(const std::filesystem::path& model_in, const std::filesystem::path& out,
                        const stream::CompressOptions& options) {
  std::error_code missing;
  WD_REQUIRE(!std::filesystem::equivalent(model_in, out, missing), out.string(),
             ": is the input model; choose another output file");
  Compressed made = compress(model::read_model(model_in), out.string(), options);
  write_file(out, made.file);
  return std::move(made.report);
}

nlohmann::json CompressReport::to_json() const {
  nlohmann::json layers = nlohmann::json::array();
  for (const stream::WeightSetSize& set : size.weights)
    layers.push_back({{"name", set.name},
                      {"count", set.count},
                      {"free", set.free},
                      {"code", set.mode},
                      {"bytes", set.bytes},
                      {"bits_per_weight", set.bits_per_weight},
                      {"entropy_bits", set.entropy_bits},
                      {"nonzero_fraction", set.nonzero_fraction}});
  return {{"weights", size.weight_count()},
          {"dense_fp32_bytes", dense_fp32_bytes},
          {"compressed_bytes", compressed_bytes},
          {"offchip_ratio", offchip_ratio},
          {"bits_per_weight", size.bits_per_weight()},
          {"entropy_bits_per_weight", size.entropy_bits_per_weight()},
          {"paper_bits_per_weight", paper.bits_per_weight},
          {"paper_bytes", paper.bytes},
          {"norms", norms == stream::NormFormat::fp8 ? "fp8" : "fp16"},
          {"bytes_without_huffman", ablations.huffman_off},
          {"bytes_with_golomb", ablations.golomb},
          {"bytes_with_own_tables", ablations.huffman},
          {"bytes_with_tans", ablations.tans},
          {"bytes_without_freezing", ablations.freezing_off},
          {"bytes_with_stored_signs", ablations.sign_generation_off},
          {"bytes_without_folding", ablations.folding_off},
          {"weight_bytes", size.weight_bytes()},
          {"norm_bytes", size.norm_bytes},
          {"table_bytes", size.table_bytes},
          {"description_bytes", size.description_bytes},
          {"container_bytes", size.container_bytes},
          {"layers", layers}};
}

}  // namespace wd::compress
