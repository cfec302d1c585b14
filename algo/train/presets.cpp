// SPDX-License-Identifier: Apache-2.0
// The built-in configurations; configs/*.json are the same, written out (config_test.cpp compares).
#include "algo/train/config.hpp"

namespace wd::algo {

TrainConfig demo_config() {
  TrainConfig config;
  config.name = "hfn_fmnist";
  config.stem = {4, 3, 32};
  // Most weights sit where the image is 2x2 and a weight costs four products: more epochs per minute.
  config.stages = {{32, 1, 1}, {64, 2, 2}, {128, 2, 2}};
  config.epochs = 22;
  config.fp8_epochs = 3;
  config.warmup_epochs = 0.3;
  config.augmentation = {true, 1};
  return config;
}

TrainConfig quick_config() {
  TrainConfig config = demo_config();
  config.name = "hfn_fmnist_quick";
  config.epochs = 2;
  config.fp8_epochs = 1;
  config.augmentation.shift = 0;  // two epochs cannot overfit
  return config;
}

}  // namespace wd::algo
