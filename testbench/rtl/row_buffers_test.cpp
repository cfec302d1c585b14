// SPDX-License-Identifier: Apache-2.0
// The normalization and the score buffer against plain memories: what is read stays until the next read.
#include <Vwd_norm_buffer.h>
#include <Vwd_score_buffer.h>

#include <array>
#include <catch2/catch.hpp>
#include <optional>
#include <random>

#include "testbench/rtl/cover.hpp"

namespace {

using Beat = std::array<std::uint32_t, 4>;

std::mt19937 random_bits(11);

int below(int limit) { return static_cast<int>(random_bits() % static_cast<unsigned>(limit)); }
bool half() { return random_bits() % 2 == 0; }

template <typename Wide>
Beat new_beat(Wide& to, int first) {
  Beat beat;
  for (int i = 0; i < 4; ++i)
    to[first + i] = beat[static_cast<std::size_t>(i)] = static_cast<std::uint32_t>(random_bits());
  return beat;
}

template <typename Wide>
bool same(const Wide& wide, int first, const Beat& beat) {
  for (int i = 0; i < 4; ++i)
    if (wide[first + i] != beat[static_cast<std::size_t>(i)]) return false;
  return true;
}

template <typename Model>
void clock(Model& model) {
  model.clk_i = 0;
  model.eval();
  model.clk_i = 1;
  model.eval();
}

TEST_CASE("norm buffer: a row comes a cycle after its read, and stays until the next one", "[rtl][oracle]") {
  constexpr int rows = NORM_ROWS;
  wd::Cover cover{
      "wd_norm_buffer",
      {"first row read", "last row read", "first row written", "last row written", "first quarter",
       "last quarter", "row stays", "row read is written", "row held is written", "whole row of beats"}};
  Vwd_norm_buffer model;
  std::array<std::array<std::optional<Beat>, 4>, rows> memory;
  std::array<std::optional<Beat>, 4> row;
  std::size_t held = rows;
  for (int cycle = 0; cycle < 5000; ++cycle) {
    const auto read = static_cast<std::size_t>(below(rows)), written = static_cast<std::size_t>(below(rows));
    const auto quarter = static_cast<std::size_t>(below(4));
    model.read_i = half(), model.read_row_i = static_cast<unsigned>(read);
    model.write_i = half(), model.write_row_i = static_cast<unsigned>(written);
    model.quarter_i = static_cast<unsigned>(quarter);
    const Beat beat = new_beat(model.beat_i, 0);
    const bool reads = model.read_i != 0, writes = model.write_i != 0;
    cover.hit("first row read", reads && read == 0);
    cover.hit("last row read", reads && read == rows - 1);
    cover.hit("first row written", writes && written == 0);
    cover.hit("last row written", writes && written == rows - 1);
    cover.hit("first quarter", writes && quarter == 0);
    cover.hit("last quarter", writes && quarter == 3);
    cover.hit("row stays", !reads && row[0]);
    cover.hit("row read is written", reads && writes && read == written);
    cover.hit("row held is written", !reads && writes && held == written);
    clock(model);
    if (reads) row = memory[held = read];  // what was there before a write of the same cycle
    cover.hit("whole row of beats", reads && row[0] && row[1] && row[2] && row[3]);
    if (model.write_i) memory[written][quarter] = beat;
    for (std::size_t q = 0; q < 4; ++q)
      if (row[q] && !same(model.row_o, static_cast<int>(q) * 4, *row[q])) {
        CAPTURE(cycle, read, q);
        REQUIRE(same(model.row_o, static_cast<int>(q) * 4, *row[q]));
      }
  }
  CHECK(cover.missed() == "");
}

TEST_CASE("score buffer: pixels of an aligned row of four are written at once, halves read one by one",
          "[rtl][oracle]") {
  constexpr int rows = SCORE_ROWS, places = (rows + 3) / 4 * 4;
  wd::Cover cover{"wd_score_buffer",
                  {"no pixel", "pixel 0 alone", "pixel 1 alone", "pixel 2 alone", "pixel 3 alone",
                   "all pixels", "first row written", "last row written", "first half", "last half",
                   "row stays", "row read is written", "row held is written"}};
  Vwd_score_buffer model;
  std::array<std::array<std::optional<Beat>, 2>, places> memory;
  std::optional<Beat> read;
  int held = -1;
  for (int cycle = 0; cycle < 20000; ++cycle) {
    const int first = below(rows), place = first % 4;
    const unsigned mask = half() ? random_bits() & (15u >> place) : 0;
    model.write_i = mask, model.write_row_i = static_cast<unsigned>(first);
    std::array<Beat, 8> beats;
    for (int b = 0; b < 8; ++b) beats[static_cast<std::size_t>(b)] = new_beat(model.data_i, 4 * b);
    const auto half_row = static_cast<std::size_t>(below(2 * rows));
    model.read_i = half(), model.read_half_i = static_cast<unsigned>(half_row);
    const auto is_written = [&](int row) {
      return row >= first && row < first + 4 && (mask >> (row - first) & 1) != 0;
    };
    const bool reads = model.read_i != 0;
    const int row = static_cast<int>(half_row / 2);
    cover.hit("no pixel", mask == 0);
    cover.hit("pixel 0 alone", mask == 1);
    cover.hit("pixel 1 alone", mask == 2);
    cover.hit("pixel 2 alone", mask == 4);
    cover.hit("pixel 3 alone", mask == 8);
    cover.hit("all pixels", mask == 15);
    cover.hit("first row written", is_written(0));
    cover.hit("last row written", is_written(rows - 1));
    cover.hit("first half", reads && half_row == 0);
    cover.hit("last half", reads && half_row == 2 * rows - 1);
    cover.hit("row stays", !reads && read);
    cover.hit("row read is written", reads && is_written(row));
    cover.hit("row held is written", !reads && held >= 0 && is_written(held));
    clock(model);
    if (reads) read = memory[half_row / 2][half_row % 2], held = row;
    for (std::size_t pixel = 0; pixel < 4; ++pixel)
      if (mask >> pixel & 1)
        for (std::size_t h = 0; h < 2; ++h)
          memory[static_cast<std::size_t>(first) + pixel][h] = beats[2 * pixel + h];
    if (read && !same(model.beat_o, 0, *read)) {
      CAPTURE(cycle, half_row);
      REQUIRE(same(model.beat_o, 0, *read));
    }
  }
  CHECK(cover.missed() == "");
}

}  // namespace
