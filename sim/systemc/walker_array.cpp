// SPDX-License-Identifier: Apache-2.0
#include "sim/systemc/walker_array.hpp"

#include <bit>

#include "base/error.hpp"

namespace wd::sim::systemc {

WalkerArray::WalkerArray(sc_core::sc_module_name name, const arch::Arch& arch)
    : sc_module(name),
      arch_(arch),
      steps_(lane_steps(arch.groups_per_walker)),
      sets_(static_cast<std::size_t>(groups / arch.groups_per_walker)) {
  SC_METHOD(clocked);
  sensitive << clk_i.pos();
  dont_initialize();
}

void WalkerArray::clocked() {
  if (setup_i) clear();
  if (!run_i && quiet_) return;
  activity_ = {};
  if (run_i) run();
  activity_o->next() = activity_;
  quiet_ = !run_i;
}

void WalkerArray::clear() {
  const Tile& tile = tile_i->read();
  window_ = window_i.read();
  skip_zero_ = arch::Switches::from_bits(switches_i.read()).skip_zero_activations;
  oldest_slot_ = 0;
  run_cycle_ = 0;
  lanes_ = {};
  operands_ = {};
  unsigned groups_inside = 0;
  for (std::size_t s = 0; s < sets_.size(); ++s) {
    sets_[s] = {};
    for (int g = 0; g < arch_.groups_per_walker; ++g)
      sets_[s].inside |= unsigned{tile.works(static_cast<int>(s) * arch_.groups_per_walker + g)} << g;
    sets_[s].groups_inside = static_cast<unsigned>(std::popcount(sets_[s].inside));
    groups_inside += sets_[s].groups_inside;
  }
  const auto channels = static_cast<unsigned>(tile.blocks(arch_.pes_per_group) * arch::block);
  flush_ops_ = arch_.sum_segment == 0 ? 0 : channels * groups_inside;
}

/// Registers are stepped from the end of the pipeline to its beginning, so that each sees what the one before held.
void WalkerArray::run() {
  if (issued_valid_i) take_issued(issued_i->read());
  left_ = 0;
  for (std::size_t s = 0; s < sets_.size(); ++s) {
    step_pes(s);
    step_walkers(s);
  }
  if (flush_i) flush();
  left_o.write(left_);
  ++run_cycle_;
}

/// The row's slot is written, and each walker learns whether the row has work for it.
void WalkerArray::take_issued(const WalkerRow& row) {
  const auto at = static_cast<std::size_t>(row.slot);
  Slot& slot = slots_[at];
  slot.words = row.words;
  slot.plane = row.plane;
  slot.entry = row.entry;
  oldest_slot_ = (static_cast<std::uint32_t>(row.slot) + 1) % window_;
  activity_.rows_issued = static_cast<std::uint64_t>(row.planes);
  if (row.first) {
    load_entry(row.acts, entries_[static_cast<std::size_t>(row.entry)]);
    nonzero_[static_cast<std::size_t>(row.entry)] = row.nonzero;
    activity_.chunks_issued = 1;
  }
  for (std::size_t s = 0; s < sets_.size(); ++s) {
    const std::uint16_t nonzero = nonzero_[static_cast<std::size_t>(row.entry)][s];
    for (std::size_t pe = 0; pe < max_pes; ++pe) slot.work[s][pe] = row.walk[pe] & nonzero;
    sets_[s].pending[at] = nonzero_channels(slot.work[s]);
  }
}

void WalkerArray::step_pes(std::size_t number) {
  Set& set = sets_[number];
  const int first = static_cast<int>(number) * arch_.groups_per_walker;
  if (set.operand != 0) require_inside(steps_.add(lanes_, set.operand, first, bias()));
  set.operand = set.picked;
  if (set.picked == 0) return;
  const unsigned not_zero = steps_.select(lanes_, set.picked, first, set.picks.data());
  activity_.bit_ops +=
      skip_zero_ ? not_zero : static_cast<unsigned>(std::popcount(set.picked)) * set.groups_inside;
  if (traced_) count_operands(number);
}

void WalkerArray::count_operands(std::size_t number) {
  for (std::uint64_t left = sets_[number].picked; left != 0; left &= left - 1)
    for (int g = 0; g < arch_.groups_per_walker; ++g) {
      const std::size_t at =
          lane_at(static_cast<int>(number) * arch_.groups_per_walker + g, std::countr_zero(left));
      operands_[at] += skip_zero_ ? lanes_.operand[at] != 0 : inside(number, g);
    }
}

void WalkerArray::flush() {
  require_inside(flush_lanes(lanes_, bias()));
  activity_.flush_ops = flush_ops_;
}

void WalkerArray::require_inside(std::uint64_t biased_sums) const {
  if (biased_sums >> arch_.acc_bits != 0)
    SC_REPORT_ERROR(name(), text("a sum left the ", arch_.acc_bits, " bits of parameter 'acc_bits'").c_str());
}

void WalkerArray::step_walkers(std::size_t number) {
  Set& set = sets_[number];
  const std::uint64_t walking = set.busy, idle = ~walking | walk(set), taking = take(set, idle, number);
  if ((walking | taking) == 0) return;
  activity_.walk_ops += static_cast<unsigned>(std::popcount(walking));
  activity_.walker_cycles += static_cast<unsigned>(std::popcount(walking | taking));
  activity_.group_cycles += set.groups_inside;
  for (std::uint32_t slot = 0; slot < window_; ++slot)
    left_ |= static_cast<std::uint32_t>((set.pending[slot] | set.holds[slot]) != 0) << slot;
}

/// Walks the lowest position of each busy walker into its pick register. @return walkers that finished a row
std::uint64_t WalkerArray::walk(Set& set) {
  std::uint64_t finished = 0, picked = 0;
  for (std::uint64_t left = set.busy; left != 0; left &= left - 1) {
    const auto at = static_cast<std::size_t>(std::countr_zero(left));
    Walker& walker = set.walkers[at];
    const int position = std::countr_zero(walker.rem);
    walker.rem &= static_cast<std::uint16_t>(walker.rem - 1);
    const std::uint64_t bits = walker.word >> position;
    const auto magnitude = static_cast<std::int32_t>((bits & 1) | (bits >> 15 & 2) | (bits >> 30 & 4));
    const std::int32_t sign = -static_cast<std::int32_t>(bits >> 48 & 1);
    set.picks[at] = {walker.units + position * groups, ((magnitude << walker.plane) ^ sign) - sign};
    picked |= std::uint64_t{magnitude != 0} << at;
    finished |= std::uint64_t{walker.rem == 0} << at;
    ++walker.walks;
    walker.last = run_cycle_;
  }
  set.picked = picked;
  if (finished != 0)
    for (std::uint64_t& holds : set.holds) holds &= ~finished;
  set.busy &= ~finished;
  return finished;
}

/// The oldest row that has work for a walker and is not taken yet. @return walkers that took one
std::uint64_t WalkerArray::take(Set& set, std::uint64_t idle, std::size_t number) {
  std::uint64_t taking = 0;
  for (std::uint32_t age = 0; age < window_; ++age) {
    const std::size_t at = (oldest_slot_ + age) % window_;
    const std::uint64_t takers = set.pending[at] & idle & ~taking;
    if (takers == 0) continue;
    const Slot& slot = slots_[at];
    const std::int32_t* units =
        &entries_[static_cast<std::size_t>(slot.entry)].units[number * groups / sets_.size()];
    for (std::uint64_t left = takers; left != 0; left &= left - 1) {
      const auto channel = static_cast<std::size_t>(std::countr_zero(left));
      Walker& walker = set.walkers[channel];
      walker.rem = slot.work[number][channel];
      walker.plane = static_cast<std::uint8_t>(slot.plane);
      walker.word = slot.words[channel];
      walker.units = units;
    }
    set.pending[at] &= ~takers;
    set.holds[at] |= takers;
    taking |= takers;
  }
  set.busy |= taking;
  return taking;
}

}  // namespace wd::sim::systemc
