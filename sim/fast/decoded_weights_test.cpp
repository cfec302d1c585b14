// SPDX-License-Identifier: Apache-2.0
// Levels against their definition, and what is kept of sets of weights.
#include "sim/fast/decoded_weights.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <random>
#include <thread>

#include "sim/fast/weight_bytes.hpp"

using namespace wd;
using namespace wd::sim;
using namespace wd::sim::fast;

TEST_CASE("decoded weights: bits to bytes, and differences of bytes", "[sim][oracle]") {
  for (std::uint64_t bits = 0; bits < 256; ++bits)
    for (int i = 0; i < 8; ++i) CHECK((bytes_of_bits(bits | 0xffff00) >> 8 * i & 0xff) == (bits >> i & 1));
  for (std::uint64_t a = 0; a < 8; ++a)
    for (std::uint64_t b = 0; b < 8; ++b)
      for (int i = 0; i < 8; ++i)
        CHECK(static_cast<std::int8_t>(difference_of_bytes(a << 8 * i | 7, b << 8 * i) >> 8 * i) ==
              (i == 0 ? static_cast<int>(a | 7) : static_cast<int>(a)) - static_cast<int>(b));
}

TEST_CASE("decoded weights: levels are the planes' bits with their signs", "[sim][oracle]") {
  std::mt19937_64 random(1);
  for (const int chunk : {16, 32, 64})
    for (const int planes : {1, 2, 3})
      for (const int pes : {16, 48, 64}) {
        constexpr int chunks = 3;
        std::vector<program::WeightRow> rows(static_cast<std::size_t>(chunks * planes),
                                             program::WeightRow(static_cast<std::size_t>(pes)));
        const std::uint64_t ones = chunk == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << chunk) - 1;
        for (program::WeightRow& row : rows)
          for (program::WeightWord& word : row) word = {random() & ones, random() & ones};
        TileRows decoded;
        for (int k = 0; k < chunks; ++k)
          add_levels(
              std::span(rows).subspan(static_cast<std::size_t>(k * planes), static_cast<std::size_t>(planes)),
              chunk, decoded);
        REQUIRE(decoded.weights.size() == static_cast<std::size_t>(chunks * chunk * pes));
        for (int pe = 0; pe < pes; ++pe) {
          int total = 0;
          for (int k = 0; k < chunks * chunk; ++k) {
            int level = 0;
            for (int plane = 0; plane < planes; ++plane) {
              const auto& word =
                  rows[static_cast<std::size_t>(k / chunk * planes + plane)][static_cast<std::size_t>(pe)];
              const bool set = word.mask >> k % chunk & 1, minus = word.sign >> k % chunk & 1;
              level += set ? (minus ? -1 : 1) * (1 << plane) : 0;
            }
            total += level;
            REQUIRE(decoded.weights[static_cast<std::size_t>((k / 4 * pes + pe) * 4 + k % 4)] == level);
          }
          CHECK(decoded.base[static_cast<std::size_t>(pe)] == -4.0 * 65536 * total);
        }
      }
}

namespace {

WeightKey key(int number) { return {{}, number, 0, 0, 1}; }

LayerRows layer(std::size_t bytes) {
  LayerRows rows(1);
  rows[0].weights.assign(bytes, 1);
  return rows;
}

}  // namespace

TEST_CASE("decoded weights: sets are kept up to the limit, others are made for each use", "[sim]") {
  DecodedWeights weights(250);
  int made = 0;
  const auto use = [&](int number, std::size_t bytes) {
    return weights.get(key(number), [&] {
      ++made;
      return layer(bytes);
    });
  };
  const auto first = use(0, 100);
  CHECK(use(1, 200)->front().weights.size() == 200);
  CHECK((use(2, 150)->front().weights.size() == 150 && made == 3));
  CHECK((use(0, 100) == first && use(2, 150)->front().weights.size() == 150 && made == 3));
  CHECK((use(1, 200)->front().weights.size() == 200 && made == 4));
  CHECK(weights.kept_bytes() == 250);
}

TEST_CASE("decoded weights: one of several threads makes a set", "[sim]") {
  DecodedWeights weights;
  std::atomic<int> made{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] {
      for (int number = 0; number < 20; ++number)
        weights.get(key(number), [&] {
          ++made;
          return layer(16);
        });
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(made == 20);
}
