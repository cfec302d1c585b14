// SPDX-License-Identifier: Apache-2.0
// Saves and restores a training run between two steps, complete enough to continue bit for bit.
//
// Shape     sections: "state" (JSON: config, step, epoch sums, scales, history), scores.N, velocity.N
//           per supermask, norm.N per layer (gamma, beta, their velocities, running mean, variance).
// Errors    another config: wd::Error naming the first key that differs; sections of another size.
// Test      trainer_test.cpp
#pragma once

#include <filesystem>
#include <vector>

#include "algo/train/engine.hpp"
#include "algo/train/trainer.hpp"
#include "base/container.hpp"

namespace wd::algo {

inline constexpr FileKind checkpoint_kind{{'W', 'D', 'C', '1'}, 1, "checkpoint"};

struct TrainState {
  std::size_t step = 0;  // steps done
  double epoch_loss = 0;
  std::uint64_t epoch_right = 0, epoch_images = 0;
  std::vector<EpochRecord> history;
  double seconds = 0;  // of training, over all calls
};

/// What a checkpoint is, without a network to restore.
struct CheckpointSummary {
  bool same_config = false;  // as the one given
  bool finished = false;     // its own run has done all its epochs
};
CheckpointSummary summarize_checkpoint(const std::filesystem::path& path, const TrainConfig& config);

void write_checkpoint(const std::filesystem::path& path, const TrainConfig& config, const ImageSet& train,
                      const Engine& engine, const TrainState& state);
TrainState read_checkpoint(const std::filesystem::path& path, const TrainConfig& config,
                           const ImageSet& train, Engine& engine);

}  // namespace wd::algo
