// SPDX-License-Identifier: Apache-2.0
#include "algo/compress/sizes.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "algo/networks/build.hpp"
#include "base/error.hpp"
#include "hw/formats/stream/free_weights.hpp"
#include "hw/formats/stream/weight_code.hpp"

namespace wd::compress {
namespace {

/// Coded bytes of one layer with a random mask, which must decode to itself.
std::uint64_t coded_bytes(const algo::WeightShape& shape, const MaskQuestion& question, std::size_t layer) {
  const model::Weights weights = random_weights(shape, question, layer);
  const stream::FreeWeights free(weights, shape.name);
  if (free.levels.empty()) return free.locked_signs.size();
  const Bytes code =
      stream::encode_weights(free.levels, free.signs, weights.coats, {free.stream_weights, {}, {}});
  const stream::WeightArray back = stream::decode_weights(
      code, free.levels.size(), weights.coats, question.learned_signs, shape.name, {free.stream_weights, {}});
  WD_REQUIRE(std::equal(back.levels.begin(), back.levels.end(), free.levels.begin(), free.levels.end()) &&
                 std::equal(back.signs.begin(), back.signs.end(), free.signs.begin(), free.signs.end()),
             shape.name, ": does not decode to what was coded");
  return code.size() + free.locked_signs.size();
}

}  // namespace

std::uint64_t dense_bytes(const algo::Graph& graph) {
  return 4 * std::uint64_t{algo::dense_unfolded_parameters(graph)};
}

Sizes sizes_of(const algo::Graph& graph, const std::vector<MaskQuestion>& questions,
               std::uint64_t baseline_bytes, ThreadPool& pool) {
  WD_ASSERT(questions.size() == 1 || questions.size() == graph.weights.size());
  for (const MaskQuestion& question : questions) check(question);
  const auto question_of = [&](std::size_t w) -> const MaskQuestion& {
    return questions[questions.size() == 1 ? 0 : w];
  };
  Sizes sizes;
  sizes.weights = graph.weight_count();
  for (const algo::Node& node : graph.nodes) {
    if (node.norm < 0) continue;
    const auto channels =
        static_cast<std::uint64_t>(graph.norms[static_cast<std::size_t>(node.norm)].channels);
    sizes.all_channels += channels;
    if (node.stage >= 0) sizes.fold_channels += channels;
  }
  for (std::size_t w = 0; w < graph.weights.size(); ++w) {
    const MaskQuestion& question = question_of(w);
    const auto n = static_cast<double>(graph.weights[w].count());
    sizes.mask_bits += n * (1 - question.frozen);
    for (std::size_t coat = 0; coat + 1 < question.pruned.size(); ++coat)
      sizes.mask_bits += std::ceil(n * (1 - question.pruned[coat])) * (1 - question.frozen);
    if (question.learned_signs) sizes.sign_bits += n * (1 - question.pruned.front());
  }
  sizes.norm_bits = 64 * static_cast<double>(sizes.fold_channels);
  const auto count = static_cast<double>(sizes.weights);
  sizes.bits_per_weight = (sizes.mask_bits + sizes.sign_bits) / count;
  const double paper_bytes = (32 + sizes.mask_bits + sizes.sign_bits + sizes.norm_bits) / 8;
  sizes.paper_mb = paper_bytes / 1e6;
  sizes.paper_mib = paper_bytes / (1024 * 1024);
  sizes.dense_bytes = baseline_bytes;
  sizes.ratio = static_cast<double>(baseline_bytes) / paper_bytes;
  std::vector<std::uint64_t> coded(graph.weights.size());
  pool.run(coded.size(), [&](std::size_t w) { coded[w] = coded_bytes(graph.weights[w], question_of(w), w); });
  std::uint64_t mask = 0;
  for (std::uint64_t bytes : coded) mask += bytes;
  sizes.real_bytes = mask + 4 * sizes.all_channels;
  sizes.real_bits_per_weight = 8 * static_cast<double>(mask) / count;
  sizes.real_ratio = static_cast<double>(baseline_bytes) / static_cast<double>(sizes.real_bytes);
  return sizes;
}

nlohmann::json Sizes::to_json() const {
  return {
      {"weights", weights},
      {"fold_norm_channels", fold_channels},
      {"norm_channels", all_channels},
      {"mask_bits", mask_bits},
      {"sign_bits", sign_bits},
      {"norm_bits", norm_bits},
      {"bits_per_weight", bits_per_weight},
      {"paper_mb", paper_mb},
      {"paper_mib", paper_mib},
      {"dense_bytes", dense_bytes},
      {"ratio", ratio},
      {"real_bytes", real_bytes},
      {"real_bits_per_weight", real_bits_per_weight},
      {"real_ratio", real_ratio},
      {"counts",
       {{"paper", "mask and sign bits, a 32-bit seed, 32 bits per learned gain and offset in folds"},
        {"real",
         "coded masks drawn at random with these densities, tables included, and FP16 pairs of all norms"}}}};
}

}  // namespace wd::compress
