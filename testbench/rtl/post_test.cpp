// SPDX-License-Identifier: Apache-2.0
// The post unit against plain arithmetic of whole tiles: every read, write and count in its cycle, tiles beside each other.
//
// Shape     32 PEs a group: tiles of one or two channel blocks.
// Numerics  hw/numerics/post.hpp, lane by lane; sums are 64-bit integers.
#include "hw/numerics/post.hpp"

#include <Vwd_post.h>

#include <array>
#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <set>
#include <string>

#include "hw/arch/arch.hpp"
#include "hw/arch/isa.hpp"
#include "testbench/rtl/cover.hpp"

using namespace wd;
using arch::Instr;
using arch::Op;

namespace {

constexpr int pes = 32, acc_bits = 36, act_rows = 64, norm_rows = 16, score_rows = 64,
              stages = arch::post_stages;
constexpr std::int64_t bias = std::int64_t{1} << 21;

using Word = std::array<std::uint8_t, 16>;  // FP8 codes of a pixel
struct Norm {
  std::array<numerics::Fp16, 16> gamma, beta;
};

/// What is to be seen in a cycle.
struct Expected {
  bool norm_read = false, read = false, done = false;
  int norm_row = 0, input_row = 0, residual_row = 0, write_row = 0, score_row = 0, saturations = 0,
      pixels = 0;
  unsigned inputs = 0, residuals = 0, writes = 0, scores = 0;  // by bank, by pixel
  std::array<Word, 16> codes{};                                // by bank
  std::array<std::array<numerics::Fp16, 16>, 4> score{};       // by pixel
};

class Bench {
 public:
  Bench() {
    for (auto& row : memory_)
      for (Word& word : row)
        for (std::uint8_t& code : word) code = static_cast<std::uint8_t>(bits_());
    reset();
    write_table();
  }

  int below(int limit) { return static_cast<int>(bits_() % static_cast<unsigned>(limit)); }

  /// Its tiles, one behind the other. @param breaks  a reset comes in the last one
  void instruction(bool breaks) {
    if (below(16) == 0) write_table();
    new_instr();
    const int tiles = instr_.pooled || instr_.score ? 1 : 1 + below(3);
    for (int t = 0; t < tiles; ++t) {
      const bool last = t + 1 == tiles;
      new_tile();
      const int gap = 1 + below(instr_.operation() == Op::Elementwise ? 2 : 12);
      for (int i = 0; i < gap; ++i) cycle();
      cover.hit("tile beside the one before", !expected_.empty());
      cover.hit("stages are empty before a tile", expected_.empty() && t > 0);
      const int cycles = plan(last);
      model_.post_i = 1;
      if (breaks && last) {
        for (int i = 1 + below(cycles); i > 0; --i) cycle();
        cover.hit("reset in POST", !expected_.empty());
        return reset();
      }
      for (int i = 0; i < cycles; ++i) cycle();
      model_.post_i = 0;
    }
    for (int i = 0; i < 3; ++i) cycle();
    REQUIRE(expected_.empty());
  }

  Cover cover{"wd_post",
              {"convolution",
               "elementwise",
               "pooled, 1 images",
               "pooled, 2 images",
               "pooled, 4 images",
               "pooled, 8 images",
               "pooled, 16 images",
               "scores of 1 images",
               "scores of 2 images",
               "scores of 4 images",
               "scores of 8 images",
               "scores of 16 images",
               "table",
               "table of an elementwise",
               "norms of pixels",
               "residual",
               "residual of an elementwise",
               "relu",
               "one channel block",
               "two channel blocks",
               "all pixels",
               "one pixel",
               "a row of groups without a pixel",
               "a row of groups with some pixels",
               "tile beside the one before",
               "stages are empty before a tile",
               "reset in POST",
               "no lane saturates",
               "most lanes saturate",
               "channel blocks behind the first tile's",
               "input rows go around",
               "residual rows go around",
               "output rows go around",
               "last norm row",
               "last score row"}};
  Cover table{"wd_post_table", {"every code but two", "NaN", "zero", "table written anew"}};

  void check() {
    // A zero is +0, a NaN 0x7f.
    table.hit("every code but two", sought_.size() == 254 && sought_.count(0x80) + sought_.count(0xff) == 0);
    table.hit("NaN", sought_.count(0x7f) != 0);
    table.hit("zero", sought_.count(0) != 0);
    CHECK(cover.missed() == "");
    CHECK(table.missed() == "");
  }

 private:
  static std::size_t at(int i) { return static_cast<std::size_t>(i); }
  static int wrapped(int row, int rows) { return row & (rows - 1); }

  numerics::Fp16 factor() {
    const auto any = static_cast<numerics::Fp16>(bits_());
    return bits_() % 16 == 0 ? any : static_cast<numerics::Fp16>((any & 0x83ff) | (10 + bits_() % 10) << 10);
  }

  void new_instr() {
    for (Norm& norm : norms_)
      for (int i = 0; i < 16; ++i) norm.gamma[at(i)] = factor(), norm.beta[at(i)] = factor();
    const bool elementwise = below(4) == 0, pooled = !elementwise && below(3) == 0;
    instr_ = arch::make(elementwise ? Op::Elementwise : Op::Conv);
    instr_.images = elementwise ? 0 : 1 << below(5);
    instr_.pooled = pooled;
    instr_.score = !elementwise && below(4) == 0;
    instr_.relu = below(2), instr_.residual = !instr_.score && below(2) == 0;
    instr_.lookup = !pooled && !instr_.score && below(4) == 0;
    instr_.norm_t = !pooled && !instr_.score && below(4) == 0;
    instr_.acc_shift = elementwise ? 0 : below(4) == 0 ? below(64) - 32 : 10 + below(16);
    instr_.res_shift = instr_.residual ? below(31) - 15 : 0;
    instr_.in_rows = below(8), instr_.out_rows = below(8), instr_.res_rows = below(8);
    if (instr_.score) {
      const int blocks = score_rows / instr_.images;  // that the buffer has place for
      first_block_ = 2 * below(blocks / 2);
      instr_.out_base = instr_.images * below(2) * (blocks - first_block_ - 2);
    }
    const arch::InstrWord word = arch::encode(instr_);
    for (int i = 0; i < arch::instr_bits / 32; ++i)
      model_.instr_i[i] = static_cast<std::uint32_t>(word[at(i / 2)] >> 32 * (i % 2));
    const std::string images = std::to_string(instr_.images) + " images";
    cover.hit("convolution", !elementwise && !pooled);
    cover.hit("elementwise", elementwise);
    if (pooled) cover.hit("pooled, " + images);
    if (instr_.score) cover.hit("scores of " + images);
    cover.hit("table", instr_.lookup);
    cover.hit("table of an elementwise", instr_.lookup && elementwise);
    cover.hit("norms of pixels", instr_.norm_t);
    cover.hit("residual", instr_.residual);
    cover.hit("residual of an elementwise", instr_.residual && elementwise);
    cover.hit("relu", instr_.relu);
  }

  void new_tile() {
    const bool images = instr_.pooled || instr_.score;  // a pixel of each
    inside_ = images ? (1u << instr_.images) - 1 : below(3) == 0 ? (1u << (1 + below(16))) - 1 : 0xffffu;
    blocks_ = 1 + below(2);
    if (!instr_.score) first_block_ = 2 * below(3);
    in_row_ = below(act_rows), res_row_ = below(act_rows), out_row_ = below(act_rows);
    norm_row_ = below(norm_rows), tile_ = below(4);
    const int top = below(36), saturating = below(8);
    for (int g = 0; g < 16; ++g)
      for (int p = 0; p < pes; ++p) {
        std::int64_t& sum = sums_[at(g)][at(p)];
        sum = static_cast<std::int64_t>(bits_()) >> (28 + (saturating == 0 ? 0 : below(top + 1) % 36));
        if (instr_.pooled) sum >>= 4;  // the total has 36 bits, too
        const auto raw = static_cast<std::uint64_t>(sum + bias);
        for (int k = 0; k < acc_bits; ++k) {
          const int bit = (g * acc_bits + k) * pes + p;
          const std::uint32_t one = 1u << bit % 32;
          model_.sums_i[bit / 32] = (model_.sums_i[bit / 32] & ~one) | (raw >> k & 1 ? one : 0);
        }
      }
    model_.inside_i = inside_;
    model_.blocks_i = static_cast<unsigned>(blocks_);
    model_.first_block_i = static_cast<unsigned>(first_block_);
    model_.in_row_i = static_cast<unsigned>(in_row_), model_.res_row_i = static_cast<unsigned>(res_row_);
    model_.out_row_i = static_cast<unsigned>(out_row_), model_.norm_row_i = static_cast<unsigned>(norm_row_);
    model_.tile_i = static_cast<unsigned>(tile_);
    cover.hit("one channel block", blocks_ == 1);
    cover.hit("two channel blocks", blocks_ == 2);
    cover.hit("all pixels", inside_ == 0xffff);
    cover.hit("one pixel", inside_ == 1);
    for (int gy = 0; gy < 4; ++gy) {
      const unsigned pixels = inside_ >> 4 * gy & 15;
      cover.hit("a row of groups without a pixel", pixels == 0);
      cover.hit("a row of groups with some pixels", pixels != 0 && pixels != 15);
    }
    cover.hit("channel blocks behind the first tile's", first_block_ > 0);
    cover.hit("input rows go around",
              instr_.operation() == Op::Elementwise && blocks_ == 2 && in_row_ + instr_.in_rows >= act_rows);
    cover.hit("residual rows go around",
              instr_.residual && blocks_ == 2 && res_row_ + instr_.res_rows >= act_rows);
    cover.hit("output rows go around",
              !instr_.score && blocks_ == 2 && out_row_ + instr_.out_rows >= act_rows);
  }

  /// What the tile does from the coming cycle on. @return the cycles of its POST
  int plan(bool last) {
    const int rows_of_pixels = instr_.pooled ? (instr_.images + 3) / 4 : 4;
    // Of a pooled CONV: with 16 images as any, with 8 two cycles a row of pixels, else four for the columns' sums, one to add pairs
    // of columns, and one to add these.
    const int block_cycles = !instr_.pooled || instr_.images >= 4 ? 4 : instr_.images == 2 ? 5 : 6;
    const int pace = instr_.lookup ? 4 : 1;
    long last_write = 0;
    for (int b = 0; b < blocks_; ++b)
      for (int gy = 0; gy < rows_of_pixels; ++gy) {
        const int in_block = rows_of_pixels == 4 ? gy : (gy + 1) * block_cycles / rows_of_pixels - 1;
        const long step = now_ + pace * (b * block_cycles + in_block);
        last_write = std::max(last_write, plan_step(step, b, gy));
      }
    const long last_step = now_ + pace * blocks_ * block_cycles - 1;
    expected_[last_step].read = true;
    if (last) expected_[last_write].done = true;
    return static_cast<int>((last ? last_write : last_step) - now_ + 1);
  }

  /// @return the cycle of its last write
  long plan_step(long step, int b, int gy) {
    const bool elementwise = instr_.operation() == Op::Elementwise;
    const unsigned pixels = inside_ >> 4 * gy & 15;
    const int block = first_block_ + b,
              norm_row = wrapped(norm_row_ + (instr_.norm_t ? tile_ : block), norm_rows);
    const int input_row = wrapped(in_row_ + b * instr_.in_rows, act_rows);
    const int residual_row = wrapped(res_row_ + b * instr_.res_rows, act_rows);
    cover.hit("last norm row", norm_row == norm_rows - 1);
    Expected& reads = expected_[step];
    reads.norm_read = true, reads.norm_row = norm_row;
    if (elementwise) reads.inputs = pixels << 4 * gy, reads.input_row = input_row;
    Expected& residuals = expected_[step + 1];
    if (instr_.residual) residuals.residuals = pixels << 4 * gy, residuals.residual_row = residual_row;
    const long end = step + stages;
    int saturated = 0, count = 0;
    for (int p = 0; p < 4; ++p) {
      const int g = 4 * gy + p;
      if ((pixels >> p & 1) == 0) continue;
      ++count;
      Word codes;
      std::array<numerics::Fp16, 16> scores;
      for (int c = 0; c < 16; ++c) {
        const std::int64_t sum = total(g, 16 * b + c);
        const auto t = elementwise ? numerics::post_scale(numerics::fp8_units(word(input_row, g)[at(c)]), 0)
                                   : numerics::post_scale(sum, instr_.acc_shift);
        const Norm& norm = norms_[at(norm_row)];
        const std::size_t n = at(instr_.norm_t ? g : c);
        numerics::Fp16 z = numerics::fp16_fma(t, norm.gamma[n], norm.beta[n]);
        if (instr_.residual) z = numerics::post_residual(z, word(residual_row, g)[at(c)], instr_.res_shift);
        scores[at(c)] = instr_.relu ? numerics::post_relu(z) : z;
        const numerics::Fp8Result code = numerics::fp8_from_fp16(scores[at(c)]);
        saturated += !instr_.score && code.saturated;
        if (instr_.lookup) sought_.insert(code.code);
        codes[at(c)] = instr_.lookup ? codes_[code.code] : code.code;
      }
      Expected& write = expected_[instr_.lookup ? end + 1 + p : end];
      if (instr_.score) {
        write.scores |= 1u << p;
        write.score[at(p)] = scores;
        write.score_row = instr_.out_base + block * instr_.images + 4 * gy;
        cover.hit("last score row", write.score_row + p == score_rows - 1);
      } else {
        write.writes |= 1u << g;
        write.codes[at(g)] = codes;
        write.write_row = wrapped(out_row_ + b * instr_.out_rows, act_rows);
      }
    }
    expected_[end].pixels = count;
    expected_[end + 2].saturations = saturated;
    cover.hit("no lane saturates", count > 0 && saturated == 0);
    cover.hit("most lanes saturate", saturated > 48);
    if (instr_.lookup) expected_[end + 4];  // also without a pixel
    return instr_.lookup ? end + 4 : end;
  }

  /// Of a pooled CONV that of all groups with the image.
  std::int64_t total(int pixel, int pe) const {
    if (!instr_.pooled) return sums_[at(pixel)][at(pe)];
    std::int64_t sum = 0;
    for (int g = pixel; g < 16; g += instr_.images) sum += sums_[at(g)][at(pe)];
    return sum;
  }

  const Word& word(int row, int bank) const { return memory_[at(row)][at(bank)]; }

  void expect(bool right, const char* what) const {
    if (right) return;
    INFO(what << " in cycle " << now_ << ": " << arch::disassemble(instr_) << ", blocks " << blocks_
              << ", inside " << inside_);
    REQUIRE(right);
  }

  void cycle() {
    model_.clk_i = 0;
    model_.eval();
    static const Expected nothing;
    const auto found = expected_.find(now_);
    const Expected& now = found == expected_.end() ? nothing : found->second;
    expect(model_.norm_read_o == now.norm_read, "norm read");
    if (now.norm_read) expect(static_cast<int>(model_.norm_row_o) == now.norm_row, "norm row");
    expect(model_.read_o == now.read, "end of reads");
    expect(model_.done_o == now.done, "end");
    expect(model_.input_read_o == now.inputs, "inputs read");
    if (now.inputs != 0) expect(static_cast<int>(model_.input_row_o) == now.input_row, "input row");
    expect(model_.residual_read_o == now.residuals, "residuals read");
    if (now.residuals != 0)
      expect(static_cast<int>(model_.residual_row_o) == now.residual_row, "residual row");
    expect(model_.write_o == now.writes, "words written");
    if (now.writes != 0) expect(static_cast<int>(model_.write_row_o) == now.write_row, "row written");
    expect(model_.score_write_o == now.scores, "scores written");
    if (now.scores != 0) expect(static_cast<int>(model_.score_row_o) == now.score_row, "score row");
    for (int g = 0; g < 16; ++g)
      for (int c = 0; c < 16 && (now.writes >> g & 1) != 0; ++c)
        expect((model_.codes_o[(g % 4 * 16 + c) / 4] >> 8 * (c % 4) & 0xff) == now.codes[at(g)][at(c)],
               "code");
    for (int p = 0; p < 4; ++p)
      for (int c = 0; c < 16 && (now.scores >> p & 1) != 0; ++c)
        expect((model_.scores_o[(p * 16 + c) / 2] >> 16 * (c % 2) & 0xffff) == now.score[at(p)][at(c)],
               "score");
    const auto ones = [](unsigned of) { return static_cast<unsigned>(__builtin_popcount(of)); };
    expect(model_.input_reads_o == ones(now.inputs), "count of inputs");
    expect(model_.residual_reads_o == ones(now.residuals), "count of residuals");
    expect(model_.writes_o == ones(now.writes), "count of writes");
    expect(static_cast<int>(model_.pixels_o) == now.pixels, "count of pixels");
    expect(static_cast<int>(model_.saturations_o) == now.saturations, "count of saturations");
    model_.clk_i = 1;
    model_.eval();
    memories(now);
    if (found != expected_.end()) expected_.erase(found);
    ++now_;
  }

  /// What was read comes; what was not is anything.
  void memories(const Expected& now) {
    for (int g = 0; g < 16; ++g)
      for (int i = 0; i < 4; ++i) {
        std::uint32_t four = static_cast<std::uint32_t>(bits_());
        const bool input = now.inputs >> g & 1, residual = now.residuals >> g & 1;
        for (int j = 0; j < 4 && (input || residual); ++j) {
          const std::uint8_t code = word(input ? now.input_row : now.residual_row, g)[at(4 * i + j)];
          four = (four & ~(0xffu << 8 * j)) | std::uint32_t{code} << 8 * j;
        }
        model_.words_i[g * 4 + i] = four;
      }
    for (int i = 0; i < 8; ++i) {
      const Norm& norm = norms_[at(now.norm_row)];
      const auto pair = [&](const auto& of) {
        return std::uint32_t{of[at(2 * i + 1)]} << 16 | of[at(2 * i)];
      };
      model_.norms_i[i] = now.norm_read ? pair(norm.gamma) : static_cast<std::uint32_t>(bits_());
      model_.norms_i[8 + i] = now.norm_read ? pair(norm.beta) : static_cast<std::uint32_t>(bits_());
    }
  }

  void write_table() {
    table.hit("table written anew", now_ > 0);
    for (int part = 0; part < 16; ++part) {
      model_.table_write_i = 1, model_.table_part_i = static_cast<unsigned>(part);
      for (int i = 0; i < 4; ++i) {
        model_.table_beat_i[i] = static_cast<std::uint32_t>(bits_());
        for (int j = 0; j < 4; ++j)
          codes_[at(16 * part + 4 * i + j)] = static_cast<std::uint8_t>(model_.table_beat_i[i] >> 8 * j);
      }
      cycle();
    }
    model_.table_write_i = 0;
  }

  void reset() {
    expected_.clear();
    model_.post_i = 0;
    model_.rst_ni = 0;
    model_.clk_i = 0;
    model_.eval();
    model_.clk_i = 1;
    model_.eval();
    model_.rst_ni = 1;
  }

  std::mt19937_64 bits_{29};
  Vwd_post model_;
  Instr instr_;
  unsigned inside_ = 0;
  int blocks_ = 1, first_block_ = 0, in_row_ = 0, res_row_ = 0, out_row_ = 0, norm_row_ = 0, tile_ = 0;
  std::array<std::array<std::int64_t, pes>, 16> sums_{};
  std::array<std::array<Word, 16>, act_rows> memory_{};  // by row and bank
  std::array<Norm, norm_rows> norms_{};
  std::array<std::uint8_t, 256> codes_{};  // of the table
  std::set<int> sought_;
  std::map<long, Expected> expected_;  // by cycle, from the present one on
  long now_ = 0;
};

TEST_CASE("post: tiles of every kind are read, computed, written and counted in their cycles",
          "[rtl][oracle]") {
  Bench bench;
  for (int i = 0; i < 600; ++i) bench.instruction(bench.below(16) == 0);
  bench.check();
}

}  // namespace
