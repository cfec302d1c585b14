// SPDX-License-Identifier: Apache-2.0
#include "sim/systemc/monitor.hpp"

namespace wd::sim::systemc {

Monitor::Monitor(sc_core::sc_module_name name, const arch::Arch& arch, const Watched& watched)
    : sc_module(name), arch_(arch), watched_(watched) {
  SC_METHOD(clocked);
  // At falling edges all registers and wires of the cycle are settled.
  sensitive << clk_i.neg();
  dont_initialize();
}

/// In the middle of each cycle, with everything that happened up to the cycle before.
void Monitor::clocked() {
  if (!clk_i.negedge()) return;  // just woken
  if (trace_ == nullptr) return next_trigger(traced_);
  if (conv_done_) report_conv();
  conv_done_ = false;
  if (setup_i || pool_setup_i || elementwise_setup_i) start_cycle_ = watched_.sequencer.cycle();
  if (elementwise_setup_i) report_tile(start_cycle_);
  const bool run = run_i || pool_run_i;
  if (running_ && !run) report_tile(watched_.sequencer.cycle() - 1);
  running_ = run;
  if (!post_done_i && !pool_post_i) return;
  done_ = tile_i->read();
  const arch::Instr& conv = done_.conv;
  conv_done_ = done_.oc + 1 == conv.tiles_oc && done_.t + 1 == conv.tiles;
}

TileId Monitor::tile_id() const {
  const Tile& tile = tile_i->read();
  return {tile.conv.layer, tile.iteration, tile.oc, tile.t};
}

void Monitor::report_tile(std::uint64_t run_end_cycle) {
  TileTrace report;
  report.id = tile_id();
  report.start_cycle = start_cycle_;
  report.run_end_cycle = run_end_cycle;
  const Tile& tile = tile_i->read();
  if (tile.conv.operation() == arch::Op::Conv) {
    const bool pooled = tile.conv.pooled != 0;  // groups beyond the images then have parts of their sums
    for (int group = 0; group < groups; ++group)
      for (int pe = 0; pe < arch_.pes_per_group; pe += arch::block) {
        BlockSums sums{};
        if (!pooled || tile.inside(group)) sums = watched_.organisation.pixel_sums(tile, group, pe);
        report.sums.insert(report.sums.end(), sums.begin(), sums.end());
      }
    report.details = watched_.organisation.details();
  }
  trace_->tile(report);
}

void Monitor::report_conv() {
  const arch::Instr& conv = done_.conv;
  ConvTrace report;
  report.layer = conv.layer;
  report.iteration = done_.iteration;
  report.end_cycle = watched_.sequencer.cycle() - 1;
  report.height = conv.out_h;
  report.width = conv.out_w;
  report.channels = conv.out_blocks * arch::block;
  const int blocks = conv.out_blocks;
  if (conv.score) {
    for (int image = 0; image < conv.images; ++image)
      for (int block = 0; block < blocks; ++block)
        for (numerics::Fp16 score :
             watched_.score_buffer.scores(conv.out_base + block * conv.images + image)) {
          report.outputs.push_back(static_cast<std::uint8_t>(score));
          report.outputs.push_back(static_cast<std::uint8_t>(score >> 8));
        }
    return trace_->conv(report);
  }
  for (int pixel = 0; pixel < report.height * report.width; ++pixel)
    for (int block = 0; block < blocks; ++block) {
      const ActWord& word =
          watched_.act_buffer.word(pixel % banks, conv.out_base + block * conv.out_rows + pixel / banks);
      report.outputs.insert(report.outputs.end(), word.begin(), word.end());
    }
  trace_->conv(report);
}

}  // namespace wd::sim::systemc
