// SPDX-License-Identifier: Apache-2.0
// Trains a hidden-fold network: an FP32 phase, an FP8 phase, then measurement and export.
//
// Numerics  the same bits for any number of threads, and for a run that was stopped and resumed.
//           accuracy_fp32: the final masks with FP32 activations and their own population statistics.
//           accuracy_fp8: the exported network's arithmetic (FP8 tensors, FP16 post unit) emulated.
// Errors    a loss that is not finite: wd::Error with step, layer and remedy; bad checkpoints.
// Test      trainer_test.cpp
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "algo/data/image_set.hpp"
#include "algo/train/config.hpp"
#include "hw/model/network.hpp"

namespace wd::algo {

enum class TrainPhase { fp32, fp8 };
const char* phase_name(TrainPhase phase);

struct EpochRecord {
  int epoch = 0;  // from 1
  TrainPhase phase = TrainPhase::fp32;
  double loss = 0, train_accuracy = 0, test_accuracy = 0, learning_rate = 0;
};

struct TrainProgress {
  TrainPhase phase = TrainPhase::fp32;
  int epoch = 0;  // from 1
  std::size_t step = 0, steps_total = 0;
  double loss = 0, accuracy = 0;  // of the epoch so far, on training images
};

struct TrainOptions {
  unsigned threads = 0;                // 0: all of the machine
  std::filesystem::path checkpoint{};  // empty: none is written
  bool resume = false;                 // continue from `checkpoint`
  double checkpoint_seconds = 60;      // also written after each epoch and when stopped
  const std::atomic<bool>* stop = nullptr;
  std::function<void(const TrainProgress&)> progress{};
};

struct TrainResult {
  bool finished = false;  // false: stopped by the flag; only history is set
  std::vector<EpochRecord> history;
  double seconds = 0;  // of training, over all interrupted calls
  double accuracy_fp32 = 0, accuracy_fp8 = 0;
  model::Network network;
};

TrainResult train(const TrainConfig& config, const ImageSet& train, const ImageSet& test,
                  const TrainOptions& options);

/// Learning rate of a step: linear warm-up, then a cosine to zero.
double learning_rate(const TrainConfig& config, std::size_t steps_per_epoch, std::size_t step);

}  // namespace wd::algo
