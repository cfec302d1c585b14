// SPDX-License-Identifier: Apache-2.0
#include "compiler/pack_weights.hpp"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <span>

#include "base/error.hpp"
#include "base/integer.hpp"
#include "hw/formats/stream/sign_generator.hpp"

namespace wd::compiler {
namespace {

/// A clear mask bit with a set sign bit marks a non-zero weight without a bit in this plane.
program::WeightWord word_of(std::span<const std::int8_t> weights, int plane) {
  program::WeightWord word;
  for (std::size_t lane = 0; lane < weights.size(); ++lane) {
    const int value = weights[lane];
    const bool set = std::abs(value) >> plane & 1;
    word.mask |= std::uint64_t{set} << lane;
    word.sign |= std::uint64_t{set ? value < 0 : value != 0} << lane;
  }
  return word;
}

}  // namespace

std::vector<std::int8_t> signed_levels(const model::Weights& weights) {
  const stream::SignGenerator generator(weights.sign_seed);
  std::vector<std::int8_t> values(weights.count());
  std::uint32_t bits = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (weights.signs == model::SignSource::random && i % 32 == 0)
      bits = generator.signs(static_cast<std::uint32_t>(i / 32));
    const bool negative = weights.signs == model::SignSource::random ? (bits >> i % 32 & 1) != 0
                                                                     : weights.learned_signs[i] != 0;
    const auto level = static_cast<std::int8_t>(weights.levels[i]);
    values[i] = negative ? static_cast<std::int8_t>(-level) : level;
  }
  return values;
}

int plane_count(const model::Weights& weights) {
  return std::bit_width(static_cast<unsigned>(weights.coats));
}

std::vector<program::WeightRow> pack_weights(const model::Weights& weights, const arch::Arch& arch) {
  const int pes = arch.pes_per_group, planes = plane_count(weights);
  WD_REQUIRE(planes <= arch.planes, "weights '", weights.name, "': ", weights.coats, " coats need ", planes,
             " bit-planes, the architecture has ", arch.planes, "; raise planes");
  const std::vector<std::int8_t> values = signed_levels(weights);
  const int positions = weights.kernel_h * weights.kernel_w,
            chunks = ceil_div(weights.in_channels, arch.chunk);
  const int per_tile = positions * chunks * planes;
  std::vector<program::WeightRow> rows(index(ceil_div(weights.out_channels, pes) * per_tile),
                                       program::WeightRow(index(pes)));
  const std::int8_t* next = values.data();
  for (int channel = 0; channel < weights.out_channels; ++channel)
    for (int position = 0; position < positions; ++position)
      for (int chunk = 0; chunk < chunks; ++chunk) {
        const int lanes = std::min(arch.chunk, weights.in_channels - chunk * arch.chunk);
        const int first = channel / pes * per_tile + (position * chunks + chunk) * planes;
        for (int plane = 0; plane < planes; ++plane)
          rows[index(first + plane)][index(channel % pes)] = word_of({next, index(lanes)}, plane);
        next += lanes;
      }
  return rows;
}

}  // namespace wd::compiler
