// SPDX-License-Identifier: Apache-2.0
// Conv2 to Conv8 and the VGGs (Simonyan and Zisserman, arXiv 1409.1556), by name.
#include "algo/networks/network_config.hpp"
#include "base/error.hpp"

namespace wd::algo {
namespace {

struct PlainPreset {
  const char* name;
  int depth;                // of Conv2 to Conv8; 0: a VGG
  std::vector<int> layers;  // of a VGG's stages
};

const std::vector<PlainPreset>& plain_nets() {
  static const std::vector<PlainPreset> list{{"conv2", 2, {}},
                                             {"conv4", 4, {}},
                                             {"conv6", 6, {}},
                                             {"conv8", 8, {}},
                                             {"vgg11", 0, {1, 1, 2, 2, 2}},
                                             {"vgg13", 0, {2, 2, 2, 2, 2}},
                                             {"vgg16", 0, {2, 2, 3, 3, 3}},
                                             {"vgg19", 0, {2, 2, 4, 4, 4}}};
  return list;
}

}  // namespace

void set_conv_depth(NetworkConfig& config, int depth) {
  config.depth = depth;
  config.stages.clear();
  for (int stage = 0; stage < depth / 2; ++stage) config.stages.push_back({.channels = 64 << stage});
  config.hidden = {256, 256};
}

const std::vector<std::string>& conv_presets() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const PlainPreset& preset : plain_nets()) all.emplace_back(preset.name);
    return all;
  }();
  return names;
}

NetworkConfig conv_preset(const std::string& name, bool imagenet, const std::string& origin) {
  std::string known;
  for (const PlainPreset& preset : plain_nets()) {
    known += (known.empty() ? "" : ", ") + std::string(preset.name);
    if (name != preset.name) continue;
    NetworkConfig config;
    config.kind = NetworkKind::conv;
    config.norm = preset.depth == 0;
    if (preset.depth > 0) {
      WD_REQUIRE(!imagenet, origin, ": ", name,
                 " is for images of 32 x 32; take cifar10 or cifar100, or a VGG");
      set_conv_depth(config, preset.depth);
      return config;
    }
    config.depth = 0;
    for (std::size_t stage = 0; stage < preset.layers.size(); ++stage)
      config.stages.push_back({.channels = stage < 4 ? 64 << stage : 512, .blocks = preset.layers[stage]});
    config.hidden.clear();  // at 32 x 32 the maps have become one pixel
    if (imagenet) config.hidden = {4096, 4096};
    return config;
  }
  fail(origin, ": '", name, "' is unknown; networks without residuals are ", known);
}

}  // namespace wd::algo
