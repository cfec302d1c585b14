// SPDX-License-Identifier: Apache-2.0
// Trains a network: an FP32 (or bf16) phase, an FP8 phase, then measurement and export.
//
// Numerics  the same bits for any number of threads, and for a run that was stopped or killed and resumed.
//           accuracy_fp32: the final masks without FP8 and with their own population statistics.
//           accuracy_fp8: FP8 tensors, norms in FP32. accuracy_hw: the hardware's arithmetic, bit for bit.
// Errors    a loss that is not finite: wd::Error with step, layer and remedy; bad checkpoints.
// Test      trainer_test.cpp
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "algo/data/image_set.hpp"
#include "algo/graph/graph.hpp"
#include "algo/train/config.hpp"
#include "hw/formats/model/network.hpp"

namespace wd::algo {

class Executor;

/// Raised with every change after which a configuration trains another network (rounding, random numbers, formulas): what was
/// trained before is not taken for it then. Sums' order, which instruction sets change, is none.
inline constexpr int training_version = 1;

enum class TrainPhase { fp32, fp8 };
const char* phase_name(TrainPhase phase);

/// What the hardware would see of the network at the end of an epoch.
struct HardwareFigures {
  double value_sparsity = 0, bit_sparsity = 0;  // of weights, of their magnitude bits
  double activation_sparsity = 0;               // of all stored tensors of the last batch
  double bits_per_weight = 0;                   // after coding, tables included; 0 for dense weights
  std::uint64_t bytes = 0;                      // coded weights and FP16 norms
  std::optional<double> cycles;                 // per image, where the chip can run the network
  std::string no_cycles;                        // why there are none
};

struct EpochRecord {
  int epoch = 0;  // from 1
  TrainPhase phase = TrainPhase::fp32;
  double loss = 0, train_accuracy = 0;
  double accuracy = 0;  // of the validation images, or of the test images where there are none
  double learning_rate = 0;
  HardwareFigures hardware;
};

struct TrainProgress {
  TrainPhase phase = TrainPhase::fp32;
  int epoch = 0;  // from 1
  std::size_t step = 0, steps_total = 0;
  double loss = 0, accuracy = 0;  // of the epoch so far, on training images
};

/// Of steps alone, without evaluations and checkpoints.
struct TrainSpeed {
  std::size_t steps = 0;
  double step_seconds = 0;
  double loading_seconds = 0;  // of these, waiting for pictures
};

struct TrainOptions {
  unsigned threads = 0;                // 0: all of the machine
  std::filesystem::path checkpoint{};  // empty: none is written
  bool resume = false;                 // continue from `checkpoint`
  double checkpoint_seconds = 60;      // also written after each epoch and when stopped
  const std::atomic<bool>* stop = nullptr;
  std::function<void(const TrainProgress&)> progress{};
  /// Cycles per image of an exported network; asked after each epoch where given.
  std::function<double(const model::Network&)> predict_cycles{};
  /// Called before the first step with the executor's initial state (to start from imported values).
  std::function<void(Executor&)> start{};
  bool measure_only = false;        // no step at all: measure and export what `start` set
  const Graph* graph = nullptr;     // instead of the configuration's network
  std::filesystem::path teacher{};  // its folder; empty: the configuration's
};

struct TrainResult {
  bool finished = false;  // false: stopped by the flag; only history is set
  std::vector<EpochRecord> history;
  int chosen_epoch = 0;  // the last, or the best on the validation images
  double seconds = 0;    // of training, over all interrupted calls
  TrainSpeed speed;      // likewise
  double accuracy_fp32 = 0, accuracy_fp8 = 0;
  std::optional<double> accuracy_hw;      // bit for bit; absent with a reason where there is no such form
  std::string no_hardware;                // that reason
  std::optional<model::Network> network;  // for the chip
  std::string no_network;                 // why the chip cannot run it
  HardwareFigures hardware;
  std::size_t weights = 0, dense_parameters = 0;
};

TrainResult train(const TrainConfig& config, const ImageSet& train, const ImageSet& test,
                  const TrainOptions& options);

}  // namespace wd::algo
