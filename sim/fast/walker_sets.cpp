// SPDX-License-Identifier: Apache-2.0
#include "sim/fast/walker_sets.hpp"

#include "sim/fast/walker_timing.hpp"
#include "sim/walker_details.hpp"

namespace wd::sim::fast {

WalkerSets::WalkerSets(const arch::Arch& arch, const arch::Switches& switches)
    : pes_(arch.pes_per_group),
      chunk_(arch.chunk),
      window_(switches.window == 0 ? arch.window : switches.window),
      switches_(switches),
      ones_(arch.chunk == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << arch.chunk) - 1) {}

void WalkerSets::add_row(const program::WeightRow& words, int plane, int live, TileRows& rows) const {
  for (int pe = 0; pe < pes_; ++pe) {
    const auto [mask, sign] = words[static_cast<std::size_t>(pe)];
    const std::uint64_t nonzero = mask | sign, zero = ~nonzero & ones_;
    std::uint64_t walk = switches_.skip_zero_bits ? mask : nonzero;
    if (!switches_.skip_zero_weights && (!switches_.skip_zero_bits || plane == 0)) walk |= zero;
    rows.walk.push_back(pe < live ? walk : 0);
    rows.mask.push_back(mask);
  }
}

std::uint64_t WalkerSets::work_map(std::uint64_t nonzero, bool inside) const {
  return switches_.skip_zero_activations ? nonzero : inside ? ones_ : 0;
}

TileTiming WalkerSets::time(const TileShape& shape, const TileRows& rows, const TileActs& acts,
                        bool traced) const {
  WalkerRequest request;
  request.rows = shape.rows;
  request.planes = shape.planes;
  request.window = window_;
  request.sub_reads = shape.sub_reads;
  request.pes = pes_;
  request.walks_are_bit_ops =
      switches_.skip_zero_activations && switches_.skip_zero_weights && switches_.skip_zero_bits;
  request.trace = traced;
  WalkerTiming timing = time_walkers(request, rows, acts, chunk_);
  TileTiming result;
  result.run_cycles = timing.run_cycles;
  result.counters.group_cycles = timing.group_cycles;
  result.counters.pe_cycles = timing.pe_cycles;
  result.counters.walk_ops = timing.walk_ops;
  result.counters.bit_ops = timing.bit_ops;
  result.counters.rows_issued = static_cast<std::uint64_t>(shape.rows);
  if (traced)
    result.details =
        walker_details(std::move(timing.pe_walks), std::move(timing.row_issue), std::move(timing.pe_last));
  return result;
}

}  // namespace wd::sim::fast
