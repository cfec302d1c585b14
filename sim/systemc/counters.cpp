// SPDX-License-Identifier: Apache-2.0
#include "sim/systemc/counters.hpp"

namespace wd::sim::systemc {

void Counters::clocked() {
  if (start_i) counts_ = {};
  counts_.beats_read += beat_read_i;
  counts_.beats_written += beat_written_i;
  if (!busy_i) return;
  ++counts_.cycles;
  counts_.run_cycles += run_i || pool_run_i;
  counts_ += array_i->read();
  const PostActivity& post = post_i->read();
  counts_.act_reads += act_reads_i + post.input_reads;
  counts_.norm_reads += post.norm_reads;
  counts_.residual_reads += post.residual_reads;
  counts_.act_writes += post.act_writes + pool_writes_i;
  counts_.post_ops += post.ops;
  counts_.saturations += post.saturations;
}

}  // namespace wd::sim::systemc
