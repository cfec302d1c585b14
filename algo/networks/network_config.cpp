// SPDX-License-Identifier: Apache-2.0
#include "algo/networks/network_config.hpp"

#include <algorithm>

#include "base/json.hpp"

namespace wd::algo {
namespace {

using nlohmann::json;

constexpr int max_channels = 4096;

/// A word out of a table of (name, value).
template <typename T>
struct Word {
  const char* name;
  T value;
};

constexpr Word<NetworkKind> kinds[] = {{"mlp", NetworkKind::mlp},
                                       {"conv", NetworkKind::conv},
                                       {"resnet", NetworkKind::resnet},
                                       {"res_mlp", NetworkKind::res_mlp},
                                       {"mixer", NetworkKind::mixer}};
constexpr Word<BlockKind> blocks[] = {{"basic", BlockKind::basic}, {"bottleneck", BlockKind::bottleneck}};
constexpr Word<AffineScope> affines[] = {
    {"none", AffineScope::none}, {"folds", AffineScope::folds}, {"all", AffineScope::all}};

template <typename T, std::size_t N>
T read_word(JsonReader& reader, const char* key, const Word<T> (&words)[N]) {
  std::vector<std::string> names;
  for (const Word<T>& word : words) names.emplace_back(word.name);
  return words[reader.get_word(key, names)].value;
}

template <typename T, std::size_t N>
const char* name_of(T value, const Word<T> (&words)[N]) {
  for (const Word<T>& word : words)
    if (word.value == value) return word.name;
  return "";
}

/// Of a preset: whether it is the one for images of ImageNet's size.
bool read_form(JsonReader& reader) {
  return reader.has("form") && reader.get_word("form", {"cifar", "imagenet"}) == 1;
}

StemConfig read_stem(const json& value, const std::string& origin) {
  JsonReader reader(value, origin + ": stem");
  StemConfig stem;
  reader.read_between("kernel", 1, 15, stem.kernel);
  reader.read_between("stride", 1, 2, stem.stride);
  reader.read_between("channels", 1, max_channels, stem.channels);
  stem.max_pool = reader.get("max_pool", stem.max_pool);
  reader.refuse_unknown();
  WD_REQUIRE(stem.kernel % 2 == 1, reader.origin(), ": 'kernel' is ", stem.kernel, ", must be odd");
  return stem;
}

std::vector<StageConfig> read_stages(const json& value, const std::string& origin) {
  WD_REQUIRE(value.is_array() && !value.empty() && value.size() <= 8, origin,
             ": 'stages' must be a list of 1 to 8 stages");
  std::vector<StageConfig> stages;
  for (const json& item : value) {
    JsonReader reader(item, text(origin, ": stages[", stages.size(), "]"));
    StageConfig stage;
    stage.channels = reader.get_between("channels", 1, max_channels);
    stage.blocks = reader.get_between("blocks", 1, 64);
    stage.stride = reader.get_between("stride", 1, 2);
    stage.folded = reader.get("folded", false);
    reader.refuse_unknown();
    WD_REQUIRE(!stage.folded || stage.blocks > 1, reader.origin(),
               ": 'blocks' is 1, a folded stage needs at least 2");
    stages.push_back(stage);
  }
  return stages;
}

void read_resnet(JsonReader& reader, NetworkConfig& config) {
  if (reader.has("preset")) {
    const std::string preset = resnet_presets()[reader.get_word("preset", resnet_presets())];
    const bool imagenet = read_form(reader);
    const std::vector<int> folded =
        reader.has("fold") ? reader.get_all_between("fold", 1, 8) : std::vector<int>{};
    for (const char* key : {"block", "stages", "bottleneck_width"})
      WD_REQUIRE(!reader.has(key), reader.origin(), ": '", key,
                 "' cannot be given with 'preset'; leave one out");
    NetworkConfig preset_config = resnet_preset(preset, imagenet, folded, reader.origin());
    preset_config.always_project = config.always_project;
    config = preset_config;
  } else {
    if (reader.has("block")) config.block = read_word(reader, "block", blocks);
    reader.read_between("bottleneck_width", 1, 4, config.bottleneck_width);
    config.stages = read_stages(reader.child("stages"), reader.origin());
  }
  if (reader.has("stem")) config.stem = read_stem(reader.child("stem"), reader.origin());
  config.always_project = reader.get("always_project", config.always_project);
}

std::vector<StageConfig> read_conv_stages(const json& value, const std::string& origin) {
  WD_REQUIRE(value.is_array() && !value.empty() && value.size() <= 8, origin,
             ": 'stages' must be a list of 1 to 8 stages");
  std::vector<StageConfig> stages;
  for (const json& item : value) {
    JsonReader reader(item, text(origin, ": stages[", stages.size(), "]"));
    StageConfig stage;
    stage.channels = reader.get_between("channels", 1, max_channels);
    stage.blocks = reader.get_between("layers", 1, 64);
    reader.refuse_unknown();
    stages.push_back(stage);
  }
  return stages;
}

void read_conv(JsonReader& reader, NetworkConfig& config) {
  const bool preset = reader.has("preset"), stages = reader.has("stages");
  for (const char* key : {"depth", "stages", "hidden"})
    WD_REQUIRE(!preset || !reader.has(key), reader.origin(), ": '", key,
               "' cannot be given with 'preset'; leave one out");
  WD_REQUIRE(!stages || !reader.has("depth"), reader.origin(),
             ": 'depth' cannot be given with 'stages'; leave one out");
  if (preset) {
    const std::string name = conv_presets()[reader.get_word("preset", conv_presets())];
    const bool imagenet = read_form(reader);
    config = conv_preset(name, imagenet, reader.origin());
  } else if (stages) {
    config.depth = 0;
    config.stages = read_conv_stages(reader.child("stages"), reader.origin());
    config.hidden =
        reader.has("hidden") ? reader.get_all_between("hidden", 1, max_channels) : std::vector<int>{};
    config.norm = false;
  } else {
    reader.read_between("depth", 2, 8, config.depth);
    WD_REQUIRE(config.depth % 2 == 0, reader.origin(), ": 'depth' is ", config.depth,
               ", must be 2, 4, 6 or 8");
    set_conv_depth(config, config.depth);
    config.norm = false;
  }
  reader.read_between("width", 0.0625, 4.0, config.width);
  config.norm = reader.get("norm", config.norm);
}

void read_token_mlp(JsonReader& reader, NetworkConfig& config) {
  const bool mixer = config.kind == NetworkKind::mixer;
  reader.read_between("dim", 1, max_channels, config.dim);
  config.channel_dim = 4 * config.dim;
  reader.read_between("channel_dim", 1, 4 * max_channels, config.channel_dim);
  reader.read_between("depth", 1, 64, config.depth);
  reader.read_between("folds", 0, 64, config.folds);
  config.gelu = reader.get("gelu", config.gelu);
  const std::vector<std::string> norms{mixer ? "layer" : "affine", "batch"};
  config.mlp_norm = norms[reader.has("norm") ? reader.get_word("norm", norms) : 0];
  if (mixer) reader.read_between("token_dim", 1, max_channels, config.token_dim);
  if (!mixer) reader.read_between("layer_scale", 1e-8, 10.0, config.layer_scale);
  WD_REQUIRE(config.folds == 0 || config.depth % config.folds == 0, reader.origin(), ": 'folds' is ",
             config.folds, ", must divide 'depth' (", config.depth, ")");
}

}  // namespace

NetworkConfig network_from_json(const json& value, const std::string& origin) {
  JsonReader reader(value, origin + ": network");
  NetworkConfig config;
  config.kind = read_word(reader, "kind", kinds);
  switch (config.kind) {
    case NetworkKind::mlp:
      if (reader.has("hidden")) config.hidden = reader.get_all_between("hidden", 1, max_channels);
      config.norm = reader.get("norm", config.norm);
      break;
    case NetworkKind::conv:
      read_conv(reader, config);
      break;
    case NetworkKind::resnet:
      read_resnet(reader, config);
      break;
    case NetworkKind::res_mlp:
    case NetworkKind::mixer:
      read_token_mlp(reader, config);
      break;
  }
  if (config.kind != NetworkKind::mlp) reader.read_between("patch", 1, 32, config.patch);
  config.split_pixels = reader.get("split_pixels", false);
  if (reader.has("affine")) config.affine = read_word(reader, "affine", affines);
  config.shared_norm = reader.get("shared_norm", false);
  reader.refuse_unknown();
  return config;
}

json to_json(const NetworkConfig& c) {
  json result{{"kind", name_of(c.kind, kinds)},
              {"split_pixels", c.split_pixels},
              {"affine", name_of(c.affine, affines)},
              {"shared_norm", c.shared_norm}};
  if (c.kind != NetworkKind::mlp) result["patch"] = c.patch;
  if (c.kind == NetworkKind::mlp) result.update({{"hidden", c.hidden}, {"norm", c.norm}});
  if (c.kind == NetworkKind::conv) {
    result.update({{"width", c.width}, {"norm", c.norm}});
    if (c.depth > 0) {
      result["depth"] = c.depth;
    } else {
      json stages = json::array();
      for (const StageConfig& s : c.stages)
        stages.push_back({{"channels", s.channels}, {"layers", s.blocks}});
      result.update({{"stages", stages}, {"hidden", c.hidden}});
    }
  }
  if (c.kind == NetworkKind::res_mlp || c.kind == NetworkKind::mixer)
    result.update({{"dim", c.dim},
                   {"channel_dim", c.channel_dim},
                   {"depth", c.depth},
                   {"folds", c.folds},
                   {"gelu", c.gelu},
                   {"norm", c.mlp_norm}});
  if (c.kind == NetworkKind::mixer) result["token_dim"] = c.token_dim;
  if (c.kind == NetworkKind::res_mlp) result["layer_scale"] = c.layer_scale;
  if (c.kind == NetworkKind::resnet) {
    json stages = json::array();
    for (const StageConfig& s : c.stages)
      stages.push_back(
          {{"channels", s.channels}, {"blocks", s.blocks}, {"stride", s.stride}, {"folded", s.folded}});
    const StemConfig& stem = c.stem;
    result.update({{"block", name_of(c.block, blocks)},
                   {"bottleneck_width", c.bottleneck_width},
                   {"stem",
                    {{"kernel", stem.kernel},
                     {"stride", stem.stride},
                     {"channels", stem.channels},
                     {"max_pool", stem.max_pool}}},
                   {"stages", stages},
                   {"always_project", c.always_project}});
  }
  return result;
}

}  // namespace wd::algo
