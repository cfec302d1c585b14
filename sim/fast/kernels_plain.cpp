// SPDX-License-Identifier: Apache-2.0
// The fast simulator's kernels for any processor.
#include "sim/fast/kernels.hpp"

namespace wd::sim::fast::plain {
namespace {

#include "sim/fast/common_kernels.inc"

constexpr std::size_t lanes = 8;
typedef std::uint16_t V __attribute__((vector_size(2 * lanes)));

inline V same(std::uint32_t x) { return V{} + static_cast<std::uint16_t>(x); }
inline V later(V a, V b) { return a > b ? a : b; }
inline V earlier(V a, std::uint32_t by) { return a > same(by) ? a - same(by) : V{}; }
inline std::uint32_t latest_of(V v) {
  std::uint32_t latest = 0;
  for (std::size_t i = 0; i < lanes; ++i) latest = latest < v[i] ? v[i] : latest;
  return latest;
}
inline std::uint64_t sum_of(V v) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < lanes; ++i) sum += v[i];
  return sum;
}
inline V count_ones(V x) {
  x -= x >> 1 & 0x5555;
  x = (x & 0x3333) + (x >> 2 & 0x3333);
  x = (x + (x >> 4)) & 0x0f0f;
  return (x + (x >> 8)) & 31;
}
inline V walk_step(V map, V nonzero, V take, V before, V& walks, V& starts) {
  const V n = count_ones(map & nonzero);
  const V some = (V)(n != 0);
  walks += n;
  starts -= (V)(before < take) & some;
  return ((later(before, take) + n) & some) | (before & ~some);
}

#include "sim/fast/walk_kernel.inc"

WalkedTotals walk(const WalkedTile& tile) { return walk_rows<0>(tile); }

std::size_t limbs(const std::uint8_t* codes, std::size_t count, std::uint8_t* limbs, std::size_t plane) {
  return limbs_of(codes, count, limbs, plane);
}

constexpr std::size_t block = 16, most_quads = std::size_t{1} << 18;
constexpr std::size_t quads_in_16_bits = 4;  // 255 * 7 * 16 < 2^15

/// sums += weight * the limb's values for a group and 16 PEs.
void multiply_part(const Product& p, std::size_t limb, std::size_t group, std::size_t pe, std::size_t first,
                   std::size_t end) {
  const std::uint8_t* const acts = p.limbs + (limb * p.quads * groups + group) * 4;
  std::int32_t sums[block] = {};
  for (std::size_t begin = first; begin < end; begin += quads_in_16_bits) {
    std::int16_t part[block] = {};
    for (std::size_t q = begin; q < begin + quads_in_16_bits; ++q)
      for (std::size_t i = 0; i < 4; ++i) {
        const std::int16_t act = acts[q * groups * 4 + i];
        const std::int8_t* const weights = p.weights + (q * p.pes + pe) * 4 + i;
        for (std::size_t n = 0; n < block; ++n)
          part[n] = static_cast<std::int16_t>(part[n] + act * weights[n * 4]);
      }
    for (std::size_t n = 0; n < block; ++n) sums[n] += part[n];
  }
  double* const to = p.sums + group * p.pes + pe;
  const double scale = limb == 0 ? 1 : limb == 1 ? 256 : 65536;
  for (std::size_t n = 0; n < block; ++n) to[n] += scale * sums[n];
}

void multiply(const Product& p) {
  for (std::size_t group = 0; group < groups; ++group)
    for (std::size_t pe = 0; pe < p.pes; pe += block) {
      for (std::size_t n = pe; n < pe + block; ++n)
        p.sums[group * p.pes + n] = p.limb_count == most_limbs ? p.base[n] : 0;
      for (std::size_t limb = 0; limb < p.limb_count; ++limb)
        for (std::size_t first = 0; first < p.quads; first += most_quads)
          multiply_part(p, limb, group, pe, first,
                        p.quads - first < most_quads ? p.quads : first + most_quads);
    }
}

}  // namespace

extern const KernelSet kernels;
const KernelSet kernels{limbs, multiply, walk, dot, largest};

}  // namespace wd::sim::fast::plain
