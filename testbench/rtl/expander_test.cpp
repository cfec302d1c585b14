// SPDX-License-Identifier: Apache-2.0
// Rows of every sparsity through the word expander, against a plain serial reading of the stream.
#include <Vwd_expander.h>

#include <array>
#include <catch2/catch.hpp>
#include <random>
#include <vector>

namespace {

constexpr int lanes = 64;
using Row = std::array<std::uint32_t, lanes>;

struct Expander {
  Vwd_expander rtl;
  std::vector<Row> rows = std::vector<Row>(256);

  Expander() { rtl.eval(); }  // so that the first edge is one
  void tick() {
    rtl.clk_i = 1;
    rtl.eval();
    rtl.clk_i = 0;
    rtl.eval();
  }
  void start(int row) {
    rtl.start_i = 1;
    rtl.row_i = row;
    tick();
    rtl.start_i = 0;
  }
  /// A beat, and the write that it makes in the weight buffer.
  void beat(const std::array<std::uint32_t, 4>& words, bool valid = true) {
    for (int i = 0; i < 4; ++i) rtl.beat_i[i] = words[static_cast<std::size_t>(i)];
    rtl.valid_i = valid;
    rtl.eval();
    for (int lane = 0; lane < lanes; ++lane)
      if (rtl.lanes_o >> lane & 1)
        rows.at(rtl.row_o)[static_cast<std::size_t>(lane)] =
            rtl.words_o[rtl.lane_word_o[lane / 16] >> lane % 16 * 2 & 3];
    tick();
    rtl.valid_i = 0;
  }
};

TEST_CASE("expander: rows of every sparsity are written as a serial reader reads them", "[rtl][oracle]") {
  std::mt19937_64 random_bits(11);
  Expander expander;
  for (int round = 0; round < 40; ++round) {
    const int first = static_cast<int>(random_bits() % 100);
    for (Row& row : expander.rows) row.fill(0xdeadbeef);
    expander.start(first);
    std::vector<Row> expected;
    for (int i = 0; i < 100; ++i) {
      const std::uint64_t density = random_bits() % 66;  // 65: all, 0: none
      std::uint64_t present = 0;
      Row row{};
      std::vector<std::uint32_t> words;
      for (std::size_t lane = 0; lane < lanes; ++lane)
        if (random_bits() % 65 < density) {
          present |= std::uint64_t{1} << lane;
          words.push_back(row[lane] = static_cast<std::uint32_t>(random_bits()));
        }
      expected.push_back(row);
      expander.beat({static_cast<std::uint32_t>(present), static_cast<std::uint32_t>(present >> 32), 0, 0});
      words.resize((words.size() + 3) / 4 * 4);
      for (std::size_t at = 0; at < words.size(); at += 4) {
        if (random_bits() % 4 == 0) expander.beat({~0u, ~0u, ~0u, ~0u}, false);  // memory pauses
        expander.beat({words[at], words[at + 1], words[at + 2], words[at + 3]});
      }
    }
    for (std::size_t i = 0; i < expected.size(); ++i) {
      INFO("round " << round << " row " << i);
      REQUIRE(expander.rows[static_cast<std::size_t>(first) + i] == expected[i]);
    }
  }
}

}  // namespace
