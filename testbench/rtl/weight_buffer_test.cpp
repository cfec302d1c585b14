// SPDX-License-Identifier: Apache-2.0
// The weight buffer against a plain memory of rows: what is read stays until the next read, whatever is written.
#include <Vwd_weight_buffer.h>

#include <array>
#include <catch2/catch.hpp>
#include <optional>
#include <random>

#include "testbench/rtl/cover.hpp"

namespace {

constexpr int rows = 12, lanes = 4, planes = WEIGHT_PLANES;  // words of 32 bits

using Row = std::array<std::optional<std::uint32_t>, lanes>;

TEST_CASE("weight buffer: rows that follow each other come at once, lanes are written alone or together",
          "[rtl][oracle]") {
  wd::Cover cover{
      "wd_weight_buffer",
      {"first row read", "last row read", "first row written", "last row written", "one row read",
       "most rows read", "no lane", "all lanes", "decoded row", "reads nothing", "writes nothing",
       "row read is written", "row decoded is read", "row held is written", "lanes take each other's words"}};
  std::mt19937 random(7);
  const auto below = [&](int limit) { return static_cast<int>(random() % static_cast<unsigned>(limit)); };
  Vwd_weight_buffer model;
  std::array<Row, rows> memory;
  std::array<Row, planes> out;  // nothing is said of a plane that the last read left out
  std::array<bool, static_cast<std::size_t>(lanes) * 4> word_of_lane{};
  int first_held = 0, held = 0;
  for (int cycle = 0; cycle < 20000; ++cycle) {
    const bool reads = below(2) == 0;
    const int count = 1 + below(planes), first = below(rows - count + 1);
    model.read_i = reads;
    model.read_row_i = static_cast<unsigned>(first), model.read_count_i = static_cast<unsigned>(count);

    const int kind = below(4);  // 0, 1: a beat for some lanes; 2: a decoded row; 3: none
    const int written = below(rows);
    const unsigned mask = below(4) == 0 ? 15u * static_cast<unsigned>(below(2)) : random() & 15u;
    model.write_i = kind < 2, model.coded_i = kind == 2;
    model.write_row_i = static_cast<unsigned>(written), model.lanes_i = mask;
    const unsigned choice = random() & 255u;
    model.lane_word_i = choice;
    for (int i = 0; i < 4; ++i) model.words_i[i] = static_cast<std::uint32_t>(random());
    for (int p = 0; p < lanes; ++p) model.row_i[p] = static_cast<std::uint32_t>(random());

    const auto inside = [&](int from, int many) { return written >= from && written < from + many; };
    cover.hit("first row read", reads && first == 0);
    cover.hit("last row read", reads && first + count == rows);
    cover.hit("first row written", kind < 2 && mask != 0 && written == 0);
    cover.hit("last row written", kind < 2 && mask != 0 && written == rows - 1);
    cover.hit("one row read", reads && count == 1);
    cover.hit("most rows read", reads && count == planes);
    cover.hit("no lane", kind < 2 && mask == 0);
    cover.hit("all lanes", kind < 2 && mask == 15);
    cover.hit("decoded row", kind == 2 && mask != 15);
    cover.hit("reads nothing", !reads && kind != 3);
    cover.hit("writes nothing", reads && kind == 3);
    cover.hit("row read is written", reads && kind < 2 && mask != 0 && inside(first, count));
    cover.hit("row decoded is read", reads && kind == 2 && inside(first, count));
    cover.hit("row held is written", !reads && kind != 3 && inside(first_held, held));

    if (reads) {  // what was there before a write of the same cycle
      out = {};
      for (int j = 0; j < count; ++j)
        out[static_cast<std::size_t>(j)] = memory[static_cast<std::size_t>(first + j)];
      first_held = first, held = count;
    }
    for (int p = 0; p < lanes; ++p) {
      std::optional<std::uint32_t>& word =
          memory[static_cast<std::size_t>(written)][static_cast<std::size_t>(p)];
      const unsigned taken = choice >> 2 * p & 3u;
      if (kind == 2) word = model.row_i[p];
      if (kind < 2 && (mask >> p & 1) != 0) {
        word = model.words_i[taken];
        word_of_lane[static_cast<std::size_t>(p) * 4 + taken] = true;
      }
    }
    model.clk_i = 0;
    model.eval();
    model.clk_i = 1;
    model.eval();
    for (int j = 0; j < planes; ++j)
      for (int p = 0; p < lanes; ++p)
        if (const auto& word = out[static_cast<std::size_t>(j)][static_cast<std::size_t>(p)];
            word && model.row_o[j * lanes + p] != *word) {
          CAPTURE(cycle, first_held, held, j, p);
          REQUIRE(model.row_o[j * lanes + p] == *word);
        }
  }
  bool all = true;
  for (const bool seen : word_of_lane) all = all && seen;
  cover.hit("lanes take each other's words", all);
  CHECK(cover.missed() == "");
}

}  // namespace
