// SPDX-License-Identifier: Apache-2.0
// Checkpoints of one small training behind right checksums: what stands in the way of continuing it, and the network alone.
#include "base/error.hpp"
#include "testbench/fuzz/checkpoint_case.hpp"
#include "testbench/fuzz/sections.hpp"
#include "testbench/fuzz/target.hpp"

namespace wd::fuzz {

void read(std::span<const std::uint8_t> data) {
  static ThreadPool pool(1);
  static const std::unique_ptr<algo::Executor> executor = checkpoint_executor(pool);
  const Container checkpoint = unpack_sections(data, algo::checkpoint_kind);
  const algo::TrainConfig config = checkpoint_config();
  const bool same = algo::summarize_checkpoint(checkpoint, config).difference.empty();
  // What a network of another configuration takes is as much as it says, so only this one is made.
  if (same) algo::read_network(checkpoint, pool, config, {2, 2, 1}, 3);
  algo::read_checkpoint(checkpoint, config, {}, *executor);
  WD_ASSERT(same);
  algo::read_config(checkpoint);
}

}  // namespace wd::fuzz
