// SPDX-License-Identifier: Apache-2.0
// The instruction memory against a plain one: any of a row's words are written at once, a whole row is read.
#include <Vwd_instr_memory.h>

#include <array>
#include <catch2/catch.hpp>
#include <optional>
#include <random>

#include "testbench/rtl/cover.hpp"

namespace {

constexpr int rows = 5, words = 12;

using Row = std::array<std::optional<std::uint32_t>, words>;

TEST_CASE("instruction memory: words are written alone or together, a row read stays until the next read",
          "[rtl][oracle]") {
  wd::Cover cover{"wd_instr_memory",
                  {"each word alone", "all words", "no word", "first row written", "last row written",
                   "first row read", "last row read", "row read is written", "row held is written"}};
  std::mt19937 random(9);
  const auto below = [&](int limit) { return static_cast<int>(random() % static_cast<unsigned>(limit)); };
  Vwd_instr_memory model;
  std::array<Row, rows> memory;
  Row out;
  unsigned alone = 0;
  int held = -1;
  for (int cycle = 0; cycle < 20000; ++cycle) {
    const bool reads = below(2) == 0;
    const int read = below(rows), written = below(rows), kind = below(4);
    unsigned mask = random() & 0xfffu;
    if (kind == 0) mask = 1u << below(words);
    if (kind == 1) mask = below(2) == 0 ? 0u : 0xfffu;
    model.read_i = reads, model.read_row_i = static_cast<unsigned>(read);
    model.write_i = mask, model.write_row_i = static_cast<unsigned>(written);
    for (int w = 0; w < words; ++w) model.data_i[w] = static_cast<std::uint32_t>(random());

    if (kind == 0) alone |= mask;
    cover.hit("all words", mask == 0xfff);
    cover.hit("no word", mask == 0);
    cover.hit("first row written", mask != 0 && written == 0);
    cover.hit("last row written", mask != 0 && written == rows - 1);
    cover.hit("first row read", reads && read == 0);
    cover.hit("last row read", reads && read == rows - 1);
    cover.hit("row read is written", reads && mask != 0 && read == written);
    cover.hit("row held is written", !reads && mask != 0 && held == written);

    if (reads)
      out = memory[static_cast<std::size_t>(held = read)];  // as it was before a write of the same cycle
    for (int w = 0; w < words; ++w)
      if ((mask >> w & 1) != 0)
        memory[static_cast<std::size_t>(written)][static_cast<std::size_t>(w)] = model.data_i[w];
    model.clk_i = 0;
    model.eval();
    model.clk_i = 1;
    model.eval();
    for (int w = 0; w < words; ++w)
      if (const auto& word = out[static_cast<std::size_t>(w)]; word && model.instr_o[w] != *word) {
        CAPTURE(cycle, held, w);
        REQUIRE(model.instr_o[w] == *word);
      }
  }
  cover.hit("each word alone", alone == 0xfff);
  CHECK(cover.missed() == "");
}

}  // namespace
