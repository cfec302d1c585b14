// SPDX-License-Identifier: Apache-2.0
#include "algo/interchange/infer_network.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>

#include "base/error.hpp"

namespace wd::algo {
namespace {

/// The whole number that starts `text`, which then starts behind it.
std::optional<int> take_number(std::string_view& text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || number < 0) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

bool take(std::string_view& text, std::string_view start) {
  if (!text.starts_with(start)) return false;
  text.remove_prefix(start.size());
  return true;
}

/// What the tensors of one block say; `convs` from 1.
struct BlockTensors {
  std::map<int, Dims> convs;
  bool shortcut = false, affine = false;
  bool folded = false;  // by its name, which only own tells
  int iterations = 0;   // of a fold with a norm for each
};

/// How a repository writes what name_map.cpp writes for it.
struct Spelling {
  Repository repository;
  std::string_view stem, stem_norm, classifier, stage;
};

constexpr Spelling spellings[] = {
    {Repository::multicoated_supermasks, "backbone.conv1", "backbone.bn1", "head.fc", "backbone.layer"},
    {Repository::hidden_fold_networks, "conv1", "bn1", "fc", "stage_"},
    {Repository::hidden_networks, "conv1", "bn1", "fc", "layer"},
    {Repository::own, "stem", "stem.norm", "classifier", "stage"}};

class NetworkFinder {
 public:
  NetworkFinder(const NamedTensors& tensors, const std::string& origin) : origin_(origin) {
    const std::string wrapper = "module.";  // of DataParallel
    for (const auto& [name, tensor] : tensors.all())
      tensors_[name.starts_with(wrapper) ? name.substr(wrapper.size()) : name] = &tensor;
  }

  InferredNetwork read() {
    InferredNetwork found;
    for (const auto& [name, tensor] : tensors_)
      found.has_scores = found.has_scores || name.ends_with(".scores") || name.ends_with(".score");
    if (find("convs.0.weight") != nullptr) {
      read_plain(found);
      return found;
    }
    for (const Spelling& spelling : spellings)
      if (is_of(spelling)) {
        read_resnet(found, spelling);
        return found;
      }
    fail(origin_,
         ": its names are of no network that is known without a configuration (ResNets of own, "
         "hidden-networks, hidden-fold-networks and multicoated-supermasks, convs.0 of hidden-networks)",
         tensors_.empty() ? "" : "; its first is ",
         tensors_.empty() ? "" : name_text(tensors_.begin()->first), "; name a configuration with --config");
  }

 private:
  const NamedTensor* find(const std::string& name) const {
    const auto found = tensors_.find(name);
    return found == tensors_.end() ? nullptr : found->second;
  }

  const Dims& shape(const std::string& name, std::size_t least) const {
    const NamedTensor* tensor = find(name);
    WD_REQUIRE(tensor != nullptr, origin_, ": tensor ", name_text(name),
               " is missing; name a configuration with --config if the network is of another kind");
    bool fits = tensor->shape.size() >= least;
    for (const std::int64_t size : tensor->shape) fits = fits && size >= 1 && size <= 1 << 20;
    WD_REQUIRE(fits, origin_, ": tensor ", name_text(name), " has shape ", text_of(tensor->shape),
               ", must have ", least, " or more dimensions of 1 to 1048576");
    return tensor->shape;
  }

  bool is_of(const Spelling& spelling) const {
    if (find(std::string(spelling.stem) + ".weight") == nullptr) return false;
    const std::string first(spelling.stage);
    const auto at = tensors_.lower_bound(first);
    return at != tensors_.end() && at->first.starts_with(first);
  }

  static int size(std::int64_t dimension) { return static_cast<int>(dimension); }

  /// Sorts a tensor into its block, if it is of one.
  void sort_in(std::string_view name, const Dims& dims, const Spelling& spelling) {
    if (!take(name, spelling.stage)) return;
    const auto stage = take_number(name);
    if (!stage || !take(name, ".")) return;
    const bool own = spelling.repository == Repository::own;
    int number = 1;  // of the block
    const bool name_of_fold = own && take(name, "fold");
    if (name_of_fold) {
      number = 2;
    } else {
      if (own && !take(name, "block")) return;
      const auto counted = take_number(name);
      if (!counted) return;
      number = *counted + (own ? 0 : 1);
    }
    if (!take(name, ".")) return;
    BlockTensors& block = stages_[*stage][number];
    block.folded = block.folded || name_of_fold;
    if (take(name, "shortcut") || take(name, "downsample")) {
      block.shortcut = true;
    } else if (take(name, "conv")) {
      const auto conv = take_number(name);
      if (!conv) return;
      if (name == ".weight") block.convs[*conv] = dims;
      if (take(name, ".norm")) {  // own
        if (const auto iteration = take_number(name))
          block.iterations = std::max(block.iterations, *iteration);
        block.affine = block.affine || name == ".weight" || name == ".gamma";
      }
    } else if (take(name, "bnorm")) {
      if (!take_number(name) || !take(name, "_")) return;
      if (const auto iteration = take_number(name))
        block.iterations = std::max(block.iterations, *iteration + 1);
      block.affine = block.affine || name == ".weight";
    } else if (take(name, "bn")) {
      block.affine = block.affine || name.ends_with(".weight");
    }
  }

  void read_resnet(InferredNetwork& found, const Spelling& spelling) {
    found.repository = spelling.repository;
    for (const auto& [name, tensor] : tensors_) sort_in(name, tensor->shape, spelling);
    NetworkConfig& network = found.network;
    network.kind = NetworkKind::resnet;
    const Dims& stem = shape(std::string(spelling.stem) + ".weight", 3);
    found.channels = size(stem[1]);
    network.stem = {size(stem[2]), stem[2] == 7 ? 2 : 1, size(stem[0]), stem[2] == 7};
    found.classes = size(shape(std::string(spelling.classifier) + ".weight", 2)[0]);
    network.stages.clear();
    bool fold_affine = false;
    int input = network.stem.channels;
    for (int s = 1; s <= static_cast<int>(stages_.size()); ++s) {
      const auto stage = stages_.find(s);
      WD_REQUIRE(stage != stages_.end(), origin_, ": stage ", s, " is missing, the file has ", stages_.size(),
                 " stages");
      network.stages.push_back(stage_of(network, s, stage->second, input));
      for (const auto& [number, block] : stage->second)
        fold_affine = fold_affine || (block.iterations > 0 && block.affine);
    }
    const bool all = find(std::string(spelling.stem_norm) + ".weight") != nullptr;
    network.affine = all ? AffineScope::all : fold_affine ? AffineScope::folds : AffineScope::none;
  }

  /// @param input channels before the stage, then behind it.
  StageConfig stage_of(NetworkConfig& network, int number, const std::map<int, BlockTensors>& blocks,
                       int& input) const {
    const std::string what = text("stage ", number);
    const auto first = blocks.find(1);
    WD_REQUIRE(
        first != blocks.end() && first->second.convs.count(1) != 0 && first->second.convs.count(2) != 0,
        origin_, ": ", what,
        " has no first block with two or three convolutions; name a configuration with --config");
    const auto& convs = first->second.convs;
    const bool bottleneck = convs.count(3) != 0;
    const Dims& last = convs.at(bottleneck ? 3 : 2);
    WD_REQUIRE(convs.at(1).size() >= 2 && last.size() >= 2 && last[0] >= 1 && last[0] <= 1 << 20 &&
                   (!bottleneck || last[0] % 4 == 0),
               origin_, ": ", what, " ends in a convolution of shape ", text_of(last), ", a block of ",
               bottleneck ? "three has a multiple of four channels" : "two has one of four dimensions");
    StageConfig stage;
    stage.stride = number == 1 ? 1 : 2;
    stage.channels = size(bottleneck ? last[0] / 4 : last[0]);
    network.block = bottleneck ? BlockKind::bottleneck : BlockKind::basic;
    if (bottleneck) network.bottleneck_width = std::max(1, size(convs.at(1)[0]) / stage.channels);
    const int output = size(last[0]);
    if (first->second.shortcut && stage.stride == 1 && input == output) network.always_project = true;
    input = output;
    const auto second = blocks.find(2);
    stage.folded = second != blocks.end() && second->second.iterations > 0;
    WD_REQUIRE(stage.folded || second == blocks.end() || !second->second.folded, origin_, ": ", what,
               " is a fold with one norm for all iterations, of which the file does not tell the number; "
               "name a configuration with "
               "--config");
    stage.blocks = stage.folded ? 1 + second->second.iterations : static_cast<int>(blocks.size());
    return stage;
  }

  /// hidden-networks' Conv2 to Conv8: pairs of convolutions, each before a pool, then connected layers.
  void read_plain(InferredNetwork& found) {
    found.repository = Repository::hidden_networks;
    NetworkConfig& network = found.network;
    network.kind = NetworkKind::conv;
    network.norm = false;
    network.depth = 0;
    network.stages.clear();
    found.channels = size(shape("convs.0.weight", 3)[1]);
    std::vector<int> convs;
    while (find(text("convs.", 2 * convs.size() + convs.size() / 2, ".weight")) != nullptr)
      convs.push_back(size(shape(text("convs.", 2 * convs.size() + convs.size() / 2, ".weight"), 3)[0]));
    WD_REQUIRE(convs.size() % 2 == 0, origin_, ": has ", convs.size(),
               " convolutions, must have two before each pool; name a configuration with --config");
    for (std::size_t i = 0; i < convs.size(); i += 2) {
      WD_REQUIRE(convs[i] == convs[i + 1], origin_, ": convolutions ", i + 1, " and ", i + 2, " have ",
                 convs[i], " and ", convs[i + 1],
                 " channels, must have as many; name a configuration with --config");
      network.stages.push_back({convs[i], 2, 1, false});
    }
    std::vector<int> connected;
    while (find(text("linear.", 2 * connected.size(), ".weight")) != nullptr)
      connected.push_back(size(shape(text("linear.", 2 * connected.size(), ".weight"), 2)[0]));
    WD_REQUIRE(!connected.empty(), origin_,
               ": tensor 'linear.0.weight' is missing; the file has no classifier");
    found.classes = connected.back();
    connected.pop_back();
    network.hidden = connected;
  }

  const std::string& origin_;
  std::map<std::string, const NamedTensor*> tensors_;
  std::map<int, std::map<int, BlockTensors>> stages_;
};

}  // namespace

InferredNetwork infer_network(const NamedTensors& tensors, const std::string& origin) {
  return NetworkFinder(tensors, origin).read();
}

void fit_to_images(InferredNetwork& inferred, int image_channels, const std::string& origin) {
  const int area =
      image_channels > 0 && inferred.channels % image_channels == 0 ? inferred.channels / image_channels : 0;
  const int side = static_cast<int>(std::lround(std::sqrt(area)));
  WD_REQUIRE(area > 0 && side * side == area, origin, ": reads ", inferred.channels,
             " channels, the data set's images have ", image_channels,
             "; name the data set that it was trained on");
  inferred.network.patch = side;
}

}  // namespace wd::algo
