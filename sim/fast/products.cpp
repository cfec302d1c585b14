// SPDX-License-Identifier: Apache-2.0
#include "sim/fast/products.hpp"

#include <immintrin.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "base/error.hpp"
#include "hw/numerics/fp8.hpp"

namespace wd::sim::fast {
namespace {

constexpr int half_bits = 9;
constexpr std::size_t most_products = std::size_t{1} << 19;  // 511 * 7 * 2^19 < 2^31

/// A part of the reduction: sums += acts * weights, in 32 bits. Of PEs a block of 16, of groups a few.
struct Part {
  const std::int16_t *low, *high;  // of the first group
  std::size_t row;                 // from a group's activations to the next one's
  const std::int16_t* weights;     // of the block's first PE
  std::size_t pitch;               // from a pair's weights to the next one's
  std::size_t pairs;
  std::int64_t* sums;  // of the first group
  std::size_t pes;
};

constexpr std::size_t block = 16;

using Sums = std::array<std::int32_t, block>;

void add_sums(const Sums& low, const Sums& high, std::int64_t* sums) {
  for (std::size_t pe = 0; pe < block; ++pe) sums[pe] += (std::int64_t{high[pe]} << half_bits) + low[pe];
}

void multiply_plain(const Part& part) {
  Sums low{}, high{};
  for (std::size_t p = 0; p < part.pairs; ++p)
    for (std::size_t i = 0; i < 2; ++i)
      for (std::size_t pe = 0; pe < block; ++pe) {
        const std::int32_t weight = part.weights[p * part.pitch + 2 * pe + i];
        low[pe] += part.low[2 * p + i] * weight;
        high[pe] += part.high[2 * p + i] * weight;
      }
  add_sums(low, high, part.sums);
}

std::int32_t pair_at(const std::int16_t* from) {
  std::int32_t pair;
  std::memcpy(&pair, from, sizeof pair);
  return pair;
}

__attribute__((target("avx2"))) void multiply_avx2(const Part& part) {
  __m256i low[2] = {}, high[2] = {};
  for (std::size_t p = 0; p < part.pairs; ++p) {
    const __m256i x = _mm256_set1_epi32(pair_at(part.low + 2 * p)),
                  y = _mm256_set1_epi32(pair_at(part.high + 2 * p));
    for (int i = 0; i < 2; ++i) {
      const __m256i weights =
          _mm256_loadu_si256(reinterpret_cast<const __m256i*>(part.weights + p * part.pitch) + i);
      low[i] = _mm256_add_epi32(low[i], _mm256_madd_epi16(weights, x));
      high[i] = _mm256_add_epi32(high[i], _mm256_madd_epi16(weights, y));
    }
  }
  Sums low_sums, high_sums;
  std::memcpy(low_sums.data(), low, sizeof low);
  std::memcpy(high_sums.data(), high, sizeof high);
  add_sums(low_sums, high_sums, part.sums);
}

/// Several groups at once, as the weights are loaded once for all of them.
constexpr std::size_t groups_at_once = 8;

__attribute__((target("avx512f,avx512bw,avx512vnni"))) void multiply_vnni(const Part& part) {
  __m512i low[groups_at_once] = {}, high[groups_at_once] = {};
  for (std::size_t p = 0; p < part.pairs; ++p) {
    const __m512i weights = _mm512_loadu_si512(part.weights + p * part.pitch);
    for (std::size_t g = 0; g < groups_at_once; ++g) {
      const std::size_t at = g * part.row + 2 * p;
      low[g] = _mm512_dpwssd_epi32(low[g], weights, _mm512_set1_epi32(pair_at(part.low + at)));
      high[g] = _mm512_dpwssd_epi32(high[g], weights, _mm512_set1_epi32(pair_at(part.high + at)));
    }
  }
  for (std::size_t g = 0; g < groups_at_once; ++g) {
    Sums low_sums, high_sums;
    std::memcpy(low_sums.data(), &low[g], sizeof low[g]);
    std::memcpy(high_sums.data(), &high[g], sizeof high[g]);
    add_sums(low_sums, high_sums, part.sums + g * part.pes);
  }
}

struct Kernel {
  void (*multiply)(const Part&);
  std::size_t groups;  // that it takes at once
};

Kernel kernel_of(ProductKernel kernel) {
  switch (kernel) {
    case ProductKernel::plain:
      break;
    case ProductKernel::avx2:
      return {multiply_avx2, 1};
    case ProductKernel::avx512_vnni:
      return {multiply_vnni, groups_at_once};
  }
  return {multiply_plain, 1};
}

/// Without a table: 16 codes at once where the processor can.
__attribute__((target_clones("avx512f", "avx2", "default"))) void split(const std::uint8_t* codes,
                                                                        std::size_t count, std::int16_t* low,
                                                                        std::int16_t* high) {
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t exponent = codes[i] >> 3 & 15u, mantissa = codes[i] & 7u;
    const std::uint32_t magnitude = exponent == 0 ? mantissa : (8 + mantissa) << ((exponent - 1) & 15u);
    const auto units = static_cast<std::int32_t>(codes[i] & 0x80 ? 0 - magnitude : magnitude);
    low[i] = static_cast<std::int16_t>(units & ((1 << half_bits) - 1));
    high[i] = static_cast<std::int16_t>(units >> half_bits);
  }
}

}  // namespace

std::uint64_t Halves::set(std::size_t at, std::span<const std::uint8_t> codes) {
  split(codes.data(), codes.size(), &low[at], &high[at]);
  std::uint64_t map = 0;
  for (std::size_t i = 0; i < codes.size(); ++i) map |= std::uint64_t{(codes[i] & 0x7f) != 0} << i;
  return map;
}

std::vector<std::int16_t> paired_weights(std::span<const std::int8_t> weights, int pes) {
  const auto width = static_cast<std::size_t>(pes);
  std::vector<std::int16_t> pairs(weights.size());
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const std::size_t k = i / width, pe = i % width;
    pairs[(k / 2 * width + pe) * 2 + k % 2] = weights[i];
  }
  return pairs;
}

bool available(ProductKernel kernel) {
  switch (kernel) {
    case ProductKernel::plain:
      break;
    case ProductKernel::avx2:
      return __builtin_cpu_supports("avx2") != 0;
    case ProductKernel::avx512_vnni:
      return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vnni");
  }
  return true;
}

ProductKernel best_product_kernel() {
  static const ProductKernel best = available(ProductKernel::avx512_vnni) ? ProductKernel::avx512_vnni
                                    : available(ProductKernel::avx2)      ? ProductKernel::avx2
                                                                          : ProductKernel::plain;
  return best;
}

void multiply(ProductKernel kernel, const Halves& acts, std::span<const std::int16_t> weights, int pes,
              std::span<std::int64_t> sums) {
  const auto width = static_cast<std::size_t>(pes);
  const std::size_t groups = sums.size() / width, reduction = weights.size() / width;
  const Kernel chosen = kernel_of(kernel);
  WD_ASSERT(acts.low.size() == groups * reduction && acts.high.size() == acts.low.size() &&
            reduction % 2 == 0 && width % block == 0 && groups % chosen.groups == 0);
  std::fill(sums.begin(), sums.end(), 0);
  for (std::size_t first = 0; first < reduction; first += most_products)
    for (std::size_t g = 0; g < groups; g += chosen.groups)
      for (std::size_t pe = 0; pe < width; pe += block) {
        const std::size_t at = g * reduction + first;
        chosen.multiply({&acts.low[at], &acts.high[at], reduction, &weights[first * width + 2 * pe],
                         2 * width, std::min(most_products, reduction - first) / 2, &sums[g * width + pe],
                         width});
      }
}

}  // namespace wd::sim::fast
