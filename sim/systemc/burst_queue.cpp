// SPDX-License-Identifier: Apache-2.0
#include "sim/systemc/burst_queue.hpp"

#include <utility>

namespace wd::sim::systemc {

BurstQueue::BurstQueue(sc_core::sc_module_name name) : sc_module(name) {
  SC_METHOD(clocked);
  sensitive << clk_i.pos();
  dont_initialize();
  SC_METHOD(start);
  sensitive << push_i << dma_busy_i << decoder_busy_i << changes_ << stops_;
  SC_METHOD(report);
  sensitive << dma_busy_i << decoder_busy_i << changes_;
}

void BurstQueue::clocked() {
  if (!clk_i.posedge()) return;  // just woken
  if (stop_ && !waiting_.empty()) {
    waiting_.clear();
    changes_.write(changes_.read() + 1);
  }
  if (std::exchange(stop_, false)) return;
  if (!push_i && waiting_.empty()) return next_trigger(push_i.posedge_event());
  const bool started = starts();
  if (!push_i && !started) return;
  if (push_i) waiting_.push_back(instr_i->read());
  if (started) {
    tag_ = waiting_.front().tag;
    waiting_.pop_front();
  }
  changes_.write(changes_.read() + 1);
}

void BurstQueue::start() {
  start_o.write(starts());
  if (starts()) burst_o->next() = waiting_.empty() ? instr_i->read() : waiting_.front();
}

void BurstQueue::report() {
  const bool busy = in_progress();
  full_o.write(waiting_.size() + busy == arch::burst_queue);
  busy_o.write(busy || !waiting_.empty());
  std::uint32_t pending = busy ? 1u << tag_ : 0;
  for (const arch::Instr& burst : waiting_) pending |= 1u << burst.tag;
  pending_o.write(pending);
}

}  // namespace wd::sim::systemc
