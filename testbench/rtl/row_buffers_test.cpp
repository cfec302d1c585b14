// SPDX-License-Identifier: Apache-2.0
// The normalization and the score buffer against plain memories: what is read stays until the next read.
#include <Vwd_norm_buffer.h>
#include <Vwd_score_buffer.h>

#include <array>
#include <catch2/catch.hpp>
#include <optional>
#include <random>

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
  constexpr int rows = 5;
  Vwd_norm_buffer model;
  std::array<std::array<std::optional<Beat>, 4>, rows> memory;
  std::array<std::optional<Beat>, 4> row;
  int stayed = 0, overtaken = 0;
  for (int cycle = 0; cycle < 5000; ++cycle) {
    const auto read = static_cast<std::size_t>(below(rows)), written = static_cast<std::size_t>(below(rows));
    const auto quarter = static_cast<std::size_t>(below(4));
    model.read_i = half(), model.read_row_i = static_cast<unsigned>(read);
    model.write_i = half(), model.write_row_i = static_cast<unsigned>(written);
    model.quarter_i = static_cast<unsigned>(quarter);
    const Beat beat = new_beat(model.beat_i, 0);
    stayed += !model.read_i;
    overtaken += model.read_i && model.write_i && read == written;
    clock(model);
    if (model.read_i) row = memory[read];  // what was there before a write of the same cycle
    if (model.write_i) memory[written][quarter] = beat;
    for (std::size_t q = 0; q < 4; ++q)
      if (row[q] && !same(model.row_o, static_cast<int>(q) * 4, *row[q])) {
        CAPTURE(cycle, read, q);
        REQUIRE(same(model.row_o, static_cast<int>(q) * 4, *row[q]));
      }
  }
  CHECK((stayed > 1000 && overtaken > 100));
}

TEST_CASE("score buffer: pixels of an aligned row of four are written at once, halves read one by one",
          "[rtl][oracle]") {
  constexpr int rows = 10;  // of twelve places
  Vwd_score_buffer model;
  std::array<std::array<std::optional<Beat>, 2>, 12> memory;
  std::optional<Beat> read;
  std::array<int, 16> masks{};
  int stayed = 0;
  for (int cycle = 0; cycle < 20000; ++cycle) {
    const int first = below(rows), place = first % 4;
    const unsigned mask = half() ? random_bits() & (15u >> place) : 0;
    ++masks[mask];
    model.write_i = mask, model.write_row_i = static_cast<unsigned>(first);
    std::array<Beat, 8> beats;
    for (int b = 0; b < 8; ++b) beats[static_cast<std::size_t>(b)] = new_beat(model.data_i, 4 * b);
    const auto half_row = static_cast<std::size_t>(below(2 * rows));
    model.read_i = half(), model.read_half_i = static_cast<unsigned>(half_row);
    stayed += !model.read_i;
    clock(model);
    if (model.read_i) read = memory[half_row / 2][half_row % 2];
    for (std::size_t pixel = 0; pixel < 4; ++pixel)
      if (mask >> pixel & 1)
        for (std::size_t h = 0; h < 2; ++h)
          memory[static_cast<std::size_t>(first) + pixel][h] = beats[2 * pixel + h];
    if (read && !same(model.beat_o, 0, *read)) {
      CAPTURE(cycle, half_row);
      REQUIRE(same(model.beat_o, 0, *read));
    }
  }
  CHECK(stayed > 1000);
  for (const unsigned mask : {0u, 1u, 2u, 4u, 8u, 15u}) CHECK(masks[mask] > 0);
}

}  // namespace
