// SPDX-License-Identifier: Apache-2.0
// Which network is trained: its kind, sizes, folds and norms.
//
// Errors    unknown keys, kinds, presets; sizes out of range: wd::Error naming the file and the key.
// Source    Conv2..8: Frankle and Carbin, arXiv 1803.03635; VGG: Simonyan and Zisserman, arXiv 1409.1556; ResNets: He et al., arXiv 1512.03385; wide
//           ResNet-50: Zagoruyko and Komodakis, arXiv 1605.07146; ResMLP: Touvron et al., arXiv 2105.03404;
//           MLP-Mixer: Tolstikhin et al., arXiv 2105.01601; folds: Lopez Garcia-Arias et al., BMVC 2021
// Test      networks_test.cpp, train/config_test.cpp
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace wd::algo {

enum class NetworkKind { mlp, conv, resnet, res_mlp, mixer };
enum class BlockKind { basic, bottleneck };
/// Where a norm's gain and offset are learned.
enum class AffineScope { none, folds, all };

struct StemConfig {
  int kernel = 3;  // odd; padded to keep the size
  int stride = 1;
  int channels = 64;
  bool max_pool = false;  // 3x3, stride 2
};

/// `blocks` blocks; where folded, those after the first share weights over blocks - 1 iterations.
struct StageConfig {
  int channels = 64;  // of the block's 3x3 convolutions
  int blocks = 2;     // conv: its convolutions, before a max pool
  int stride = 1;     // of the first block
  bool folded = false;
};

struct NetworkConfig {
  NetworkKind kind = NetworkKind::resnet;
  int patch = 1;              // space-to-depth of the image (mlp: always the whole image)
  bool split_pixels = false;  // a coarse and a fine FP8 value per pixel
  AffineScope affine = AffineScope::all;
  bool shared_norm = false;  // one batch norm for all iterations of a fold
  bool norm = true;          // mlp, conv: batch norm after each layer but the last

  std::vector<int> hidden{512, 512};  // mlp, conv: fully connected layers before the classifier

  int depth = 6;     // conv: 2, 4, 6, 8, or 0 where `stages` say more; res_mlp, mixer: layers
  double width = 1;  // conv: of all layers

  std::string preset;  // resnet: for the record; block, stem and stages say what it is
  BlockKind block = BlockKind::basic;
  int bottleneck_width = 1;  // 2: wide ResNet
  StemConfig stem;
  std::vector<StageConfig> stages;
  bool always_project = false;  // a 1x1 shortcut in every first block, not only where the shape changes

  int dim = 64;                     // res_mlp, mixer: channels
  int token_dim = 64;               // mixer: hidden tokens
  int channel_dim = 256;            // hidden channels
  int folds = 0;                    // stages of depth / folds iterations of one layer; 0: unfolded
  double layer_scale = 0.1;         // res_mlp: its initial value
  bool gelu = true;                 // else ReLU
  std::string mlp_norm = "affine";  // res_mlp: affine; mixer: layer; both also: batch
};

NetworkConfig network_from_json(const nlohmann::json& value, const std::string& origin);
nlohmann::json to_json(const NetworkConfig& config);

/// The names that `preset` takes.
const std::vector<std::string>& resnet_presets();
/// A ResNet by name: 18, 34, 50, 101, 152, 200 and wide_resnet50 in CIFAR or ImageNet form; 20, 32, 44, 56,
/// 110 (CIFAR only). @param folded stages, counted from 1.
NetworkConfig resnet_preset(const std::string& name, bool imagenet, const std::vector<int>& folded,
                            const std::string& origin);

/// Conv2 to Conv8, and VGG-11 to -19 with batch norms: in ImageNet form with fully connected layers, else with the classifier alone.
NetworkConfig conv_preset(const std::string& name, bool imagenet, const std::string& origin);
const std::vector<std::string>& conv_presets();
/// The stages of Conv2, 4, 6 or 8.
void set_conv_depth(NetworkConfig& config, int depth);

/// A ResMLP of ImageNet by name. @param folds the shared layers that its depth is folded into; 0: unfolded.
NetworkConfig res_mlp_preset(const std::string& name, int folds, const std::string& origin);
const std::vector<std::string>& res_mlp_presets();

}  // namespace wd::algo
