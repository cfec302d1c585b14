// SPDX-License-Identifier: Apache-2.0
#include <set>

#include "algo/reservoir/reca.hpp"
#include "base/error.hpp"
#include "base/files.hpp"
#include "base/json.hpp"

namespace wd::algo {
namespace {

using nlohmann::json;

/// An enumeration's names in the order of its values.
template <typename Enum>
struct Names;
template <>
struct Names<PixelCode> {
  static constexpr const char* all[] = {"threshold", "binary", "gray", "thermometer"};
};
template <>
struct Names<Evolution> {
  static constexpr const char* all[] = {"rows", "columns", "additive", "totalistic"};
};
template <>
struct Names<Boundary> {
  static constexpr const char* all[] = {"zero", "periodic"};
};
template <>
struct Names<SplitCriterion> {
  static constexpr const char* all[] = {"gini", "entropy"};
};
template <>
struct Names<Voting> {
  static constexpr const char* all[] = {"soft", "majority"};
};

template <typename Enum>
const char* name_of(Enum value) {
  return Names<Enum>::all[static_cast<std::size_t>(value)];
}

template <typename Enum>
void read_name(JsonReader& reader, const char* key, Enum& value) {
  if (!reader.has(key)) return;
  value = static_cast<Enum>(reader.get_word(key, {std::begin(Names<Enum>::all), std::end(Names<Enum>::all)}));
}

void read_encoding(const json& value, const std::string& origin, EncodingConfig& encoding) {
  JsonReader reader(value, origin + ": encoding");
  read_name(reader, "code", encoding.code);
  if (encoding.code == PixelCode::threshold) {
    encoding.planes = 1;
    reader.read_between("level", 1, 255, encoding.level);
  } else {
    reader.read_between("planes", 1, encoding.code == PixelCode::thermometer ? max_planes : 8,
                        encoding.planes);
  }
  reader.refuse_unknown();
}

constexpr std::pair<const char*, unsigned> cell_names[] = {
    {"centre", centre}, {"north", north}, {"west", west}, {"east", east}, {"south", south}};

void read_cells(JsonReader& reader, unsigned& cells) {
  if (!reader.has("cells")) return;
  cells = 0;
  for (const auto& name : reader.get<std::vector<std::string>>("cells")) {
    unsigned found = 0;
    for (const auto& [known, cell] : cell_names)
      if (name == known) found = cell;
    WD_REQUIRE(found != 0 && !(cells & found), reader.origin(), ": 'cells' holds '", name,
               "', must be different ones of centre, north, west, east, south");
    cells |= found;
  }
  WD_REQUIRE(cells != 0, reader.origin(),
             ": 'cells' is empty; name at least one of centre, north, west, "
             "east, south");
}

std::vector<Automaton> read_automata(const json& value, const std::string& origin) {
  WD_REQUIRE(value.is_array() && !value.empty() && value.size() <= 8, origin,
             ": 'automata' must be a list of 1 to 8 automata");
  std::vector<Automaton> automata;
  for (const json& item : value) {
    JsonReader reader(item, text(origin, ": automata[", automata.size(), "]"));
    Automaton automaton;
    WD_REQUIRE(reader.has("evolution"), reader.origin(), ": key 'evolution' is missing");
    read_name(reader, "evolution", automaton.evolution);
    switch (automaton.evolution) {
      case Evolution::rows:
      case Evolution::columns:
        reader.read_between("rule", 0u, 255u, automaton.rule);
        break;
      case Evolution::additive:
        read_cells(reader, automaton.cells);
        break;
      case Evolution::totalistic:
        if (reader.has("rule"))
          parse_born_survive(reader.get<std::string>("rule"), reader.origin() + ": 'rule'", automaton);
        break;
    }
    reader.refuse_unknown();
    automata.push_back(automaton);
  }
  return automata;
}

void read_forest_config(const json& value, const std::string& origin, ForestConfig& forest) {
  JsonReader reader(value, origin + ": forest");
  reader.read_between("trees", 1, 10000, forest.trees);
  reader.read_between("features_per_node", 0, 1 << 30, forest.features_per_node);
  read_name(reader, "criterion", forest.criterion);
  reader.read_between("max_depth", 0, 1 << 30, forest.max_depth);
  reader.read_between("min_leaf", 1, 1 << 30, forest.min_leaf);
  read_name(reader, "voting", forest.voting);
  reader.refuse_unknown();
}

void read_linear_config(const json& value, const std::string& origin, LinearConfig& linear) {
  JsonReader reader(value, origin + ": linear");
  reader.read_between("epochs", 0, 10000, linear.epochs);
  reader.read_between("batch", 1, 65536, linear.batch);
  reader.read_between("lr", 1e-6, 1e6, linear.lr);
  reader.read_between("weight_decay", 0.0, 1.0, linear.weight_decay);
  reader.refuse_unknown();
}

std::vector<std::uint64_t> read_seeds(JsonReader& reader) {
  const json& value = reader.child("seeds");
  WD_REQUIRE(value.is_array() && !value.empty() && value.size() <= 1000, reader.origin(),
             ": 'seeds' must be a list of 1 to 1000 whole numbers");
  std::vector<std::uint64_t> seeds;
  for (const json& seed : value) {
    WD_REQUIRE(seed.is_number_unsigned() && seed.get<std::uint64_t>() >= 1, reader.origin(),
               ": 'seeds' holds ", shown(seed), ", must be whole numbers from 1");
    seeds.push_back(seed.get<std::uint64_t>());
  }
  WD_REQUIRE(std::set(seeds.begin(), seeds.end()).size() == seeds.size(), reader.origin(),
             ": 'seeds' names one twice");
  return seeds;
}

json to_json(const Automaton& automaton) {
  json out{{"evolution", name_of(automaton.evolution)}};
  switch (automaton.evolution) {
    case Evolution::rows:
    case Evolution::columns:
      out["rule"] = automaton.rule;
      break;
    case Evolution::additive:
      out["cells"] = json::array();
      for (const auto& [name, cell] : cell_names)
        if (automaton.cells & cell) out["cells"].push_back(name);
      break;
    case Evolution::totalistic:
      out["rule"] = born_survive_text(automaton);
      break;
  }
  return out;
}

}  // namespace

RecaConfig reca_config() { return {}; }

RecaConfig quick_reca_config() {
  RecaConfig config;
  config.name = "reca_fmnist_quick";
  config.seeds = {1};
  config.train_images = 10000;
  config.test_images = 2000;
  config.forest.trees = 30;
  config.linear.epochs = 3;
  return config;
}

RecaConfig reca_config_from_json(const json& value, const std::string& origin) {
  RecaConfig config;
  JsonReader reader(value, origin);
  config.name = reader.get("name", config.name);
  const std::vector<std::string> datasets{"fashion-mnist", "mnist"};
  if (reader.has("dataset")) config.dataset = datasets[reader.get_word("dataset", datasets)];
  if (reader.has("seeds")) config.seeds = read_seeds(reader);
  if (reader.has("encoding")) read_encoding(reader.child("encoding"), origin, config.reservoir.encoding);
  if (reader.has("automata")) config.reservoir.automata = read_automata(reader.child("automata"), origin);
  read_name(reader, "boundary", config.reservoir.boundary);
  reader.read_between("steps", 1, 64, config.reservoir.steps);
  if (reader.has("forest")) read_forest_config(reader.child("forest"), origin, config.forest);
  if (reader.has("linear")) read_linear_config(reader.child("linear"), origin, config.linear);
  config.train_images = reader.get("train_images", config.train_images);
  config.test_images = reader.get("test_images", config.test_images);
  reader.read_between("validation_fraction", 0.0, 0.9, config.validation_fraction);
  reader.refuse_unknown();
  WD_REQUIRE(config.validation_fraction == 0 || config.test_images == 0, origin,
             ": 'validation_fraction' and 'test_images' exclude each other; give one");
  return config;
}

RecaConfig load_reca_config(const std::filesystem::path& path) {
  return reca_config_from_json(parse_json(read_file(path), path.string() + ":"), path.string());
}

json to_json(const RecaConfig& config) {
  json encoding{{"code", name_of(config.reservoir.encoding.code)}};
  if (config.reservoir.encoding.code == PixelCode::threshold)
    encoding["level"] = config.reservoir.encoding.level;
  else
    encoding["planes"] = config.reservoir.encoding.planes;
  json automata = json::array();
  for (const Automaton& automaton : config.reservoir.automata) automata.push_back(to_json(automaton));
  return {{"name", config.name},
          {"dataset", config.dataset},
          {"seeds", config.seeds},
          {"encoding", encoding},
          {"automata", automata},
          {"boundary", name_of(config.reservoir.boundary)},
          {"steps", config.reservoir.steps},
          {"forest",
           {{"trees", config.forest.trees},
            {"features_per_node", config.forest.features_per_node},
            {"criterion", name_of(config.forest.criterion)},
            {"max_depth", config.forest.max_depth},
            {"min_leaf", config.forest.min_leaf},
            {"voting", name_of(config.forest.voting)}}},
          {"linear",
           {{"epochs", config.linear.epochs},
            {"batch", config.linear.batch},
            {"lr", config.linear.lr},
            {"weight_decay", config.linear.weight_decay}}},
          {"train_images", config.train_images},
          {"test_images", config.test_images},
          {"validation_fraction", config.validation_fraction}};
}

}  // namespace wd::algo
