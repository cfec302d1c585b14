// SPDX-License-Identifier: Apache-2.0
// Whether the chip can run what a configuration would train, before it is trained.
//
// What      builds the network as it starts, untrained, and compiles it for the architecture.
// Test      chip_network_test.cpp, cli/refused_early_test.sh
#pragma once

#include <optional>
#include <string>

#include "algo/data/image_set.hpp"
#include "algo/graph/graph.hpp"
#include "algo/networks/build.hpp"
#include "algo/train/config.hpp"
#include "hw/arch/arch.hpp"
#include "hw/formats/model/network.hpp"

namespace wd::flow {

/// What a network has to know of its images.
struct NetworkImages {
  algo::ImageShape shape;
  int classes = 0;
};
/// Whether only the files of the data set tell that.
bool has_own_images(const algo::TrainConfig& config);
/// Errors: own images: wd::Error naming the configuration and the remedy.
NetworkImages images_of(const algo::TrainConfig& config);
NetworkImages images_of(const algo::ImageSet& images);

/// The network that the configuration asks for.
algo::Graph graph_of(const algo::TrainConfig& config, const NetworkImages& images);
/// How the images become its input, with statistics that nobody has measured.
model::InputTransform transform_of(const algo::TrainConfig& config, const NetworkImages& images);

/// The network as it starts, untrained; or why the chip has no such network.
struct UntrainedNetwork {
  std::optional<model::Network> network;
  std::string obstacle;
};
UntrainedNetwork untrained_network(const algo::TrainConfig& config, const NetworkImages& images);

/// @param batch images of a frame
/// Why the chip cannot run the network, naming the layer where one is to blame; empty if it can.
std::string chip_obstacle(const algo::TrainConfig& config, const arch::Arch& arch, int batch = 1);

/// For commands that need a program after the training.
/// Errors: a network that has none: wd::Error with the layer and the remedy.
void require_chip_network(const algo::TrainConfig& config, const arch::Arch& arch, int batch = 1);

}  // namespace wd::flow
