// SPDX-License-Identifier: Apache-2.0
#include "sim/systemc/post.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "hw/numerics/post.hpp"
#include "hw/numerics/post_kernels.hpp"

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
  now_ = {};
  const Step reads = step();
  norm_read_o.write(post_i && reads.valid);
  read_o->next().enable = 0;
  if (post_i && reads.valid) request(reads);
  const Stage& before = stage(0);
  if (before.valid && tile_i->read().conv.residual)
    now_.residual_reads = request_words(before.inside, before.res_row);
  write_o->next().enable = 0;
  if (stage(arch::post_stages - 1).valid) finish(stage(arch::post_stages - 1));
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
  now_.norm_reads = 1;
  if (tile.elementwise())
    now_.act_reads = request_words(
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
  now_.post_ops = static_cast<unsigned>(std::popcount(stage.inside) * arch::block);
  const arch::Instr& conv = tile_i->read().conv;
  if (conv.score || conv.lookup) return;  // at the end of the cycle, or later: held_
  for (int column = 0; column < group_columns; ++column)
    if (stage.inside >> (stage.row * group_columns + column) & 1) write_word(stage, column);
}

double Post::unit() const {
  const Tile& tile = tile_i->read();
  return std::ldexp(1.0, numerics::fp8_unit_exp - (tile.elementwise() ? 0 : tile.conv.acc_shift));
}

std::pair<Post::Values, Post::Values> Post::pixel_norm(const Stage& stage, int column) const {
  std::pair norm(stage.gamma, stage.beta);
  if (!tile_i->read().conv.norm_t) return norm;
  const auto pixel = static_cast<std::size_t>(stage.row * group_columns + column);
  norm.first.fill(stage.gamma[pixel]);
  norm.second.fill(stage.beta[pixel]);
  return norm;
}

void Post::write_scores(const Stage& stage) {
  const Tile& tile = tile_i->read();
  const int row = tile.conv.out_base + stage.block * tile.conv.images + stage.row * group_columns;
  for (int column = 0; column < group_columns; ++column) {
    if ((stage.inside >> (stage.row * group_columns + column) & 1) == 0) continue;
    const auto [gamma, beta] = pixel_norm(stage, column);
    ScoreRow scores;
    numerics::post_kernels().scores(1, arch::block, stage.acc[static_cast<std::size_t>(column)].data(),
                                    unit(), gamma.data(), beta.data(), scores.data());
    if (tile.conv.relu)
      for (numerics::Fp16& score : scores) score = numerics::post_relu(score);
    scores_o->write(row + column, scores);
  }
}

void Post::write_word(const Stage& stage, int column) {
  const arch::Instr& conv = tile_i->read().conv;
  BankWrite& write = write_o->next();
  const auto bank = static_cast<std::size_t>(stage.row * group_columns + column), at = bank % group_columns;
  write.enable |= 1u << bank;
  write.row[bank] = stage.out_row;
  const auto [gamma, beta] = pixel_norm(stage, column);
  now_.saturations += numerics::post_kernels().codes(
      1, arch::block, stage.acc[at].data(), unit(), gamma.data(), beta.data(),
      conv.residual ? stage.residual[at].data() : nullptr, std::ldexp(1.0, conv.res_shift), conv.relu != 0,
      write.data[bank].data());
  if (conv.lookup)
    for (std::uint8_t& code : write.data[bank]) code = table_[code];
  ++now_.act_writes;
}

bool Post::busy() const {
  return held_column_ >= 0 ||
         std::any_of(ring_.begin(), ring_.end(), [](const Stage& stage) { return stage.valid; });
}

void Post::load_table() {
  const DmaBeat& beat = beat_i->read();
  if (beat.target != arch::Op::LoadTable) return;
  std::copy(beat.data.begin(), beat.data.end(), table_.begin() + beat.part * beat_bytes);
}

/// The step that leaves the last stage, or its next pixel.
void Post::hold() {
  const Stage& last = stage(arch::post_stages - 1);
  if (last.valid && tile_i->read().conv.lookup) {
    held_ = last;
    held_column_ = 0;
  } else if (held_column_ >= 0) {
    held_column_ = held_column_ + 1 == group_columns ? -1 : held_column_ + 1;
  }
}

void Post::step_pipeline() {
  const Stage& last = stage(arch::post_stages - 1);
  if (last.valid && tile_i->read().conv.score) write_scores(last);
  hold();
  first_ = (first_ + arch::post_stages - 1) % arch::post_stages;
  if (stage(1).valid) take_words(stage(1));
  if (stage(2).valid) take_residual(stage(2));
  const Step now = step();
  stage(0).valid = post_i && now.valid;
  if (stage(0).valid) stage(0) = enter(now);
  if (post_i) ++cycle_;
  changed_.notify(sc_core::SC_ZERO_TIME);
}

void Post::clocked() {
  if (!clk_i.posedge()) return;  // just woken
  if (beat_valid_i) load_table();
  if (post_i || busy()) {
    activity_ += now_;
    step_pipeline();
  } else if (!setup_i && !elementwise_setup_i && !beat_valid_i) {
    next_trigger(post_i.posedge_event() | setup_i.posedge_event() | elementwise_setup_i.posedge_event() |
                 beat_valid_i.posedge_event());
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
  for (int column = 0; column < group_columns; ++column) {
    const BlockSums sums =
        sums_i->pixel_sums(tile, stage.row * group_columns + column, step.block * arch::block);
    std::copy(sums.begin(), sums.end(), stage.acc[static_cast<std::size_t>(column)].begin());
  }
  return stage;
}

/// The norms and input words that the step read in the cycle before are taken along.
void Post::take_words(Stage& stage) const {
  const NormRow& norm = norms_i->read();
  for (std::size_t i = 0; i < arch::block; ++i) {
    stage.gamma[i] = static_cast<double>(numerics::fp16_to_float(norm.gamma[i]));
    stage.beta[i] = static_cast<double>(numerics::fp16_to_float(norm.beta[i]));
  }
  if (!tile_i->read().elementwise()) return;
  for (int column = 0; column < group_columns; ++column) {
    const ActWord& input = words_i->read()[static_cast<std::size_t>(stage.row * group_columns + column)];
    for (std::size_t i = 0; i < arch::block; ++i)
      stage.acc[static_cast<std::size_t>(column)][i] = numerics::fp8_units(input[i]);
  }
}

/// A cycle later, the residual words.
void Post::take_residual(Stage& stage) const {
  for (int column = 0; column < group_columns; ++column)
    stage.residual[static_cast<std::size_t>(column)] =
        words_i->read()[static_cast<std::size_t>(stage.row * group_columns + column)];
}

}  // namespace wd::sim::systemc
