// SPDX-License-Identifier: Apache-2.0
// Seeds of the formats that are ours.
#include <nlohmann/json.hpp>

#include "algo/reservoir/random_forest.hpp"
#include "base/error.hpp"
#include "compiler/compile.hpp"
#include "hw/formats/model/random_network.hpp"
#include "hw/formats/program/input_tensor.hpp"
#include "hw/formats/program/program.hpp"
#include "hw/formats/program/program_text.hpp"
#include "hw/formats/stream/chip_weights.hpp"
#include "hw/formats/stream/compressed_model.hpp"
#include "hw/formats/stream/norm_code.hpp"
#include "hw/formats/stream/sample_network.hpp"
#include "hw/formats/stream/tans.hpp"
#include "sim/fast/fast_engine.hpp"
#include "sim/fast/recording.hpp"
#include "sim/power_shipped.hpp"
#include "testbench/fuzz/sections.hpp"
#include "testbench/fuzz/seeds.hpp"

namespace wd::fuzz {
namespace {

using stream::CodeMode;
using stream::WeightKinds;

struct Layer {
  std::vector<std::uint8_t> levels, signs;
};

Layer random_layer(std::size_t count, const WeightKinds& kinds, unsigned percent) {
  std::mt19937 random(static_cast<std::uint32_t>(count) + percent);
  Layer layer;
  for (std::size_t i = 0; i < count; ++i) {
    layer.levels.push_back(random() % 100 < percent
                               ? static_cast<std::uint8_t>(1 + random() % static_cast<unsigned>(kinds.coats))
                               : std::uint8_t{0});
    if (kinds.has_signs) layer.signs.push_back(layer.levels.back() == 0 ? 0 : random() & 1);
  }
  return layer;
}

stream::TokenHistogram histogram_of(const Layer& layer, int coats) {
  const std::vector<std::size_t> streams{layer.levels.size()};
  return stream::layer_histogram(layer.levels, layer.signs, coats, streams).histogram;
}

constexpr WeightKinds all_kinds[] = {{1, false}, {3, false}, {7, false}, {1, true}, {3, true}, {7, true}};

}  // namespace

stream::CodeTable sample_table(const WeightKinds& kinds) {
  return stream::best_table(histogram_of(random_layer(4000, kinds, 30), kinds.coats), kinds);
}

std::vector<Bytes> container_seeds() {
  Container container(test_kind);
  std::vector<Bytes> seeds{container.serialize()};
  container.set_json("meta", {{"answer", 42}});
  seeds.push_back(container.serialize());
  container.set_array<std::uint16_t>("words", {1, 2, 3});
  container.set("a.name.of.24.characters.", Bytes(9, 1));
  container.set("empty", {});
  seeds.push_back(container.serialize());
  return seeds;
}

std::vector<Bytes> code_table_seeds() {
  std::vector<Bytes> seeds;
  for (const WeightKinds& kinds : all_kinds)
    for (const bool tans : {false, true}) {
      const stream::TokenHistogram histogram = histogram_of(random_layer(4000, kinds, 30), kinds.coats);
      Bytes seed{static_cast<std::uint8_t>((kinds.coats - 1) | (kinds.has_signs ? 8 : 0) | (tans ? 16 : 0))};
      if (tans)
        stream::best_tans(histogram, kinds).write(seed);
      else
        stream::best_table(histogram, kinds).write(seed);
      seeds.push_back(std::move(seed));
    }
  return seeds;
}

std::vector<Bytes> weight_stream_seeds() {
  std::vector<Bytes> seeds;
  const auto add = [&](const WeightKinds& kinds, std::vector<std::size_t> streams, const Layer& layer,
                       std::optional<CodeMode> mode, std::span<const stream::CodeTable> shared) {
    const WeightStreamHead head{kinds.coats, kinds.has_signs, std::move(streams)};
    Bytes seed = head.bytes();
    const Bytes code =
        stream::encode_weights(layer.levels, layer.signs, kinds.coats, {head.stream_weights, shared, mode});
    seed.insert(seed.end(), code.begin(), code.end());
    seeds.push_back(std::move(seed));
  };
  for (const WeightKinds& kinds : all_kinds) {
    const Layer layer = random_layer(500, kinds, 25);
    for (const CodeMode mode : {CodeMode::plain, CodeMode::golomb, CodeMode::huffman, CodeMode::tans}) {
      add(kinds, {500}, layer, mode, {});
      add(kinds, {200, 0, 300}, layer, mode, {});
    }
    const std::vector<stream::CodeTable> shared{sample_table(kinds)};
    add(kinds, {250, 250}, layer, std::nullopt, shared);
    add(kinds, {20000}, random_layer(20000, kinds, 2), std::nullopt, {});
  }
  return seeds;
}

std::vector<Bytes> coded_burst_seeds() {
  std::vector<Bytes> seeds;
  std::mt19937_64 random_bits(1);
  for (int round = 0; round < 40; ++round) {
    const bool freeze = round % 2 == 0;
    const stream::ChipDecoderShape shape{.decoders = 1 << round % 6, .freeze = freeze};
    const Bytes code = encode_chip(stream::random_chip_weights(random_bits, freeze), shape, "seed");
    seeds.push_back({static_cast<std::uint8_t>(round % 5 | (freeze ? 0 : 8))});
    seeds.back().insert(seeds.back().end(), code.begin(), code.end());
  }
  return seeds;
}

namespace {

/// With its description as text, where the target compresses it.
Bytes packed(const model::Network& network, const stream::CompressOptions& options) {
  Container container = stream::encode_network(network, "seed", options);
  container.set_json("network", model::describe(network));
  return pack_sections(container);
}

/// So many sets of the same statistics that some share a table.
model::Network network_of_shared_tables() {
  return model::hidden_fold_network({8, {8, 8, 8, 8}, {1, 1, 1, 1}, {2, 1, 1, 1}, 3}, 5);
}

}  // namespace

std::vector<Bytes> compressed_model_seeds() {
  const model::Network sample = stream::sample_network();
  std::vector<Bytes> seeds{pack_sections(stream::encode_network(sample, "seed")), packed(sample, {})};
  for (const CodeMode mode : {CodeMode::plain, CodeMode::golomb, CodeMode::huffman, CodeMode::tans})
    seeds.push_back(packed(sample, {stream::NormFormat::fp16, mode}));
  model::Network rounded = sample;
  stream::round_norms(rounded);
  seeds.push_back(packed(rounded, {stream::NormFormat::fp8, {}}));
  seeds.push_back(packed(network_of_shared_tables(), {}));
  seeds.push_back(packed(model::small_network(3), {}));
  return seeds;
}

std::vector<Bytes> model_seeds() {
  std::vector<Bytes> seeds{pack_sections(model::encode_model(stream::sample_network(), "seed"))};
  for (const std::uint64_t seed : {1, 2, 3})
    seeds.push_back(pack_sections(model::encode_model(model::small_network(seed), "seed")));
  return seeds;
}

std::vector<Bytes> program_seeds() {
  std::vector<Bytes> seeds;
  const auto add = [&](const model::Network& network, const compiler::Options& options) {
    seeds.push_back(pack_sections(program::encode_program(compiler::compile(network, options), "seed")));
  };
  for (const std::uint64_t seed : {1, 2, 3}) add(model::small_network(seed), {});
  add(network_of_shared_tables(), {});
  add(network_of_shared_tables(), {{}, false});
  return seeds;
}

std::vector<Bytes> recording_seeds() {
  std::vector<Bytes> seeds;
  for (const std::uint64_t seed : {1, 2, 3}) {
    const model::Network network = model::small_network(seed);
    const program::Program program = compiler::compile(network, {});
    sim::FastEngine engine(program, {});
    engine.load();
    sim::fast::Recording recording = sim::fast::make_recording(program, "model", 2);
    for (std::size_t f = 0; f < 2; ++f)
      engine.record(program::InputTensor(program).encode(model::random_image(network, f)),
                    recording.frames[f]);
    seeds.push_back(pack_sections(sim::fast::encode_recording(recording)));
  }
  return seeds;
}

std::vector<Bytes> power_table_seeds() {
  std::vector<Bytes> seeds;
  for (const auto& [name, json] : sim::shipped_power_tables()) seeds.emplace_back(json.begin(), json.end());
  return seeds;
}

std::vector<Bytes> program_text_seeds() {
  std::vector<Bytes> seeds;
  for (const std::uint64_t seed : {1, 2, 3}) {
    const std::string printed = program::program_text(compiler::compile(model::small_network(seed), {}));
    seeds.emplace_back(printed.begin(), printed.end());
  }
  return seeds;
}

std::vector<Bytes> forest_seeds() {
  using algo::leaf_flag;
  algo::Forest forest;
  forest.features = 1000;
  forest.classes = 3;
  forest.votes = {255, 0, 0, 100, 100, 55, 0, 255, 0, 0, 0, 255};
  forest.trees.push_back({leaf_flag | 2, {}});
  const Bytes small = pack_sections(algo::to_container(forest));
  forest.trees.push_back(
      {0, {{17, {1, leaf_flag | 1}}, {999, {2, leaf_flag | 0}}, {3, {leaf_flag | 3, leaf_flag | 2}}}});
  return {small, pack_sections(algo::to_container(forest))};
}

}  // namespace wd::fuzz
