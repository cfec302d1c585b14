// SPDX-License-Identifier: Apache-2.0
#include "compiler/stripe_clock.hpp"

#include <algorithm>
#include <map>

#include "base/integer.hpp"

namespace wd::compiler {

double StripeClock::of(const Run& run) const {
  const LoweredConv& conv = *graph_.layers[index(run.layer)].lowered;
  if (conv.weights == nullptr) return run_cycles;
  const double share = static_cast<double>(run.tiles) / channel_tiles(conv, arch_) *
                       static_cast<double>(run.rows.count()) / std::max(conv.out_h, 1);
  const double positions = conv.conv->pooled ? conv.kernel_h * conv.kernel_w : 1;
  return run_cycles + static_cast<double>(conv.weights->count()) * positions * conv.out_h * conv.out_w *
                          share / products_per_cycle;
}

double StripeClock::beats(const RowBurst& burst) const {
  return static_cast<double>(graph_.values[index(burst.value)].beats(burst.rows.first, burst.rows.end)) /
         burst.slices;
}

double StripeClock::of(const Transfer& transfer) const {
  if (transfer.kind == Transfer::Kind::rows) return burst_cycles + beats(transfer.burst);
  return burst_cycles + transfer.rows * (transfer.kind == Transfer::Kind::weights ? beats_per_weight_row
                                                                                  : beats_per_norm_row);
}

double StripeClock::cycles(const Piece& piece) const {
  double now = 0, port = 0, busy = 0;  // when the run before has ended, and the last burst
  std::vector<double> arrives(piece.transfers.size(), 0);
  std::map<std::size_t, double> over;  // when stores are, by the run that waits for them
  std::size_t queued = 0, waited = 0, stored = 0;
  const auto burst = [&](double cycles) {
    busy += cycles;
    return port = std::max(now, port) + cycles;
  };
  for (std::size_t r = 0; r < piece.runs.size(); ++r) {
    const auto queue = [&](auto while_true) {
      for (; queued < piece.transfers.size() && while_true(piece.transfers[queued]); ++queued)
        arrives[queued] = burst(of(piece.transfers[queued]));
    };
    queue([&](const Transfer& t) { return t.issue == r && before_stores(t); });
    for (; stored < piece.stores.size() && piece.stores[stored].before_run == r; ++stored)
      over[piece.stores[stored].over_before] =
          burst(burst_cycles + beats(piece.stores[stored].burst) * cycles_per_stored_beat);
    queue([&](const Transfer& t) { return t.issue == r; });
    for (; waited < piece.transfers.size() && piece.transfers[waited].first_run == r; ++waited)
      now = std::max(now, arrives[waited]);
    if (const auto wait = over.find(r); wait != over.end()) now = std::max(now, wait->second);
    now += of(piece.runs[r]);
  }
  return std::max(now, port) + busy / 8;
}

}  // namespace wd::compiler
