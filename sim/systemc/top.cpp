// SPDX-License-Identifier: Apache-2.0
#include "sim/systemc/top.hpp"

#include "base/error.hpp"

namespace wd::sim::systemc {

void check_supported(const arch::Arch& arch) {
  arch::check(arch, "SystemC model");
  WD_REQUIRE(arch.chunk == chunk, "SystemC model: parameter 'chunk' is ", arch.chunk,
             ", this model has chunks of ", chunk, " only; use the fast simulator for others");
}

Top::Top(sc_core::sc_module_name name, const arch::Arch& arch)
    : sc_module(name),
      counters_("counters"),
      instr_memory_("instr_memory", arch.instr_rows),
      registers_("registers", arch, counters_, instr_memory_),
      sequencer_("sequencer", arch),
      burst_queue_("burst_queue"),
      dma_("dma", arch),
      expander_("expander"),
      decoder_("decoder", arch),
      weight_buffer_("weight_buffer", arch.weight_rows, arch.planes_per_row),
      norm_buffer_("norm_buffer", arch.norm_rows),
      act_buffer_("act_buffer", arch.act_rows),
      score_buffer_("score_buffer", arch.score_rows),
      fetch_("fetch"),
      organisation_(make_organisation("organisation", arch)),
      post_("post", arch),
      pool_("pool"),
      monitor_("monitor", arch, {sequencer_, *organisation_, act_buffer_, score_buffer_}) {
  connect_control();
  connect_loads();
  connect_run();
  connect_post();
  connect_pool();
  connect_observers();
}

void Top::set_trace(Trace* trace) {
  monitor_.set_trace(trace);
  organisation_->set_traced(trace != nullptr);
}

void Top::set_fault_handler(const Sequencer::FaultHandler& handler) {
  sequencer_.set_fault_handler(handler);
  decoder_.set_fault_handler([handler] { handler(arch::FaultCause::stream_error, 0, 0); });
}

void Top::stop() {
  registers_.stop();
  sequencer_.stop();
  burst_queue_.stop();
}

void Top::connect_control() {
  registers_.clk_i(clk_i);
  registers_.busy_i(busy);
  registers_.burst_busy_i(bursts_busy_);
  registers_.start_o(start_);
  registers_.start_pc_o(start_pc_);
  registers_.switches_o(switches_);
  registers_.window_o(window_);
  sequencer_.clk_i(clk_i);
  sequencer_.start_i(start_);
  sequencer_.start_pc_i(start_pc_);
  sequencer_.instr_i(instr_memory_);
  sequencer_.busy_o(busy);
  sequencer_.queue_full_i(queue_full_);
  sequencer_.pending_i(burst_pending_);
  sequencer_.burst_o(burst_);
  sequencer_.burst_instr_o(burst_instr_);
  sequencer_.tile_o(tile_);
  sequencer_.setup_o(setup_);
  sequencer_.run_o(run_);
  sequencer_.post_o(post_now_);
  sequencer_.run_done_i(run_done_);
  sequencer_.post_done_i(post_done_);
  sequencer_.post_read_i(post_read_);
}

void Top::connect_loads() {
  burst_queue_.clk_i(clk_i);
  burst_queue_.push_i(burst_);
  burst_queue_.instr_i(burst_instr_);
  burst_queue_.full_o(queue_full_);
  burst_queue_.busy_o(bursts_busy_);
  burst_queue_.pending_o(burst_pending_);
  burst_queue_.dma_busy_i(dma_busy_);
  burst_queue_.decoder_busy_i(decoder_busy_);
  burst_queue_.start_o(dma_start_);
  burst_queue_.burst_o(dma_instr_);
  dma_.clk_i(clk_i);
  dma_.start_i(dma_start_);
  dma_.instr_i(dma_instr_);
  dma_.busy_o(dma_busy_);
  dma_.beat_o(beat_);
  dma_.beat_valid_o(beat_valid_);
  dma_.ready_i(decoder_ready_);
  dma_.scores_i(score_buffer_);
  dma_.words_i(act_buffer_);
  expander_.clk_i(clk_i);
  expander_.beat_valid_i(beat_valid_);
  expander_.beat_i(beat_);
  expander_.row_o(weight_buffer_);
  decoder_.clk_i(clk_i);
  decoder_.start_i(dma_start_);
  decoder_.instr_i(dma_instr_);
  decoder_.dma_busy_i(dma_busy_);
  decoder_.beat_valid_i(beat_valid_);
  decoder_.beat_i(beat_);
  decoder_.busy_o(decoder_busy_);
  decoder_.ready_o(decoder_ready_);
  decoder_.row_o(weight_buffer_);
  weight_buffer_.clk_i(clk_i);
  weight_buffer_.read_i(weight_read_);
  weight_buffer_.read_row_i(weight_row_);
  weight_buffer_.rows_o(weights_);
  norm_buffer_.clk_i(clk_i);
  norm_buffer_.read_i(norm_read_);
  norm_buffer_.row_i(norm_row_);
  norm_buffer_.row_o(norm_);
  norm_buffer_.beat_valid_i(beat_valid_);
  norm_buffer_.beat_i(beat_);
  act_buffer_.clk_i(clk_i);
  act_buffer_.fetch_i(fetch_read_);
  act_buffer_.post_i(residual_read_);
  act_buffer_.data_o(act_data_);
  act_buffer_.write_i(act_write_);
  act_buffer_.beat_i(beat_);
}

void Top::connect_run() {
  fetch_.clk_i(clk_i);
  fetch_.setup_i(setup_);
  fetch_.run_i(run_);
  fetch_.consumed_i(consumed_);
  fetch_.tile_i(tile_);
  fetch_.read_o(fetch_read_);
  fetch_.data_i(act_data_);
  fetch_.staged_o(staged_);
  fetch_.ready_o(chunk_ready_);
  organisation_->clk_i(clk_i);
  organisation_->setup_i(setup_);
  organisation_->run_i(run_);
  organisation_->switches_i(switches_);
  organisation_->window_i(window_);
  organisation_->tile_i(tile_);
  organisation_->done_o(run_done_);
  organisation_->read_o(weight_read_);
  organisation_->read_row_o(weight_row_);
  organisation_->rows_i(weights_);
  organisation_->chunk_ready_i(chunk_ready_);
  organisation_->staged_i(staged_);
  organisation_->consumed_o(consumed_);
}

void Top::connect_post() {
  post_.clk_i(clk_i);
  post_.setup_i(setup_);
  post_.post_i(post_now_);
  post_.elementwise_setup_i(elementwise_setup_);
  sequencer_.elementwise_setup_o(elementwise_setup_);
  monitor_.elementwise_setup_i(elementwise_setup_);
  post_.tile_i(tile_);
  post_.sums_i(*organisation_);
  post_.norm_read_o(norm_read_);
  post_.norm_row_o(norm_row_);
  post_.norms_i(norm_);
  post_.beat_valid_i(beat_valid_);
  post_.beat_i(beat_);
  post_.read_o(residual_read_);
  post_.words_i(act_data_);
  post_.write_o(act_write_);
  post_.scores_o(score_buffer_);
  post_.done_o(post_done_);
  post_.read_done_o(post_read_);
}

void Top::connect_pool() {
  sequencer_.pool_setup_o(pool_setup_);
  sequencer_.pool_run_o(pool_run_);
  sequencer_.pool_post_o(pool_post_);
  sequencer_.pool_done_i(pool_done_);
  fetch_.pool_setup_i(pool_setup_);
  fetch_.pool_run_i(pool_run_);
  fetch_.pool_done_o(pool_done_);
  pool_.post_i(pool_post_);
  pool_.tile_i(tile_);
  pool_.staged_i(staged_);
  pool_.write_o(pool_write_);
  act_buffer_.pool_write_i(pool_write_);
  monitor_.pool_setup_i(pool_setup_);
  monitor_.pool_run_i(pool_run_);
  monitor_.pool_post_i(pool_post_);
}

void Top::connect_observers() {
  counters_.start_i(start_);
  counters_.activity_i(sequencer_);
  counters_.activity_i(dma_);
  counters_.activity_i(decoder_);
  counters_.activity_i(fetch_);
  counters_.activity_i(*organisation_);
  counters_.activity_i(post_);
  counters_.activity_i(pool_);
  monitor_.clk_i(clk_i);
  monitor_.setup_i(setup_);
  monitor_.run_i(run_);
  monitor_.post_done_i(post_done_);
  monitor_.tile_i(tile_);
}

}  // namespace wd::sim::systemc
