// SPDX-License-Identifier: Apache-2.0
#include "sim/systemc/post.hpp"

#include <algorithm>
#include <bit>

#include "hw/numerics/post.hpp"

namespace wd::sim::systemc {

Post::Post(sc_core::sc_module_name name, const arch::Arch& arch) : sc_module(name), arch_(arch) {
  SC_METHOD(drive);
  sensitive << post_i << changed_;
  dont_initialize();
  SC_METHOD(clocked);
  sensitive << clk_i.pos();
  dont_initialize();
}

/// Combinational: the reads of this cycle's step and the write of the one in the last stage.
void Post::drive() {
  activity_ = {};
  const Step now = step();
  norm_read_o.write(post_i && now.valid);
  read_o->next().enable = 0;
  if (post_i && now.valid) request(now);
  const Stage& before = stages_[0];
  if (before.valid && tile_i->read().conv.residual)
    activity_.residual_reads = request_words(before.inside, before.res_row);
  write_o->next().enable = 0;
  score_o->next().enable = 0;
  if (stages_.back().valid) finish(stages_.back());
  if (held_column_ >= 0 && (held_.inside >> (held_.row * group_columns + held_column_) & 1) != 0)
    write_word(held_, held_column_);
  read_done_o.write(post_i && cycle_ == steps_ - 1);
  done_o.write(post_i && cycle_ == steps_ + arch::post_stages - 1 + tile_i->read().conv.lookup);
}

/// A row of pixels is complete when the groups of its last parts have been added, and then the columns.
Post::Step Post::step() const {
  if (cycle_ >= steps_) return {};
  const arch::Instr& conv = tile_i->read().conv;
  const int block = cycle_ / block_cycles_, cycle = cycle_ % block_cycles_;
  if (conv.lookup) return {cycle % group_columns == 0, block, cycle / group_columns};
  if (!conv.pooled) return {true, block, cycle};
  const int rows = std::max(1, conv.images / group_columns);  // of pixels
  const int cycles = block_cycles_ / rows;                    // of one
  return {cycle % cycles == cycles - 1, block, cycle / cycles};
}

void Post::request(const Step& step) {
  const Tile& tile = tile_i->read();
  norm_row_o.write(
      static_cast<std::uint32_t>(tile.norm_row(tile.first_block(arch_.pes_per_group) + step.block)));
  activity_.norm_reads = 1;
  if (tile.elementwise())
    activity_.input_reads = request_words(
        tile.row_inside(step.row),
        tile.row(tile.conv.in_base, tile.conv.in_rows, tile.first_block(arch_.pes_per_group) + step.block));
}

/// The words of a step's pixels. @return how many
unsigned Post::request_words(std::uint32_t groups_inside, int act_row) {
  BankRead& request = read_o->next();
  for (std::uint32_t left = groups_inside; left != 0; left &= left - 1) {
    request.enable |= left & -left;
    request.row[static_cast<std::size_t>(std::countr_zero(left))] = act_row;
  }
  return static_cast<unsigned>(std::popcount(groups_inside));
}

void Post::finish(const Stage& stage) {
  activity_.ops = static_cast<unsigned>(std::popcount(stage.inside) * arch::block);
  if (tile_i->read().conv.score) return write_scores(stage);
  if (tile_i->read().conv.lookup) return;  // later: held_
  for (int column = 0; column < group_columns; ++column)
    if (stage.inside >> (stage.row * group_columns + column) & 1) write_word(stage, column);
}

void Post::write_scores(const Stage& stage) {
  const Tile& tile = tile_i->read();
  ScoreWrite& write = score_o->next();
  write.row = tile.conv.out_base + stage.block * tile.conv.images + stage.row * group_columns;
  for (std::size_t column = 0; column < group_columns; ++column) {
    if ((stage.inside >> (stage.row * group_columns + static_cast<int>(column)) & 1) == 0) continue;
    write.enable |= 1u << column;
    for (std::size_t i = 0; i < arch::block; ++i) {
      const numerics::Fp16 z = stage.values[column][i];
      write.scores[column][i] = tile.conv.relu ? numerics::post_relu(z) : z;
    }
  }
}

void Post::write_word(const Stage& stage, int column) {
  const Tile& tile = tile_i->read();
  BankWrite& write = write_o->next();
  const auto bank = static_cast<std::size_t>(stage.row * group_columns + column);
  write.enable |= 1u << bank;
  write.row[bank] = stage.out_row;
  for (std::size_t i = 0; i < arch::block; ++i) {
    const numerics::Fp16 z = stage.values[static_cast<std::size_t>(column)][i];
    const numerics::Fp8Result result = numerics::fp8_from_fp16(tile.conv.relu ? numerics::post_relu(z) : z);
    write.data[bank][i] = tile.conv.lookup ? table_[result.code] : result.code;
    activity_.saturations += result.saturated;
  }
  ++activity_.act_writes;
}

bool Post::busy() const {
  return held_column_ >= 0 ||
         std::any_of(stages_.begin(), stages_.end(), [](const Stage& stage) { return stage.valid; });
}

void Post::load_table() {
  const DmaBeat& beat = beat_i->read();
  if (!beat.valid || beat.target != arch::Op::LoadTable) return;
  std::copy(beat.data.begin(), beat.data.end(), table_.begin() + beat.part * beat_bytes);
}

/// The step that leaves the last stage, or its next pixel.
void Post::hold() {
  if (stages_.back().valid && tile_i->read().conv.lookup) {
    held_ = stages_.back();
    held_column_ = 0;
  } else if (held_column_ >= 0) {
    held_column_ = held_column_ + 1 == group_columns ? -1 : held_column_ + 1;
  }
}

void Post::clocked() {
  load_table();
  if (post_i || !quiet_) activity_o->next() = activity_;
  quiet_ = !post_i && !busy();
  if (!quiet_) {
    hold();
    for (std::size_t s = stages_.size() - 1; s > 0; --s)
      if (stages_[s].valid || stages_[s - 1].valid) stages_[s] = stages_[s - 1];
    if (stages_[1].valid) take_words(stages_[1]);
    if (stages_[2].valid) take_residual(stages_[2]);
    if (stages_[3].valid) normalize(stages_[3]);
    if (stages_[4].valid) add_residual(stages_[4]);
    const Step now = step();
    stages_[0].valid = post_i && now.valid;
    if (stages_[0].valid) stages_[0] = enter(now);
    if (post_i) ++cycle_;
    changed_.notify(sc_core::SC_ZERO_TIME);
  }
  if (setup_i || elementwise_setup_i) {
    cycle_ = 0;
    const arch::Instr& conv = tile_i->read().conv;
    block_cycles_ = conv.lookup
                        ? groups
                        : group_rows + (conv.pooled && conv.images < 4) + (conv.pooled && conv.images < 2);
    steps_ = tile_i->read().blocks(arch_.pes_per_group) * block_cycles_;
  }
}

/// The step's sums are taken at once: the next tile's SETUP may clear them.
Post::Stage Post::enter(const Step& step) const {
  const Tile& tile = tile_i->read();
  Stage stage;
  stage.valid = true;
  stage.block = tile.first_block(arch_.pes_per_group) + step.block;
  stage.row = step.row;
  stage.inside = tile.row_inside(step.row);
  stage.out_row = tile.output_row(stage.block);
  stage.res_row = tile.row(tile.conv.res_base, tile.conv.res_rows, stage.block);
  if (tile.elementwise()) return stage;
  for (int column = 0; column < group_columns; ++column)
    for (int i = 0; i < arch::block; ++i)
      stage.values[static_cast<std::size_t>(column)][static_cast<std::size_t>(i)] = numerics::post_scale(
          sums_i->pixel_sum(tile, stage.row * group_columns + column, step.block * arch::block + i),
          tile.conv.acc_shift);
  return stage;
}

/// The norms and input words that the step read in the cycle before are taken along.
void Post::take_words(Stage& stage) const {
  stage.norm = norms_i->read();
  if (!tile_i->read().elementwise()) return;
  for (int column = 0; column < group_columns; ++column) {
    const ActWord& input = words_i->read()[static_cast<std::size_t>(stage.row * group_columns + column)];
    for (std::size_t i = 0; i < arch::block; ++i)
      stage.values[static_cast<std::size_t>(column)][i] =
          numerics::post_scale(numerics::fp8_units(input[i]), 0);
  }
}

/// A cycle later, the residual words.
void Post::take_residual(Stage& stage) const {
  for (int column = 0; column < group_columns; ++column)
    stage.residual[static_cast<std::size_t>(column)] =
        words_i->read()[static_cast<std::size_t>(stage.row * group_columns + column)];
}

void Post::normalize(Stage& stage) const {
  const bool of_pixels = tile_i->read().conv.norm_t;
  const auto first = static_cast<std::size_t>(stage.row * group_columns);
  for (std::size_t column = 0; column < group_columns; ++column)
    for (std::size_t i = 0; i < arch::block; ++i) {
      const std::size_t entry = of_pixels ? first + column : i;
      numerics::Fp16& value = stage.values[column][i];
      value = numerics::fp16_fma(value, stage.norm.gamma[entry], stage.norm.beta[entry]);
    }
}

void Post::add_residual(Stage& stage) const {
  const arch::Instr& conv = tile_i->read().conv;
  if (!conv.residual) return;
  for (std::size_t column = 0; column < group_columns; ++column)
    for (std::size_t i = 0; i < arch::block; ++i)
      stage.values[column][i] =
          numerics::post_residual(stage.values[column][i], stage.residual[column][i], conv.res_shift);
}

}  // namespace wd::sim::systemc
