// SPDX-License-Identifier: Apache-2.0
#include "hw/formats/stream/huffman.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <functional>
#include <queue>
#include <random>

#include "base/error.hpp"

using namespace wd::stream;
using Counts = std::vector<std::uint64_t>;
using Lengths = std::vector<std::uint8_t>;

namespace {

std::uint64_t total_bits(const Counts& counts, const Lengths& lengths) {
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) bits += counts[i] * lengths[i];
  return bits;
}

double kraft_sum(const Lengths& lengths) {
  double sum = 0;
  for (const std::uint8_t length : lengths) sum += length == 0 ? 0 : std::ldexp(1.0, -length);
  return sum;
}

/// The textbook: join the two least frequent nodes until one is left.
std::vector<int> heap_huffman(const Counts& counts) {
  struct Node {
    std::uint64_t count;
    std::vector<std::size_t> symbols;
    bool operator<(const Node& other) const { return count > other.count; }
  };
  std::priority_queue<Node> queue;
  std::vector<int> lengths(counts.size(), 0);
  for (std::size_t i = 0; i < counts.size(); ++i)
    if (counts[i] != 0) queue.push({counts[i], {i}});
  while (queue.size() > 1) {
    Node a = queue.top();
    queue.pop();
    const Node b = queue.top();
    queue.pop();
    a.count += b.count;
    a.symbols.insert(a.symbols.end(), b.symbols.begin(), b.symbols.end());
    for (const std::size_t symbol : a.symbols) ++lengths[symbol];
    queue.push(a);
  }
  return lengths;
}

/// The least total over all lengths 1..limit that a prefix code can have.
std::uint64_t exhaustive_bits(const Counts& counts, int limit) {
  std::uint64_t best = ~std::uint64_t{0};
  Lengths lengths(counts.size());
  const std::function<void(std::size_t)> choose = [&](std::size_t at) {
    if (at == counts.size()) {
      if (kraft_sum(lengths) <= 1) best = std::min(best, total_bits(counts, lengths));
      return;
    }
    for (int length = 1; length <= limit; ++length) {
      lengths[at] = static_cast<std::uint8_t>(length);
      choose(at + 1);
    }
  };
  choose(0);
  return best;
}

}  // namespace

TEST_CASE("huffman: as short as the textbook's code where the limit does not bind", "[stream][oracle]") {
  std::mt19937 random(11);
  int compared = 0;
  for (int round = 0; round < 300; ++round) {
    Counts counts(2 + random() % 400);
    const unsigned skew = 1 + random() % 12;
    for (std::uint64_t& count : counts)
      count = random() % 5 == 0 ? 0 : 1 + (random() >> (20 + random() % skew));
    counts[0] = counts[1] = 1;
    const std::vector<int> plain = heap_huffman(counts);
    const Lengths lengths = code_lengths(counts);
    INFO("round " << round);
    CHECK(kraft_sum(lengths) == 1.0);
    CHECK_NOTHROW(check_lengths(lengths, "table"));
    if (*std::max_element(plain.begin(), plain.end()) > max_code_bits) continue;
    ++compared;
    CHECK(total_bits(counts, lengths) == total_bits(counts, Lengths(plain.begin(), plain.end())));
  }
  CHECK(compared > 100);
}

TEST_CASE("huffman: under a limit, as short as the best of all codes", "[stream][oracle]") {
  std::mt19937 random(12);
  for (int round = 0; round < 200; ++round) {
    const int limit = 3 + static_cast<int>(random() % 2);
    Counts counts(4 + random() % 3);
    for (std::uint64_t& count : counts) count = 1 + (std::uint64_t{1} << random() % 12);
    const Lengths lengths = code_lengths(counts, limit);
    INFO("round " << round);
    CHECK(*std::max_element(lengths.begin(), lengths.end()) <= limit);
    CHECK(total_bits(counts, lengths) == exhaustive_bits(counts, limit));
  }
}

TEST_CASE("huffman: Fibonacci counts are held to 15 bits", "[stream][oracle]") {
  Counts counts{1, 1};
  while (counts.size() < 40) counts.push_back(counts[counts.size() - 1] + counts[counts.size() - 2]);
  const Lengths lengths = code_lengths(counts);
  CHECK(*std::max_element(lengths.begin(), lengths.end()) == max_code_bits);
  CHECK(kraft_sum(lengths) == 1.0);
}

TEST_CASE("huffman: a full alphabet of 2^limit symbols fits, a single symbol has one bit",
          "[stream][oracle]") {
  CHECK(code_lengths(Counts(8, 7), 3) == Lengths(8, 3));
  CHECK(code_lengths({{0, 9, 0}}) == Lengths{0, 1, 0});
  CHECK(code_lengths({{0, 0}}) == Lengths{0, 0});
}

TEST_CASE("huffman: canonical codes count upwards", "[stream][oracle]") {
  CHECK(canonical_codes(Lengths{3, 1, 0, 3, 2}) == std::vector<std::uint16_t>{6, 0, 0, 7, 2});
}

TEST_CASE("huffman: the decoder finds every symbol, whatever follows it", "[stream][round-trip]") {
  std::mt19937 random(13);
  for (int round = 0; round < 50; ++round) {
    Counts counts(2 + random() % 700);
    for (std::uint64_t& count : counts) count = std::uint64_t{1} << random() % 30;
    const Lengths lengths = code_lengths(counts);
    const std::vector<std::uint16_t> codes = canonical_codes(lengths);
    const HuffmanDecoder decoder(lengths, "table");
    for (std::size_t symbol = 0; symbol < counts.size(); ++symbol) {
      const int free_bits = max_code_bits - lengths[symbol];
      const std::uint32_t first = static_cast<std::uint32_t>(codes[symbol]) << free_bits;
      const std::uint32_t ones = (1u << free_bits) - 1;
      for (const std::uint32_t rest : {0u, ones, static_cast<std::uint32_t>(random()) & ones}) {
        const auto match = decoder.find(first | rest);
        REQUIRE(match.symbol == symbol);
        REQUIRE(match.bits == lengths[symbol]);
      }
    }
  }
}

TEST_CASE("huffman: a single symbol's unused code is not found", "[stream][bad-input]") {
  const HuffmanDecoder decoder(Lengths{0, 1}, "table");
  for (std::uint32_t window = 0; window < 1u << max_code_bits; ++window) {
    const auto match = decoder.find(window);
    REQUIRE(match.bits == (window < 1u << (max_code_bits - 1) ? 1 : 0));
    REQUIRE(match.symbol == (match.bits != 0 ? 1 : 0));
  }
}

TEST_CASE("huffman: lengths that are no code are refused", "[stream][bad-input][message]") {
  using Catch::Contains;
  CHECK_THROWS_WITH(
      check_lengths(Lengths{1, 1, 1}, "layer 3"),
      Contains("layer 3") && Contains("3 of 3 symbols are over-subscribed (Kraft sum 49152 of 32768)"));
  CHECK_THROWS_WITH(check_lengths(Lengths{1, 2, 0}, "t"), Contains("2 of 3 symbols are incomplete"));
  CHECK_THROWS_WITH(check_lengths(Lengths{0, 2}, "t"), Contains("incomplete"));
  CHECK_THROWS_WITH(check_lengths(Lengths{0, 0}, "t"), Contains("all zero"));
  CHECK_THROWS_WITH(check_lengths(Lengths{}, "t"), Contains("all zero"));
  CHECK_THROWS_WITH(check_lengths(Lengths{1, 16}, "t"),
                    Contains("symbol 1 has a code of 16 bits, at most 15"));
}

TEST_CASE("bits: what is put is read back, and the end is noticed", "[stream][round-trip]") {
  std::mt19937 random(14);
  for (int round = 0; round < 200; ++round) {
    std::vector<std::pair<std::uint32_t, int>> fields(random() % 40);
    wd::Bytes bytes;
    BitWriter out(bytes);
    std::uint64_t put = 0;
    for (auto& [value, count] : fields) {
      count = 1 + static_cast<int>(random() % max_code_bits);
      value = static_cast<std::uint32_t>(random() & ((1u << count) - 1));
      out.put(value, count);
      put += static_cast<std::uint64_t>(count);
    }
    out.finish();
    REQUIRE(bytes.size() == (put + 7) / 8);
    BitReader in(bytes);
    std::uint64_t position = 0;
    for (const auto& [value, count] : fields) {
      REQUIRE(in.position() == position);
      REQUIRE(in.peek() >> (max_code_bits - count) == value);
      REQUIRE(in.skip(count));
      position += static_cast<std::uint64_t>(count);
    }
    const int padding = static_cast<int>(in.size() - put);
    REQUIRE(in.peek() == 0);
    REQUIRE(in.skip(padding));
    REQUIRE(in.peek() == 0);
    REQUIRE_FALSE(in.skip(1));
  }
}
