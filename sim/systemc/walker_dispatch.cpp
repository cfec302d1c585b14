// SPDX-License-Identifier: Apache-2.0
#include "sim/systemc/walker_dispatch.hpp"

namespace wd::sim::systemc {

WalkerDispatch::WalkerDispatch(sc_core::sc_module_name name, const arch::Arch& arch)
    : sc_module(name), arch_(arch) {
  SC_METHOD(decide);
  sensitive << run_i << chunk_ready_i << left_i << changed_;
  dont_initialize();
  SC_METHOD(clocked);
  sensitive << clk_i.pos();
  dont_initialize();
}

bool WalkerDispatch::slot_free() const { return !(left_i.read() >> slot_ & 1) && slot_ != last_slot_; }

/// Combinational: whether the next row is issued in this cycle, and whether the tile is done.
void WalkerDispatch::decide() {
  const bool issue = run_i && loaded_ && row_ < rows_ && (plane_ != 0 || chunk_ready_i) && slot_free();
  issue_o.write(issue);
  issue_first_o.write(issue && plane_ == 0);
  done_o.write(run_i && all_issued_ && left_i.read() == 0);
  // The buffer's output register holds the next row: it is read anew when that one is issued.
  const int ahead = issue ? 1 : 0;
  read_o.write(run_i && (!loaded_ || (issue && row_ + 1 < rows_)));
  read_row_o.write(static_cast<std::uint32_t>(first_weight_row_ + (weight_offset_ + ahead) % position_rows_));
}

void WalkerDispatch::begin_tile() {
  const Tile& tile = tile_i->read();
  const arch::Instr& conv = tile.conv;
  const int of_position = conv.in_blocks * conv.planes;
  rows_ = conv.kernel_h * conv.kernel_w * of_position;
  position_rows_ = conv.pooled ? of_position : rows_;
  first_weight_row_ = conv.weight_row + tile.oc * position_rows_;
  live_pes_ = tile.blocks(arch_.pes_per_group) * arch::block;
  switches_ = arch::Switches::from_bits(switches_i.read());
  window_ = static_cast<int>(window_i.read());
  row_ = plane_ = slot_ = entry_ = weight_offset_ = 0;
  loaded_ = false;
  last_slot_ = -1;
  run_cycle_ = 0;
  row_issue_.clear();
  all_issued_ = false;
  changed_.notify(sc_core::SC_ZERO_TIME);
}

void WalkerDispatch::clocked() {
  if (setup_i) begin_tile();
  if (!run_i) return;
  const bool issued = issue_o.read();
  issued_valid_o.write(issued);
  changed_.notify(sc_core::SC_ZERO_TIME);
  all_issued_ = row_ == rows_;
  loaded_ = true;
  last_slot_ = issued ? slot_ : -1;
  if (issued) issue();
  ++run_cycle_;
}

void WalkerDispatch::issue() {
  WalkerRow& row = issued_o->next();
  row.slot = slot_;
  row.plane = plane_;
  row.entry = entry_;
  row.first = plane_ == 0;
  row.words = row_i->read();
  set_walk_map(row);
  if (row.first) set_activations(row);
  if (traced_) row_issue_.push_back(run_cycle_);
  count_row();
}

void WalkerDispatch::set_walk_map(WalkerRow& row) const {
  for (std::size_t pe = 0; pe < max_pes; ++pe) {
    const unsigned mask = row.words.mask[pe], nonzero = mask | row.words.sign[pe];
    unsigned walk = switches_.skip_zero_bits ? mask : nonzero;
    if (!switches_.skip_zero_weights) {
      if (!switches_.skip_zero_bits)
        walk = 0xffff;
      else if (row.plane == 0)
        walk |= ~nonzero;
    }
    row.walk[pe] = static_cast<std::uint16_t>(static_cast<int>(pe) < live_pes_ ? walk : 0);
  }
}

void WalkerDispatch::set_activations(WalkerRow& row) const {
  row.acts = staged_i->read();
  for (std::size_t group = 0; group < groups; ++group) {
    unsigned nonzero = 0;
    for (std::size_t i = 0; i < chunk; ++i)
      nonzero |= static_cast<unsigned>((row.acts.acts[group][i] & 0x7f) != 0) << i;
    if (!switches_.skip_zero_activations)
      nonzero = tile_i->read().inside(static_cast<int>(group)) ? 0xffff : 0;
    row.nonzero[group] = static_cast<std::uint16_t>(nonzero);
  }
}

void WalkerDispatch::count_row() {
  ++row_;
  slot_ = (slot_ + 1) % window_;
  weight_offset_ = (weight_offset_ + 1) % position_rows_;
  if (++plane_ == tile_i->read().conv.planes) {
    plane_ = 0;
    entry_ = (entry_ + 1) % window_;
  }
}

}  // namespace wd::sim::systemc
