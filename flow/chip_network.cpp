// SPDX-License-Identifier: Apache-2.0
#include "flow/chip_network.hpp"

#include <memory>

#include "algo/data/dataset.hpp"
#include "algo/executor/executor.hpp"
#include "algo/networks/build.hpp"
#include "algo/quantize/export.hpp"
#include "base/error.hpp"
#include "base/parallel.hpp"
#include "compiler/compile.hpp"

namespace wd::flow {
namespace {

constexpr int imagenet_classes = 1000;
constexpr std::uint16_t fp16_one = 0x3c00;

/// With the weights that training starts from; norms and scales, which training finds, do nothing.
model::Network exported(const algo::Executor& executor, const algo::TrainConfig& config,
                        const NetworkImages& images) {
  const algo::Graph& graph = executor.graph();
  std::vector<model::Weights> weights;
  for (const algo::Supermask& mask : executor.masks().layers()) weights.push_back(algo::export_weights(mask));
  std::vector<model::Norm> norms;
  for (const algo::Node& node : graph.nodes) {
    const auto channels = static_cast<std::size_t>(graph.tensor_of(node.output).channels);
    norms.push_back({std::vector(channels, fp16_one), std::vector(channels, std::uint16_t{0})});
  }
  model::Network network =
      algo::roll_up(graph, std::move(weights), norms, std::vector<int>(graph.tensors.size(), 0));
  network.name = config.name;
  network.input_transform = transform_of(config, images);
  return network;
}

}  // namespace

bool has_own_images(const algo::TrainConfig& config) {
  return algo::dataset_info(config.dataset).classes == 0 && config.dataset != "imagenet";
}

NetworkImages images_of(const algo::TrainConfig& config) {
  WD_REQUIRE(
      !has_own_images(config), config.name, ": only the files of data set ", config.dataset,
      " say how large its images are and how many classes there are, so that no network can be made "
      "without them; train it, or name a data set of such images, like cifar10 (32 x 32 x 3, 10 classes)");
  const algo::DatasetInfo& info = algo::dataset_info(config.dataset);
  const algo::ImageShape shape = info.height > 0
                                     ? algo::ImageShape{info.height, info.width, info.channels}
                                     : algo::ImageShape{config.image_size, config.image_size, info.channels};
  return {shape, info.classes > 0 ? info.classes : imagenet_classes};
}

NetworkImages images_of(const algo::ImageSet& images) {
  return {{images.height, images.width, images.channels}, images.classes};
}

algo::Graph graph_of(const algo::TrainConfig& config, const NetworkImages& images) {
  return algo::build_graph(config.network, images.shape, images.classes);
}

model::InputTransform transform_of(const algo::TrainConfig& config, const NetworkImages& images) {
  const algo::ImageShape& image = images.shape;
  const bool whole = config.network.kind == algo::NetworkKind::mlp;
  const auto channels = static_cast<std::size_t>(image.channels);
  return {image.height,
          image.width,
          whole ? image.height : config.network.patch,
          config.network.split_pixels,
          std::vector(channels, 0.5),
          std::vector(channels, 0.25)};
}

UntrainedNetwork untrained_network(const algo::TrainConfig& config, const NetworkImages& images) {
  algo::TrainConfig single = config;
  single.batch = 1;
  ThreadPool pool(1);
  const std::unique_ptr<algo::Executor> executor =
      algo::make_executor(single.executor(), graph_of(config, images), pool);
  executor->fp8.format = config.quantization.format;
  const std::string reason = algo::not_for_chip(*executor);
  if (!reason.empty()) return {std::nullopt, reason};
  return {exported(*executor, config, images), ""};
}

std::string chip_obstacle(const algo::TrainConfig& config, const arch::Arch& arch, int batch) {
  const UntrainedNetwork untrained = untrained_network(config, images_of(config));
  if (!untrained.network) return untrained.obstacle;
  try {
    compiler::compile(*untrained.network, {.arch = arch, .batch = batch});
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

void require_chip_network(const algo::TrainConfig& config, const arch::Arch& arch, int batch) {
  if (has_own_images(config)) return;  // own images: only their files say how large and how many kinds
  const std::string reason = chip_obstacle(config, arch, batch);
  WD_REQUIRE(reason.empty(), config.name, ": the chip cannot run this network (", reason,
             "); change that in the configuration, or train it alone with `whitedwarf train`");
}

}  // namespace wd::flow
