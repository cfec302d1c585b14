// SPDX-License-Identifier: Apache-2.0
#include "algo/compress/sizes.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

#include "algo/data/counter_random.hpp"
#include "algo/models/build.hpp"
#include "base/error.hpp"
#include "hw/stream/weight_code.hpp"

namespace wd::compress {
namespace {

void check(const SizeQuestion& question) {
  WD_REQUIRE(!question.pruned.empty() && question.pruned.size() <= 7, "--coats: has ", question.pruned.size(),
             " fractions, must have 1 to 7");
  double last = 0;
  for (double q : question.pruned) {
    WD_REQUIRE(q >= last && q < 1, "--coats: holds ", q,
               ", fractions must ascend and lie in 0 to 1 (1 excluded)");
    last = q;
  }
  WD_REQUIRE(question.frozen >= 0 && question.frozen < 1, "--freeze is ", question.frozen,
             ", must be 0 to 1 (1 excluded)");
}

/// Coded bytes of one layer whose free weights have random levels of these densities.
std::uint64_t coded_bytes(std::size_t count, const SizeQuestion& question, std::size_t layer) {
  const auto free =
      static_cast<std::size_t>(std::llround(static_cast<double>(count) * (1 - question.frozen)));
  if (free == 0) return 0;
  std::vector<std::uint8_t> levels(free), signs(question.learned_signs ? free : 0);
  for (std::size_t i = 0; i < free; ++i) {
    const std::uint64_t bits = algo::random_bits(1, algo::RandomStream::scores, algo::random_index(layer, i));
    const double u = static_cast<double>(bits >> 11) * 0x1p-53;
    for (double q : question.pruned) levels[i] = static_cast<std::uint8_t>(levels[i] + (u >= q));
    if (!signs.empty() && levels[i] > 0) signs[i] = bits & 1;
  }
  const int coats = question.pruned.size() <= 1 ? 1 : question.pruned.size() <= 3 ? 3 : 7;
  return stream::encode_weights(levels, signs, coats).size();
}

}  // namespace

std::uint64_t dense_bytes(const algo::Graph& graph) {
  return 4 * std::uint64_t{algo::dense_unfolded_parameters(graph)};
}

Sizes sizes_of(const algo::Graph& graph, const SizeQuestion& question, std::uint64_t baseline_bytes,
               ThreadPool& pool) {
  check(question);
  Sizes sizes;
  sizes.weights = graph.weight_count();
  for (const algo::Node& node : graph.nodes) {
    if (node.norm < 0) continue;
    const auto channels =
        static_cast<std::uint64_t>(graph.norms[static_cast<std::size_t>(node.norm)].channels);
    sizes.all_channels += channels;
    if (node.stage >= 0) sizes.fold_channels += channels;
  }
  for (const algo::WeightShape& shape : graph.weights) {
    const auto n = static_cast<double>(shape.count());
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
  pool.run(coded.size(),
           [&](std::size_t w) { coded[w] = coded_bytes(graph.weights[w].count(), question, w); });
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
