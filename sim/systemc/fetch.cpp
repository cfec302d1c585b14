// SPDX-License-Identifier: Apache-2.0
#include "sim/systemc/fetch.hpp"

#include <bit>

#include "hw/numerics/fp8.hpp"

namespace wd::sim::systemc {

Fetch::Fetch(sc_core::sc_module_name name) : sc_module(name) {
  SC_METHOD(plan);
  sensitive << run_i << pool_run_i << consumed_i << changed_;
  dont_initialize();
  SC_METHOD(clocked);
  sensitive << clk_i.pos();
  dont_initialize();
}

/// Combinational: this cycle's sub-read.
void Fetch::plan() {
  const bool was_valid = now_.valid;
  now_.valid = false;
  if (run_i || pool_run_i) {
    if (begin_ || again_ || (consumed_i && more_))
      plan_sub_read(0);
    else if (sub_ != 0)
      plan_sub_read(sub_);
  }
  if (was_valid && !now_.valid) read_o->next().enable = 0;
}

void Fetch::plan_sub_read(int sub) {
  now_ = {.valid = true, .last = true};
  BankRead& request = read_o->next();
  request.enable = 0;
  std::array<int, banks> needs{};  // groups so far that need the bank
  for (int group = 0; group < groups; ++group) {
    const std::optional<int> place = input_place(group);
    if (!place) continue;
    const auto bank = static_cast<std::size_t>(*place & (banks - 1));
    const int turn = needs[bank]++;
    if (turn > sub) now_.last = false;
    if (turn != sub) continue;
    const arch::Instr& conv = tile_i->read().conv;
    request.enable |= 1u << bank;
    const int block = pool_run_i ? tile_i->read().oc : block_;
    request.row[bank] = conv.in_base + block * conv.in_rows + (*place - static_cast<int>(bank)) / banks;
    now_.served |= 1u << group;
    now_.bank[static_cast<std::size_t>(group)] = static_cast<std::uint8_t>(bank);
  }
}

std::optional<int> Fetch::input_place(int group) const {
  const Tile& tile = tile_i->read();
  const arch::Instr& conv = tile.conv;
  if (conv.pooled) {  // 16 pixels, then the next 16
    const int pixel = kx_ * groups + group;
    return pixel < conv.in_h * conv.in_w ? std::optional(pixel) : std::nullopt;
  }
  if (!tile.inside(group)) return std::nullopt;
  if (tile.transpose()) return tile.output_pixel(group);
  const int y = tile.output_pixel(group) / conv.out_w * conv.stride + ky_ - conv.pad_y;
  // Images side by side: a column on is `images` pixels on. A group has pixels of one image, that of its own number.
  const int image = group % conv.images;
  const int column = (tile.output_pixel(group) % conv.out_w - image) / conv.images;
  const int x = (column * conv.stride + kx_ - conv.pad_x) * conv.images + image;
  if (y < 0 || y >= conv.in_h || x < 0 || x >= conv.in_w) return std::nullopt;
  const bool again = conv.in_wrap != 0 && y >= conv.in_wrap;  // in a ring, from its first row on
  return conv.in_offset + y * conv.in_w + x - (again ? banks * conv.in_rows : 0);
}

void Fetch::clocked() {
  if (!clk_i.posedge()) return;  // just woken
  if (now_.valid) activity_.act_reads += static_cast<unsigned>(std::popcount(now_.served));
  if (setup_i || pool_setup_i) {
    begin_ = more_ = true;
    sub_ = ky_ = kx_ = block_ = 0;
    ready_o.write(false);
    changed_.notify(sc_core::SC_ZERO_TIME);
  }
  if (setup_i) collected_ = {};
  if (pool_setup_i)
    for (ActWord& word : collected_.acts)
      word.fill(tile_i->read().transpose() ? std::uint8_t{0} : numerics::fp8_lowest);
  if (pool_run_i) return clocked_pool();
  if (!begin_ && !now_.valid && !before_.valid && !consumed_i)
    return next_trigger(setup_i.posedge_event() | pool_setup_i.posedge_event() | consumed_i.posedge_event());
  if (!run_i) return;
  if (consumed_i) ready_o.write(false);
  if (before_.valid) collect();
  before_ = now_;
  if (now_.valid || consumed_i) {
    advance();
    changed_.notify(sc_core::SC_ZERO_TIME);
  }
}

/// The data of the sub-read of the cycle before; groups that read nothing hold zeros.
void Fetch::collect() {
  const BankData& data = data_i->read();
  for (std::uint32_t left = before_.served; left != 0; left &= left - 1) {
    const auto group = static_cast<std::size_t>(std::countr_zero(left));
    collected_.acts[group] = data[before_.bank[group]];
  }
  if (!before_.last) return;
  staged_o->next() = collected_;
  collected_ = {};
  ready_o.write(true);
}

/// A cycle of RUN between the last sub-read of a position and the next position's first: its last words are merged.
void Fetch::clocked_pool() {
  if (before_.valid) {
    merge();
    if (before_.last && !more_) staged_o->next() = collected_;
  }
  before_ = now_;
  again_ = !now_.valid && more_;
  const bool last = now_.valid && now_.last;
  advance();
  pool_done_o.write(last && !more_);
  changed_.notify(sc_core::SC_ZERO_TIME);
}

void Fetch::merge() {
  const BankData& data = data_i->read();
  for (std::uint32_t left = before_.served; left != 0; left &= left - 1) {
    const auto group = static_cast<std::size_t>(std::countr_zero(left));
    const ActWord& word = data[before_.bank[group]];
    for (std::size_t i = 0; i < chunk; ++i)
      if (tile_i->read().transpose() ||
          numerics::fp8_order(word[i]) > numerics::fp8_order(collected_.acts[group][i]))
        collected_.acts[group][i] = word[i];
  }
}

void Fetch::advance() {
  begin_ = false;
  if (!now_.valid) return;
  if (!now_.last) {
    ++sub_;
    return;
  }
  sub_ = 0;
  const arch::Instr& conv = tile_i->read().conv;
  if (conv.operation() == arch::Op::Conv && ++block_ < conv.in_blocks) return;
  block_ = 0;
  if (++kx_ < (conv.pooled ? conv.in_rows : conv.kernel_w)) return;
  kx_ = 0;
  if (conv.pooled) {
    more_ = false;
    return;
  }
  more_ = ++ky_ < conv.kernel_h;
}

}  // namespace wd::sim::systemc
