// SPDX-License-Identifier: Apache-2.0
// For tests: short trainings on synthetic images.
#pragma once

#include <unistd.h>

#include <atomic>
#include <nlohmann/json.hpp>

#include "algo/data/synthetic_images.hpp"
#include "algo/train/trainer.hpp"
#include "base/error.hpp"

namespace wd::algo {

/// Ten steps of an epoch: a folded ResNet, half of its epochs in FP8. @param changes replace keys.
inline TrainConfig tiny_config(const char* changes = "{}") {
  nlohmann::json value = nlohmann::json::parse(
      R"({"name": "tiny", "network": {"kind": "resnet", "patch": 4, "stem": {"channels": 16},
    "stages": [{"channels": 16, "blocks": 2, "stride": 2}, {"channels": 32, "blocks": 3, "stride": 2, "folded": true}]},
    "batch": 32, "epochs": 4, "quantization": {"fp8_epochs": 2}, "augmentation": {"flip": true, "crop": 1}})");
  value.update(nlohmann::json::parse(changes));
  return config_from_json(value, "tiny");
}

inline constexpr const char* adaptive =
    R"({"supermask": {"coats": 4, "schedule": {"kind": "adaptive", "first": 0.6}}})";
inline constexpr const char* adamw =
    R"({"optimizer": {"kind": "adamw", "weight_decay": 0.01}, "precision": "fp32",
    "schedule": {"kind": "cosine", "rate": 0.01}, "augmentation": {"cutout": 6, "mixup": 0.3}, "label_smoothing": 0.1})";
inline constexpr const char* warmed =
    R"({"supermask": {"pruned": [0.8, 0.9], "sparsity_warmup": {"epochs": 1.5}}})";
inline constexpr const char* averaged = R"({"averaging": {"kind": "mean", "epochs": 2}})";
// The rate grows until it harms, so that the last epoch is not the best.
inline constexpr const char* validated =
    R"({"validation": 0.2, "epochs": 6, "quantization": {"fp8_epochs": 4},
    "schedule": {"kind": "constant", "rate": 1, "warmup_epochs": 5.9}})";

inline const ImageSet& train_images() {
  static const ImageSet images = synthetic_images(320, 1);
  return images;
}

inline const ImageSet& test_images() {
  static const ImageSet images = synthetic_images(100, 2);
  return images;
}

inline TrainResult train_tiny(const TrainConfig& config, const TrainOptions& options) {
  return train(config, train_images(), test_images(), options);
}

struct TemporaryFile {
  std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("wd_trainer_test_" + std::to_string(::getpid()) + ".wdc");
  ~TemporaryFile() { std::filesystem::remove(path); }
};

/// Stops after so many steps, leaving a checkpoint.
inline TrainResult stopped_after(std::size_t steps, const TrainConfig& config,
                                 const std::filesystem::path& checkpoint, bool resume = false) {
  std::atomic<bool> stop{false};
  TrainOptions options{.threads = 2, .checkpoint = checkpoint, .resume = resume, .stop = &stop};
  options.progress = [&](const TrainProgress& p) { stop = p.step >= steps; };
  return train_tiny(config, options);
}

inline std::string message(const TrainConfig& config, const TrainOptions& options) {
  try {
    train_tiny(config, options);
  } catch (const Error& error) {
    return error.what();
  }
  return "accepted";
}

}  // namespace wd::algo
