// SPDX-License-Identifier: Apache-2.0
// The model's description and its norms.
// Of the second decoder of compressed models, which was written from docs/formats.md alone, for tests: plain and slow,
// one bit at a time. It shares no code with the first one, so that the two can only agree on what the page says.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "hw/formats/stream/plain/weight_code.hpp"

namespace wd::stream::plain {

inline void check_keys(const nlohmann::json& object, std::initializer_list<const char*> keys) {
  require(object.is_object(), "the description has something else where an object belongs");
  for (const char* key : keys) {
    if (!object.contains(key)) throw std::runtime_error(std::string("the description lacks the key ") + key);
  }
  require(object.size() == keys.size(), "the description has a key that is not allowed");
}

inline const nlohmann::json& list_at(const nlohmann::json& object, const char* key) {
  const nlohmann::json& list = object.at(key);
  require(list.is_array(), "the description has something else where a list belongs");
  return list;
}

inline void check_number(const nlohmann::json& object, const char* key, std::int64_t low, std::int64_t high) {
  const nlohmann::json& value = object.at(key);
  const bool too_large =
      value.is_number_unsigned() && value.get<std::uint64_t>() > static_cast<std::uint64_t>(high);
  const bool allowed = value.is_number_integer() && !too_large && value.get<std::int64_t>() >= low &&
                       value.get<std::int64_t>() <= high;
  if (!allowed) throw std::runtime_error(std::string("not a number in its range: ") + key);
}

inline void check_64_bits(const nlohmann::json& object, const char* key) {
  if (!object.at(key).is_number_unsigned())
    throw std::runtime_error(std::string("not a number of 64 bits: ") + key);
}

inline void check_text(const nlohmann::json& object, const char* key) {
  if (!object.at(key).is_string()) throw std::runtime_error(std::string("not a text: ") + key);
}

inline void check_flag(const nlohmann::json& object, const char* key) {
  if (!object.at(key).is_boolean()) throw std::runtime_error(std::string("not true or false: ") + key);
}

inline void check_index(const nlohmann::json& object, const char* key, const nlohmann::json& list) {
  check_number(object, key, 0, static_cast<std::int64_t>(list.size()) - 1);
}

inline void check_tensor(const nlohmann::json& tensor) {
  check_keys(tensor, {"name", "height", "width", "channels", "scale_exp"});
  check_text(tensor, "name");
  check_number(tensor, "height", 1, 255);
  check_number(tensor, "width", 1, 255);
  check_number(tensor, "channels", 1, 8176);
  check_number(tensor, "scale_exp", -24, 24);
}

inline void check_freeze(const nlohmann::json& freeze, std::int64_t coats) {
  if (freeze.is_null()) return;
  check_keys(freeze, {"seed", "pruned", "locked", "level"});
  check_64_bits(freeze, "seed");
  check_number(freeze, "pruned", 0, 65536);
  check_number(freeze, "locked", 0, 65536);
  require(freeze["pruned"].get<int>() + freeze["locked"].get<int>() <= 65536,
          "more weights are frozen than there are");
  check_number(freeze, "level", 1, coats);
}

inline void check_weight_set(const nlohmann::json& set) {
  check_keys(set, {"name", "kernel_h", "kernel_w", "in_channels", "out_channels", "coats", "signs",
                   "sign_seed", "freeze"});
  check_text(set, "name");
  check_number(set, "kernel_h", 1, 63);
  check_number(set, "kernel_w", 1, 63);
  check_number(set, "in_channels", 1, 8176);
  check_number(set, "out_channels", 1, 8176);
  check_number(set, "coats", 1, 7);
  const int coats = set["coats"].get<int>();
  require(coats == 1 || coats == 3 || coats == 7, "an impossible number of coats");
  require(set["signs"] == "random" || set["signs"] == "learned", "signs are random or learned");
  check_64_bits(set, "sign_seed");
  check_freeze(set["freeze"], coats);
}

inline void check_input_transform(const nlohmann::json& transform) {
  check_keys(transform, {"image_height", "image_width", "patch", "split", "mean", "deviation"});
  constexpr std::int64_t most = std::numeric_limits<std::int32_t>::max();
  for (const char* key : {"patch", "image_height", "image_width"}) check_number(transform, key, 1, most);
  const auto patch = transform["patch"].get<std::int64_t>();
  require(transform["image_height"].get<std::int64_t>() % patch == 0, "image_height is no multiple of patch");
  require(transform["image_width"].get<std::int64_t>() % patch == 0, "image_width is no multiple of patch");
  check_flag(transform, "split");
  const nlohmann::json& mean = list_at(transform, "mean");
  const nlohmann::json& deviation = list_at(transform, "deviation");
  require(mean.size() == deviation.size(), "mean and deviation differ in length");
  for (const nlohmann::json& value : mean) require(value.is_number(), "a mean is no number");
  for (const nlohmann::json& value : deviation) {
    require(value.is_number() && value.get<double>() > 0, "a deviation is not above 0");
  }
}

inline const nlohmann::json& set_of(const nlohmann::json& description, const nlohmann::json& conv) {
  return description["weights"][conv["weights"].get<std::size_t>()];
}

inline void check_activation(const nlohmann::json& layer) {
  check_flag(layer, "relu");
  check_flag(layer, "gelu");
  require(layer["relu"] == false || layer["gelu"] == false, "a layer has two activations");
}

inline void check_convolution(const nlohmann::json& description, const nlohmann::json& conv) {
  const nlohmann::json& tensors = description["tensors"];
  check_keys(conv,
             {"name", "weights", "input", "output", "residual", "stride", "pad", "relu", "gelu", "pooled"});
  check_text(conv, "name");
  check_index(conv, "weights", description["weights"]);
  check_index(conv, "input", tensors);
  check_number(conv, "output", -1, static_cast<std::int64_t>(tensors.size()) - 1);
  const bool makes_scores = conv["output"] == -1;
  check_number(conv, "stride", 1, 2);
  check_number(conv, "pad", 0, 15);
  check_activation(conv);
  require(!makes_scores || conv["gelu"] == false, "class scores have GELU");
  check_flag(conv, "pooled");
  if (!conv["residual"].is_null()) check_index(conv, "residual", tensors);
  if (!conv["residual"].is_null() && !makes_scores) {
    const nlohmann::json& added = tensors[conv["residual"].get<std::size_t>()];
    const nlohmann::json& output = tensors[conv["output"].get<std::size_t>()];
    for (const char* key : {"height", "width", "channels"}) {
      require(added[key] == output[key], "a residual has another shape than the output");
    }
  }
  if (conv["pooled"] == true) {
    const nlohmann::json& set = set_of(description, conv);
    require(set["kernel_h"] == 1 && set["kernel_w"] == 1 && conv["stride"] == 1 && conv["pad"] == 0,
            "a pooled convolution has a 1x1 kernel, stride 1 and pad 0");
    require(conv["gelu"] == false, "a pooled convolution has GELU");
  }
}

inline void check_pool(const nlohmann::json& description, const nlohmann::json& pool) {
  const nlohmann::json& tensors = description["tensors"];
  check_keys(pool, {"name", "input", "output", "kernel_h", "kernel_w", "stride", "pad"});
  check_text(pool, "name");
  check_index(pool, "input", tensors);
  check_index(pool, "output", tensors);
  check_number(pool, "kernel_h", 1, 63);
  check_number(pool, "kernel_w", 1, 63);
  check_number(pool, "stride", 1, 15);
  check_number(pool, "pad", 0, 15);
  require(pool["pad"] < pool["kernel_h"] && pool["pad"] < pool["kernel_w"],
          "a pool's pad is not below its kernel's sides");
  const nlohmann::json& input = tensors[pool["input"].get<std::size_t>()];
  const nlohmann::json& output = tensors[pool["output"].get<std::size_t>()];
  require(input["channels"] == output["channels"] && input["scale_exp"] == output["scale_exp"],
          "a pool changes the channels or the scale");
}

inline void check_elementwise(const nlohmann::json& description, const nlohmann::json& layer) {
  const nlohmann::json& tensors = description["tensors"];
  check_keys(layer, {"name", "input", "output", "residual", "relu", "gelu"});
  check_text(layer, "name");
  check_index(layer, "input", tensors);
  check_index(layer, "output", tensors);
  if (!layer["residual"].is_null()) check_index(layer, "residual", tensors);
  check_activation(layer);
  const nlohmann::json& input = tensors[layer["input"].get<std::size_t>()];
  const nlohmann::json& output = tensors[layer["output"].get<std::size_t>()];
  for (const char* key : {"height", "width", "channels"})
    require(input[key] == output[key], "an elementwise layer changes the shape");
}

inline void check_token_mix(const nlohmann::json& description, const nlohmann::json& layer) {
  const nlohmann::json& tensors = description["tensors"];
  check_keys(layer, {"name", "weights", "input", "output", "residual", "relu", "gelu"});
  check_text(layer, "name");
  check_index(layer, "weights", description["weights"]);
  check_index(layer, "input", tensors);
  check_index(layer, "output", tensors);
  check_activation(layer);
  const nlohmann::json& set = set_of(description, layer);
  const nlohmann::json& input = tensors[layer["input"].get<std::size_t>()];
  const nlohmann::json& output = tensors[layer["output"].get<std::size_t>()];
  const auto positions = [](const nlohmann::json& tensor) {
    return tensor["height"].get<int>() * tensor["width"].get<int>();
  };
  require(set["kernel_h"] == 1 && set["kernel_w"] == 1, "token mixing has a kernel");
  require(set["in_channels"] == positions(input) && set["out_channels"] == positions(output),
          "token mixing has weights of other positions than its tensors");
  require(input["channels"] == output["channels"], "token mixing changes the channels");
  if (layer["residual"].is_null()) return;
  check_index(layer, "residual", tensors);
  const nlohmann::json& added = tensors[layer["residual"].get<std::size_t>()];
  for (const char* key : {"height", "width", "channels"})
    require(added[key] == output[key], "a residual has another shape than the output");
}

inline void check_layer(const nlohmann::json& description, const nlohmann::json& layer) {
  if (layer.contains("token_mix")) {
    check_keys(layer, {"token_mix"});
    check_token_mix(description, layer["token_mix"]);
    return;
  }
  if (layer.contains("elementwise")) {
    check_keys(layer, {"elementwise"});
    check_elementwise(description, layer["elementwise"]);
    return;
  }
  if (layer.contains("pool")) {
    check_keys(layer, {"pool"});
    check_pool(description, layer["pool"]);
    return;
  }
  check_keys(layer, {"conv"});
  check_convolution(description, layer["conv"]);
}

inline void check_step(const nlohmann::json& description, const nlohmann::json& step) {
  if (!step.contains("loop")) return check_layer(description, step);
  check_keys(step, {"loop"});
  const nlohmann::json& loop = step["loop"];
  check_keys(loop, {"count", "body"});
  check_number(loop, "count", 1, 1000);
  require(!list_at(loop, "body").empty(), "a loop has no body");
  for (const nlohmann::json& layer : loop["body"]) check_layer(description, layer);
}

inline void check_description(const nlohmann::json& description) {
  check_keys(description, {"name", "dataset", "seed", "classes", "input_transform", "input", "tensors",
                           "weights", "steps", "dense_unfolded_parameters"});
  check_text(description, "name");
  check_text(description, "dataset");
  check_64_bits(description, "seed");
  check_64_bits(description, "dense_unfolded_parameters");
  check_number(description, "classes", 1, 8176);
  check_input_transform(description["input_transform"]);
  for (const nlohmann::json& tensor : list_at(description, "tensors")) check_tensor(tensor);
  check_index(description, "input", description["tensors"]);
  for (const nlohmann::json& set : list_at(description, "weights")) check_weight_set(set);
  for (const nlohmann::json& step : list_at(description, "steps")) check_step(description, step);
  require(!description["steps"].empty() && description["steps"].back().contains("conv"),
          "the last step is no convolution");
  const nlohmann::json& last = description["steps"].back()["conv"];
  require(last["output"] == -1, "the last step does not make the class scores");
  require(set_of(description, last)["out_channels"] == description["classes"],
          "the last step makes other classes");
}

inline Bytes expand(const Bytes& stream) {
  Bytes expanded(std::size_t{4} << 20);
  uLongf expanded_size = expanded.size();
  uLong stream_size = stream.size();
  const int result = uncompress2(expanded.data(), &expanded_size, stream.data(), &stream_size);
  require(result == Z_OK, "not a zlib stream of at most 4 MiB");
  require(stream_size == stream.size(), "bytes are left over after the zlib stream");
  expanded.resize(expanded_size);
  return expanded;
}

inline nlohmann::json read_description(const Bytes& section) {
  nlohmann::json description;
  try {
    description = nlohmann::json::parse(expand(section));
  } catch (const nlohmann::json::exception& error) {
    throw std::runtime_error(error.what());
  }
  check_description(description);
  return description;
}

// The lengths of all gamma and beta vectors, in the order of the file.
inline std::vector<std::size_t> norm_vectors(const nlohmann::json& description) {
  std::vector<std::size_t> lengths;
  const auto add = [&](const nlohmann::json& layer, int iterations) {
    if (layer.contains("pool")) return;
    const auto of_input = [&](const nlohmann::json& fields) {
      return description["tensors"][fields["input"].get<std::size_t>()]["channels"].get<std::size_t>();
    };
    const auto channels = layer.contains("conv")
                              ? set_of(description, layer["conv"])["out_channels"].get<std::size_t>()
                              : of_input(layer.begin().value());
    for (int i = 0; i < 2 * iterations; ++i) lengths.push_back(channels);
  };
  for (const nlohmann::json& step : description["steps"]) {
    if (!step.contains("loop")) {
      add(step, 1);
    } else {
      for (const nlohmann::json& layer : step["loop"]["body"]) add(layer, step["loop"]["count"].get<int>());
    }
  }
  return lengths;
}

inline std::vector<std::uint16_t> read_norms(const Bytes& section, const std::vector<std::size_t>& vectors) {
  std::size_t count = 0;
  for (const std::size_t length : vectors) count += length;
  require(section.size() == 2 * count, "another number of norms");
  std::vector<std::uint16_t> norms;
  for (std::size_t i = 0; i < count; ++i) {
    norms.push_back(static_cast<std::uint16_t>(little_endian(section, 2 * i, 2)));
    require((norms.back() & 0x7c00) != 0x7c00, "a norm is infinite or NaN");
  }
  return norms;
}

inline double fp8_value(int code) {
  const int exponent = (code >> 3) & 15;
  const int fraction = code & 7;
  const double magnitude = exponent == 0 ? std::ldexp(fraction, -9) : std::ldexp(8 + fraction, exponent - 10);
  return code >= 128 ? -magnitude : magnitude;
}

// Of a value that is an FP16 number: there is nothing to round.
inline std::uint16_t fp16_bits(double value) {
  const int sign = std::signbit(value) ? 0x8000 : 0;
  const double magnitude = std::fabs(value);
  if (magnitude < std::ldexp(1.0, -14))
    return static_cast<std::uint16_t>(sign + static_cast<int>(magnitude * 0x1p24));
  const int exponent = std::ilogb(magnitude);
  const int fraction = static_cast<int>(std::ldexp(magnitude, 10 - exponent)) - 1024;
  return static_cast<std::uint16_t>(sign + (exponent + 15) * 1024 + fraction);
}

inline std::vector<std::uint16_t> read_norms8(const Bytes& section, const std::vector<std::size_t>& vectors) {
  BitReader in(section);
  std::vector<std::uint16_t> norms;
  for (const std::size_t length : vectors) {
    const int byte = in.byte();
    const int e = byte < 128 ? byte : byte - 256;
    require(e >= -15 && e <= 7, "the exponent of norms is outside of -15 to 7");
    for (std::size_t i = 0; i < length; ++i) {
      const int code = in.byte();
      require(code != 0x7f && code != 0xff && code != 0x80, "a norm is NaN or -0");
      norms.push_back(fp16_bits(std::ldexp(fp8_value(code), e)));
    }
  }
  in.finish();
  return norms;
}

}  // namespace wd::stream::plain
