// SPDX-License-Identifier: Apache-2.0
#include "algo/reservoir/reservoir.hpp"

#include <catch2/catch.hpp>

#include "algo/data/counter_random.hpp"
#include "algo/reservoir/lazy_reservoir.hpp"

using namespace wd::algo;

namespace {

std::vector<std::uint8_t> noise_image(int height, int width, std::uint64_t seed) {
  std::vector<std::uint8_t> image;
  for (int i = 0; i < height * width; ++i)
    image.push_back(
        static_cast<std::uint8_t>(random_bits(seed, RandomStream::shuffle, static_cast<std::uint64_t>(i))));
  return image;
}

bool test_bit(const std::vector<std::uint64_t>& bits, std::size_t i) { return bits[i / 64] >> (i % 64) & 1; }

ReservoirConfig mixed(Boundary boundary) {
  ReservoirConfig config;
  config.encoding = {PixelCode::gray, 3};
  config.automata = {{.evolution = Evolution::rows, .rule = 90},
                     {.evolution = Evolution::columns, .rule = 110},
                     {.evolution = Evolution::additive, .cells = north | east | centre},
                     {.evolution = Evolution::totalistic}};
  config.boundary = boundary;
  config.steps = 3;
  return config;
}

}  // namespace

TEST_CASE("reservoir: feature numbers follow slab, plane, row, column", "[algo][oracle]") {
  const Boundary boundary = GENERATE(Boundary::zero, Boundary::periodic);
  const ReservoirConfig config = mixed(boundary);
  constexpr int height = 5, width = 9, cells = height * width;
  const Reservoir reservoir(config, height, width);
  REQUIRE(reservoir.features() == 3 * cells * (1 + 4 * 3));
  const std::vector<std::uint8_t> image = noise_image(height, width, 1);
  std::vector<std::uint64_t> bits(reservoir.feature_words(), ~std::uint64_t{0});
  reservoir.evaluate(image, bits);
  int wrong = 0;
  for (int plane = 0; plane < 3; ++plane)
    for (std::size_t a = 0; a < config.automata.size(); ++a) {
      BitPlane state(height, width), next(height, width);
      for (int i = 0; i < cells; ++i) {
        const unsigned pixel = image[static_cast<std::size_t>(i)];
        if ((pixel ^ pixel >> 1) >> (7 - plane) & 1) state.set(i / width, i % width);
      }
      for (int t = 0; t <= config.steps; ++t) {
        const int slab = t == 0 ? 0 : 1 + static_cast<int>(a) * config.steps + t - 1;
        for (int i = 0; i < cells; ++i)
          wrong += test_bit(bits, static_cast<std::size_t>((slab * 3 + plane) * cells + i)) !=
                   state.get(i / width, i % width);
        step(config.automata[a], boundary, state, next);
        std::swap(state, next);
      }
    }
  CHECK(wrong == 0);
  for (std::size_t i = reservoir.features(); i < 64 * reservoir.feature_words(); ++i)
    CHECK_FALSE(test_bit(bits, i));
}

TEST_CASE("reservoir: without steps only the encoded image is left", "[algo]") {
  ReservoirConfig config = mixed(Boundary::zero);
  config.steps = 0;
  const Reservoir reservoir(config, 4, 4);
  CHECK(reservoir.features() == 3 * 16);
  CHECK(full_counts(reservoir).cells_computed == 0);
}

TEST_CASE("lazy reservoir: every cell has the value of the full evaluation, in any order", "[algo][oracle]") {
  const Boundary boundary = GENERATE(Boundary::zero, Boundary::periodic);
  const Reservoir reservoir(mixed(boundary), 7, 11);
  LazyReservoir lazy(reservoir);
  std::vector<std::uint64_t> bits(reservoir.feature_words());
  for (std::uint64_t n = 0; n < 20; ++n) {
    const std::vector<std::uint8_t> image = noise_image(7, 11, n);
    reservoir.evaluate(image, bits);
    lazy.start(image);
    int wrong = 0;
    for (std::uint64_t i = 0; i < 2 * reservoir.features(); ++i) {
      const std::size_t f = random_bits(n, RandomStream::scores, i) % reservoir.features();
      wrong += lazy.bit(f) != test_bit(bits, f);
    }
    CHECK(wrong == 0);
  }
  CHECK(lazy.counts().images == 20);
  CHECK(lazy.counts().bit_tests == 40 * reservoir.features());
}

TEST_CASE("lazy reservoir: one question costs its light cone, once", "[algo][oracle]") {
  constexpr int width = 31;
  const std::vector<std::uint8_t> image = noise_image(1, width, 5);
  const auto [rule, cells, pixels, reads] = GENERATE(table<unsigned, unsigned, unsigned, unsigned>(
      {// Rule 150 needs 2 k + 1 cells k steps back; rule 90 every second one of them.
       {150u, 1u + 3 + 5 + 7, 9u, 3u * (1 + 3 + 5 + 7)},
       {90u, 1u + 2 + 3 + 4, 5u, 2u * (1 + 2 + 3 + 4)},
       {204u, 4u, 1u, 4u},
       {0u, 1u, 0u, 0u}}));
  ReservoirConfig config;
  config.encoding = {PixelCode::threshold, 1, 128};
  config.automata = {{.evolution = Evolution::rows, .rule = rule}};
  config.steps = 4;
  const Reservoir reservoir(config, 1, width);
  LazyReservoir lazy(reservoir);
  lazy.start(image);
  lazy.bit(4 * width + 15);
  lazy.bit(4 * width + 15);
  INFO("rule " << rule);
  CHECK(lazy.counts().cells_computed == cells);
  CHECK(lazy.counts().pixel_bits == pixels);
  CHECK(lazy.counts().cells_read == reads);
  CHECK(lazy.counts().bit_tests == 2);
  CHECK(lazy.counts().cells_asked == 1);
}

TEST_CASE("lazy reservoir: asking for everything costs what the full evaluation costs", "[algo]") {
  const Boundary boundary = GENERATE(Boundary::zero, Boundary::periodic);
  const Reservoir reservoir(mixed(boundary), 6, 5);
  LazyReservoir lazy(reservoir);
  const std::vector<std::uint8_t> image = noise_image(6, 5, 8);
  lazy.start(image);
  for (std::size_t f = reservoir.features(); f-- > 0;) lazy.bit(f);
  const FullCounts full = full_counts(reservoir);
  CHECK(lazy.counts().cells_computed == full.cells_computed);
  CHECK(lazy.counts().cells_read == full.cells_read);
  CHECK(lazy.counts().pixel_bits == reservoir.slab_cells());
  CHECK(lazy.counts().cells_asked == reservoir.features());
}
