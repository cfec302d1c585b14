// SPDX-License-Identifier: Apache-2.0
#include "sim/systemc/walker_dispatch.hpp"

#include <algorithm>
#include <cstring>

#include "base/integer.hpp"

namespace wd::sim::systemc {

namespace {

constexpr int last_drain = 3;  // cycles from the first one without work to the last one of RUN

/// Bit i: byte i of `codes` is not zero but for its sign. @param codes eight FP8 codes
std::uint64_t nonzero_map(std::uint64_t codes) {
  constexpr std::uint64_t low = 0x7f7f'7f7f'7f7f'7f7f, ones = 0x0101'0101'0101'0101,
                          to_top_byte = 0x0102'0408'1020'4080;
  return (((codes & low) + low) >> 7 & ones) * to_top_byte >> 56;
}

}  // namespace

WalkerDispatch::WalkerDispatch(sc_core::sc_module_name name, const arch::Arch& arch)
    : sc_module(name), arch_(arch) {
  SC_METHOD(decide);
  sensitive << run_i << chunk_ready_i << left_i << changed_;
  dont_initialize();
  SC_METHOD(clocked);
  sensitive << clk_i.pos();
  dont_initialize();
}

bool WalkerDispatch::may_issue() const {
  if (!run_i || !loaded_ || row_ == rows_ || (plane_ == 0 && !chunk_ready_i)) return false;
  const std::uint32_t needed =
      1u << slot_ | (plane_ == 0 ? entry_slots_[static_cast<std::size_t>(entry_)] : 0);
  return ((left_i.read() | last_slot_) & needed) == 0;
}

/// Combinational: whether the next row is issued in this cycle, and whether the tile ends.
void WalkerDispatch::decide() {
  issue_ = may_issue();
  issue_first_o.write(issue_ && plane_ == 0);
  flush_o.write(run_i && drain_ >= last_drain - 1);
  done_o.write(run_i && drain_ == last_drain);
  // The buffer's output register holds the next row: it is read anew when that one is issued.
  const int ahead = issue_ ? planes_ : 0;
  read_o.write(run_i && (!loaded_ || (issue_ && row_ + 1 < rows_)));
  read_row_o.write(static_cast<std::uint32_t>(first_weight_row_ + (weight_offset_ + ahead) % position_rows_));
}

void WalkerDispatch::begin_tile() {
  const Tile& tile = tile_i->read();
  const arch::Instr& conv = tile.conv;
  const int positions = conv.pooled ? conv.in_rows : conv.kernel_h * conv.kernel_w;
  rows_ = positions * conv.in_blocks * ceil_div(conv.planes, arch_.planes_per_row);
  position_rows_ = (conv.pooled ? 1 : positions) * conv.in_blocks * conv.planes;
  first_weight_row_ = conv.weight_row + tile.oc * position_rows_;
  live_pes_ = tile.blocks(arch_.pes_per_group) * arch::block;
  switches_ = arch::Switches::from_bits(switches_i.read());
  window_ = static_cast<int>(window_i.read());
  row_ = plane_ = slot_ = entry_ = weight_offset_ = drain_ = 0;
  planes_ = std::min(arch_.planes_per_row, conv.planes);
  loaded_ = false;
  last_slot_ = 0;
  entry_slots_ = {};
  run_cycle_ = 0;
  row_issue_.clear();
  all_issued_ = false;
  changed_.notify(sc_core::SC_ZERO_TIME);
}

void WalkerDispatch::clocked() {
  if (!clk_i.posedge()) return;  // just woken
  if (setup_i) begin_tile();
  if (!run_i && !setup_i) next_trigger(setup_i.posedge_event());
  if (!run_i) return;
  issued_valid_o.write(issue_);
  // While walkers walk and nothing is issued, nothing changes.
  if (issue_ || last_slot_ != 0 || !loaded_ || row_ == rows_) changed_.notify(sc_core::SC_ZERO_TIME);
  drain_ = all_walked() ? drain_ + 1 : 0;
  all_issued_ = row_ == rows_;
  loaded_ = true;
  last_slot_ = issue_ ? 1u << slot_ : 0;
  if (issue_) issue();
  ++run_cycle_;
}

void WalkerDispatch::issue() {
  WalkerRow& row = issued_o->next();
  row.slot = slot_;
  row.plane = plane_;
  row.planes = planes_;
  row.entry = entry_;
  row.first = plane_ == 0;
  set_words(row);
  if (row.first) set_nonzero(row);
  if (traced_) row_issue_.push_back(run_cycle_);
  for (std::uint32_t& slots : entry_slots_) slots &= ~(1u << slot_);
  entry_slots_[static_cast<std::size_t>(entry_)] |= 1u << slot_;
  count_row();
}

/// Walk map and words; a sign says "negative" only where the mask has a bit, and else that the weight is not zero.
void WalkerDispatch::set_words(WalkerRow& row) const {
  std::array<std::uint16_t, max_pes> nonzero{}, mask{};
  row.words = {};
  for (std::size_t plane = 0; plane < static_cast<std::size_t>(planes_); ++plane) {
    const WeightRow& words = rows_i->read()[plane];
    row.words.masks[plane] = words.mask;
    for (std::size_t pe = 0; pe < max_pes; ++pe) {
      mask[pe] |= words.mask[pe];
      nonzero[pe] |= words.mask[pe] | words.sign[pe];
      row.words.negative[pe] |= words.mask[pe] & words.sign[pe];
    }
  }
  const bool bits = switches_.skip_zero_bits;
  const std::uint16_t zeros = !switches_.skip_zero_weights && (!bits || row.first) ? 0xffff : 0;
  for (std::size_t pe = 0; pe < max_pes; ++pe)
    row.walk[pe] = static_cast<std::uint16_t>((bits ? mask[pe] : nonzero[pe]) | (~nonzero[pe] & zeros));
  std::fill(row.walk.begin() + live_pes_, row.walk.end(), std::uint16_t{0});
}

void WalkerDispatch::set_nonzero(WalkerRow& row) const {
  row.acts = staged_i->read();
  const auto of_set = static_cast<std::size_t>(arch_.groups_per_walker);
  for (std::size_t set = 0; set < groups / of_set; ++set) {
    std::uint64_t codes[2] = {};  // the OR of all groups: zero where all are
    bool inside = false;
    for (std::size_t group = set * of_set; group < (set + 1) * of_set; ++group) {
      std::uint64_t word[2];
      std::memcpy(word, row.acts.acts[group].data(), sizeof word);
      codes[0] |= word[0];
      codes[1] |= word[1];
      inside = inside || tile_i->read().works(static_cast<int>(group));
    }
    const std::uint64_t all = inside ? 0xffff : 0;
    row.nonzero[set] = static_cast<std::uint16_t>(
        switches_.skip_zero_activations ? nonzero_map(codes[0]) | nonzero_map(codes[1]) << 8 : all);
  }
}

void WalkerDispatch::count_row() {
  const int planes = tile_i->read().conv.planes;
  ++row_;
  slot_ = (slot_ + 1) % window_;
  weight_offset_ = (weight_offset_ + planes_) % position_rows_;
  plane_ += planes_;
  if (plane_ == planes) {
    plane_ = 0;
    entry_ = (entry_ + 1) % arch_.entries;
  }
  planes_ = std::min(arch_.planes_per_row, planes - plane_);
}

}  // namespace wd::sim::systemc
