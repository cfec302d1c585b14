// SPDX-License-Identifier: Apache-2.0
// The weight code: all modes, one to four streams, with and without signs.
//
// Shape     WeightStreamHead of seeds.hpp, then the code.
#include <array>

#include "base/error.hpp"
#include "testbench/fuzz/seeds.hpp"
#include "testbench/fuzz/target.hpp"

namespace wd::fuzz {

void read(std::span<const std::uint8_t> data) {
  const WeightStreamHead head = WeightStreamHead::take(data);
  std::size_t count = 0;
  for (const std::size_t weights : head.stream_weights) count += weights;
  static std::array<std::array<std::vector<stream::CodeTable>, 2>, stream::max_coats> shared;
  std::vector<stream::CodeTable>& tables =
      shared[static_cast<std::size_t>(head.coats - 1)][head.has_signs ? 1 : 0];
  if (tables.empty()) tables.push_back(sample_table({head.coats, head.has_signs}));
  const stream::WeightArray weights =
      stream::decode_weights(data, count, head.coats, head.has_signs, "fuzz", {head.stream_weights, tables});
  WD_ASSERT(weights.levels.size() == count && weights.signs.size() == (head.has_signs ? count : 0));
  if (count > 1 << 10) return;
  const Bytes code =
      stream::encode_weights(weights.levels, weights.signs, head.coats, {head.stream_weights, {}, {}});
  const stream::WeightArray again =
      stream::decode_weights(code, count, head.coats, head.has_signs, "again", {head.stream_weights, {}});
  WD_ASSERT(again.levels == weights.levels && again.signs == weights.signs);
}

}  // namespace wd::fuzz
