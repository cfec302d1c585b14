// SPDX-License-Identifier: Apache-2.0
// Rows of every sparsity through the word expander, against a plain serial reading of the stream.
#include <Vwd_expander.h>

#include <array>
#include <catch2/catch.hpp>
#include <random>
#include <vector>

#include "testbench/rtl/cover.hpp"

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
  void decoder_row() {
    rtl.coded_row_i = 1;
    rtl.eval();
    CHECK(rtl.lanes_o == 0);
    tick();
    rtl.coded_row_i = 0;
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
  wd::Cover cover{
      "wd_expander",
      {"no word", "one word", "all words", "first lane alone", "last lane alone", "last beat of one word",
       "last beat of two words", "last beat of three words", "last beat of four words",
       "pause before a header", "pause in a row", "row of the decoder",
       "row of the decoder behind the decoder's", "first row", "row number goes around", "start in a row"}};
  std::mt19937_64 random_bits(11);
  Expander expander;
  for (int round = 0; round < 40; ++round) {
    const int first = static_cast<int>(round % 8 == 0 ? 0 : random_bits() % 256);
    for (Row& row : expander.rows) row.fill(0xdeadbeef);
    expander.start(first);
    cover.hit("first row", first == 0);
    std::vector<Row> expected;
    bool decoded = false;
    for (int i = 0; i < 100; ++i) {
      if (random_bits() % 8 == 0) {  // the decoder writes it, not the expander
        expander.decoder_row();
        cover.hit("row of the decoder");
        cover.hit("row of the decoder behind the decoder's", decoded);
        expected.push_back(expander.rows[0]);
        expected.back().fill(0xdeadbeef);
        decoded = true;
        continue;
      }
      decoded = false;
      const std::uint64_t density = random_bits() % 66;  // 65: all, 0: none
      std::uint64_t present = 0;
      Row row{};
      std::vector<std::uint32_t> words;
      const int alone = random_bits() % 16 == 0 ? static_cast<int>(random_bits() % 2) * (lanes - 1) : -1;
      for (std::size_t lane = 0; lane < lanes; ++lane)
        if (alone < 0 ? random_bits() % 65 < density : lane == static_cast<std::size_t>(alone)) {
          present |= std::uint64_t{1} << lane;
          words.push_back(row[lane] = static_cast<std::uint32_t>(random_bits()));
        }
      cover.hit("no word", words.empty());
      cover.hit("one word", words.size() == 1);
      cover.hit("all words", words.size() == lanes);
      cover.hit("first lane alone", present == 1);
      cover.hit("last lane alone", present == std::uint64_t{1} << 63);
      if (!words.empty()) {
        static constexpr std::array rests{"last beat of four words", "last beat of one word",
                                          "last beat of two words", "last beat of three words"};
        cover.hit(rests[words.size() % 4]);
      }
      cover.hit("row number goes around", first + i == 256);
      expected.push_back(row);
      if (random_bits() % 4 == 0) {  // memory pauses
        expander.beat({~0u, ~0u, ~0u, ~0u}, false);
        cover.hit("pause before a header");
      }
      expander.beat({static_cast<std::uint32_t>(present), static_cast<std::uint32_t>(present >> 32), 0, 0});
      words.resize((words.size() + 3) / 4 * 4);
      for (std::size_t at = 0; at < words.size(); at += 4) {
        if (random_bits() % 4 == 0) {
          expander.beat({~0u, ~0u, ~0u, ~0u}, false);
          cover.hit("pause in a row");
        }
        expander.beat({words[at], words[at + 1], words[at + 2], words[at + 3]});
      }
    }
    for (std::size_t i = 0; i < expected.size(); ++i) {
      INFO("round " << round << " row " << i);
      REQUIRE(expander.rows[(static_cast<std::size_t>(first) + i) % 256] == expected[i]);
    }
    if (round % 4 != 0) continue;
    expander.beat({~0u, ~0u, ~0u, ~0u});  // the next start comes in its words
    expander.beat({1, 2, 3, 4});
    cover.hit("start in a row");
  }
  CHECK(cover.missed() == "");
}

}  // namespace
