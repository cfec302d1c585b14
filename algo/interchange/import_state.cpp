// SPDX-License-Identifier: Apache-2.0
#include "algo/interchange/import_state.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "base/error.hpp"

namespace wd::algo {

namespace {

/// The shape without dimensions of 1 at its end.
Dims trimmed(Dims shape) {
  while (!shape.empty() && shape.back() == 1) shape.pop_back();
  return shape;
}

/// [O, I, KH, KW] and [O, I KH KW] hold the same bytes.
bool same_layout(const Dims& have, const Dims& wanted, const WeightShape& weights) {
  const std::int64_t out = weights.out_channels, in = weights.in_channels, kernel = weights.kernel;
  return trimmed(have) == trimmed(wanted) || trimmed(have) == trimmed({out, in, kernel, kernel}) ||
         trimmed(have) == trimmed({out, in * kernel * kernel});
}

/// Without the "module." that a DataParallel wrapper puts in front of every name.
NamedTensors unwrapped(const NamedTensors& tensors) {
  const std::string wrapper = "module.";
  for (const auto& [name, tensor] : tensors.all())
    if (!name.starts_with(wrapper)) return tensors;
  NamedTensors plain;
  for (const auto& [name, tensor] : tensors.all()) plain.add(name.substr(wrapper.size()), tensor);
  return plain;
}

class StateReader {
 public:
  StateReader(const Graph& graph, const NamedTensors& tensors, Repository repository,
              const std::string& origin)
      : graph_(graph), tensors_(unwrapped(tensors)), map_(name_map(graph, repository)), origin_(origin) {}

  ModelState read() {
    ModelState state;
    for (std::size_t i = 0; i < graph_.weights.size(); ++i)
      state.weights.push_back(weights(graph_.weights[i], map_.weights[i]));
    for (std::size_t i = 0; i < graph_.norms.size(); ++i)
      state.norms.push_back(norm(graph_.norms[i], map_.norms[i]));
    refuse_left_over();
    return state;
  }

 private:
  const NamedTensor* find(const std::string& name) {
    used_.insert(name);
    return tensors_.find(name);
  }

  const NamedTensor& require(const std::string& name, const std::string& layer) {
    if (const NamedTensor* tensor = find(name)) return *tensor;
    const std::string near = nearest_name(name, tensors_);
    fail(origin_, ": tensor ", name_text(name), " of layer '", layer, "' is missing",
         near.empty() ? "" : "; the nearest name is ", near.empty() ? "" : name_text(near),
         "; check that the file is of this network and of repository ", name_of(map_.repository));
  }

  std::string at(const std::string& name) const { return origin_ + ": tensor " + name_text(name); }

  std::vector<float> real_values(const NamedTensor& tensor, const std::string& name) const {
    WD_REQUIRE(tensor.is_real(), at(name), " has element type ", name_of(tensor.dtype),
               ", must be a floating-point type");
    std::vector<float> values = tensor.to_floats();
    const auto bad =
        std::find_if(values.begin(), values.end(), [](float value) { return !std::isfinite(value); });
    WD_REQUIRE(bad == values.end(), at(name), " holds ", *bad, " at place ", bad - values.begin(),
               "; a model with such values cannot be used, take an earlier checkpoint");
    return values;
  }

  void require_layout(const NamedTensor& tensor, const std::string& name, const WeightShape& shape,
                      const Dims& wanted) const {
    WD_REQUIRE(same_layout(tensor.shape, wanted, shape), at(name), " has shape ", text_of(tensor.shape),
               ", layer '", shape.name, "' needs ", text_of(wanted),
               "; give the network the file's preset, width, classes and image size");
  }

  std::vector<float> weight_values(const NamedTensor& tensor, const std::string& name,
                                   const WeightShape& shape, const Dims& wanted) const {
    require_layout(tensor, name, shape, wanted);
    return from_output_major<float>(real_values(tensor, name), shape);
  }

  WeightState weights(const WeightShape& shape, const ModuleName& module) {
    WeightState state;
    const std::string name = module.name + ".weight", score_name = module.name + "." + map_.score_key;
    state.values = weight_values(require(name, shape.name), name, shape, module.shape);
    if (map_.scaled) scale(*state.values, module.name + ".scale");
    if (const NamedTensor* scores = find(score_name))
      state.scores = weight_values(*scores, score_name, shape, module.shape);
    if (map_.repository == Repository::own) state.levels = mask(shape, module);
    if (tensors_.has(module.name + ".scores.0") && !state.scores)
      fail(at(module.name + ".scores.0"),
           " is one of several score tensors of a layer; only one for all coats is read: train with "
           "MultiLevelHN");
    return state;
  }

  void scale(std::vector<float>& values, const std::string& name) {
    const NamedTensor* tensor = find(name);
    if (tensor == nullptr) return;  // a dense layer
    const std::vector<float> factor = real_values(*tensor, name);
    WD_REQUIRE(factor.size() == 1, at(name), " has shape ", text_of(tensor->shape), ", must be one number");
    for (float& value : values) value *= factor[0];
  }

  std::optional<std::vector<std::uint8_t>> mask(const WeightShape& shape, const ModuleName& module) {
    const std::string name = module.name + ".mask";
    const NamedTensor* tensor = find(name);
    if (tensor == nullptr) return std::nullopt;
    require_layout(*tensor, name, shape, module.shape);
    std::vector<std::uint8_t> levels;
    for (const std::int64_t level : tensor->to_integers(at(name))) {
      WD_REQUIRE(level >= 0 && level <= 7, at(name), " holds level ", level, ", must be 0 to 7");
      levels.push_back(static_cast<std::uint8_t>(level));
    }
    return from_output_major<std::uint8_t>(levels, shape);
  }

  std::vector<float> per_channel(const std::string& name, const NormShape& shape) {
    const NamedTensor& tensor = require(name, shape.name);
    WD_REQUIRE(tensor.shape == Dims{shape.channels}, at(name), " has shape ", text_of(tensor.shape),
               ", norm '", shape.name, "' needs [", shape.channels,
               "]; give the network the file's preset and width");
    return real_values(tensor, name);
  }

  NormState norm(const NormShape& shape, const std::string& module) {
    NormState state;
    const bool in_file = tensors_.has(module + ".weight");
    WD_REQUIRE(shape.learned || !in_file, at(module + ".weight"), " is learned, norm '", shape.name,
               "' is not; set network.affine to 'all'");
    WD_REQUIRE(!shape.learned || in_file || !tensors_.has(module + ".running_mean"), origin_, ": norm '",
               shape.name, "' is learned, ", name_text(module),
               " has no '.weight'; set network.affine to 'none' or 'folds'");
    const auto channels = static_cast<std::size_t>(shape.channels);
    state.gamma = shape.learned ? per_channel(module + ".weight", shape) : std::vector<float>(channels, 1);
    state.beta = shape.learned ? per_channel(module + ".bias", shape) : std::vector<float>(channels, 0);
    if (shape.kind != NormKind::batch) return state;
    state.mean = per_channel(module + ".running_mean", shape);
    state.variance = per_channel(module + ".running_var", shape);
    const auto least = std::min_element(state.variance.begin(), state.variance.end());
    WD_REQUIRE(*least >= 0, at(module + ".running_var"), " holds the negative variance ", *least,
               " at channel ", least - state.variance.begin(), "; the file is damaged");
    used_.insert(module + ".num_batches_tracked");
    return state;
  }

  void refuse_left_over() const {
    constexpr std::size_t shown = 3;
    std::size_t count = 0;
    std::string names;
    for (const auto& [name, tensor] : tensors_.all()) {
      if (used_.count(name) != 0) continue;
      for (const ModuleName& module : map_.weights)
        WD_REQUIRE(
            name != module.name + ".bias", at(name),
            " is the bias of a layer, the network's layers have none; train with bias=False, or import the "
            "model as ONNX");
      if (++count <= shown) names += (names.empty() ? "" : ", ") + name_text(name);
    }
    WD_REQUIRE(count == 0, origin_, ": ", count, " tensors have no place in the network: ", names,
               count > shown ? ", ..." : "", "; give the network the file's preset, depth and folds");
  }

  const Graph& graph_;
  const NamedTensors tensors_;
  const NameMap map_;
  const std::string& origin_;
  std::set<std::string> used_;
};

class StateWriter {
 public:
  StateWriter(const Graph& graph, Repository repository) : graph_(graph), map_(name_map(graph, repository)) {
    tensors_.metadata = {{"format", "pt"}, {"repository", name_of(repository)}};
  }

  NamedTensors write(const ModelState& state) {
    check(graph_, state, "export");
    for (std::size_t i = 0; i < graph_.weights.size(); ++i)
      weights(graph_.weights[i], map_.weights[i], state.weights[i]);
    for (std::size_t i = 0; i < graph_.norms.size(); ++i)
      norm(graph_.norms[i], map_.norms[i], state.norms[i]);
    return std::move(tensors_);
  }

 private:
  void add(const std::string& name, const WeightShape& shape, const Dims& dims,
           const std::vector<float>& values) {
    tensors_.add(name, NamedTensor::of_floats(dims, to_output_major<float>(values, shape)));
  }

  void weights(const WeightShape& shape, const ModuleName& module, const WeightState& state) {
    WD_REQUIRE(state.values.has_value(), "export: weights '", shape.name,
               "' have no values; make them from the seed first");
    std::vector<float> values = *state.values;
    const bool masked = state.scores || state.levels;
    if (map_.scaled && masked) {
      const float scale = constant_magnitude(values).value_or(1);
      for (float& value : values) value /= scale;
      tensors_.add(module.name + ".scale", NamedTensor::of_floats({1}, {scale}));
    }
    add(module.name + ".weight", shape, module.shape, values);
    if (state.levels && map_.repository == Repository::own) {
      auto bytes = std::make_shared<const std::vector<std::uint8_t>>(
          to_output_major<std::uint8_t>(*state.levels, shape));
      tensors_.add(module.name + ".mask", {DType::u8, module.shape, *bytes, bytes});
    }
    if (state.scores)
      add(module.name + "." + map_.score_key, shape, module.shape, *state.scores);
    else if (state.levels && map_.repository != Repository::own)
      add(module.name + "." + map_.score_key, shape, module.shape,
          {state.levels->begin(), state.levels->end()});
  }

  void norm(const NormShape& shape, const std::string& module, const NormState& state) {
    const Dims channels{shape.channels};
    if (shape.learned) {
      tensors_.add(module + ".weight", NamedTensor::of_floats(channels, state.gamma));
      tensors_.add(module + ".bias", NamedTensor::of_floats(channels, state.beta));
    }
    if (shape.kind != NormKind::batch) return;
    tensors_.add(module + ".running_mean", NamedTensor::of_floats(channels, state.mean));
    tensors_.add(module + ".running_var", NamedTensor::of_floats(channels, state.variance));
    tensors_.add(module + ".num_batches_tracked", NamedTensor::of_integers({}, {0}));
  }

  const Graph& graph_;
  const NameMap map_;
  NamedTensors tensors_;
};

}  // namespace

ModelState import_state(const Graph& graph, const NamedTensors& tensors, Repository repository,
                        const std::string& origin) {
  return StateReader(graph, tensors, repository, origin).read();
}

NamedTensors export_state(const Graph& graph, const ModelState& state, Repository repository) {
  return StateWriter(graph, repository).write(state);
}

}  // namespace wd::algo
