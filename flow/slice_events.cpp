// SPDX-License-Identifier: Apache-2.0
#include "flow/slice_events.hpp"

#include <algorithm>
#include <bit>
#include <cstdlib>

#include "base/integer.hpp"
#include "flow/slice_stimulus.hpp"
#include "hw/numerics/fp8.hpp"

namespace wd::flow {
namespace {

/// Adds what happens in a tile, walker by walker.
class Count {
 public:
  Count(const arch::Arch& arch, const SliceTile& tile, SliceEvents& events)
      : arch_(arch),
        tile_(tile),
        events_(events),
        per_chunk_(ceil_div(tile.planes, arch.planes_per_row)),
        at_work_(index(tile.run_cycles), false) {}

  void run() {
    for (int p = 0; p < tile_.channels; ++p) {
      free_ = 0;
      for (int row = 0; row < static_cast<int>(tile_.row_issue.size()); ++row) walk(p, row);
    }
    events_.counters.group_cycles +=
        static_cast<std::uint64_t>(std::count(at_work_.begin(), at_work_.end(), true));
  }

 private:
  /// A row of a channel: walked from two cycles after its issue on, or when the walker is free.
  void walk(int channel, int row) {
    const int chunk = row / per_chunk_, plane = row % per_chunk_ * arch_.planes_per_row;
    const auto part_of = [&](int w) {
      return static_cast<unsigned>(std::abs(w) >> plane) & ((1U << arch_.planes_per_row) - 1);
    };
    const std::uint16_t map = tile_.map(arch_, chunk);
    std::uint32_t walks = 0;
    for (int i = 0; i < slice_chunk; ++i) {
      const unsigned part = part_of(tile_.weight(chunk, i, channel));
      if (part == 0 || (map >> i & 1) == 0) continue;
      ++walks;
      const std::uint8_t code = tile_.code(chunk, i);
      if ((code & 0x7f) == 0) continue;
      ++events_.counters.bit_ops;
      events_.low_operands += numerics::fp8_shift(code) < arch_.sum_segment;
      events_.double_operands += std::popcount(part) > 1;
    }
    if (walks == 0) return;
    const std::uint32_t take = tile_.row_issue[index(row)] + 2;
    const bool starts = free_ < take;
    const std::uint32_t from = starts ? take - 1 : free_;
    free_ = std::max(free_, take) + walks;
    std::fill(at_work_.begin() + from,
              at_work_.begin() + std::min(free_, static_cast<std::uint32_t>(at_work_.size())), true);
    events_.counters.walk_ops += walks;
    events_.counters.walker_cycles += walks + (starts ? 1 : 0);
  }

  const arch::Arch& arch_;
  const SliceTile& tile_;
  SliceEvents& events_;
  const int per_chunk_;
  std::vector<bool> at_work_;  // by cycle of RUN, of any walker
  std::uint32_t free_ = 0;     // the cycle after the walker's last walk
};

}  // namespace

SliceEvents& SliceEvents::operator+=(const SliceEvents& other) {
  counters += other.counters;
  cycles += other.cycles;
  low_operands += other.low_operands;
  double_operands += other.double_operands;
  dense_macs += other.dense_macs;
  zero_activations += other.zero_activations;
  activations += other.activations;
  weights_set += other.weights_set;
  return *this;
}

SliceEvents slice_events(const arch::Arch& arch, const SliceTile& tile) {
  SliceEvents events;
  arch::Counters& c = events.counters;
  c.cycles = static_cast<std::uint64_t>(slice_cycles(tile));
  c.run_cycles = static_cast<std::uint64_t>(tile.run_cycles);
  c.chunks_issued = static_cast<std::uint64_t>(tile.chunks);
  c.rows_issued = static_cast<std::uint64_t>(tile.chunks * tile.planes);
  if (arch.sum_segment != 0) c.flush_ops = static_cast<std::uint64_t>(2 * tile.channels);
  Count(arch, tile, events).run();
  events.cycles = slice_cycles(tile);
  events.dense_macs = 1.0 * tile.chunks * slice_chunk * tile.channels;
  events.activations = 1.0 * tile.chunks * slice_chunk;
  for (const std::uint8_t code : tile.codes) events.zero_activations += (code & 0x7f) == 0;
  for (int k = 0; k < tile.chunks; ++k)
    for (int i = 0; i < slice_chunk; ++i)
      for (int p = 0; p < tile.channels; ++p) events.weights_set += tile.weight(k, i, p) != 0;
  return events;
}

}  // namespace wd::flow
