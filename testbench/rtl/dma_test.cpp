// SPDX-License-Identifier: Apache-2.0
// The DMA against a list of the burst's beats: each goes to, or comes from, the place that docs/isa.md's assignments say, in the cycle in
// which both sides are ready, and a store's words come as fast as the buffers, the latency and the memory let them.
#include <Vwd_dma.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <optional>
#include <random>
#include <string>

#include "hw/arch/isa.hpp"
#include "testbench/rtl/cover.hpp"

using namespace wd;
using arch::Instr;
using arch::Op;

namespace {

constexpr int latency = DMA_LATENCY, norm_rows = DMA_NORM_ROWS, score_rows = DMA_SCORE_ROWS;
constexpr unsigned weight_rows = 1536, act_rows = 1024;  // the defaults

unsigned bits_of(unsigned rows) {
  unsigned bits = 1;
  while (1u << bits < rows) ++bits;
  return bits;
}
unsigned wrapped(long row, unsigned rows) { return static_cast<unsigned>(row) & ((1u << bits_of(rows)) - 1); }

/// Where a tensor's word k lies: block by block, pixels in raster order over 16 banks.
struct Place {
  unsigned bank, row;
};
Place place_of(const Instr& instr, long k) {
  const long pixels = static_cast<long>(instr.in_h) * instr.in_w, pixel = k % pixels;
  const long base = instr.operation() == Op::StoreTensor ? instr.in_base : instr.out_base;
  return {static_cast<unsigned>(pixel % 16),
          wrapped(base + k / pixels * instr.in_rows + pixel / 16, act_rows)};
}

class Bench {
 public:
  Bench() { reset(); }

  void run(int run_number) {
    easy_ = run_number % 4 == 0;  // everybody is ready
    instr_ = new_burst();
    advance_ = below(3) == 0 ? 0 : bits(20);
    words_taken_ = beats_ = 0;
    word_waits_ = false;
    score_half_.reset();
    const int reset_at = below(8) == 0 ? 1 + below(60) : -1;
    if (reset_at >= 0 && below(2) == 0) instr_.count = 1 + below((1 << 24) - 1);
    start();
    for (age_ = 1; beats_ < instr_.count; ++age_) {
      REQUIRE(age_ < 100000);
      if (age_ == reset_at) {
        reset();
        cover.hit("reset in a burst");
        break;
      }
      step();
    }
    const int idle = below(3);
    cover.hit("idle between bursts", idle > 0);
    cover.hit("starts right behind the last beat", idle == 0 && age_ != reset_at);
    for (int i = 0; i < idle; ++i) quiet();
  }

  Cover cover{"wd_dma",
              {"weights",
               "coded weights",
               "norms",
               "table",
               "tensor in",
               "tensor out",
               "scores",
               "one beat",
               "many beats",
               "beats back to back",
               "memory lets wait",
               "decoder holds a beat",
               "decoder holds the last beat",
               "decoder ready without a beat",
               "store held by the memory",
               "store's first beat held",
               "store's last beat held",
               "tiles keep a bank from the store",
               "word waits while the next is read",
               "no word to send",
               "norm row ends",
               "norm rows go around",
               "last part of the table",
               "one column",
               "one row",
               "one pixel",
               "block ends in bank 15",
               "block ends before",
               "next channel block",
               "next row of a bank",
               "activation rows go around",
               "nothing added to the address",
               "rows added to the address",
               "idle between bursts",
               "starts right behind the last beat",
               "memory valid between bursts",
               "reset in a burst"}};

 private:
  std::mt19937 random_bits_{17};
  Vwd_dma model_;
  Instr instr_;
  long advance_ = 0, age_ = 0, beats_ = 0, words_taken_ = 0;
  bool easy_ = false, word_waits_ = false, beat_before_ = false;
  std::string wrong_;                   // outputs of this cycle
  std::optional<unsigned> score_half_;  // what the score buffer holds for the memory

  int below(int limit) { return static_cast<int>(random_bits_() % static_cast<unsigned>(limit)); }
  int bits(int count) { return static_cast<int>(random_bits_() & ((1u << count) - 1)); }
  bool chance() { return easy_ || below(3) != 0; }

  Instr new_burst() {
    constexpr std::array ops{Op::LoadWeights, Op::LoadNorms,   Op::LoadTensor,
                             Op::StoreTensor, Op::StoreScores, Op::LoadTable};
    Instr instr = arch::make(ops[static_cast<std::size_t>(below(6))]);
    instr.mem_addr = bits(28);
    instr.count = below(4) == 0 ? 1 : 1 + below(80);
    instr.tag = bits(3);
    const int shape = below(8), around = below(3);
    switch (instr.operation()) {
      case Op::LoadWeights:
        instr.weight_row = below(static_cast<int>(weight_rows)), instr.coded = below(2);
        break;
      case Op::LoadNorms:
        instr.norm_row = around == 0 ? norm_rows - 1 : below(norm_rows);
        break;
      case Op::StoreScores:
        instr.out_base = below(score_rows);
        break;
      case Op::LoadTable:
        instr.count = 16;
        break;
      default: {
        instr.in_h = shape == 0 ? 1 : shape == 1 ? 1 + below(1023) : 1 + below(9);
        instr.in_w = shape == 2 ? 1 : shape == 3 ? 1 + below(1023) : 1 + below(9);
        if (shape == 4) instr.in_h = instr.in_w = 1;
        if (shape == 5) instr.in_h = 2, instr.in_w = 8;
        instr.in_rows = around == 0 ? bits(16) : (instr.in_h * instr.in_w + 15) / 16 + below(3);
        // as the burst queue hands them on: the place is in both fields
        instr.in_base = instr.out_base = around == 1 ? static_cast<int>(act_rows) - 1 : bits(10);
        if (below(3) == 0) instr.count = 200 + below(200);
      }
    }
    return instr;
  }

  void expect(bool right, const char* name) {
    if (!right) wrong_ += (wrong_.empty() ? "" : ", ") + std::string(name);
  }
  void low() {
    model_.clk_i = 0;
    model_.eval();
  }
  void edge() {
    model_.clk_i = 1;
    model_.eval();
  }
  /// What others say at any time.
  void surroundings() {
    model_.mem_valid_i = chance(), model_.mem_ready_i = chance(), model_.coded_ready_i = chance();
    model_.act_taken_i = 0;
  }
  bool nothing_goes_out() const {
    return model_.mem_valid_o == 0 && model_.weight_valid_o == 0 && model_.coded_valid_o == 0 &&
           model_.norm_valid_o == 0 && model_.table_valid_o == 0 && model_.act_valid_o == 0 &&
           model_.act_read_o == 0 && model_.score_read_o == 0 && model_.mem_request_o == 0;
  }
  void reset() {
    surroundings();
    model_.start_i = 0, model_.rst_ni = 0;
    low();
    edge();
    model_.rst_ni = 1;
    quiet();
  }
  void quiet() {
    surroundings();
    model_.start_i = 0;
    low();
    cover.hit("memory valid between bursts", model_.mem_valid_i != 0);
    REQUIRE((model_.busy_o == 0 && nothing_goes_out() && model_.weight_start_o == 0 &&
             model_.coded_start_o == 0));
    edge();
  }

  void start() {
    const arch::InstrWord word = arch::encode(instr_);
    for (int i = 0; i < arch::instr_bits / 32; ++i)
      model_.instr_i[i] = static_cast<std::uint32_t>(word[static_cast<std::size_t>(i / 2)] >> 32 * (i % 2));
    model_.advance_i = static_cast<unsigned>(advance_);
    surroundings();
    model_.start_i = 1;
    low();
    REQUIRE((model_.busy_o == 0 && nothing_goes_out()));
    REQUIRE(model_.weight_start_o == 1);
    REQUIRE(model_.weight_row_o == static_cast<unsigned>(instr_.weight_row));
    REQUIRE(model_.coded_start_o == (instr_.operation() == Op::LoadWeights && instr_.coded != 0));
    edge();
    model_.start_i = 0;
    for (int i = 0; i < arch::instr_bits / 32; ++i)
      model_.instr_i[i] = random_bits_();  // no longer looked at
    model_.advance_i = random_bits_() & 0xfffff;
    beat_before_ = false;
  }

  /// A cycle of the burst, the age_th behind that of its start.
  void step() {
    surroundings();
    const Op op = instr_.operation();
    const bool coded = instr_.coded != 0, stores = op == Op::StoreTensor || op == Op::StoreScores;
    if (age_ <= latency && !stores) model_.mem_valid_i = 0;  // the memory answers reads behind its latency
    low();
    const bool last = beats_ + 1 == instr_.count;
    // A store's word may be read in the cycle before the first beat, and whenever the one before is sent or was.
    const bool reads_word = op == Op::StoreTensor && age_ >= latency && words_taken_ < instr_.count &&
                            (!word_waits_ || model_.mem_ready_i != 0);
    if (reads_word && chance()) model_.act_taken_i = 1;
    model_.eval();

    const bool sends = op == Op::StoreTensor ? word_waits_ : op == Op::StoreScores && age_ > latency;
    const bool takes = !stores && model_.mem_valid_i != 0 && (!coded || model_.coded_ready_i != 0);
    const bool beat = takes || (sends && model_.mem_ready_i != 0);
    expect(model_.busy_o == 1, "busy_o");
    expect(model_.mem_request_o == (age_ == 1), "mem_request_o");
    expect(model_.mem_write_o == stores, "mem_write_o");
    expect(model_.mem_addr_o == static_cast<unsigned>(instr_.mem_addr + 4 * advance_), "mem_addr_o");
    if (age_ == 1) expect(model_.mem_count_o == static_cast<unsigned>(instr_.count), "mem_count_o");
    expect(model_.mem_ready_o == (!coded || model_.coded_ready_i != 0), "mem_ready_o");
    expect(model_.mem_valid_o == sends, "mem_valid_o");
    expect(model_.weight_start_o == 0, "weight_start_o");
    expect(model_.coded_start_o == 0, "coded_start_o");
    expect(model_.weight_valid_o == (beat && op == Op::LoadWeights && !coded), "weight_valid_o");
    expect(model_.coded_valid_o == (coded && model_.mem_valid_i != 0), "coded_valid_o");
    expect(model_.norm_valid_o == (beat && op == Op::LoadNorms), "norm_valid_o");
    expect(model_.table_valid_o == (beat && op == Op::LoadTable), "table_valid_o");
    expect(model_.act_valid_o == (beat && op == Op::LoadTensor), "act_valid_o");
    expect(model_.act_store_o == (op == Op::StoreTensor), "act_store_o");
    expect(model_.act_read_o == reads_word, "act_read_o");
    const long rows_of_four = beats_ / 4;
    if (model_.norm_valid_o != 0) {
      expect(model_.norm_row_o == wrapped(instr_.norm_row + rows_of_four, norm_rows), "norm_row_o");
      expect(model_.norm_quarter_o == static_cast<unsigned>(beats_ % 4), "norm_quarter_o");
    }
    if (model_.table_valid_o != 0)
      expect(model_.table_part_o == static_cast<unsigned>(beats_ % 16), "table_part_o");
    if (model_.act_valid_o != 0 || reads_word) {
      const long k = reads_word ? words_taken_ : beats_;
      const auto [bank, row] = place_of(instr_, k);
      expect(model_.act_bank_o == bank, "act_bank_o");
      expect(model_.act_row_o == row, "act_row_o");
      const long pixels = static_cast<long>(instr_.in_h) * instr_.in_w;
      cover.hit("block ends in bank 15", k % pixels == pixels - 1 && bank == 15);
      cover.hit("block ends before", k % pixels == pixels - 1 && bank < 15);
      cover.hit("next channel block", k >= pixels);
      cover.hit("next row of a bank", k % pixels >= 16);
      cover.hit("activation rows go around", row < static_cast<unsigned>(instr_.in_base) && k > 0);
    }
    if (op == Op::StoreScores && beat) {
      const unsigned half = 2 * static_cast<unsigned>(instr_.out_base) + static_cast<unsigned>(beats_);
      expect(score_half_ == half % (2u << bits_of(score_rows)), "half of a score row");
    }
    if (op != Op::StoreScores) expect(model_.score_read_o == 0, "score_read_o");
    if (model_.score_read_o != 0) score_half_ = model_.score_half_o;
    if (!wrong_.empty()) {
      CAPTURE(age_, beats_, instr_.op, instr_.count, instr_.in_h, instr_.in_w, instr_.coded);
      REQUIRE(wrong_ == "");
    }
    covers(beat, sends, last, reads_word);

    if (model_.act_taken_i != 0) ++words_taken_;
    word_waits_ =
        op == Op::StoreTensor && (model_.act_taken_i != 0 || (word_waits_ && model_.mem_ready_i == 0));
    beats_ += beat;
    beat_before_ = beat;
    edge();
  }

  void covers(bool beat, bool sends, bool last, bool reads_word) {
    const Op op = instr_.operation();
    const bool coded = instr_.coded != 0, tensor = op == Op::LoadTensor || op == Op::StoreTensor;
    const bool stores = op == Op::StoreTensor || op == Op::StoreScores;
    if (beat) {
      cover.hit("weights", op == Op::LoadWeights && !coded);
      cover.hit("coded weights", coded);
      cover.hit("norms", op == Op::LoadNorms);
      cover.hit("table", op == Op::LoadTable);
      cover.hit("tensor in", op == Op::LoadTensor);
      cover.hit("tensor out", op == Op::StoreTensor);
      cover.hit("scores", op == Op::StoreScores);
      cover.hit("one beat", instr_.count == 1);
      cover.hit("many beats", beats_ >= 200);
      cover.hit("beats back to back", beat_before_);
      cover.hit("norm row ends", op == Op::LoadNorms && beats_ % 4 == 3);
      cover.hit("norm rows go around", op == Op::LoadNorms && instr_.norm_row + beats_ / 4 >= norm_rows);
      cover.hit("last part of the table", op == Op::LoadTable && beats_ == 15);
      cover.hit("one column", tensor && instr_.in_w == 1 && instr_.in_h > 1);
      cover.hit("one row", tensor && instr_.in_h == 1 && instr_.in_w > 1);
      cover.hit("one pixel", tensor && instr_.in_h == 1 && instr_.in_w == 1);
      cover.hit("nothing added to the address", advance_ == 0);
      cover.hit("rows added to the address", advance_ != 0);
    }
    const bool held = sends && model_.mem_ready_i == 0;
    cover.hit("memory lets wait", !stores && model_.mem_valid_i == 0 && age_ > latency);
    cover.hit("decoder holds a beat", coded && model_.mem_valid_i != 0 && model_.coded_ready_i == 0);
    cover.hit("decoder holds the last beat",
              coded && model_.mem_valid_i != 0 && model_.coded_ready_i == 0 && last);
    cover.hit("decoder ready without a beat", coded && model_.mem_valid_i == 0 && model_.coded_ready_i != 0);
    cover.hit("store held by the memory", held);
    cover.hit("store's first beat held", held && beats_ == 0);
    cover.hit("store's last beat held", held && last);
    cover.hit("tiles keep a bank from the store", reads_word && model_.act_taken_i == 0);
    cover.hit("word waits while the next is read", word_waits_ && reads_word);
    cover.hit("no word to send", op == Op::StoreTensor && age_ > latency && !sends);
  }
};

TEST_CASE("DMA: every beat goes to its place, stores as fast as all sides let them", "[rtl][oracle]") {
  Bench bench;
  for (int run = 0; run < 1500; ++run) bench.run(run);
  CHECK(bench.cover.missed() == "");
}

}  // namespace
