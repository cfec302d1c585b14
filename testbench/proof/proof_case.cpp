// SPDX-License-Identifier: Apache-2.0
#include "testbench/proof/proof_case.hpp"

#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "algo/data/counter_random.hpp"
#include "base/json.hpp"
#include "hw/formats/stream/freeze_generator.hpp"
#include "hw/numerics/fp16.hpp"

namespace wd::testbench {
namespace {

using nlohmann::json;

/// A number in [0, 1) of a weight set and a place in it.
double uniform(std::uint64_t seed, int what, std::uint64_t high, std::uint64_t low) {
  const std::uint64_t place = algo::mix_bits(seed + static_cast<std::uint64_t>(what)) ^ (high << 32 | low);
  return static_cast<double>(algo::mix_bits(place) >> 11) * 0x1p-53;
}

enum Purpose { density, level, sign, gamma_size, beta_size, rare };

void fill_weights(model::Weights& w) {
  constexpr double densities[] = {0, 0.02, 0.1, 0.1, 0.3, 0.3, 0.6, 1};
  const double kept = densities[static_cast<int>(8 * uniform(w.sign_seed, density, 0, 0))];
  w.levels.clear();
  w.learned_signs.clear();
  std::optional<stream::FreezeGenerator> generator;
  if (w.freeze)
    generator.emplace(w.freeze->seed, static_cast<std::uint32_t>(w.freeze->pruned),
                      static_cast<std::uint32_t>(w.freeze->locked));
  for (int o = 0; o < w.out_channels; ++o)
    for (int y = 0; y < w.kernel_h; ++y)
      for (int x = 0; x < w.kernel_w; ++x)
        for (int i = 0; i < w.in_channels; ++i) {
          const auto high = static_cast<std::uint64_t>(o),
                     low = static_cast<std::uint64_t>((y * 64 + x) * 4096 + i);
          const double u = uniform(w.sign_seed, level, high, low);
          w.levels.push_back(u < kept ? static_cast<std::uint8_t>(1 + static_cast<int>(u / kept * w.coats))
                                      : 0);
          if (generator)
            if (const auto state = generator->state(w.levels.size() - 1); state != stream::FreezeState::free)
              w.levels.back() =
                  static_cast<std::uint8_t>(state == stream::FreezeState::locked ? w.freeze->level : 0);
          if (w.signs == model::SignSource::learned)
            w.learned_signs.push_back(w.levels.back() != 0 && uniform(w.sign_seed, sign, high, low) < 0.5);
        }
}

/// gammas of either sign, some 0 or very small, some betas beyond FP8. @param scale of gamma
model::Norm norm_of(std::uint64_t seed, int channels, double scale, int iteration) {
  model::Norm norm;
  for (int channel = 0; channel < channels; ++channel) {
    const auto high = static_cast<std::uint64_t>(iteration), low = static_cast<std::uint64_t>(channel);
    const double any = uniform(seed, rare, high, low);
    double gamma = scale * (2 * uniform(seed, gamma_size, high, low) - 0.5);
    double beta = 10 * (uniform(seed, beta_size, high, low) - 0.5);
    if (any < 0.02) gamma *= any < 0.01 ? 0 : 0x1p-16;
    if (any > 0.98) beta *= any > 0.99 ? 1000 : 0;
    norm.gamma.push_back(numerics::fp16_from_float(static_cast<float>(gamma)));
    norm.beta.push_back(numerics::fp16_from_float(static_cast<float>(beta)));
  }
  return norm;
}

/// Mostly results of the size of the inputs.
model::Norm norm_of(const model::Weights& w, int iteration) {
  double squares = 0;
  for (const std::uint8_t value : w.levels) squares += value * value;
  return norm_of(w.sign_seed, w.out_channels, 1.5 / std::sqrt(1 + squares / w.out_channels), iteration);
}

/// Of token mixing, which has norms of the tensor's channels.
model::Norm norm_of(const model::Weights& w, int channels, int iteration) {
  double squares = 0;
  for (const std::uint8_t value : w.levels) squares += value * value;
  return norm_of(w.sign_seed, channels, 1.5 / std::sqrt(1 + squares / w.out_channels), iteration);
}

/// Of a layer without weights: its name stays what it is.
std::uint64_t seed_of(const model::Network& network, const model::Layer& layer) {
  std::uint64_t seed = network.seed;
  for (const char letter : layer.name) seed = algo::mix_bits(seed + static_cast<unsigned char>(letter));
  return seed;
}

}  // namespace

void fill_values(model::Network& network) {
  for (model::Weights& weights : network.weights) fill_weights(weights);
  model::for_each_layer(network, [&](model::Layer& layer, int iterations) {
    layer.norms.clear();
    if (layer.kind == model::LayerKind::pool) return;
    const int channels = network.tensors[static_cast<std::size_t>(layer.input)].channels;
    for (int iteration = 0; iteration < iterations; ++iteration)
      layer.norms.push_back(
          layer.kind == model::LayerKind::token_mix
              ? norm_of(network.weights[static_cast<std::size_t>(layer.weights)], channels, iteration)
          : layer.kind == model::LayerKind::conv
              ? norm_of(network.weights[static_cast<std::size_t>(layer.weights)], iteration)
              : norm_of(seed_of(network, layer), channels, 1.5, iteration));
  });
}

json to_json(const ProofCase& proof) {
  return {{"network", model::describe(proof.network)},
          {"arch", arch::changes(proof.options.arch)},
          {"fold", proof.options.fold},
          {"share_rows", proof.options.share_rows},
          {"space_to_depth", proof.options.space_to_depth},
          {"huffman", proof.options.huffman},
          {"on_chip_signs", proof.options.on_chip_signs},
          {"batch", proof.options.batch},
          {"switches", proof.switches.bits()},
          {"window", proof.switches.window},
          {"first_image", proof.first_image},
          {"images", proof.images}};
}

ProofCase proof_from_json(const json& value, const std::string& origin) {
  JsonReader reader(value, origin);
  ProofCase proof;
  constexpr std::size_t most_norms = 1 << 24;
  proof.network = model::from_description(reader.child("network"), origin + ": network", most_norms);
  json arch = arch::to_json(arch::Arch{});
  arch.update(reader.child("arch"));
  proof.options.arch = arch::arch_from_json(arch, origin + ": arch");
  proof.options.fold = reader.get<bool>("fold");
  proof.options.share_rows = reader.get<bool>("share_rows");
  proof.options.space_to_depth = reader.get<bool>("space_to_depth");
  proof.options.huffman = reader.get<bool>("huffman");
  proof.options.on_chip_signs = reader.get<bool>("on_chip_signs");
  proof.options.batch = reader.get_between("batch", 1, 16);
  proof.switches = arch::Switches::from_bits(reader.get<std::uint32_t>("switches"));
  proof.switches.window = reader.get_between("window", 0, proof.options.arch.window);
  proof.first_image = reader.get<std::uint64_t>("first_image");
  proof.images = reader.get_between("images", 1, 1000);
  reader.refuse_unknown();
  fill_values(proof.network);
  model::check(proof.network, origin);
  return proof;
}

}  // namespace wd::testbench
