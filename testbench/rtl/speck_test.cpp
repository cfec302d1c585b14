// SPDX-License-Identifier: Apache-2.0
// Speck32/64 in RTL: the published test vector, then random seeds and counter values against the C++ generator, with pauses.
#include <Vwd_speck_harness.h>

#include <catch2/catch.hpp>
#include <deque>
#include <random>

#include "hw/formats/stream/sign_generator.hpp"

namespace {

constexpr std::size_t stages = 22 / SPECK_ROUNDS;

struct Speck {
  Vwd_speck_harness rtl;

  Speck() {
    rtl.rst_ni = 0;
    tick();
    rtl.rst_ni = 1;
  }
  void tick() {
    rtl.clk_i = 1;
    rtl.eval();
    rtl.clk_i = 0;
    rtl.eval();
  }
  /// @return cycles until the keys are there
  int seed(std::uint64_t value) {
    rtl.seed_i = value;
    rtl.start_i = 1;
    tick();
    rtl.start_i = 0;
    int cycles = 0;
    for (; rtl.done_o == 0 && cycles < 100; ++cycles) tick();
    return cycles;
  }
};

TEST_CASE("speck: the published test vector", "[rtl][oracle]") {
  // Beaulieu et al., The SIMON and SPECK Families of Lightweight Block Ciphers, appendix C: Speck32/64.
  Speck speck;
  CHECK(speck.seed(0x1918'1110'0908'0100) == 22);
  speck.rtl.index_i = 0x6574'694c;
  speck.rtl.move_i = 1;
  for (std::size_t i = 0; i < stages; ++i) speck.tick();
  CHECK(speck.rtl.block_o == 0xa868'42f2);
}

TEST_CASE("speck: blocks are the generator's, a value a cycle, whenever the pipeline moves",
          "[rtl][oracle]") {
  std::mt19937_64 random_bits(31);
  Speck speck;
  for (int round = 0; round < 100; ++round) {
    const std::uint64_t seed = random_bits();
    speck.seed(seed);
    const wd::stream::SignGenerator generator(seed);
    std::deque<std::uint32_t> expected;
    for (int cycle = 0; cycle < 300; ++cycle) {
      speck.rtl.index_i = static_cast<std::uint32_t>(random_bits());
      speck.rtl.move_i = random_bits() % 3 != 0;
      if (speck.rtl.move_i != 0) expected.push_back(generator.signs(speck.rtl.index_i));
      if (expected.size() > stages) expected.pop_front();
      speck.tick();
      if (expected.size() < stages) continue;
      INFO("round " << round << ", cycle " << cycle);
      REQUIRE(speck.rtl.block_o == expected.front());
    }
  }
}

}  // namespace
