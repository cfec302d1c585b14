// SPDX-License-Identifier: Apache-2.0
#include "sim/fast/walker_sets.hpp"

#include <emmintrin.h>

#include <algorithm>
#include <bit>

#include "base/integer.hpp"
#include "sim/fast/walker_timing.hpp"
#include "sim/fast/weight_bytes.hpp"
#include "sim/walker_details.hpp"

namespace wd::sim::fast {

WalkerSets::WalkerSets(const arch::Arch& arch, const arch::Switches& switches, Kernel kernel)
    : arch_(arch),
      switches_(switches),
      kernels_(kernel_set(kernel)),
      ones_(arch.chunk == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << arch.chunk) - 1) {}

void WalkerSets::add_chunk(std::span<const program::WeightRow> planes, TileRows& rows) const {
  rows.operands.resize(rows.operands.size() + static_cast<std::size_t>(arch_.chunk), 0);
  const auto step = static_cast<std::size_t>(arch_.planes_per_row);
  for (std::size_t first = 0; first < planes.size(); first += step)
    add_row(planes.subspan(first, std::min(step, planes.size() - first)), first == 0, rows);
}

void WalkerSets::add_row(std::span<const program::WeightRow> planes, bool first, TileRows& rows) const {
  const auto pes = static_cast<std::size_t>(arch_.pes_per_group);
  const bool narrow = arch_.chunk == 16;
  std::uint16_t* walk16 = nullptr;
  std::uint64_t* walk64 = nullptr;
  if (narrow) {
    rows.walk16.resize(rows.walk16.size() + walk_pitch(pes), 0);
    walk16 = rows.walk16.data() + rows.walk16.size() - walk_pitch(pes);
  } else {
    rows.walk.resize(rows.walk.size() + pes, 0);
    walk64 = rows.walk.data() + rows.walk.size() - pes;
  }
  std::uint64_t ones[8] = {};  // eight positions each, a byte a position: at most 64 PEs
  for (std::size_t pe = 0; pe < static_cast<std::size_t>(rows.channels); ++pe) {
    std::uint64_t mask = 0, nonzero = 0;
    for (const program::WeightRow& plane : planes) {
      mask |= plane[pe].mask;
      nonzero |= plane[pe].mask | plane[pe].sign;
    }
    std::uint64_t walk = switches_.skip_zero_bits ? mask : nonzero;
    if (!switches_.skip_zero_weights && (!switches_.skip_zero_bits || first)) walk |= ~nonzero & ones_;
    if (narrow)
      walk16[pe] = static_cast<std::uint16_t>(walk);
    else
      walk64[pe] = walk;
    for (int i = 0; i < arch_.chunk / 8; ++i) ones[i] += bytes_of_bits(mask >> 8 * i);
  }
  std::uint8_t* operands = rows.operands.data() + rows.operands.size() - arch_.chunk;
  for (int i = 0; i < arch_.chunk; ++i)
    operands[i] = static_cast<std::uint8_t>(operands[i] + (ones[i / 8] >> i % 8 * 8 & 0xff));
}

void WalkerSets::add_maps(TileActs& acts) const {
  const int of_set = arch_.groups_per_walker, quads_of_chunk = arch_.chunk / 4;
  const std::size_t sets = groups / static_cast<std::size_t>(of_set);
  if (!switches_.skip_zero_activations) {
    std::uint64_t inside = 0;
    for (std::size_t group = 0; group < groups; ++group)
      inside |= (acts.inside >> group & 1 ? std::uint64_t{15} : 0) << 4 * group;
    std::fill(acts.works.begin(), acts.works.end(), inside);
    std::fill(acts.operands.begin(), acts.operands.end(),
              static_cast<std::uint8_t>(std::popcount(acts.inside)));
  }
  const std::size_t maps = acts.works.size() / static_cast<std::size_t>(quads_of_chunk) * sets;
  const bool narrow = arch_.chunk == 16;
  acts.walk.assign(narrow ? 0 : maps, 0);
  acts.walk16.assign(narrow ? maps : 0, 0);
  if (narrow && sets == 1) {  // where any group has an operand
    for (std::size_t chunk = 0; chunk < maps; ++chunk) {
      const __m128i operands = _mm_loadu_si128(reinterpret_cast<const __m128i*>(&acts.operands[16 * chunk]));
      acts.walk16[chunk] =
          static_cast<std::uint16_t>(~_mm_movemask_epi8(_mm_cmpeq_epi8(operands, _mm_setzero_si128())));
    }
    return;
  }
  for (std::size_t quad = 0; quad < acts.works.size(); ++quad) {
    std::uint64_t work = acts.works[quad];
    for (int joined = 1; joined < of_set; joined *= 2) work |= work >> 4 * joined;
    const auto chunk = quad / static_cast<std::size_t>(quads_of_chunk);
    const auto at = 4 * (quad % static_cast<std::size_t>(quads_of_chunk));
    for (std::size_t s = 0; s < sets; ++s) {
      const std::uint64_t bits = (work >> 4 * of_set * static_cast<int>(s) & 15) << at;
      if (narrow)
        acts.walk16[chunk * sets + s] = static_cast<std::uint16_t>(acts.walk16[chunk * sets + s] | bits);
      else
        acts.walk[chunk * sets + s] |= bits;
    }
  }
}

TileTiming WalkerSets::time(const TileShape& shape, const TileRows& rows, const TileActs& acts, bool traced,
                            RowTimes& times) const {
  WalkerRequest request;
  request.chunks = shape.chunks;
  request.rows_per_chunk = ceil_div(shape.planes, arch_.planes_per_row);
  request.window = switches_.window == 0 ? arch_.window : switches_.window;
  request.entries = arch_.entries;
  request.pes = arch_.pes_per_group;
  request.groups_per_walker = arch_.groups_per_walker;
  request.chunk = arch_.chunk;
  request.trace = traced;
  WalkerTiming timing = time_walkers(request, rows, acts, kernels_, times);
  TileTiming result;
  result.run_cycles = timing.run_cycles;
  result.counters.group_cycles = timing.group_cycles;
  result.counters.walker_cycles = timing.walker_cycles;
  result.counters.walk_ops = timing.walk_ops;
  // All weights with a set bit meet all activations that are not zero, whoever walks.
  result.counters.bit_ops = kernels_.dot(rows.operands.data(), acts.operands.data(), acts.operands.size());
  result.counters.chunks_issued = static_cast<std::uint64_t>(shape.chunks);
  result.counters.rows_issued = static_cast<std::uint64_t>(shape.chunks * shape.planes);
  if (arch_.sum_segment != 0)
    result.counters.flush_ops = static_cast<std::uint64_t>(2 * rows.channels * std::popcount(acts.inside));
  if (traced)
    result.details = walker_details(std::move(timing.walks), pe_operands(arch_, rows, acts), times.issue,
                                    std::move(timing.last));
  return result;
}

}  // namespace wd::sim::fast
