// SPDX-License-Identifier: Apache-2.0
#include "testbench/fuzz/checkpoint_case.hpp"
#include "testbench/fuzz/sections.hpp"
#include "testbench/fuzz/seeds.hpp"

namespace wd::fuzz {

/// One before its first step, one with all that a checkpoint may have.
std::vector<Bytes> checkpoint_seeds() {
  ThreadPool pool(1);
  const std::unique_ptr<algo::Executor> executor = checkpoint_executor(pool);
  const algo::TrainConfig config = checkpoint_config();
  algo::TrainState state;
  std::vector<Bytes> seeds{pack_sections(algo::make_checkpoint(config, {}, *executor, state))};

  state.step = 7, state.seconds = 1.5, state.epoch_loss = 2.5, state.epoch_images = 2;
  for (const algo::TrainPhase phase : {algo::TrainPhase::fp32, algo::TrainPhase::fp8}) {
    algo::EpochRecord record;
    record.epoch = static_cast<int>(state.history.size()) + 1, record.phase = phase;
    if (phase == algo::TrainPhase::fp8) record.hardware.cycles = 12.5;
    state.history.push_back(record);
  }
  state.best = algo::take_snapshot(*executor, 1, 0.5);
  state.average.steps = 3, state.average.values = state.best.values;
  state.teacher = "digest";
  executor->fp8.exps.assign(executor->graph().tensors.size(), 2);
  seeds.push_back(pack_sections(algo::make_checkpoint(config, {}, *executor, state)));
  return seeds;
}

}  // namespace wd::fuzz
