// SPDX-License-Identifier: Apache-2.0
#include "sim/systemc/walker_array.hpp"

#include <bit>

#include "base/error.hpp"

namespace wd::sim::systemc {

WalkerArray::WalkerArray(sc_core::sc_module_name name, const arch::Arch& arch)
    : sc_module(name),
      arch_(arch),
      walk_(walk_step(arch.groups_per_walker)),
      sets_(static_cast<std::size_t>(groups / arch.groups_per_walker)) {
  SC_METHOD(clocked);
  sensitive << clk_i.pos();
  dont_initialize();
}

void WalkerArray::clocked() {
  if (!clk_i.posedge()) return;  // just woken
  if (setup_i) clear();
  if (run_i) run();
  if (!setup_i && !run_i) next_trigger(setup_i.posedge_event());
}

void WalkerArray::clear() {
  const Tile& tile = tile_i->read();
  window_ = window_i.read();
  skip_zero_ = arch::Switches::from_bits(switches_i.read()).skip_zero_activations;
  oldest_slot_ = 0;
  run_cycle_ = 0;
  lanes_ = {};
  operands_ = {};
  walks_ = last_walk_ = {};
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

void WalkerArray::run() {
  if (issued_valid_i) take_issued(issued_i->read());
  left_ = 0;
  for (std::size_t s = 0; s < sets_.size(); ++s) step_set(s);
  if (flush_i) activity_.flush_ops += flush_ops_;
  if (++run_cycle_ % fold_cycles == 0 || flush_i) fold();
  left_o.write(left_);
}

/// The row's slot is written, and each walker learns whether the row has work for it.
void WalkerArray::take_issued(const WalkerRow& row) {
  const auto at = static_cast<std::size_t>(row.slot);
  Slot& slot = slots_[at];
  slot.words = row.words;
  slot.plane = row.plane;
  slot.entry = row.entry;
  oldest_slot_ = (static_cast<std::uint32_t>(row.slot) + 1) % window_;
  activity_.rows_issued += static_cast<std::uint64_t>(row.planes);
  if (row.first) {
    load_entry(row.acts, arch_.groups_per_walker, row.entry, entries_);
    nonzero_[static_cast<std::size_t>(row.entry)] = row.nonzero;
    ++activity_.chunks_issued;
  }
  for (std::size_t s = 0; s < sets_.size(); ++s) {
    const std::uint16_t nonzero = nonzero_[static_cast<std::size_t>(row.entry)][s];
    for (std::size_t pe = 0; pe < max_pes; ++pe) slot.work[s][pe] = row.walk[pe] & nonzero;
    sets_[s].pending[at] = nonzero_channels(slot.work[s]);
  }
}

void WalkerArray::step_set(std::size_t number) {
  Set& set = sets_[number];
  const std::uint64_t walking = set.busy;
  const std::uint64_t idle = walking == 0 ? ~std::uint64_t{0} : walk(number);
  const std::uint64_t taking = take(set, idle, number);
  if ((walking | taking) == 0) return;
  activity_.walk_ops += static_cast<unsigned>(std::popcount(walking));
  activity_.walker_cycles += static_cast<unsigned>(std::popcount(walking | taking));
  activity_.group_cycles += set.groups_inside;
  for (std::uint32_t slot = 0; slot < window_; ++slot)
    left_ |= static_cast<std::uint32_t>((set.pending[slot] | set.holds[slot]) != 0) << slot;
}

/// Walks the lowest position of each busy walker. @return walkers without a position
std::uint64_t WalkerArray::walk(std::size_t number) {
  Set& set = sets_[number];
  if (traced_) record_walks(number);
  const Walked walked = walk_(set.rows, entries_, first_group(number), lanes_);
  activity_.bit_ops +=
      skip_zero_ ? walked.operands : static_cast<unsigned>(std::popcount(walked.valid)) * set.groups_inside;
  for (std::uint64_t& holds : set.holds) holds &= ~walked.finished;
  set.busy &= ~walked.finished;
  return walked.finished;
}

/// The oldest row that has work for a walker and is not taken yet. @return walkers that took one
std::uint64_t WalkerArray::take(Set& set, std::uint64_t idle, std::size_t number) {
  std::uint64_t taking = 0;
  for (std::uint32_t age = 0; age < window_; ++age) {
    const std::size_t at = (oldest_slot_ + age) % window_;
    const std::uint64_t takers = set.pending[at] & idle & ~taking;
    if (takers == 0) continue;
    const Slot& slot = slots_[at];
    take_row(set.rows, takers, slot.work[number], slot.words, slot.plane, slot.entry);
    set.pending[at] &= ~takers;
    set.holds[at] |= takers;
    taking |= takers;
  }
  set.busy |= taking;
  return taking;
}

/// What each walker is about to walk, and the operands of its PEs.
void WalkerArray::record_walks(std::size_t number) {
  const WalkedRows& rows = sets_[number].rows;
  for (std::uint64_t left = sets_[number].busy; left != 0; left &= left - 1) {
    const int channel = std::countr_zero(left);
    const auto c = static_cast<std::size_t>(channel);
    const int position = std::countr_zero(rows.rem[c]);
    const std::size_t at = walker_at(static_cast<int>(number), channel);
    ++walks_[at];
    last_walk_[at] = run_cycle_;
    const auto& masks = rows.words.masks;
    if (((masks[0][c] | masks[1][c] | masks[2][c]) >> position & 1) == 0) continue;
    for (int g = 0; g < arch_.groups_per_walker; ++g) {
      const int group = first_group(number) + g;
      const bool acts =
          entries_.units[static_cast<std::size_t>(rows.place[c] + position * groups + group)] != 0;
      operands_[lane_at(group, channel)] += skip_zero_ ? acts : sets_[number].inside >> g & 1;
    }
  }
}

void WalkerArray::fold() {
  if (fold_sums(lanes_, std::int64_t{1} << (arch_.acc_bits - 1)) >> arch_.acc_bits != 0)
    SC_REPORT_ERROR(name(), text("a sum left the ", arch_.acc_bits, " bits of parameter 'acc_bits'").c_str());
}

}  // namespace wd::sim::systemc
