// SPDX-License-Identifier: Apache-2.0
// The activation buffer's ports, shared by tiles and the DMA: every word is there and is read, whatever they meet.
#include <verilated.h>

#include <array>
#include <catch2/catch.hpp>
#include <random>

#include "Vwd_act_buffer.h"
#include "testbench/rtl/cover.hpp"

namespace {

constexpr int rows = 16, banks = 16;  // words of 32 bits

class Bench {
 public:
  Bench() { idle(); }

  /// One row of groups: banks 4 * group_row to 4 * group_row + 3.
  void post(int group_row, unsigned enable, int row) {
    model_.post_i = (enable & 15) << 4 * group_row, model_.post_row_i = row;
    for (int i = 0; i < 4; ++i)
      if (enable >> i & 1) expect(4 * group_row + i, row, model_.post_data_i[i] = next_++);
  }
  void pool(unsigned enable, int row) {
    model_.pool_i = enable, model_.pool_row_i = row;
    for (int bank = 0; bank < banks; ++bank)
      if (enable >> bank & 1) expect(bank, row, model_.pool_data_i[bank] = next_++);
  }
  void dma(int bank, int row) {
    model_.dma_i = 1, model_.dma_bank_i = bank, model_.dma_row_i = row;
    expect(bank, row, model_.dma_data_i = next_++);
    collisions += (model_.post_i | model_.pool_i) >> bank & 1;
  }
  void cycle() {
    model_.clk_i = 0;
    model_.eval();
    model_.clk_i = 1;
    model_.eval();
    idle();
  }
  /// Through the port of a STORE_TENSOR. @return words that are not as expected
  int wrong() {
    int count = 0;
    for (int bank = 0; bank < banks; ++bank)
      for (int row = 0; row < rows; ++row) {
        model_.store_i = 1, model_.dma_bank_i = bank, model_.dma_row_i = row;
        CHECK(taken());
        cycle();
        const std::uint32_t expected = expected_[static_cast<std::size_t>(bank * rows + row)];
        count += expected != 0 && model_.store_data_o != expected;
      }
    return count;
  }

  /// Tiles read these banks: a fetch a row of each, or an ELEMENTWISE's input and residuals one of all of theirs.
  void fetch(unsigned enable, const std::array<int, banks>& row) {
    model_.fetch_i = enable, model_.fetch_row_i = 0;
    for (int bank = 0; bank < banks; ++bank)
      model_.fetch_row_i |= std::uint64_t{1} * static_cast<unsigned>(row[static_cast<std::size_t>(bank)])
                            << 4 * bank;
  }
  void step(unsigned input, int input_row, unsigned residual, int residual_row) {
    model_.input_i = input, model_.input_row_i = input_row;
    model_.residual_i = residual, model_.residual_row_i = residual_row;
  }
  void keep() { model_.store_keep_i = 1; }  // in the coming cycle
  void store(int bank, int row) { model_.store_i = 1, model_.dma_bank_i = bank, model_.dma_row_i = row; }
  /// In this cycle.
  bool taken() {
    model_.eval();
    return model_.store_taken_o != 0;
  }
  std::uint32_t stored() const { return model_.store_data_o; }
  std::uint32_t data(int bank) const { return model_.data_o[bank]; }
  std::uint32_t expected(int bank, int row) const {
    return expected_[static_cast<std::size_t>(bank * rows + row)];
  }

  int collisions = 0;

 private:
  void idle() {
    model_.post_i = model_.pool_i = model_.dma_i = model_.store_i = model_.store_keep_i = 0;
    model_.fetch_i = model_.input_i = model_.residual_i = 0;
  }
  void expect(int bank, int row, std::uint32_t word) {
    expected_[static_cast<std::size_t>(bank * rows + row)] = word;
  }

  Vwd_act_buffer model_;
  std::uint32_t next_ = 1;
  std::array<std::uint32_t, banks * rows> expected_{};
};

}  // namespace

TEST_CASE("activation buffer: a word that meets a tile's in its bank is written a cycle later",
          "[rtl][oracle]") {
  std::mt19937 random(5);
  const auto below = [&](unsigned count) { return static_cast<int>(random() % count); };
  wd::Cover cover{
      "wd_act_buffer",
      {"first row of groups posted", "second row of groups posted", "third row of groups posted",
       "last row of groups posted", "no word posted", "all words posted", "tile pooled", "no word pooled",
       "all words pooled", "DMA alone", "DMA meets the post unit", "DMA meets a pool",
       "word is held while the next one comes", "two words held, one behind the other",
       "DMA into the first bank", "DMA into the last bank", "last row", "nothing is written"}};
  int collisions = 0;
  for (int run = 0; run < 50; ++run) {
    Bench bench;
    int bank = below(16), last_row = -1;  // -1: no row of groups was written in the cycle before
    bool held = false;
    for (int i = 0; i < 200; ++i) {
      const int tiles = below(8);
      unsigned posted = 0, pooled = 0;
      bool posts = false, pools = false;
      if (tiles == 0 && last_row < 0) {
        pools = true;
        bench.pool(pooled = below(4) == 0 ? 0xffffu * static_cast<unsigned>(below(2)) : random() & 0xffff,
                   below(8));
        last_row = 4;
      } else if (tiles < 6 && last_row != 4) {  // the post unit's steps are of another row each
        const int row = last_row < 0 ? below(4) : (last_row + 1 + below(3)) % 4;
        posts = true;
        const unsigned enable = random() & 15;
        posted = enable << 4 * row;
        bench.post(row, enable, below(8));
        static constexpr std::array rows_of_groups{"first row of groups posted",
                                                   "second row of groups posted",
                                                   "third row of groups posted", "last row of groups posted"};
        cover.hit(rows_of_groups[static_cast<std::size_t>(row)], enable != 0);
        cover.hit("no word posted", enable == 0);
        cover.hit("all words posted", enable == 15);
        last_row = row;
      } else {
        last_row = -1;
      }
      cover.hit("tile pooled", pools);
      cover.hit("no word pooled", pools && pooled == 0);
      cover.hit("all words pooled", pooled == 0xffff);
      const bool writes = below(8) != 0;
      if (writes) {
        const int row = 8 + below(8);  // tiles have rows 0 to 7
        bench.dma(bank = (bank + 1) % 16, row);
        cover.hit("last row", row == rows - 1);
      }
      const bool meets_post = writes && (posted >> bank & 1) != 0,
                 meets_pool = writes && (pooled >> bank & 1) != 0;
      cover.hit("DMA alone", writes && !posts && !pools);
      cover.hit("DMA meets the post unit", meets_post);
      cover.hit("DMA meets a pool", meets_pool);
      cover.hit("word is held while the next one comes", held && writes);
      cover.hit("two words held, one behind the other", held && (meets_post || meets_pool));
      cover.hit("DMA into the first bank", writes && bank == 0);
      cover.hit("DMA into the last bank", writes && bank == banks - 1);
      cover.hit("nothing is written", !writes && posted == 0 && pooled == 0);
      held = meets_post || meets_pool;
      bench.cycle();
    }
    bench.cycle();
    CHECK(bench.wrong() == 0);
    collisions += bench.collisions;
  }
  CHECK(collisions > 500);
  CHECK(cover.missed() == "");
}

TEST_CASE("activation buffer: a store reads where tiles leave its bank alone, and takes nothing from them",
          "[rtl][oracle]") {
  std::mt19937 random(6);
  const auto below = [&](unsigned count) { return static_cast<int>(random() % count); };
  wd::Cover cover{"wd_act_buffer",
                  {"fetch", "fetch of all banks", "fetch of no bank", "input and residual", "input alone",
                   "residual alone", "nothing is read", "store taken", "store taken beside a fetch",
                   "store refused by a fetch", "store refused by an input", "store refused by a residual",
                   "store refused twice", "store from the first bank", "store from the last bank",
                   "stored word kept", "stored word kept twice", "stored word kept while its bank is read"}};
  Bench bench;
  bool was_refused = false;
  for (int row = 0; row < rows; ++row) {
    bench.pool(0xffff, row);
    bench.cycle();
  }
  int taken = 0, refused = 0, wrong = 0, bank = 0, row = 0, kept = 0;
  std::uint32_t waits = 0;  // a word that was read and is not sent
  bool keeps = false;
  int stored_bank = 0;
  for (int i = 0; i < 5000; ++i) {
    unsigned reads = 0, fetched = 0, of_inputs = 0, of_residuals = 0;
    bool fetches = false;
    std::array<int, banks> rows_read{};
    if (below(2) == 0) {
      for (int& of : rows_read) of = below(rows);
      fetches = true;
      fetched = reads =
          below(8) == 0 ? 0xffffu * static_cast<unsigned>(below(2)) : random() & random() & 0xffff;
      bench.fetch(reads, rows_read);
    } else if (below(4) != 0) {  // two rows of groups
      const int first = below(4), in = below(rows), residual = below(rows);
      const unsigned of_input = random() % 16u << 4 * first,
                     of_residual = random() % 16u << 4 * ((first + 3) % 4);
      bench.step(of_input, in, of_residual, residual);
      reads = of_input | of_residual;
      of_inputs = of_input, of_residuals = of_residual;
      for (int b = 0; b < banks; ++b)
        rows_read[static_cast<std::size_t>(b)] = of_input >> b & 1 ? in : residual;
    }
    if (waits != 0) {
      wrong += bench.stored() != waits;
      const bool kept_before = keeps;
      keeps = below(3) != 0;
      if (keeps)
        bench.keep(), ++kept;
      else
        waits = 0;
      cover.hit("stored word kept", keeps);
      cover.hit("stored word kept twice", keeps && kept_before);
      cover.hit("stored word kept while its bank is read", keeps && (reads >> stored_bank & 1) != 0);
    } else {
      keeps = false;
    }
    const bool stores = waits == 0 && below(4) != 0, free = (reads >> bank & 1) == 0;
    if (stores) bench.store(bank, row);
    const bool is_taken = bench.taken();
    CHECK(is_taken == (stores && free));
    refused += stores && !free, taken += is_taken;
    const auto refuses = [&](unsigned of) { return stores && (of >> bank & 1) != 0; };
    cover.hit("fetch", fetches);
    cover.hit("fetch of all banks", fetched == 0xffff);
    cover.hit("fetch of no bank", fetches && fetched == 0);
    cover.hit("input and residual", of_inputs != 0 && of_residuals != 0);
    cover.hit("input alone", of_inputs != 0 && of_residuals == 0);
    cover.hit("residual alone", of_inputs == 0 && of_residuals != 0);
    cover.hit("nothing is read", reads == 0 && !is_taken);
    cover.hit("store taken", is_taken);
    cover.hit("store taken beside a fetch", is_taken && fetched != 0);
    cover.hit("store refused by a fetch", refuses(fetched));
    cover.hit("store refused by an input", refuses(of_inputs));
    cover.hit("store refused by a residual", refuses(of_residuals));
    cover.hit("store refused twice", stores && !free && was_refused);
    cover.hit("store from the first bank", is_taken && bank == 0);
    cover.hit("store from the last bank", is_taken && bank == banks - 1);
    was_refused = stores && !free;
    bench.cycle();
    for (int b = 0; b < banks; ++b)
      wrong +=
          (reads >> b & 1) != 0 && bench.data(b) != bench.expected(b, rows_read[static_cast<std::size_t>(b)]);
    if (!is_taken) continue;
    stored_bank = bank;
    waits = bench.expected(bank, row);
    wrong += bench.stored() != waits;
    bank = (bank + 1) % banks, row = below(rows);
  }
  CHECK(wrong == 0);
  CHECK(taken > 500);
  CHECK(kept > 1000);
  CHECK(refused > 300);
  CHECK(cover.missed() == "");
}
