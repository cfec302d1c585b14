// SPDX-License-Identifier: Apache-2.0
#include "flow/study_trainings.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace wd::flow {
namespace {

using nlohmann::json;

/// Endings of what studies write beside their variants' folders.
constexpr const char* file_endings[] = {".json", ".csv",  ".html",    ".svg",
                                        ".kept", ".lock", ".partial", ".study"};

}  // namespace

void require_folder_name(const std::string& name, const std::string& origin) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
  };
  WD_REQUIRE(
      !name.empty() && name.size() <= 100 && name[0] != '.' && std::all_of(name.begin(), name.end(), allowed),
      origin, ": 'variants' has the name ", shown(name),
      ", which is to be a folder's; use 1 to 100 letters, digits, '_', '-' and '.', with no '.' first");
  for (const char* ending : file_endings)
    WD_REQUIRE(!name.ends_with(ending), origin, ": 'variants' has the name ", shown(name),
               ", which is to be a folder's, but the study's own files end with ", ending,
               "; leave that out");
}

std::string read_name(JsonReader& reader) {
  constexpr std::size_t longest = 100;
  auto name = reader.get<std::string>("name");
  const bool is_line = std::none_of(name.begin(), name.end(),
                                    [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 127; });
  WD_REQUIRE(is_line && name.find_first_not_of(' ') != std::string::npos && name.size() <= longest,
             reader.origin(), ": 'name' is ", shown(nlohmann::json(name)), ", must be a line of 1 to ",
             longest, " bytes");
  return name;
}

std::vector<std::uint64_t> read_seeds(JsonReader& reader) {
  const auto seeds = reader.get<std::vector<std::uint64_t>>("seeds");
  WD_REQUIRE(!seeds.empty(), reader.origin(), ": 'seeds' is empty; give at least one");
  for (std::uint64_t seed : seeds) {
    WD_REQUIRE(seed >= 1, reader.origin(), ": 'seeds' holds ", seed, ", must be whole numbers from 1");
    WD_REQUIRE(std::count(seeds.begin(), seeds.end(), seed) == 1, reader.origin(), ": 'seeds' names ", seed,
               " twice; the same training again says nothing about chance");
  }
  return seeds;
}

void require_same_data(const std::vector<NamedConfig>& configs, const std::string& origin) {
  const algo::TrainConfig& first = configs.front().config;
  for (const auto& [name, config] : configs) {
    const std::string where = origin + ": " + name;
    WD_REQUIRE(config.dataset == first.dataset, where, ": 'dataset' is ", config.dataset,
               ", the first variant's ", first.dataset, "; make it a study of its own");
    WD_REQUIRE(config.image_size == first.image_size, where, ": 'image_size' is ", config.image_size,
               ", the first variant's ", first.image_size, "; make it a study of its own");
  }
}

json content_of(const algo::TrainConfig& config) {
  json value = algo::to_json(config);
  value.erase("name");
  value.erase("seed");
  return value;
}

void require_different(const std::vector<NamedConfig>& configs, const std::string& origin) {
  for (std::size_t v = 0; v < configs.size(); ++v)
    for (std::size_t other = 0; other < v; ++other)
      WD_REQUIRE(content_of(configs[v].config) != content_of(configs[other].config), origin, ": variants '",
                 configs[other].name, "' and '", configs[v].name,
                 "' are the same training; leave one out, or give it a difference");
}

algo::TrainConfig seeded(algo::TrainConfig config, std::uint64_t seed) {
  config.seed = seed;
  return config;
}

std::filesystem::path seed_folder(const std::filesystem::path& out, const std::string& variant,
                                  std::uint64_t seed) {
  return out / variant / text("seed_", seed);
}

}  // namespace wd::flow
