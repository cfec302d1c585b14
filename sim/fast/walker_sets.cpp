// SPDX-License-Identifier: Apache-2.0
#include "sim/fast/walker_sets.hpp"

#include <algorithm>
#include <bit>

#include "base/integer.hpp"
#include "sim/fast/walker_timing.hpp"
#include "sim/walker_details.hpp"

namespace wd::sim::fast {

WalkerSets::WalkerSets(const arch::Arch& arch, const arch::Switches& switches)
    : arch_(arch),
      switches_(switches),
      ones_(arch.chunk == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << arch.chunk) - 1) {}

void WalkerSets::add_chunk(std::span<const program::WeightRow* const> planes, TileRows& rows) const {
  rows.operands.resize(rows.operands.size() + static_cast<std::size_t>(arch_.chunk), 0);
  const auto step = static_cast<std::size_t>(arch_.planes_per_row);
  for (std::size_t first = 0; first < planes.size(); first += step)
    add_row(planes.subspan(first, std::min(step, planes.size() - first)), first == 0, rows);
}

void WalkerSets::add_row(std::span<const program::WeightRow* const> planes, bool first,
                         TileRows& rows) const {
  std::uint16_t* operands = rows.operands.data() + rows.operands.size() - arch_.chunk;
  for (std::size_t pe = 0; pe < static_cast<std::size_t>(arch_.pes_per_group); ++pe) {
    std::uint64_t mask = 0, nonzero = 0;
    for (const program::WeightRow* plane : planes) {
      mask |= (*plane)[pe].mask;
      nonzero |= (*plane)[pe].mask | (*plane)[pe].sign;
    }
    std::uint64_t walk = switches_.skip_zero_bits ? mask : nonzero;
    if (!switches_.skip_zero_weights && (!switches_.skip_zero_bits || first)) walk |= ~nonzero & ones_;
    if (static_cast<int>(pe) >= rows.channels) walk = mask = 0;
    rows.walk.push_back(walk);
    rows.walk16.push_back(static_cast<std::uint16_t>(walk));
    for (; mask != 0; mask &= mask - 1) ++operands[std::countr_zero(mask)];
  }
}

void WalkerSets::add_maps(TileActs& acts) const {
  const auto groups = static_cast<std::size_t>(arch_.groups()),
             of_set = static_cast<std::size_t>(arch_.groups_per_walker),
             chunk = static_cast<std::size_t>(arch_.chunk);
  acts.walk.assign(acts.nonzero.size() / of_set, 0);
  acts.works.assign(acts.nonzero.size(), 0);
  acts.operands.assign(acts.nonzero.size() / groups * chunk, 0);
  for (std::size_t i = 0; i < acts.nonzero.size(); ++i) {
    const bool inside = acts.inside >> i % groups & 1;
    acts.works[i] = switches_.skip_zero_activations ? acts.nonzero[i] : inside ? ones_ : 0;
    acts.walk[i / of_set] |= acts.works[i];
    for (std::size_t lane = 0; lane < chunk; ++lane)
      acts.operands[i / groups * chunk + lane] += acts.works[i] >> lane & 1;
  }
}

TileTiming WalkerSets::time(const TileShape& shape, const TileRows& rows, const TileActs& acts, bool fetches,
                            bool traced) const {
  WalkerRequest request;
  request.chunks = shape.chunks;
  request.rows_per_chunk = ceil_div(shape.planes, arch_.planes_per_row);
  request.window = switches_.window == 0 ? arch_.window : switches_.window;
  request.entries = arch_.entries;
  request.pes = arch_.pes_per_group;
  request.groups_per_walker = arch_.groups_per_walker;
  request.chunk = arch_.chunk;
  request.fetches = fetches;
  request.trace = traced;
  WalkerTiming timing = time_walkers(request, rows, acts);
  TileTiming result;
  result.run_cycles = timing.run_cycles;
  result.fetches = std::move(timing.fetches);
  result.counters.group_cycles = timing.group_cycles;
  result.counters.walker_cycles = timing.walker_cycles;
  result.counters.walk_ops = timing.walk_ops;
  result.counters.bit_ops = timing.bit_ops;
  result.counters.chunks_issued = static_cast<std::uint64_t>(shape.chunks);
  result.counters.rows_issued = static_cast<std::uint64_t>(shape.chunks * shape.planes);
  if (arch_.sum_segment != 0)
    result.counters.flush_ops = static_cast<std::uint64_t>(2 * rows.channels * std::popcount(acts.inside));
  if (traced)
    result.details = walker_details(std::move(timing.walks), pe_operands(arch_, rows, acts),
                                    std::move(timing.row_issue), std::move(timing.last));
  return result;
}

}  // namespace wd::sim::fast
