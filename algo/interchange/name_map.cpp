// SPDX-License-Identifier: Apache-2.0
#include "algo/interchange/name_map.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "base/error.hpp"

namespace wd::algo {

namespace {

constexpr std::array<std::pair<Repository, const char*>, 4> repositories{
    {{Repository::own, "own"},
     {Repository::hidden_networks, "hidden-networks"},
     {Repository::hidden_fold_networks, "hidden-fold-networks"},
     {Repository::multicoated_supermasks, "multicoated-supermasks"}}};

/// What algo/networks calls a layer, taken apart.
struct Place {
  enum class Part { stem, block, shortcut, fold, conv, connected, classifier } part = Part::stem;
  int stage = 0, block = 0, conv = 0;  // from 1
};

std::optional<int> number_after(std::string_view text, std::string_view stem) {
  if (!text.starts_with(stem)) return std::nullopt;
  text.remove_prefix(stem.size());
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 1) return std::nullopt;
  return number;
}

std::vector<std::string_view> parts_of(std::string_view name) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t dot = name.find('.');
    parts.push_back(name.substr(0, dot));
    if (dot == name.npos) return parts;
    name.remove_prefix(dot + 1);
  }
}

std::optional<Place> place_of(const std::string& name) {
  using Part = Place::Part;
  const auto parts = parts_of(name);
  if (parts.size() == 1) {
    if (name == "stem") return Place{Part::stem, 0, 0, 1};
    if (name == "classifier") return Place{Part::classifier, 0, 0, 0};
    if (const auto number = number_after(name, "conv")) return Place{Part::conv, 0, 0, *number};
    if (const auto number = number_after(name, "fc")) return Place{Part::connected, 0, 0, *number};
    return std::nullopt;
  }
  const auto stage = number_after(parts[0], "stage");
  if (parts.size() != 3 || !stage) return std::nullopt;
  const auto conv = number_after(parts[2], "conv");
  if (parts[1] == "fold" && conv) return Place{Part::fold, *stage, 2, *conv};
  const auto block = number_after(parts[1], "block");
  if (!block) return std::nullopt;
  if (conv) return Place{Part::block, *stage, *block, *conv};
  if (parts[2] == "shortcut") return Place{Part::shortcut, *stage, *block, 0};
  return std::nullopt;
}

class Names {
 public:
  Names(const Graph& graph, Repository repository) : graph_(graph), repository_(repository) {
    for (const Node& node : graph.nodes) imagenet_ = imagenet_ || node.name == "stem.pool";
    for (const WeightShape& weights : graph.weights) {
      const auto place = place_of(weights.name);
      has_stem_ = has_stem_ || (place && place->part == Place::Part::stem);
      if (place && place->part == Place::Part::connected) hidden_ = std::max(hidden_, place->conv);
    }
  }

  ModuleName weights(const WeightShape& shape) const {
    const std::int64_t out = shape.out_channels, in = shape.in_channels, kernel = shape.kernel;
    if (repository_ == Repository::own) return {shape.name, {out, in, kernel, kernel}};
    const Place place = require_place(shape.name);
    const bool connected = place.part == Place::Part::connected || place.part == Place::Part::classifier;
    const std::string module = has_stem_ ? resnet_module(place) : plain_module(place);
    if (!connected) return {module, {out, in, kernel, kernel}};
    if (repository_ == Repository::multicoated_supermasks) return {module, {out, in * kernel * kernel}};
    return {module, {out, in * kernel * kernel, 1, 1}};
  }

  std::string norm(const NormShape& shape) const {
    if (repository_ == Repository::own) return shape.name;
    const std::size_t end = shape.name.rfind(".norm");
    const std::string suffix = end == std::string::npos ? "?" : shape.name.substr(end + 1);
    const auto iteration = suffix == "norm" ? std::optional<int>(0) : number_after(suffix, "norm");
    WD_REQUIRE(iteration.has_value(), "norm '", shape.name, "' has no counterpart in ", name_of(repository_),
               "; use the names of repository 'own'");
    const std::string layer = shape.name.substr(0, end);
    const Place place = require_place(layer);
    WD_REQUIRE(has_stem_, "layer '", layer, "' has a batch norm, the networks without shortcuts of ",
               name_of(repository_),
               " have none; set network.norm to false or use the names of repository 'own'");
    return resnet_norm(place, *iteration);
  }

 private:
  Place require_place(const std::string& name) const {
    const auto place = place_of(name);
    WD_REQUIRE(place.has_value(), "layer '", name, "' has no counterpart in ", name_of(repository_),
               ", which has ResNets and plain networks; use the names of repository 'own'");
    WD_REQUIRE(place->part != Place::Part::fold || repository_ == Repository::hidden_fold_networks, "layer '",
               name, "' is folded, ", name_of(repository_),
               " has no folded blocks; use the names of hidden-fold-networks");
    WD_REQUIRE(has_stem_ || repository_ == Repository::hidden_networks, "layer '", name,
               "' belongs to a network without shortcuts, ", name_of(repository_),
               " has ResNets alone; use the names of hidden-networks");
    return *place;
  }

  std::string backbone() const {
    return repository_ == Repository::multicoated_supermasks ? "backbone." : "";
  }

  std::string block_of(const Place& place) const {
    const char* stage = repository_ == Repository::hidden_fold_networks ? "stage_" : "layer";
    return text(backbone(), stage, place.stage, ".", place.block - 1);
  }

  std::string shortcut_of(const Place& place) const {
    const bool downsample = repository_ == Repository::multicoated_supermasks ||
                            (repository_ == Repository::hidden_networks && imagenet_);
    return block_of(place) + (downsample ? ".downsample" : ".shortcut");
  }

  std::string resnet_module(const Place& place) const {
    switch (place.part) {
      case Place::Part::stem:
        return backbone() + "conv1";
      case Place::Part::classifier:
        return repository_ == Repository::multicoated_supermasks ? "head.fc" : "fc";
      case Place::Part::shortcut:
        return shortcut_of(place) + ".0";
      default:
        return text(block_of(place), ".conv", place.conv);
    }
  }

  std::string resnet_norm(const Place& place, int iteration) const {
    switch (place.part) {
      case Place::Part::stem:
        return backbone() + "bn1";
      case Place::Part::shortcut:
        return shortcut_of(place) + ".1";
      case Place::Part::fold:
        if (iteration > 0) return text(block_of(place), ".bnorm", place.conv, "_", iteration - 1);
        [[fallthrough]];
      default:
        return text(block_of(place), ".bn", place.conv);
    }
  }

  /// A convolution is followed by its ReLU, every second one also by a pool; a linear layer by its ReLU.
  std::string plain_module(const Place& place) const {
    switch (place.part) {
      case Place::Part::conv:
        return text("convs.", 2 * (place.conv - 1) + (place.conv - 1) / 2);
      case Place::Part::classifier:
        return text("linear.", 2 * hidden_);
      default:
        return text("linear.", 2 * (place.conv - 1));
    }
  }

  const Graph& graph_;
  Repository repository_;
  bool imagenet_ = false, has_stem_ = false;
  int hidden_ = 0;  // fully connected layers before the classifier
};

}  // namespace

std::string name_of(Repository repository) {
  return repositories[static_cast<std::size_t>(repository)].second;
}

std::vector<std::string> repository_names() {
  std::vector<std::string> names;
  for (const auto& [repository, name] : repositories) names.emplace_back(name);
  return names;
}

Repository repository_named(const std::string& name, const std::string& origin) {
  std::string known;
  for (const auto& [repository, its_name] : repositories) {
    if (name == its_name) return repository;
    known += (known.empty() ? "" : ", ") + std::string(its_name);
  }
  fail(origin, ": repository is ", name_text(name), ", must be one of ", known);
}

NameMap name_map(const Graph& graph, Repository repository) {
  NameMap map;
  map.repository = repository;
  if (repository == Repository::multicoated_supermasks) {
    map.score_key = "score";
    map.scaled = true;
  }
  const Names names(graph, repository);
  for (const WeightShape& shape : graph.weights) map.weights.push_back(names.weights(shape));
  for (const NormShape& shape : graph.norms) map.norms.push_back(names.norm(shape));
  return map;
}

}  // namespace wd::algo
