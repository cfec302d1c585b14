// SPDX-License-Identifier: Apache-2.0
// ResNets with basic or bottleneck blocks, each stage folded or not.
#include <algorithm>
#include <array>
#include <map>

#include "algo/networks/graph_builder.hpp"
#include "base/error.hpp"

namespace wd::algo {
namespace {

int expansion(const NetworkConfig& config) { return config.block == BlockKind::bottleneck ? 4 : 1; }

/// The convolutions of one block: channels, kernel, stride.
struct BlockConv {
  int channels, kernel, stride;
};

std::vector<BlockConv> convs_of(const NetworkConfig& config, const StageConfig& stage, int stride) {
  if (config.block == BlockKind::basic) return {{stage.channels, 3, stride}, {stage.channels, 3, 1}};
  const int inner = stage.channels * config.bottleneck_width;
  return {{inner, 1, 1}, {inner, 3, stride}, {4 * stage.channels, 1, 1}};
}

int first_block(GraphBuilder& b, const std::string& name, const StageConfig& stage, int input) {
  const int channels = expansion(b.config) * stage.channels;
  int shortcut = input;
  const std::vector<BlockConv> convs = convs_of(b.config, stage, stage.stride);
  int x = input;
  for (std::size_t i = 0; i + 1 < convs.size(); ++i)
    x = b.conv(text(name, ".conv", i + 1), x, convs[i].channels,
               {.kernel = convs[i].kernel, .stride = convs[i].stride});
  if (b.config.always_project || stage.stride != 1 || b.shape(input).channels != channels)
    shortcut = b.conv(name + ".shortcut", input, channels,
                      {.kernel = 1, .stride = stage.stride, .activation = Activation::none});
  const BlockConv& last = convs.back();
  return b.conv(text(name, ".conv", convs.size()), x, last.channels,
                {.kernel = last.kernel, .stride = last.stride, .residual = shortcut});
}

int plain_block(GraphBuilder& b, const std::string& name, const StageConfig& stage, int input) {
  const std::vector<BlockConv> convs = convs_of(b.config, stage, 1);
  int x = input;
  for (std::size_t i = 0; i < convs.size(); ++i)
    x = b.conv(text(name, ".conv", i + 1), x, convs[i].channels,
               {.kernel = convs[i].kernel, .residual = i + 1 == convs.size() ? input : -1});
  return x;
}

/// One block iterated: weights shared, tensors shared, norms per iteration unless shared_norm.
int folded_block(GraphBuilder& b, const std::string& name, const StageConfig& stage, int index, int input) {
  const std::vector<BlockConv> convs = convs_of(b.config, stage, 1);
  const TensorShape map = b.shape(input);
  std::vector<int> weights, tensors, norms;
  int channels = map.channels;
  for (std::size_t i = 0; i < convs.size(); ++i) {
    const std::string conv = text(name, ".conv", i + 1);
    weights.push_back(b.weights(conv, convs[i].kernel, channels, convs[i].channels));
    channels = convs[i].channels;
    const bool last = i + 1 == convs.size();
    tensors.push_back(last ? b.tensor_index(input) : b.tensor(conv, map.height, map.width, channels));
    if (b.config.shared_norm) norms.push_back(b.norm(conv + ".norm", channels, true));
  }
  b.stage = index;
  int x = input;
  for (b.iteration = 0; b.iteration < stage.blocks - 1; ++b.iteration) {
    int inner = x;
    for (std::size_t i = 0; i < convs.size(); ++i) {
      Node node;
      node.name = text(name, ".conv", i + 1);
      node.weights = weights[i];
      node.norm = b.config.shared_norm
                      ? norms[i]
                      : b.norm(text(node.name, ".norm", b.iteration + 1), convs[i].channels, true);
      node.input = inner;
      node.residual = i + 1 == convs.size() ? x : -1;
      node.activation = Activation::relu;
      node.kernel = convs[i].kernel;
      node.pad = convs[i].kernel / 2;
      node.output = b.activation(tensors[i]);
      inner = b.append(node);
    }
    x = inner;
  }
  b.stage = b.iteration = -1;
  return x;
}

struct Preset {
  BlockKind block;
  std::vector<int> blocks;
  int width;        // bottleneck
  bool cifar_only;  // 16, 32, 64 channels in three stages
};

const std::map<std::string, Preset>& resnets() {
  using enum BlockKind;
  static const std::map<std::string, Preset> table{{"resnet18", {basic, {2, 2, 2, 2}, 1, false}},
                                                   {"resnet34", {basic, {3, 4, 6, 3}, 1, false}},
                                                   {"resnet50", {bottleneck, {3, 4, 6, 3}, 1, false}},
                                                   {"resnet101", {bottleneck, {3, 4, 23, 3}, 1, false}},
                                                   {"resnet152", {bottleneck, {3, 8, 36, 3}, 1, false}},
                                                   {"resnet200", {bottleneck, {3, 24, 36, 3}, 1, false}},
                                                   {"wide_resnet50", {bottleneck, {3, 4, 6, 3}, 2, false}},
                                                   {"resnet20", {basic, {3, 3, 3}, 1, true}},
                                                   {"resnet32", {basic, {5, 5, 5}, 1, true}},
                                                   {"resnet44", {basic, {7, 7, 7}, 1, true}},
                                                   {"resnet56", {basic, {9, 9, 9}, 1, true}},
                                                   {"resnet110", {basic, {18, 18, 18}, 1, true}}};
  return table;
}

}  // namespace

void build_resnet(GraphBuilder& b, int classes) {
  const StemConfig& stem = b.config.stem;
  int x = b.conv("stem", 0, stem.channels, {.kernel = stem.kernel, .stride = stem.stride});
  if (stem.max_pool) x = b.max_pool("stem.pool", x, 3, 2, 1);
  for (std::size_t s = 0; s < b.config.stages.size(); ++s) {
    const StageConfig& stage = b.config.stages[s];
    const std::string name = text("stage", s + 1);
    x = first_block(b, name + ".block1", stage, x);
    if (stage.folded)
      x = folded_block(b, name + ".fold", stage, static_cast<int>(s), x);
    else
      for (int block = 1; block < stage.blocks; ++block)
        x = plain_block(b, text(name, ".block", block + 1), stage, x);
  }
  b.classify(x, classes);
}

const std::vector<std::string>& resnet_presets() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> list;
    for (const auto& [name, preset] : resnets()) list.push_back(name);
    return list;
  }();
  return names;
}

NetworkConfig resnet_preset(const std::string& name, bool imagenet, const std::vector<int>& folded,
                            const std::string& origin) {
  const auto found = resnets().find(name);
  if (found == resnets().end()) {
    std::string known;
    for (const std::string& n : resnet_presets()) known += (known.empty() ? "" : ", ") + n;
    fail(origin, ": 'preset' is '", name, "', known presets are ", known);
  }
  const Preset& preset = found->second;
  WD_REQUIRE(!(imagenet && preset.cifar_only), origin, ": '", name,
             "' has no ImageNet form; use form 'cifar'");
  NetworkConfig config;
  config.kind = NetworkKind::resnet;
  config.preset = name;
  config.block = preset.block;
  config.bottleneck_width = preset.width;
  int channels = preset.cifar_only ? 16 : 64;
  config.stem = imagenet ? StemConfig{7, 2, channels, true} : StemConfig{3, 1, channels, false};
  for (std::size_t s = 0; s < preset.blocks.size(); ++s, channels *= 2)
    config.stages.push_back({channels, preset.blocks[s], s == 0 ? 1 : 2, false});
  for (int stage : folded) {
    WD_REQUIRE(stage >= 1 && stage <= static_cast<int>(config.stages.size()), origin, ": 'fold' names stage ",
               stage, ", '", name, "' has stages 1 to ", config.stages.size());
    config.stages[static_cast<std::size_t>(stage - 1)].folded = true;
  }
  return config;
}

}  // namespace wd::algo
