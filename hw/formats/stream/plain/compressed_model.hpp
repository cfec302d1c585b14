// SPDX-License-Identifier: Apache-2.0
// The whole file.
// Of the second decoder of compressed models, which was written from docs/formats.md alone, for tests: plain and slow,
// one bit at a time. It shares no code with the first one, so that the two can only agree on what the page says.
#pragma once

#include <zlib.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "hw/formats/stream/plain/description.hpp"

namespace wd::stream::plain {

struct WeightSet {
  std::string name;
  int coats = 0;
  bool learned_signs = false;
  std::vector<int> levels;
  std::vector<int> signs;  // of learned signs only: 1 = negative, 0 where the level is 0
};

struct Model {
  nlohmann::json description;
  std::vector<std::uint16_t> norms;  // FP16 bits in the page's order, also when the file has norms8
  std::vector<WeightSet> weights;
};

inline std::uint64_t weights_per_channel(const nlohmann::json& set) {
  return set["kernel_h"].get<std::uint64_t>() * set["kernel_w"].get<std::uint64_t>() *
         set["in_channels"].get<std::uint64_t>();
}

inline std::uint64_t weight_count(const nlohmann::json& set) {
  return weights_per_channel(set) * set["out_channels"].get<std::uint64_t>();
}

inline void check_weight_count(const nlohmann::json& description, std::size_t file_bytes) {
  const std::uint64_t most = (std::uint64_t{1} << 26) + 256 * std::uint64_t{file_bytes};
  std::uint64_t count = 0;
  for (const nlohmann::json& set : description["weights"]) {
    count += weight_count(set);
    require(count <= most, "too many weights for a file of this size");
  }
}

inline std::vector<Fate> fates_of_weights(const nlohmann::json& set) {
  std::vector<Fate> fates(weight_count(set), Fate::free);
  const nlohmann::json& entry = set["freeze"];
  if (entry.is_null()) return fates;
  const Freeze freeze{entry["seed"], entry["pruned"], entry["locked"]};
  for (std::size_t k = 0; k < fates.size(); ++k) fates[k] = fate_of_weight(freeze, k);
  return fates;
}

inline std::vector<std::size_t> count_stream_weights(const std::vector<Fate>& fates,
                                                     const nlohmann::json& set) {
  const auto channels = set["out_channels"].get<std::size_t>();
  const std::size_t weights_per_stream = 64 * weights_per_channel(set);
  std::vector<std::size_t> counts((channels + 63) / 64, 0);
  for (std::size_t k = 0; k < fates.size(); ++k) {
    if (fates[k] == Fate::free) ++counts[k / weights_per_stream];
  }
  return counts;
}

inline std::size_t count_fate(const std::vector<Fate>& fates, Fate wanted) {
  std::size_t count = 0;
  for (const Fate fate : fates) count += fate == wanted ? 1 : 0;
  return count;
}

inline std::vector<int> read_locked_signs(const Bytes& section, std::size_t count) {
  BitReader in(section);
  std::vector<int> signs;
  for (std::size_t i = 0; i < count; ++i) signs.push_back(in.bit());
  in.finish();
  return signs;
}

inline WeightSet read_weight_set(std::map<std::string, Bytes>& sections, const nlohmann::json& set,
                                 std::size_t number, const Bytes& tables) {
  WeightSet result;
  result.name = set["name"].get<std::string>();
  result.coats = set["coats"].get<int>();
  result.learned_signs = set["signs"] == "learned";

  const std::vector<Fate> fates = fates_of_weights(set);
  const Bytes code = take_section(sections, "weights." + std::to_string(number));
  require(count_fate(fates, Fate::free) > 0 || code.empty(), "there are no free weights but a weight code");
  const auto [levels, signs] =
      read_weight_code(code, {result.coats, result.learned_signs}, count_stream_weights(fates, set), tables);
  std::vector<int> locked_signs;
  const std::size_t locked = count_fate(fates, Fate::locked);
  if (result.learned_signs && locked > 0) {
    locked_signs = read_locked_signs(take_section(sections, "locked." + std::to_string(number)), locked);
  }

  const int locked_level = locked > 0 ? set["freeze"]["level"].get<int>() : 0;
  std::size_t next_free = 0;
  std::size_t next_locked = 0;
  for (const Fate fate : fates) {
    int level = 0;
    int sign = 0;
    if (fate == Fate::free) {
      level = levels[next_free];
      if (result.learned_signs) sign = signs[next_free];
      ++next_free;
    } else if (fate == Fate::locked) {
      level = locked_level;
      if (result.learned_signs) sign = locked_signs[next_locked];
      ++next_locked;
    }
    result.levels.push_back(level);
    if (result.learned_signs) result.signs.push_back(sign);
  }
  return result;
}

inline bool uses_shared_table(const std::map<std::string, Bytes>& sections) {
  for (const auto& [name, bytes] : sections) {
    if (name.starts_with("weights.") && !bytes.empty() && bytes[0] == static_cast<int>(Mode::huffman_shared))
      return true;
  }
  return false;
}

template <class Read>
auto in_section(const std::string& name, Read read) {
  try {
    return read();
  } catch (const std::exception& error) {
    throw std::runtime_error(name + ": " + error.what());
  }
}

// Throws std::runtime_error for everything that the page does not allow.
inline Model read_compressed(const Bytes& file) {
  auto sections = in_section("container", [&] { return read_container(file, "WDZ1", 5); });

  Model model;
  model.description = in_section("network", [&] {
    nlohmann::json description = read_description(take_section(sections, "network"));
    check_weight_count(description, file.size());
    return description;
  });

  const std::string norms = sections.contains("norms8") ? "norms8" : "norms";
  model.norms = in_section(norms, [&] {
    const Bytes section = take_section(sections, norms);
    const std::vector<std::size_t> vectors = norm_vectors(model.description);
    return norms == "norms8" ? read_norms8(section, vectors) : read_norms(section, vectors);
  });

  Bytes tables;
  if (sections.contains("tables")) {
    in_section("tables", [&] { require(uses_shared_table(sections), "no weight set uses a shared table"); });
    tables = take_section(sections, "tables");
  }
  const nlohmann::json& sets = model.description["weights"];
  for (std::size_t i = 0; i < sets.size(); ++i) {
    model.weights.push_back(in_section("weight set " + std::to_string(i),
                                       [&] { return read_weight_set(sections, sets[i], i, tables); }));
  }
  if (!sections.empty()) throw std::runtime_error(sections.begin()->first + ": no such section is allowed");
  return model;
}

}  // namespace wd::stream::plain
