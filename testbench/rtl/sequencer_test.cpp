// SPDX-License-Identifier: Apache-2.0
// The sequencer on random programs against a plain walk through them: which instruction, which tile, in which cycle, with what rows; each
// wait for the queue, tags, RUN and POST as long as others say.
#include <Vwd_sequencer.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "hw/arch/isa.hpp"
#include "testbench/rtl/cover.hpp"
#include "testbench/rtl/sequencer_program.hpp"

using namespace wd;
using arch::Instr;
using arch::Op;

namespace {

constexpr int blocks_of_array = SEQUENCER_PES / 16;
constexpr int instr_rows = testbench::SequencerProgram::instr_rows,
              act_rows = testbench::SequencerProgram::act_rows,
              norm_rows = testbench::SequencerProgram::norm_rows,
              weight_rows = testbench::SequencerProgram::weight_rows,
              score_rows = testbench::SequencerProgram::score_rows;

enum class Ends { Halt, Illegal, Outside, PastEnd, Reset };

class Bench {
 public:
  Bench() { reset(); }

  /// @param longest  a program whose one layer has as many tiles as the fields hold
  void run(int run_number, bool longest = false) {
    easy_ = longest || run_number % 4 == 0;  // nobody lets wait
    const testbench::SequencerProgram written(random_bits_, blocks_of_array, longest);
    program_ = written.instrs, start_pc_ = written.start;
    reset_in_ = below(5);
    start();
    const Ends end = walk(run_number % 16 == 9 ? 1 + below(200) : -1);
    cover.hit("halts", end == Ends::Halt);
    cover.hit("illegal operation", end == Ends::Illegal);
    cover.hit("row outside", end == Ends::Outside);
    cover.hit("runs off the last row", end == Ends::PastEnd);
    if (end != Ends::Halt) reset();
    for (int i = below(3); i > 0; --i) idle(end == Ends::Halt);
  }

  Cover cover{"wd_sequencer",
              {"conv",
               "pool",
               "elementwise",
               "transpose",
               "load weights",
               "load norms",
               "load tensor",
               "store tensor",
               "store scores",
               "load table",
               "burst waits for the queue",
               "burst at once",
               "wait for its tag",
               "wait with other tags pending",
               "wait without bursts",
               "loop of one",
               "loop of two",
               "longest loop",
               "two loops one behind the other",
               "tiles in a loop",
               "norm rows of a later iteration",
               "memory rows of a later iteration",
               "one tile",
               "last tile is full",
               "last tile has one pixel",
               "last tile has fifteen pixels",
               "several tiles",
               "several channel tiles",
               "last channel tile is full",
               "most tiles",
               "most channel blocks",
               "pooled works for all",
               "RUN of one cycle",
               "RUN of many cycles",
               "POST of one cycle",
               "POST waits to be read",
               "last POST waits to be done",
               "read is not done",
               "weight row outside",
               "norm row outside",
               "input row outside",
               "output row outside",
               "score row outside",
               "residual row outside",
               "last rows of all buffers",
               "last instruction of the memory",
               "halts",
               "illegal operation",
               "row outside",
               "runs off the last row",
               "reset in FETCH",
               "reset in EXEC",
               "reset in SETUP",
               "reset in RUN",
               "reset in POST",
               "start while busy"}};

 private:
  std::mt19937 random_bits_{19};
  Vwd_sequencer model_;
  std::vector<Instr> program_;  // the whole memory
  int start_pc_ = 0, present_ = 0, reset_in_ = -1;
  std::optional<int> fetched_;
  bool easy_ = false;
  std::string wrong_;

  int below(int limit) { return static_cast<int>(random_bits_() % static_cast<unsigned>(limit)); }
  int bits(int count) { return static_cast<int>(random_bits_() & ((1u << count) - 1)); }
  bool chance() { return easy_ || below(3) == 0; }
  void expect(bool right, const char* name) {
    if (!right) wrong_ += (wrong_.empty() ? "" : ", ") + std::string(name);
  }

  // Cycles.
  void low() {
    model_.clk_i = 0;
    model_.eval();
  }
  void edge() {
    model_.clk_i = 1;
    model_.eval();
    if (fetched_) {  // synchronous read; the row stays
      const arch::InstrWord word = arch::encode(program_[static_cast<std::size_t>(*fetched_)]);
      for (int i = 0; i < arch::instr_bits / 32; ++i)
        model_.instr_i[i] = static_cast<std::uint32_t>(word[static_cast<std::size_t>(i / 2)] >> 32 * (i % 2));
      fetched_.reset();
    }
    model_.start_i = 0;
  }
  void surroundings() {
    model_.queue_full_i = !chance(), model_.pending_i = easy_ ? 0 : bits(8) & bits(8);
    model_.run_done_i = chance(), model_.post_read_i = chance(), model_.post_done_i = chance();
  }
  bool says_nothing() const {
    return model_.fetch_o == 0 && model_.burst_o == 0 && model_.begin_o == 0 && model_.setup_o == 0 &&
           model_.run_o == 0 && model_.run_first_o == 0 && model_.post_o == 0 && model_.next_oc_o == 0 &&
           model_.tile_done_o == 0 && model_.illegal_o == 0 && model_.past_end_o == 0 &&
           model_.outside_o == 0;
  }
  void reset() {
    surroundings();
    model_.start_i = 0, model_.rst_ni = 0;
    fetched_.reset();
    low();
    edge();
    model_.rst_ni = 1;
    idle(false);
  }
  void idle(bool halted) {
    surroundings();
    low();
    REQUIRE((model_.busy_o == 0 && says_nothing()));
    if (halted) REQUIRE(model_.instruction_o == static_cast<unsigned>(present_));
    edge();
  }
  void start() {
    surroundings();
    model_.start_i = 1, model_.start_pc_i = static_cast<unsigned>(start_pc_);
    low();
    REQUIRE((model_.busy_o == 0 && says_nothing()));
    edge();
  }

  /// What the cycle is to show; what is not named is 0.
  struct Shown {
    bool fetch = false, burst = false, begin = false, setup = false, run = false, run_first = false,
         post = false, next_oc = false, tile_done = false, illegal = false, past_end = false, outside = false;
  };
  /// Low phase of a busy cycle, with its inputs already set: everything but tiles' rows.
  void look(const Shown& shown) {
    if (below(16) == 0) {  // not heard
      model_.start_i = 1, model_.start_pc_i = random_bits_() & 0xff;
      cover.hit("start while busy");
    }
    low();
    expect(model_.busy_o == 1, "busy_o");
    expect(model_.fetch_o == shown.fetch, "fetch_o");
    expect(model_.burst_o == shown.burst, "burst_o");
    expect(model_.begin_o == shown.begin, "begin_o");
    expect(model_.setup_o == shown.setup, "setup_o");
    expect(model_.run_o == shown.run, "run_o");
    expect(model_.run_first_o == shown.run_first, "run_first_o");
    expect(model_.post_o == shown.post, "post_o");
    expect(model_.next_oc_o == shown.next_oc, "next_oc_o");
    expect(model_.tile_done_o == shown.tile_done, "tile_done_o");
    expect(model_.illegal_o == shown.illegal, "illegal_o");
    expect(model_.past_end_o == shown.past_end, "past_end_o");
    expect(model_.outside_o == shown.outside, "outside_o");
    expect(model_.instruction_o == static_cast<unsigned>(present_), "instruction_o");
  }
  void judge(const char* where) {
    if (wrong_.empty()) return;
    CAPTURE(where, start_pc_, present_, program_[static_cast<std::size_t>(present_)].op);
    REQUIRE(wrong_ == "");
  }
  /// A cycle may be the one in which somebody resets the core.
  bool resets(int& cycles_left, int state, const char* point) {
    if (cycles_left < 0 || (cycles_left -= cycles_left > 0) > 0 || state != reset_in_) return false;
    cover.hit(point);
    return true;
  }

  Ends walk(int until_reset) {
    int pc = start_pc_, loop_pc = 0, iteration = 0, iterations = 0, loops = 0;
    for (;;) {
      // FETCH
      if (pc == instr_rows) {
        surroundings();
        look({.fetch = true, .past_end = true});
        judge("past the end");
        edge();
        return Ends::PastEnd;
      }
      present_ = pc;
      surroundings();
      look({.fetch = true});
      expect(model_.pc_o == static_cast<unsigned>(pc), "pc_o");
      judge("FETCH");
      if (resets(until_reset, 0, "reset in FETCH")) return Ends::Reset;
      fetched_ = pc;
      edge();

      // EXEC
      const Instr& instr = program_[static_cast<std::size_t>(pc)];
      const Op op = instr.operation();
      cover.hit("last instruction of the memory", pc == instr_rows - 1);
      if (instr.op > 13) {
        surroundings();
        look({.illegal = true});
        judge("illegal");
        edge();
        return Ends::Illegal;
      }
      if (const auto beyond = row_outside(instr)) {
        for (int i = 0; i < 3; ++i) {  // it stays where it is
          surroundings();
          model_.queue_full_i = 0, model_.pending_i = 0;
          look({.outside = true});
          expect(model_.outside_row_o == static_cast<unsigned>(*beyond), "outside_row_o");
          judge("outside");
          edge();
        }
        return Ends::Outside;
      }
      const bool tiles = op == Op::Conv || op == Op::Pool || op == Op::Elementwise || op == Op::Transpose;
      const bool burst = op == Op::LoadWeights || op == Op::LoadNorms || op == Op::LoadTensor ||
                         op == Op::StoreTensor || op == Op::StoreScores || op == Op::LoadTable;
      for (bool waited = false;; waited = true) {
        surroundings();
        const bool pending = (model_.pending_i >> instr.tag & 1) != 0;
        const bool waits = (burst && model_.queue_full_i != 0) || (op == Op::Wait && pending);
        look({.burst = burst && !waits, .begin = tiles && !waits});
        if (burst || tiles)
          expect(model_.advance_o == static_cast<unsigned>(instr.norm_step * iteration), "advance_o");
        judge("EXEC");
        cover.hit("burst waits for the queue", burst && waits);
        cover.hit("burst at once", burst && !waited && !waits);
        cover.hit("wait for its tag", op == Op::Wait && waits);
        cover.hit("wait with other tags pending", op == Op::Wait && !waits && model_.pending_i != 0);
        cover.hit("wait without bursts", op == Op::Wait && model_.pending_i == 0);
        if (resets(until_reset, 1, "reset in EXEC")) return Ends::Reset;
        edge();
        if (!waits) break;
      }
      cover_operation(instr, iteration);
      if (op == Op::Halt) return Ends::Halt;
      if (tiles && !walk_tiles(instr, iteration, until_reset)) return Ends::Reset;
      ++pc;
      if (op == Op::Loop) {
        loop_pc = pc, iteration = 0, iterations = instr.count;
        cover.hit("loop of one", iterations == 1);
        cover.hit("loop of two", iterations == 2);
        cover.hit("two loops one behind the other", ++loops == 2);
      }
      if (op == Op::EndLoop) {
        cover.hit("longest loop", iteration == 999);
        if (iteration + 1 < iterations)
          ++iteration, pc = loop_pc;
        else
          iteration = 0;
      }
    }
  }

  std::optional<int> row_outside(const Instr& instr) {
    const bool scores = instr.score != 0 || instr.operation() == Op::StoreScores;
    const bool weights = instr.weight_row >= weight_rows, norms = instr.norm_row >= norm_rows,
               in = instr.in_base >= act_rows, out = instr.out_base >= (scores ? score_rows : act_rows),
               residual = instr.res_base >= act_rows;
    cover.hit("weight row outside", weights);
    cover.hit("norm row outside", norms);
    cover.hit("input row outside", in);
    cover.hit("output row outside", out && !scores);
    cover.hit("score row outside", out && scores);
    cover.hit("residual row outside", residual);
    cover.hit("last rows of all buffers", instr.weight_row == weight_rows - 1 &&
                                              instr.norm_row == norm_rows - 1 &&
                                              instr.in_base == act_rows - 1);
    if (weights) return instr.weight_row;
    if (norms) return instr.norm_row;
    if (in) return instr.in_base;
    if (out) return instr.out_base;
    if (residual) return instr.res_base;
    return std::nullopt;
  }

  void cover_operation(const Instr& instr, int iteration) {
    const Op op = instr.operation();
    cover.hit("conv", op == Op::Conv);
    cover.hit("pool", op == Op::Pool);
    cover.hit("elementwise", op == Op::Elementwise);
    cover.hit("transpose", op == Op::Transpose);
    cover.hit("load weights", op == Op::LoadWeights);
    cover.hit("load norms", op == Op::LoadNorms);
    cover.hit("load tensor", op == Op::LoadTensor);
    cover.hit("store tensor", op == Op::StoreTensor);
    cover.hit("store scores", op == Op::StoreScores);
    cover.hit("load table", op == Op::LoadTable);
    cover.hit("tiles in a loop", op == Op::Conv && iteration > 0);
    cover.hit("norm rows of a later iteration", op == Op::Conv && iteration > 0 && instr.norm_step > 0);
    cover.hit("memory rows of a later iteration",
              op == Op::LoadNorms && iteration > 0 && instr.norm_step > 0);
  }

  /// @return whether nobody has reset the core
  bool walk_tiles(const Instr& instr, int iteration, int& until_reset) {
    const Op op = instr.operation();
    const bool runs = op != Op::Elementwise;
    cover.hit("most tiles", instr.tiles > 65000);
    cover.hit("most channel blocks", instr.out_blocks == 511);
    for (int c = 0; c < instr.tiles_oc; ++c)
      for (int t = 0; t < instr.tiles; ++t) {
        const bool last_t = t + 1 == instr.tiles, last = last_t && c + 1 == instr.tiles_oc;
        const auto see = [&](const Shown& shown, const char* where) {
          look(shown);
          expect_tile(instr, iteration, c, t);
          judge(where);
        };
        surroundings();
        see({.setup = true}, "SETUP");
        if (resets(until_reset, 2, "reset in SETUP")) return false;
        edge();
        for (int cycles = 1; runs; ++cycles) {
          surroundings();
          see({.run = true, .run_first = cycles == 1}, "RUN");
          if (resets(until_reset, 3, "reset in RUN")) return false;
          const bool done = model_.run_done_i != 0;
          cover.hit("RUN of one cycle", done && cycles == 1);
          cover.hit("RUN of many cycles", done && cycles > 5);
          edge();
          if (done) break;
        }
        for (int cycles = 1;; ++cycles) {
          surroundings();
          const bool done = (last ? model_.post_done_i : model_.post_read_i) != 0;
          see({.post = true, .next_oc = done && last_t, .tile_done = done}, "POST");
          if (resets(until_reset, 4, "reset in POST")) return false;
          cover.hit("POST of one cycle", done && cycles == 1);
          cover.hit("POST waits to be read", !done && !last);
          cover.hit("last POST waits to be done", !done && last);
          cover.hit("read is not done", !done && last && model_.post_read_i != 0);
          edge();
          if (done) break;
        }
      }
    return true;
  }

  void expect_tile(const Instr& instr, int iteration, int c, int t) {
    const Op op = instr.operation();
    const bool across = op == Op::Transpose;
    const int pixels = across ? instr.in_h * instr.in_w : instr.out_h * instr.out_w;
    const int left = pixels - 16 * t;
    const unsigned inside = left >= 16 ? 0xffff : (1u << left) - 1;
    const int first_block = c * (op == Op::Pool ? 1 : blocks_of_array);
    const auto act_row = [&](int base, int pitch) {
      return static_cast<unsigned>(base + t + first_block * pitch) % act_rows;
    };
    expect(model_.inside_o == inside, "inside_o");
    expect(model_.works_o == (instr.pooled != 0 ? 0xffff : inside), "works_o");
    if (op == Op::Conv || op == Op::Elementwise) {
      const int blocks = std::min(blocks_of_array, instr.out_blocks - first_block);
      expect(model_.blocks_o == static_cast<unsigned>(blocks), "blocks_o");
      expect(model_.first_block_o == static_cast<unsigned>(first_block), "first_block_o");
      expect(model_.res_row_o == act_row(instr.res_base, instr.res_rows), "res_row_o");
      expect(model_.norm_row_o ==
                 static_cast<unsigned>(instr.norm_row + instr.norm_step * iteration) % norm_rows,
             "norm_row_o");
      cover.hit("last channel tile is full", c > 0 && c + 1 == instr.tiles_oc && blocks == blocks_of_array);
    }
    if (op == Op::Elementwise) expect(model_.in_row_o == act_row(instr.in_base, instr.in_rows), "in_row_o");
    const unsigned out_row = across
                                 ? static_cast<unsigned>(instr.out_base + c + t * instr.out_rows) % act_rows
                                 : act_row(instr.out_base, instr.out_rows);
    expect(model_.out_row_o == out_row, "out_row_o");
    expect(model_.tile_o == static_cast<unsigned>(t) % norm_rows, "tile_o");
    cover.hit("one tile", instr.tiles == 1 && instr.tiles_oc == 1);
    cover.hit("several tiles", t > 0);
    cover.hit("several channel tiles", c > 0);
    cover.hit("last tile is full", left == 16);
    cover.hit("last tile has one pixel", left == 1);
    cover.hit("last tile has fifteen pixels", left == 15);
    cover.hit("pooled works for all", instr.pooled != 0 && left < 16);
  }
};

TEST_CASE("sequencer: random programs take their instructions and tiles in order", "[rtl][oracle]") {
  Bench bench;
  for (int run = 0; run < 2000; ++run) bench.run(run);
  for (int run = 0; run < 3; ++run) bench.run(run, true);
  CHECK(bench.cover.missed() == "");
}

}  // namespace
