// SPDX-License-Identifier: Apache-2.0
#include "hw/stream/weight_code.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <map>
#include <random>

#include "base/error.hpp"

using namespace wd;
using namespace wd::stream;
using Catch::Contains;

namespace {

/// Independent weights: level l with the share pruned[l] - pruned[l - 1] of the weights.
WeightArray random_weights(std::size_t count, const std::vector<double>& pruned, bool has_signs,
                           std::uint32_t seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> uniform(0, 1);
  WeightArray result;
  for (std::size_t i = 0; i < count; ++i) {
    const double score = uniform(random);
    std::uint8_t level = 0;
    for (const double threshold : pruned) level = static_cast<std::uint8_t>(level + (score >= threshold));
    result.levels.push_back(level);
    if (has_signs) result.signs.push_back(level == 0 ? 0 : random() & 1);
  }
  return result;
}

double bits_per_weight(const Bytes& bytes, const WeightArray& weights) {
  return 8.0 * static_cast<double>(bytes.size()) / static_cast<double>(weights.levels.size());
}

/// A second decoder, written from docs/formats.md alone: one bit at a time, a map for a table.
WeightArray plain_decode(const Bytes& bytes, std::size_t count, int coats, bool has_signs) {
  const int run_limit = bytes.at(0), kinds = coats * (has_signs ? 2 : 1), symbols = 1 + run_limit * kinds;
  std::vector<int> lengths;
  for (int symbol = 0; symbol < symbols; ++symbol) {
    const int byte = bytes.at(static_cast<std::size_t>(1 + symbol / 2));
    lengths.push_back(symbol % 2 == 0 ? byte % 16 : byte / 16);
  }
  std::map<std::pair<int, int>, int> codes;  // (length, code) -> symbol
  int code = 0;
  for (int length = 1; length <= 15; ++length) {
    for (int symbol = 0; symbol < symbols; ++symbol)
      if (lengths[static_cast<std::size_t>(symbol)] == length) codes[{length, code++}] = symbol;
    code *= 2;
  }
  WeightArray result;
  std::size_t bit = 8 * static_cast<std::size_t>(1 + (symbols + 1) / 2);
  while (result.levels.size() < count) {
    int length = 0, value = 0;
    while (codes.count({length, value}) == 0) {
      value = value * 2 + (bytes.at(bit / 8) >> (7 - bit % 8)) % 2;
      ++length;
      ++bit;
    }
    const int symbol = codes[{length, value}];
    const int run = symbol == 0 ? run_limit : (symbol - 1) / kinds, kind = (symbol - 1) % kinds;
    for (int i = 0; i < run && result.levels.size() < count; ++i) {
      result.levels.push_back(0);
      if (has_signs) result.signs.push_back(0);
    }
    if (symbol == 0) continue;
    result.levels.push_back(static_cast<std::uint8_t>((has_signs ? kind / 2 : kind) + 1));
    if (has_signs) result.signs.push_back(static_cast<std::uint8_t>(kind % 2));
  }
  return result;
}

void check_round_trip(const WeightArray& weights, int coats) {
  const bool has_signs = !weights.signs.empty();
  const Bytes bytes = encode_weights(weights.levels, weights.signs, coats);
  const WeightArray back = decode_weights(bytes, weights.levels.size(), coats, has_signs);
  CHECK(back.levels == weights.levels);
  CHECK(back.signs == weights.signs);
  const WeightArray plain = plain_decode(bytes, weights.levels.size(), coats, has_signs);
  CHECK(plain.levels == weights.levels);
  CHECK(plain.signs == weights.signs);
}

}  // namespace

TEST_CASE("weight code: the examples of docs/formats.md", "[stream][golden]") {
  const std::vector<std::uint8_t> levels{0, 0, 1, 2, 0, 1, 0, 0, 3, 0, 0, 1, 0};
  CHECK(encode_weights(levels, {}, 3) == Bytes{0x01, 0x21, 0x33, 0x2c, 0x8e, 0x40});
  const Bytes second{0x02, 0x22, 0x33, 0x02, 0x37, 0x00};
  const std::vector<std::uint8_t> second_levels{0, 0, 1, 0, 1, 0}, second_signs{0, 0, 1, 0, 0, 0};
  const WeightArray decoded = decode_weights(second, 6, 1, true), plain = plain_decode(second, 6, 1, true);
  CHECK(decoded.levels == second_levels);
  CHECK(decoded.signs == second_signs);
  CHECK(plain.levels == second_levels);
  CHECK(plain.signs == second_signs);
}

TEST_CASE("weight code: what is encoded is decoded, here and by the plain decoder",
          "[stream][round-trip][oracle]") {
  std::mt19937 random(21);
  for (int round = 0; round < 200; ++round) {
    const int coats = 1 + static_cast<int>(random() % 7);
    std::vector<double> pruned;
    double threshold = std::pow(static_cast<double>(random() % 1001) / 1000, 0.2 + random() % 3);
    for (int coat = 0; coat < coats; ++coat) {
      pruned.push_back(threshold);
      threshold += (1 - threshold) * static_cast<double>(random() % 101) / 100;
    }
    INFO("round " << round);
    check_round_trip(random_weights(1 + random() % 3000, pruned, random() % 2 == 0, random()), coats);
  }
}

TEST_CASE("weight code: edge cases survive", "[stream][round-trip]") {
  for (const bool has_signs : {false, true})
    for (const std::size_t count : {1, 2, 127, 128, 129, 5000}) {
      INFO(count << " weights, signs " << has_signs);
      const auto signs = std::vector<std::uint8_t>(has_signs ? count : 0, 1);
      check_round_trip({std::vector<std::uint8_t>(count, 0), std::vector<std::uint8_t>(signs.size(), 0)}, 3);
      check_round_trip({std::vector<std::uint8_t>(count, 1), signs}, 1);
      check_round_trip({std::vector<std::uint8_t>(count, 7), signs}, 7);
      WeightArray last{std::vector<std::uint8_t>(count, 0), std::vector<std::uint8_t>(signs.size(), 0)};
      last.levels.back() = 2;
      check_round_trip(last, 3);
      WeightArray first = last;
      std::swap(first.levels.front(), first.levels.back());
      check_round_trip(first, 3);
    }
}

TEST_CASE("weight code: within 1.5 % of the entropy for the published densities", "[stream][statistics]") {
  for (const bool has_signs : {false, true}) {
    const WeightArray weights = random_weights(100'000, {0.7, 0.9212, 0.9685}, has_signs, 22);
    const double bits = bits_per_weight(encode_weights(weights.levels, weights.signs, 3), weights);
    const double entropy = weight_entropy(weights.levels, weights.signs);
    CHECK(bits < 1.015 * entropy);
    CHECK(bits > entropy);
    CHECK(entropy == Approx(has_signs ? 1.507 : 1.207).margin(0.01));
    CHECK(bits == Approx(has_signs ? 1.5145 : 1.2145).margin(0.012));
  }
}

TEST_CASE("weight code: sparse masks cost far less than a bit", "[stream][statistics]") {
  for (const auto& [density, expected] :
       std::map<double, double>{{0.05, 0.2881}, {0.02, 0.1420}, {0.01, 0.0811}}) {
    const WeightArray weights = random_weights(400'000, {1 - density}, false, 23);
    INFO("density " << density);
    const double bits = bits_per_weight(encode_weights(weights.levels, {}, 1), weights);
    CHECK(bits == Approx(expected).epsilon(0.03));
    CHECK(bits < 1.015 * weight_entropy(weights.levels, {}));
  }
}

TEST_CASE("weight code: a folded ResNet-152 at density 5 % is 288 times smaller than dense FP32",
          "[stream][statistics]") {
  // Hidden-Fold Network, stages 3 and 4 folded, CIFAR-100: 15.853 M weights, 59,904 unshared (gamma, beta)
  // in FP16; its dense twin has 233.36 MB. A tenth of the weights gives the bits per weight.
  const WeightArray weights = random_weights(1'585'300, {0.95}, false, 26);
  const double bits = bits_per_weight(encode_weights(weights.levels, {}, 1), weights);
  const double compressed_mb = 15.853 * bits / 8 + 59'904 * 4 / 1e6;
  CHECK(233.36 / compressed_mb == Approx(288).epsilon(0.01));
}

TEST_CASE("weight code: the entropy is that of the frequencies", "[stream][oracle]") {
  CHECK(weight_entropy(std::vector<std::uint8_t>{0, 0, 1, 1}, {}) == Approx(1.0));
  CHECK(weight_entropy(std::vector<std::uint8_t>{0, 0, 1, 1}, std::vector<std::uint8_t>{1, 0, 0, 1}) ==
        Approx(1.5));
  CHECK(weight_entropy(std::vector<std::uint8_t>{2, 2}, {}) == 0.0);
}

TEST_CASE("weight code: impossible input is refused by the encoder", "[stream][bad-input][message]") {
  const std::vector<std::uint8_t> levels{0, 2, 1};
  CHECK_THROWS_WITH(encode_weights(levels, {}, 1), Contains("weight 1 has level 2 with 1 coats"));
  CHECK_THROWS_WITH(encode_weights(levels, {}, 8), Contains("8 coats, must be 1 to 7"));
  CHECK_THROWS_WITH(encode_weights({}, {}, 1), Contains("no weights"));
  CHECK_THROWS_WITH(encode_weights(levels, std::vector<std::uint8_t>{1}, 3),
                    Contains("1 signs for 3 weights"));
  CHECK_THROWS_WITH(encode_weights(levels, std::vector<std::uint8_t>{0, 2, 0}, 3),
                    Contains("weight 1 has sign 2"));
}

TEST_CASE("weight code: a bad stream is refused by name and place", "[stream][bad-input][message]") {
  // R = 2, 1 coat: escape 1 bit (0), run 0 two bits (10), run 1 two bits (11).
  const auto decode = [](Bytes bytes, std::size_t count) {
    return decode_weights(bytes, count, 1, false, "w");
  };
  CHECK(decode({2, 0x21, 0x02, 0b01011'000}, 5).levels == std::vector<std::uint8_t>{0, 0, 1, 0, 1});
  CHECK_THROWS_WITH(decode({}, 5), Contains("w: empty"));
  CHECK_THROWS_WITH(decode({3, 0x21, 0x02, 0}, 5), Contains("run limit at byte 0 is 3"));
  CHECK_THROWS_WITH(decode({0, 0x21, 0x02, 0}, 5), Contains("run limit at byte 0 is 0"));
  CHECK_THROWS_WITH(decode({2, 0x21}, 5), Contains("ends at byte 2, inside of the table of 3 code lengths"));
  CHECK_THROWS_WITH(decode({2, 0x21, 0x12, 0}, 5), Contains("unused half of byte 2"));
  CHECK_THROWS_WITH(decode({2, 0x11, 0x01, 0}, 5),
                    Contains("w: the Huffman code lengths") && Contains("over-subscribed"));
  CHECK_THROWS_WITH(decode({2, 0x21, 0x00, 0}, 5), Contains("incomplete"));
  CHECK_THROWS_WITH(decode({2, 0x21, 0x02}, 5), Contains("0 bits cannot hold 5 weights"));
  CHECK_THROWS_WITH(decode({2, 0x21, 0x02, 0}, 17), Contains("8 bits cannot hold 17 weights"));
  CHECK_THROWS_WITH(decode({2, 0x21, 0x02, 0xff}, 10),
                    Contains("ends early at bit 8 of the stream, weight 8 of 10"));
  CHECK_THROWS_WITH(decode({2, 0x21, 0x02, 0b01011'000}, 4),
                    Contains("a run of 1 zeros at bit 3 of the stream, weight 3, passes the end at 4"));
  CHECK_THROWS_WITH(decode({2, 0x21, 0x02, 0b01011'000, 0}, 5),
                    Contains("at bit 5 of the stream: 11 bits are left"));
  CHECK_THROWS_WITH(decode({2, 0x21, 0x02, 0b01011'010}, 5),
                    Contains("padding at bit 5 of the stream is not zero"));
  CHECK_THROWS_WITH(decode({2, 0x01, 0x00, 0b0100'0000}, 5),
                    Contains("no code at bit 1 of the stream, weight 2"));
}

TEST_CASE("weight code: changed and cut streams never crash", "[stream][bad-input][fuzz]") {
  std::mt19937 random(24);
  std::size_t refused = 0, accepted = 0;
  const auto attempt = [&](const Bytes& bytes, std::size_t count, int coats, bool has_signs) {
    try {
      const WeightArray weights = decode_weights(bytes, count, coats, has_signs);
      REQUIRE(weights.levels.size() == count);
      for (const std::uint8_t level : weights.levels) REQUIRE(level <= coats);
      ++accepted;
    } catch (const Error&) {
      ++refused;
    }
  };
  for (const bool has_signs : {false, true}) {
    const WeightArray weights = random_weights(700, {0.7, 0.9, 0.95}, has_signs, 25);
    const Bytes good = encode_weights(weights.levels, weights.signs, 3);
    for (std::size_t at = 0; at < good.size(); ++at) {
      for (int flip = 1; flip < 256; flip = flip * 2 + static_cast<int>(random() % 2)) {
        Bytes bad = good;
        bad[at] = static_cast<std::uint8_t>(bad[at] ^ flip);
        attempt(bad, 700, 3, has_signs);
      }
      CHECK_THROWS_AS(decode_weights(Bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(at)), 700,
                                     3, has_signs),
                      Error);
    }
    for (const std::size_t count : {1, 350, 1400, 1'000'000'000})
      CHECK_THROWS_AS(decode_weights(good, count, 3, has_signs), Error);
  }
  for (int round = 0; round < 20000; ++round) {
    Bytes noise(random() % 60);
    for (std::uint8_t& byte : noise) byte = static_cast<std::uint8_t>(random());
    if (!noise.empty()) noise[0] = static_cast<std::uint8_t>(1 << random() % 8);
    attempt(noise, 1 + random() % 300, 1 + static_cast<int>(random() % 7), random() % 2 == 0);
  }
  CHECK(refused > 20000);
  CHECK(accepted > 0);  // a flipped stream bit can make another valid stream: the file has a checksum
}
