// SPDX-License-Identifier: Apache-2.0
// The state-dict names that other projects' repositories give to the weights and norms of our networks.
//
// Shape     PyTorch's weights are O x I x KH x KW; a layer that reads a whole map is O x (I KH KW) x 1 x 1.
// Source    the code of HN allenai/hidden-networks, HFN Lopez-Angel/hidden-fold-networks and MSUP
//           yasu0001/multicoated-supermasks on mmcls 0.21, which has:
//
//           our layer           HN                             HFN                   MSUP (in backbone.)
//           stem                conv1, bn1                     conv1, bn1            conv1, bn1
//           stage s, block b    layer<s>.<b>.conv<i>, .bn<i>   stage_<s>.<b>. same   layer<s>.<b>. same
//           shortcut, ImageNet  .downsample.0, .1              .shortcut.0, .1       .downsample.0, .1
//           shortcut, CIFAR     .shortcut.0, .1                .shortcut.0, .1       .downsample.0, .1
//           fold, iteration t   -                              .1.bnorm<i>_<t>       -
//           fold, shared norm   -                              .1.bn<i>              -
//           classifier          fc, a 1x1 convolution          fc, the same          head.fc, linear
//           plain networks      convs.<k>, linear.<k>          -                     -
//           scores              .scores                        .scores               .score and .scale
//
//           Blocks and iterations count from 0, stages from 1; <k> is the place among ReLUs and pools.
//           DataParallel puts "module." in front. Norms that are not affine have no .weight and .bias, and
//           nothing else has a bias. The repositories publish code and no models: no file was compared.
// Assumed   ResNet-20 to 110, which none of them has, follow the same pattern.
// Errors    a network that the repository cannot hold: wd::Error naming the layer and what to use instead.
// Test      name_map_test.cpp, pytorch_agreement.py
#pragma once

#include <string>
#include <vector>

#include "algo/graph/graph.hpp"
#include "algo/interchange/named_tensors.hpp"

namespace wd::algo {

enum class Repository { own, hidden_networks, hidden_fold_networks, multicoated_supermasks };

/// "own", "hidden-networks", ...: for the command line and messages.
std::string name_of(Repository repository);
std::vector<std::string> repository_names();
Repository repository_named(const std::string& name, const std::string& origin);

/// A weight tensor's module and its shape there.
struct ModuleName {
  std::string name;
  Dims shape;
};

struct NameMap {
  Repository repository = Repository::own;
  std::vector<ModuleName> weights;  // as graph.weights
  std::vector<std::string> norms;   // as graph.norms
  std::string score_key = "scores";
  bool scaled = false;  // the weights are `.weight` times `.scale`
};

/// @param graph built by algo/networks. `own` takes any graph and uses its names.
NameMap name_map(const Graph& graph, Repository repository);

}  // namespace wd::algo
