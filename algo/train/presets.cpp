// SPDX-License-Identifier: Apache-2.0
// The built-in configurations; configs/*.json are the same, written out (config_test.cpp compares).
#include "algo/train/config.hpp"

namespace wd::algo {

TrainConfig demo_config() {
  TrainConfig config;
  config.name = "hfn_fmnist";
  config.network.patch = 4;
  config.network.stem = {3, 1, 32, false};
  config.network.always_project = true;
  // Most weights sit where the image is 2x2 and a weight costs four products: more epochs per minute.
  config.network.stages = {{32, 2, 1, true}, {64, 3, 2, true}, {128, 3, 2, true}};
  config.optimizer.decay_norms = false;
  config.schedule.warmup_epochs = 0.3;
  config.epochs = 22;
  config.quantization.fp8_epochs = 3;
  config.augmentation.flip = true;
  config.augmentation.crop = 1;
  return config;
}

TrainConfig quick_config() {
  TrainConfig config = demo_config();
  config.name = "hfn_fmnist_quick";
  config.epochs = 2;
  config.quantization.fp8_epochs = 1;
  config.augmentation.crop = 0;  // two epochs cannot overfit
  return config;
}

}  // namespace wd::algo
