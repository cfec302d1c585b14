// SPDX-License-Identifier: Apache-2.0
#include "algo/interchange/onnx_node_reader.hpp"

#include <algorithm>
#include <cmath>

namespace wd::algo {

namespace {

constexpr std::int64_t largest_size = 1 << 20;  // of a kernel, stride or padding: keeps sums within int

}  // namespace

void OnnxNodeReader::refuse(const std::string& why) const { fail(origin_, ": ", text_of(node_), ": ", why); }

const OnnxAttribute* OnnxNodeReader::find(const std::string& name) const {
  const auto found = node_.attributes.find(name);
  return found == node_.attributes.end() ? nullptr : &found->second;
}

template <typename Kind>
const Kind* OnnxNodeReader::find_as(const std::string& name, const char* kind) const {
  const OnnxAttribute* attribute = find(name);
  if (attribute == nullptr) return nullptr;
  const Kind* value = std::get_if<Kind>(attribute);
  require(value != nullptr, "attribute '", name, "' is not ", kind, "; the file is damaged");
  return value;
}

std::int64_t OnnxNodeReader::integer(const std::string& name, std::int64_t otherwise) const {
  const auto* value = find_as<std::int64_t>(name, "a whole number");
  return value == nullptr ? otherwise : *value;
}

float OnnxNodeReader::real(const std::string& name, float otherwise) const {
  const auto* value = find_as<float>(name, "a number");
  if (value == nullptr) return otherwise;
  require(std::isfinite(*value), "attribute '", name, "' is ", *value, ", must be finite");
  return *value;
}

std::string OnnxNodeReader::string(const std::string& name, const std::string& otherwise) const {
  const auto* value = find_as<std::string>(name, "a text");
  return value == nullptr ? otherwise : *value;
}

std::optional<std::vector<std::int64_t>> OnnxNodeReader::integers(const std::string& name) const {
  const auto* value = find_as<std::vector<std::int64_t>>(name, "a list of whole numbers");
  if (value == nullptr) return std::nullopt;
  return *value;
}

void OnnxNodeReader::require_integer(const std::string& name, std::int64_t value, const std::string& remedy,
                                     std::optional<std::int64_t> otherwise) const {
  const std::int64_t found = integer(name, otherwise.value_or(value));
  require(found == value, "attribute '", name, "' is ", found, ", must be ", value, "; ", remedy);
}

bool OnnxNodeReader::has_input(std::size_t index) const {
  return index < node_.inputs.size() && !node_.inputs[index].empty();
}

const std::string& OnnxNodeReader::input(std::size_t index) const {
  require(has_input(index), "has no input ", index, "; the file is damaged");
  return node_.inputs[index];
}

const std::string& OnnxNodeReader::output() const {
  require(!node_.outputs.empty() && !node_.outputs.front().empty(), "has no output; the file is damaged");
  return node_.outputs.front();
}

const NamedTensor& OnnxNodeReader::constant(std::size_t index, const std::string& what) const {
  const NamedTensor* tensor = constants_.find(input(index));
  require(tensor != nullptr, what, " ", name_text(input(index)),
          " is computed, must be a constant; export with constant folding and without dynamic shapes");
  return *tensor;
}

std::vector<float> OnnxNodeReader::reals(std::size_t index, const std::string& what) const {
  const NamedTensor& tensor = constant(index, what);
  require(tensor.is_real(), what, " ", name_text(input(index)), " has element type ", name_of(tensor.dtype),
          ", must be a floating-point type; export the model before it is quantized");
  std::vector<float> values = tensor.to_floats();
  const auto bad =
      std::find_if(values.begin(), values.end(), [](float value) { return !std::isfinite(value); });
  require(bad == values.end(), what, " ", name_text(input(index)),
          " holds a value that is not finite; take an earlier checkpoint");
  return values;
}

std::vector<float> OnnxNodeReader::per_channel(std::size_t index, const std::string& what,
                                               int channels) const {
  require(channels <= most_norm_channels, "has ", channels, " channels, norms and biases may have at most ",
          most_norm_channels, "; use smaller layers");
  std::vector<float> values = reals(index, what);
  if (values.size() == 1 && channels > 1) values.assign(static_cast<std::size_t>(channels), values[0]);
  require(values.size() == static_cast<std::size_t>(channels), what, " ", name_text(input(index)),
          " has shape ", text_of(constant(index, what).shape), ", must hold one number for each of ",
          channels, " channels");
  return values;
}

std::optional<std::vector<std::int64_t>> OnnxNodeReader::axes() const {
  if (!has_input(1)) return integers("axes");
  return constant_integers(1, "axes");
}

std::vector<std::int64_t> OnnxNodeReader::constant_integers(std::size_t index,
                                                            const std::string& what) const {
  return constant(index, what).to_integers(text(origin_, ": ", text_of(node_), ": ", what));
}

int OnnxNodeReader::same(const std::string& name, const std::vector<std::int64_t>& values) const {
  const auto differs = [&](std::int64_t value) { return value != values.front(); };
  require(!values.empty() && std::none_of(values.begin(), values.end(), differs), "attribute '", name,
          "' is ", text_of(values),
          ", must be the same in every direction; use square kernels and even padding");
  require(values.front() >= 0 && values.front() <= largest_size, "attribute '", name, "' is ",
          text_of(values), ", must be 0 to ", largest_size);
  return static_cast<int>(values.front());
}

SquareWindow OnnxNodeReader::window(std::optional<int> kernel) const {
  SquareWindow window;
  const auto kernel_shape = integers("kernel_shape");
  require(kernel_shape || kernel, "has no attribute 'kernel_shape'; the file is damaged");
  window.kernel = kernel_shape ? same("kernel_shape", *kernel_shape) : *kernel;
  require((!kernel || window.kernel == *kernel) && window.kernel >= 1, "attribute 'kernel_shape' is ",
          window.kernel, ", the weights have ", kernel.value_or(window.kernel), "; the file is damaged");
  window.stride = same("strides", integers("strides").value_or(std::vector<std::int64_t>{1, 1}));
  require(window.stride >= 1, "attribute 'strides' is 0; the file is damaged");
  window.pad = same("pads", integers("pads").value_or(std::vector<std::int64_t>{0, 0, 0, 0}));
  require(same("dilations", integers("dilations").value_or(std::vector<std::int64_t>{1, 1})) == 1,
          "has dilations; only dense kernels are supported: train without dilation");
  const std::string auto_pad = string("auto_pad", "NOTSET");
  require(auto_pad == "NOTSET" || (auto_pad == "VALID" && window.pad == 0), "attribute 'auto_pad' is ",
          name_text(auto_pad), ", must be NOTSET; export with explicit pads");
  return window;
}

}  // namespace wd::algo
