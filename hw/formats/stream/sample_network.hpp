// SPDX-License-Identifier: Apache-2.0
// Makes a small network with every feature of the model format, for tests.
//
// Shape     8x8 image -> 4x4x8 (patch 2, split) -> stem 3x3x6 -> fold x 3 of two convolutions with a
//           residual -> pooled classifier of 10. 1, 3 and 7 coats, random and learned signs; parts of the folds'
//           weights are frozen.
#pragma once

#include <random>

#include "hw/formats/model/network.hpp"
#include "hw/formats/stream/freeze_generator.hpp"

namespace wd::stream {

inline model::Network sample_network(std::uint32_t seed = 1) {
  std::mt19937 random(seed);
  model::Network network;
  network.name = "sample";
  network.dataset = "none";
  network.seed = seed;
  network.input_transform = {8, 8, 2, true, {0.25}, {0.5}};
  network.tensors = {{"input", 4, 4, 8, 0}, {"a", 4, 4, 6, 2}, {"b", 4, 4, 6, -1}};
  const auto add_weights = [&](const char* name, int side, int in, int out, int coats,
                               model::SignSource source) {
    model::Weights weights{name, side, side, in, out, coats, source, 0x0123456789abcdefu + random(),
                           {},   {},   {}};
    for (std::size_t i = 0; i < weights.count(); ++i) {
      weights.levels.push_back(
          static_cast<std::uint8_t>(random() % 10 < 7 ? 0 : 1 + random() % static_cast<unsigned>(coats)));
      if (source == model::SignSource::learned)
        weights.learned_signs.push_back(weights.levels.back() == 0 ? 0 : random() & 1);
    }
    network.weights.push_back(std::move(weights));
  };
  add_weights("stem", 3, 8, 6, 3, model::SignSource::random);
  add_weights("fold.0", 3, 6, 6, 1, model::SignSource::random);
  add_weights("fold.1", 1, 6, 6, 7, model::SignSource::learned);
  for (const int set : {1, 2}) {
    model::Weights& weights = network.weights[static_cast<std::size_t>(set)];
    weights.freeze = model::Freeze{0xfeedu + random(), 20000, 12000, set == 1 ? 1 : 5};
    const FreezeGenerator frozen(weights.freeze->seed, 20000, 12000);
    for (std::size_t i = 0; i < weights.count(); ++i) {
      if (frozen.state(i) == FreezeState::locked)
        weights.levels[i] = static_cast<std::uint8_t>(weights.freeze->level);
      if (frozen.state(i) == FreezeState::pruned) weights.levels[i] = 0;
      if (set == 2) weights.learned_signs[i] = weights.levels[i] == 0 ? 0 : random() & 1;
    }
  }
  add_weights("classifier", 1, 6, 10, 3, model::SignSource::learned);
  const auto conv = [&](const char* name, int weights, int input, int output, int iterations) {
    model::Layer result;
    result.name = name;
    result.weights = weights;
    result.input = input;
    result.output = output;
    result.relu = output >= 0;
    const model::Weights& used = network.weights[static_cast<std::size_t>(weights)];
    result.pad = used.kernel_h / 2;
    for (int i = 0; i < iterations; ++i) {
      model::Norm norm;
      for (int channel = 0; channel < used.out_channels; ++channel) {
        norm.gamma.push_back(static_cast<std::uint16_t>(random() % 0x7c00));
        norm.beta.push_back(static_cast<std::uint16_t>(0x8000 | random() % 0x7c00));
      }
      result.norms.push_back(norm);
    }
    return result;
  };
  model::Loop loop;
  loop.count = 3;
  loop.body = {conv("fold.0", 1, 1, 2, 3), conv("fold.1", 2, 2, 1, 3)};
  loop.body[1].residual = 1;
  model::Layer classifier = conv("classifier", 3, 1, -1, 1);
  classifier.pooled = true;
  network.steps = {conv("stem", 0, 0, 1, 1), loop, classifier};
  network.dense_unfolded_parameters = 2600;
  return network;
}

}  // namespace wd::stream
