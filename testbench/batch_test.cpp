// SPDX-License-Identifier: Apache-2.0
// Images of a batch get the scores that each gets alone, in the golden model and the fast simulator, and one load of the weights.
#include <algorithm>
#include <catch2/catch.hpp>

#include "compiler/compile.hpp"
#include "flow/lockstep.hpp"
#include "hw/formats/model/random_network.hpp"
#include "hw/formats/program/input_tensor.hpp"
#include "sim/fast/fast_engine.hpp"
#include "sim/golden.hpp"

using namespace wd;

namespace {

using Pixels = std::vector<std::uint8_t>;

std::vector<Pixels> images_of(const model::Network& network, int count, std::uint64_t seed) {
  std::vector<Pixels> images;
  for (int i = 0; i < count; ++i)
    images.push_back(model::random_image(network, seed + static_cast<std::uint64_t>(i)));
  return images;
}

Bytes encoded(const program::Program& program, const std::vector<Pixels>& images) {
  return program::InputTensor(program).encode(
      std::vector<program::InputTensor::Image>(images.begin(), images.end()));
}

model::Network network_of(std::uint64_t seed) {
  return seed % 3 == 0   ? model::hidden_fold_network({16, {32, 80}, {1, 2}, {2, 3}, 3}, seed)
         : seed % 3 == 1 ? model::small_network(seed)
                         : model::residual_network(seed);
}

/// Of the images one by one.
std::vector<std::uint16_t> scores_alone(const program::Program& program, const std::vector<Pixels>& images) {
  sim::GoldenEngine engine(program);
  engine.load();
  std::vector<std::uint16_t> scores;
  for (const Pixels& image : images) {
    const auto one = engine.frame(encoded(program, {image})).scores;
    scores.insert(scores.end(), one.begin(), one.end());
  }
  return scores;
}

}  // namespace

TEST_CASE("batch: every image gets the scores that it gets alone, and engines agree", "[testbench][oracle]") {
  for (std::uint64_t seed = 1; seed <= 24; ++seed)
    for (int batch : {2, 4, 8, 16}) {
      INFO("seed " << seed << " batch " << batch);
      const model::Network network = network_of(seed);
      compiler::Options options;
      options.arch.pes_per_group = seed % 2 == 0 ? 64 : 16;
      options.arch.chunk = options.arch.pes_per_group == 64 ? 16 << seed % 3 : 16;
      options.arch.act_rows = 8192;
      options.fold = seed % 4 != 0;
      const std::vector<Pixels> images = images_of(network, batch, seed);
      const auto expected = scores_alone(compiler::compile(network, options), images);
      options.batch = batch;
      const program::Program program = compiler::compile(network, options);
      sim::GoldenEngine golden(program);
      sim::FastEngine fast(program, {});
      golden.load();
      fast.load();
      const Bytes input = encoded(program, images);
      CHECK(golden.frame(input).scores == expected);
      CHECK_FALSE(flow::compare_frame({&golden, &fast}, program, input).first);
    }
}

TEST_CASE("batch: images that are missing change no other image's scores", "[testbench]") {
  const model::Network network = model::hidden_fold_network({}, 3);
  const std::vector<Pixels> images = images_of(network, 4, 7);
  const program::Program program = compiler::compile(network, {.batch = 4});
  sim::GoldenEngine engine(program);
  engine.load();
  const auto full = engine.frame(encoded(program, images)).scores,
             half = engine.frame(encoded(program, {images[0], images[1]})).scores;
  const auto classes = static_cast<std::ptrdiff_t>(program.classes);
  CHECK(std::equal(full.begin(), full.begin() + 2 * classes, half.begin()));
  CHECK_FALSE(std::equal(full.begin() + 2 * classes, full.end(), half.begin() + 2 * classes));
  CHECK(std::equal(half.begin() + 2 * classes, half.begin() + 3 * classes, half.begin() + 3 * classes));
}

TEST_CASE("batch: streamed weights come once for all images", "[testbench]") {
  const model::Network network = model::hidden_fold_network({}, 3);
  const auto beats = [&](int batch, bool coded) {
    compiler::Options options{.huffman = coded, .batch = batch};
    options.arch.weight_rows = 700;  // less than all layers have
    const program::Program program = compiler::compile(network, options);
    sim::FastEngine engine(program, {});
    engine.load();
    const auto frame = engine.frame(encoded(program, images_of(network, batch, 1)));
    return frame.counters.beats_read - program.input_beats;
  };
  CHECK(beats(1, false) > 0);
  CHECK(beats(8, false) == beats(1, false));
  CHECK(beats(8, true) == beats(1, true));
  CHECK(beats(1, true) < beats(1, false));
}
