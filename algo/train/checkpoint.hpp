// SPDX-License-Identifier: Apache-2.0
// Saves and restores a training run between two steps, complete enough to continue bit for bit.
//
// Shape     sections: "state" (JSON: config, step, epoch sums, scales, masks, history), per trained array
//           value.N, first.N, second.N (where the optimizer has it), per norm running.N; best.N and
//           best_running.N where validation images choose the epoch; average.N while steps are averaged.
// Errors    another config, other images, kernels of another instruction set or another version of training where
//           there is more to train: wd::Error naming what differs; sections of another size.
// Test      trainer_test.cpp, trainer_refusal_test.cpp, fuzz.checkpoint
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "algo/executor/executor.hpp"
#include "algo/networks/build.hpp"
#include "algo/train/trainer.hpp"
#include "base/container.hpp"
#include "base/sized_file.hpp"

namespace wd::algo {

inline constexpr FileKind checkpoint_kind{{'W', 'D', 'C', '1'}, 2, "checkpoint", SizedFile::largest_bytes};

/// The learned part of a network, and which epoch it is of.
struct Snapshot {
  int epoch = 0;  // 0: none yet
  double accuracy = 0;
  std::vector<std::vector<float>> values;  // of Executor::parameters()
  std::vector<ChannelStatistics> running;  // of the norms
};
Snapshot take_snapshot(Executor& executor, int epoch, double accuracy);
void restore_snapshot(Executor& executor, const Snapshot& snapshot);

struct TrainState {
  std::size_t step = 0;  // steps done
  double epoch_loss = 0;
  std::uint64_t epoch_right = 0, epoch_images = 0;
  std::vector<EpochRecord> history;
  double seconds = 0;  // of training, over all calls
  TrainSpeed speed;
  Snapshot best;
  Average average;
  std::string teacher;  // Teacher::digest() of the one that it learns from, or empty
};

/// What a checkpoint is, without a network to restore.
struct CheckpointSummary {
  std::string difference;  // from the configuration that is given, "'epochs' is 3 there and 5 now"; or empty
  bool finished = false;   // its own run has done all its epochs
  std::string config;      // its own, as JSON
};
CheckpointSummary summarize_checkpoint(const Container& checkpoint, const TrainConfig& config);

/// Identifies a set: pixels that are in memory, names and sizes of files that it has, labels.
std::uint32_t checksum(const ImageSet& images);

struct ImageChecksums {
  std::uint32_t train = 0, test = 0;
};

Container make_checkpoint(const TrainConfig& config, const ImageChecksums& images, Executor& executor,
                          const TrainState& state);
/// The file behind right checksums, for what follows.
Container open_checkpoint(const std::filesystem::path& path);
TrainState read_checkpoint(const Container& checkpoint, const TrainConfig& config,
                           const ImageChecksums& images, Executor& executor);

/// The configuration that a checkpoint is of.
TrainConfig read_config(const Container& checkpoint);
/// The network of a checkpoint without its training: best epoch where one was chosen. Sets `config`.
std::unique_ptr<Executor> read_network(const Container& checkpoint, ThreadPool& pool, TrainConfig& config);
/// The same for other images. @param config its own, with the batch that is wanted
std::unique_ptr<Executor> read_network(const Container& checkpoint, ThreadPool& pool,
                                       const TrainConfig& config, const ImageShape& image, int classes);

nlohmann::json to_json(const EpochRecord& record);

}  // namespace wd::algo
