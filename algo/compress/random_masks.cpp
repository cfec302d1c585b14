// SPDX-License-Identifier: Apache-2.0
#include "algo/compress/random_masks.hpp"

#include "algo/data/counter_random.hpp"
#include "algo/quantize/export.hpp"
#include "algo/supermask/distribution.hpp"
#include "base/error.hpp"
#include "hw/formats/stream/freeze_generator.hpp"

namespace wd::compress {

void check(const MaskQuestion& question) {
  WD_REQUIRE(!question.pruned.empty() && question.pruned.size() <= 7, "--coats: has ", question.pruned.size(),
             " fractions, must have 1 to 7");
  double last = 0;
  for (double q : question.pruned) {
    WD_REQUIRE(q >= last && q < 1, "--coats: holds ", q,
               ", fractions must ascend and lie in 0 to 1 (1 excluded)");
    last = q;
  }
  WD_REQUIRE(question.frozen >= 0 && question.frozen < 1, "--freeze is ", question.frozen,
             ", must be 0 to 1 (1 excluded)");
}

std::vector<MaskQuestion> questions_of(const algo::MaskConfig& config,
                                       const std::vector<algo::WeightShape>& layers) {
  WD_REQUIRE(config.method == algo::MaskMethod::supermask,
             "its weights have no densities before a training; give --coats");
  const std::vector<double> densities =
      algo::layer_densities(config.distribution, layers, 1 - config.pruned.front());
  const std::vector<algo::LayerFreeze> freezes = algo::layer_freezes(config.freeze, layers, densities);
  std::vector<MaskQuestion> questions;
  for (std::size_t l = 0; l < layers.size(); ++l) {
    MaskQuestion question{config.pruned, config.signs == algo::MaskSigns::learned};
    if (config.distribution != algo::Distribution::uniform)
      question.pruned = algo::scaled_coats(config.pruned, densities[l]);
    question.frozen = freezes[l].pruned + freezes[l].locked;
    if (question.frozen > 0) question.freeze = freezes[l];
    questions.push_back(std::move(question));
  }
  return questions;
}

model::Weights random_weights(const algo::WeightShape& shape, const MaskQuestion& question,
                              std::size_t layer) {
  const std::size_t coats = question.pruned.size();
  const double density = 1 - question.pruned.front();
  model::Weights weights;
  weights.name = shape.name;
  weights.kernel_h = weights.kernel_w = shape.kernel;
  weights.in_channels = shape.in_channels;
  weights.out_channels = shape.out_channels;
  weights.coats = coats <= 1 ? 1 : coats <= 3 ? 3 : 7;
  weights.sign_seed = algo::random_bits(1, algo::RandomStream::signs, layer);
  double free_density = density;
  if (question.frozen > 0) {
    const algo::LayerFreeze freeze =
        question.freeze ? *question.freeze : algo::balanced_freeze(density, question.frozen);
    weights.freeze =
        model::Freeze{weights.sign_seed, static_cast<int>(stream::freeze_fraction(freeze.pruned)),
                      static_cast<int>(stream::freeze_fraction(freeze.locked)), static_cast<int>(coats)};
    free_density = (density - freeze.locked) / (1 - freeze.pruned - freeze.locked);
  }
  const stream::FreezeGenerator frozen(
      weights.freeze ? weights.freeze->seed : 0,
      static_cast<std::uint32_t>(weights.freeze ? weights.freeze->pruned : 0),
      static_cast<std::uint32_t>(weights.freeze ? weights.freeze->locked : 0));
  if (question.learned_signs) {
    weights.signs = model::SignSource::learned;
    weights.learned_signs.assign(weights.count(), 0);
  }
  weights.levels.assign(weights.count(), 0);
  for (std::size_t i = 0; i < weights.count(); ++i) {
    const std::uint64_t bits = algo::random_bits(1, algo::RandomStream::scores, algo::random_index(layer, i));
    const stream::FreezeState state = weights.freeze ? frozen.state(i) : stream::FreezeState::free;
    std::uint8_t level =
        state == stream::FreezeState::locked ? static_cast<std::uint8_t>(coats) : std::uint8_t{0};
    if (state == stream::FreezeState::free) {
      const double kept = static_cast<double>(bits >> 11) * 0x1p-53;
      for (double q : question.pruned)
        level = static_cast<std::uint8_t>(level + (kept < free_density * (1 - q) / density));
    }
    weights.levels[i] = level;
    if (level > 0 && question.learned_signs) weights.learned_signs[i] = bits & 1;
  }
  return weights;
}

namespace {

/// Patches of an image of up to four channels, where an input has more channels than images do.
model::InputTransform transform_of(const algo::TensorShape& input) {
  int patch = 1;
  if (input.channels > 16)
    for (patch = 2; patch * patch < input.channels; ++patch)
      if (input.channels % (patch * patch) == 0 && input.channels / (patch * patch) <= 4) break;
  const auto channels = static_cast<std::size_t>(input.channels / (patch * patch));
  return {input.height * patch,
          input.width * patch,
          patch,
          false,
          std::vector<double>(channels, 0.5),
          std::vector<double>(channels, 0.25)};
}

}  // namespace

model::Network random_model(const algo::Graph& graph, const std::vector<MaskQuestion>& questions) {
  WD_ASSERT(questions.size() == 1 || questions.size() == graph.weights.size());
  for (const MaskQuestion& question : questions) check(question);
  const std::string reason = algo::not_in_models(graph);
  WD_REQUIRE(reason.empty(), "--model: ", reason);
  std::vector<model::Weights> weights;
  for (std::size_t w = 0; w < graph.weights.size(); ++w)
    weights.push_back(random_weights(graph.weights[w], questions[questions.size() == 1 ? 0 : w], w));
  std::vector<model::Norm> norms;
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
    model::Norm norm;
    const auto channels = static_cast<std::size_t>(graph.tensor_of(graph.nodes[n].output).channels);
    for (std::size_t c = 0; c < channels; ++c) {
      const std::uint64_t bits =
          algo::random_bits(1, algo::RandomStream::scores, algo::random_index((1U << 20) + n, c));
      norm.gamma.push_back(static_cast<std::uint16_t>(0x2000 + bits % 0x1000));  // 2^-7 .. 2^-3
      norm.beta.push_back(static_cast<std::uint16_t>(0x3000 + (bits >> 16) % 0x1000 + (bits >> 32 & 0x8000)));
    }
    norms.push_back(std::move(norm));
  }
  model::Network network =
      algo::roll_up(graph, std::move(weights), norms, std::vector<int>(graph.tensors.size(), 0));
  const algo::TensorShape& input = graph.tensors.front();
  network.name = "random_masks";
  network.dataset = no_dataset;
  network.input_transform = transform_of(input);
  model::check(network, network.name);
  return network;
}

}  // namespace wd::compress
