// SPDX-License-Identifier: Apache-2.0
// Orders of bursts, waits and convolutions that are fine, and ones that are not, with the message.
#include "hw/formats/program/burst_order.hpp"

#include <bitset>
#include <catch2/catch.hpp>
#include <random>

#include "base/error.hpp"

using namespace wd;
using namespace wd::program;
using arch::Instr;
using arch::Op;

namespace {

Instr load(Op op, int row, int tag, int count = 4) {
  Instr i = arch::make(op);
  (op == Op::LoadWeights ? i.weight_row : i.norm_row) = row, i.tag = tag, i.count = count;
  return i;
}
Instr weights(int row, int tag) { return load(Op::LoadWeights, row, tag, 2); }  // of two rows
Instr norms(int row, int tag) { return load(Op::LoadNorms, row, tag); }
Instr wait(int tag) {
  Instr i = arch::make(Op::Wait);
  i.tag = tag;
  return i;
}
Instr input(int base, int tag) {
  Instr i = arch::make(Op::LoadTensor);
  i.in_h = i.in_w = 4, i.in_blocks = i.in_rows = 1, i.out_base = base, i.count = 16, i.tag = tag;
  return i;
}
/// Two weight rows, one normalization row; one activation row to another.
Instr conv(int weight_row, int norm_row, int from, int to) {
  Instr i = arch::make(Op::Conv);
  i.planes = 2, i.stride = i.kernel_h = i.kernel_w = i.images = 1;
  i.in_h = i.in_w = i.out_h = i.out_w = 4,
  i.in_blocks = i.in_rows = i.out_blocks = i.out_rows = i.res_rows = 1;
  i.tiles = i.tiles_oc = 1;
  i.weight_row = weight_row, i.norm_row = norm_row, i.in_base = from, i.out_base = to;
  return i;
}
Instr scores(int weight_row, int norm_row, int from, int to) {
  Instr i = conv(weight_row, norm_row, from, to);
  i.out_h = i.out_w = i.score = i.pooled = 1, i.kernel_h = i.kernel_w = 4;
  return i;
}
Instr store(int tag) {
  Instr i = arch::make(Op::StoreScores);
  i.count = 2, i.tag = tag;
  return i;
}
/// 16 beats of scratch memory.
Instr unspill(int base, int mem_addr, int tag) {
  Instr i = input(base, tag);
  i.mem_addr = mem_addr;
  return i;
}
Instr spill(int base, int mem_addr, int tag) {
  Instr i = unspill(0, mem_addr, tag);
  i.op = static_cast<int>(Op::StoreTensor), i.out_base = 0, i.in_base = base;
  return i;
}
Instr loop(int count) {
  Instr i = arch::make(Op::Loop);
  i.count = count;
  return i;
}
Instr end_loop() { return arch::make(Op::EndLoop); }

/// What the walk says of these instructions and a HALT.
std::string answer(std::vector<Instr> instrs, bool stores_scores = false) {
  Program program;
  program.instrs = std::move(instrs);
  program.instrs.push_back(arch::make(Op::Halt));
  program.memory.resize(2 * beat_bytes);  // of rows without a word
  program.input_beats = 16;
  try {
    BurstOrder(program, "p").walk(0, stores_scores);
  } catch (const Error& error) {
    return error.what();
  }
  return "accepted";
}

/// With all that conv(0, 0, 0, 1) needs.
std::string after_loads(std::vector<Instr> instrs) {
  instrs.insert(instrs.begin(), {weights(0, 0), norms(0, 0), input(0, 0), wait(0)});
  return answer(std::move(instrs));
}

}  // namespace

TEST_CASE("burst order: what a convolution reads must have been loaded and waited for",
          "[program][bad-input][message]") {
  CHECK(answer({weights(0, 0), norms(0, 0), input(0, 0), wait(0), conv(0, 0, 0, 1)}) == "accepted");
  CHECK(answer({weights(0, 0), norms(0, 0), input(0, 0), conv(0, 0, 0, 1)}) ==
        "p: instruction 3 (CONV): reads weight row 0 while instruction 0 (LOAD_WEIGHTS) may be under way; "
        "WAIT for its "
        "tag 0 before");
  CHECK(answer({norms(0, 0), input(0, 0), wait(0), conv(0, 0, 0, 1)}) ==
        "p: instruction 3 (CONV): reads weight row 0, which nothing before has loaded");
  CHECK(after_loads({conv(1, 0, 0, 1)}) ==
        "p: instruction 4 (CONV): reads weight row 2, which nothing before has loaded");
  CHECK(after_loads({conv(0, 1, 0, 1)}) ==
        "p: instruction 4 (CONV): reads normalization row 1, which nothing before has loaded");
  CHECK(after_loads({conv(0, 0, 1, 2)}) ==
        "p: instruction 4 (CONV): reads activation row 1, bank 0, which nothing before has written");
  Instr residual = conv(0, 0, 0, 1);
  residual.residual = 1, residual.res_base = 5;
  CHECK(after_loads({residual}) ==
        "p: instruction 4 (CONV): reads activation row 5, bank 0, which nothing before has written");
}

TEST_CASE("burst order: a wait covers its tag's bursts and all before them", "[program]") {
  CHECK(answer({weights(0, 1), norms(0, 2), input(0, 3), wait(3), conv(0, 0, 0, 1)}) == "accepted");
  CHECK_THAT(answer({weights(0, 1), norms(0, 2), input(0, 3), wait(2), conv(0, 0, 0, 1)}),
             Catch::Contains("reads activation row 0, bank 0 while instruction 2 (LOAD_TENSOR)"));
  CHECK_THAT(answer({norms(0, 2), input(0, 2), weights(0, 3), wait(2), wait(4), conv(0, 0, 0, 1)}),
             Catch::Contains("reads weight row 0 while instruction 2 (LOAD_WEIGHTS)"));
}

TEST_CASE("burst order: bursts of other rows may be under way", "[program]") {
  CHECK(after_loads({weights(2, 1), norms(1, 1), conv(0, 0, 0, 1), wait(1), conv(2, 1, 1, 0)}) == "accepted");
  CHECK_THAT(after_loads({weights(1, 1), conv(0, 0, 0, 1), wait(1)}),
             Catch::Contains("reads weight row 1 while instruction 4 (LOAD_WEIGHTS)"));
}

TEST_CASE("burst order: nothing is written while a burst uses it", "[program]") {
  CHECK(after_loads({scores(0, 0, 0, 0), store(1), wait(1)}) == "accepted");
  CHECK(after_loads({scores(0, 0, 0, 0), store(1), scores(0, 0, 0, 1), wait(1)}) == "accepted");
  CHECK_THAT(after_loads({scores(0, 0, 0, 0), store(1), scores(0, 0, 0, 0), wait(1)}),
             Catch::Contains("instruction 6 (CONV): writes score row 0 while instruction 5 (STORE_SCORES)"));
  CHECK_THAT(after_loads({store(1), wait(1)}),
             Catch::Contains("(STORE_SCORES): reads score row 0, which nothing before has written"));
  CHECK(after_loads({input(9, 1), scores(0, 0, 0, 0), wait(1)}) == "accepted");
}

TEST_CASE("burst order: a load may overlap tiles, of other words, if its banks change with every beat",
          "[program][bad-input][message]") {
  CHECK(after_loads({input(9, 1), conv(0, 0, 0, 1), wait(1), conv(0, 0, 9, 1)}) == "accepted");
  CHECK_THAT(after_loads({input(9, 1), conv(0, 0, 9, 1), wait(1)}),
             Catch::Contains("reads activation row 9, bank 0 while instruction 4 (LOAD_TENSOR)"));
  CHECK_THAT(after_loads({input(9, 1), conv(0, 0, 0, 9), wait(1)}),
             Catch::Contains("writes activation row 9, bank 0 while instruction 4 (LOAD_TENSOR)"));
  // Of 17 pixels, the last one of a block and the first one of the next lie in bank 0.
  Instr twice = input(9, 1);
  twice.in_h = 1, twice.in_w = 17, twice.in_blocks = 2, twice.in_rows = 2, twice.count = 34;
  twice.mem_addr = 0;
  CHECK_THAT(
      after_loads({twice, conv(0, 0, 0, 1), wait(1)}),
      Catch::Contains("writes activations while instruction 4 (LOAD_TENSOR) may be under way, which uses the "
                      "same port; WAIT for its tag 1 before"));
  CHECK(after_loads({twice, wait(1), conv(0, 0, 0, 1)}) == "accepted");
  CHECK(after_loads({twice, scores(0, 0, 0, 0), wait(1)}) == "accepted");
}

TEST_CASE("burst order: a store runs beside tiles that leave its rows alone, and stores what is there",
          "[program][bad-input][message]") {
  CHECK(after_loads({spill(0, 100, 1), wait(1), conv(0, 0, 0, 1)}) == "accepted");
  CHECK(after_loads({spill(0, 100, 1), conv(0, 0, 0, 1), wait(1)}) == "accepted");  // both read row 0
  CHECK(after_loads({conv(0, 0, 0, 1), spill(1, 100, 1), conv(0, 0, 0, 2), wait(1)}) == "accepted");
  CHECK(after_loads({conv(0, 0, 0, 1), spill(1, 100, 1), wait(1), conv(0, 0, 0, 1)}) == "accepted");
  CHECK(after_loads({conv(0, 0, 0, 1), spill(1, 100, 1), conv(0, 0, 0, 1), wait(1)}) ==
        "p: instruction 6 (CONV): writes activation row 1, bank 0 while instruction 5 (STORE_TENSOR) may be "
        "under way; WAIT for its tag 1 before");
  // Of a loop the next iteration writes over what the one before stores.
  CHECK(after_loads({loop(2), conv(0, 0, 0, 1), spill(1, 100, 1), wait(1), end_loop()}) == "accepted");
  CHECK(after_loads({loop(2), conv(0, 0, 0, 1), spill(1, 100, 1), end_loop(), wait(1)}) ==
        "p: instruction 5 (CONV): writes activation row 1, bank 0 while instruction 6 (STORE_TENSOR) may be "
        "under way; WAIT for its tag 1 before");
  // So many bursts were queued behind the store that it is over.
  std::vector<Instr> many{conv(0, 0, 0, 1), spill(1, 100, 1)};
  for (int i = 0; i < arch::burst_queue - 1; ++i) many.push_back(norms(20 + i, 2));
  many.insert(many.end(), {conv(0, 0, 0, 1), wait(2)});
  CHECK_THAT(after_loads(many), Catch::Contains("writes activation row 1, bank 0 while instruction 5"));
  many.insert(many.begin() + 2, norms(10, 2));
  CHECK(after_loads(many) == "accepted");
  CHECK(after_loads({spill(7, 100, 1), wait(1)}) ==
        "p: instruction 4 (STORE_TENSOR): reads activation row 7, bank 0, which nothing before has written");
  // Bursts run in order: the load finds what the store before it has stored.
  CHECK(after_loads({spill(0, 100, 1), unspill(5, 100, 2), wait(2), conv(0, 0, 5, 1)}) == "accepted");
  CHECK(after_loads({unspill(5, 100, 2), spill(0, 100, 1), wait(1)}) ==
        "p: instruction 4 (LOAD_TENSOR): reads scratch beat 100, which nothing before has stored");
  CHECK(after_loads({spill(0, 100, 1), unspill(5, 101, 2), wait(2)}) ==
        "p: instruction 5 (LOAD_TENSOR): reads scratch beat 116, which nothing before has stored");
  // What is loaded is stored again, without a wait.
  CHECK(after_loads({input(5, 1), spill(5, 100, 1), wait(1)}) == "accepted");
}

TEST_CASE("burst order: activations are looked at word by word, rings in both of their parts", "[program]") {
  // Rows 1 and 2 of 3 from a ring of 2 rows, of 8 pixels each: banks 8 to 15, then 0 to 7, of one activation row.
  const auto ring = [](int from) {
    Instr i = conv(0, 0, from, 20);
    i.in_h = i.out_h = 2, i.in_w = i.out_w = 8, i.in_offset = 8, i.in_wrap = 1;
    return i;
  };
  CHECK(after_loads({ring(0)}) == "accepted");
  CHECK_THAT(after_loads({ring(1)}), Catch::Contains("reads activation row 1, bank 0, which nothing"));
  // An output of 9 pixels: what lies behind them in its row is not there.
  Instr nine = conv(0, 0, 0, 1), wider = conv(0, 0, 1, 2);
  nine.out_h = nine.out_w = 3, wider.in_h = wider.in_w = 3;
  CHECK(after_loads({nine, wider}) == "accepted");
  wider.in_h = 4;
  CHECK_THAT(after_loads({nine, wider}), Catch::Contains("reads activation row 1, bank 9, which nothing"));
}

TEST_CASE("burst order: every image of a batch has its score rows", "[program]") {
  Instr four = scores(0, 0, 0, 0), others = four, all = store(1);
  four.images = four.out_w = others.images = others.out_w = 4, others.out_base = 4;
  all.count = 8;  // rows 0 to 3
  CHECK(after_loads({four, all, wait(1)}) == "accepted");
  CHECK(after_loads({four, all, others, wait(1)}) == "accepted");
  others.out_base = 0;
  CHECK_THAT(after_loads({four, all, others, wait(1)}), Catch::Contains("(CONV): writes score row 0 while"));
  all.count = 10;
  CHECK_THAT(after_loads({four, all, wait(1)}),
             Catch::Contains("(STORE_SCORES): reads score row 4, which nothing before has written"));
}

TEST_CASE("burst order: a halt has no burst behind it", "[program]") {
  CHECK(answer({weights(0, 3)}) ==
        "p: instruction 1 (HALT): instruction 0 (LOAD_WEIGHTS) may be under way; WAIT for its tag 3 before");
  CHECK(answer({weights(0, 3), wait(3)}) == "accepted");
}

TEST_CASE("burst order: a frame stores its last scores", "[program][bad-input]") {
  const std::vector<Instr> loads{weights(0, 0), norms(0, 0), input(0, 0), wait(0)};
  const auto frame = [&](std::vector<Instr> instrs) {
    instrs.insert(instrs.begin(), loads.begin(), loads.end());
    return answer(std::move(instrs), true);
  };
  CHECK(frame({scores(0, 0, 0, 0), store(0), wait(0)}) == "accepted");
  CHECK(frame({scores(0, 0, 0, 0)}) == "p: instruction 5 (HALT): no STORE_SCORES has stored the last scores");
  CHECK_THAT(frame({scores(0, 0, 0, 0), store(0), wait(0), scores(0, 0, 0, 0)}),
             Catch::Contains("no STORE_SCORES has stored the last scores"));
}

TEST_CASE("burst order: a full queue shows that older bursts have ended", "[program]") {
  std::vector<Instr> instrs{weights(0, 0), norms(0, 0), input(0, 0)};
  for (int i = 0; i < arch::burst_queue; ++i) instrs.push_back(weights(2 + 2 * i, 1));
  instrs.push_back(conv(0, 0, 0, 1));
  std::vector<Instr> one_less = instrs;
  one_less.erase(one_less.end() - 2);
  instrs.push_back(wait(1)), one_less.push_back(wait(1));
  CHECK(answer(instrs) == "accepted");
  CHECK_THAT(answer(one_less), Catch::Contains("instruction 2 (LOAD_TENSOR)"));
}

TEST_CASE("burst order: loops are walked to their end", "[program]") {
  Instr stepping = conv(0, 0, 0, 1);
  stepping.norm_step = 1;
  CHECK(after_loads({norms(1, 0), norms(2, 0), wait(0), loop(3), stepping, end_loop()}) == "accepted");
  CHECK_THAT(after_loads({norms(1, 0), norms(2, 0), wait(0), loop(4), stepping, end_loop()}),
             Catch::Contains("reads normalization row 3, which"));
  // A load for the next iteration that nobody waits for.
  CHECK_THAT(after_loads({loop(2), conv(0, 0, 0, 1), weights(0, 0), end_loop(), wait(0)}),
             Catch::Contains("instruction 5 (CONV): reads weight row 0 while instruction 6 (LOAD_WEIGHTS)"));
  CHECK(after_loads({loop(2), wait(0), conv(0, 0, 0, 1), weights(0, 0), end_loop(), wait(0)}) == "accepted");
}

TEST_CASE("burst order: a weight has one sign in all its planes", "[program][bad-input][message]") {
  // Weights of 1, 2 and 3 in lanes 0 to 2 of PE 1: plane 0 has lanes 0 and 2, plane 1 lanes 1 and 2. All are negative.
  const auto planes = [](WeightWord low, WeightWord high, std::size_t pe = 1) {
    Program program;
    program.input_beats = 16;
    for (const WeightWord& word : {low, high}) {
      WeightRow row(64);
      row[pe] = word;
      append_row(program.memory, row, program.arch);
    }
    program.instrs = {weights(0, 0), norms(0, 0),      input(0, 0),
                      wait(0),       conv(0, 0, 0, 1), arch::make(Op::Halt)};
    program.instrs[0].count = static_cast<int>(program.memory.size()) / beat_bytes;
    try {
      BurstOrder(program, "p").walk(0, false);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  const std::string refusal =
      "p: instruction 4 (CONV): weight rows 0 to 1 are not the planes of weights: those of PE 1, lane ";
  const std::string remedy = " disagree in sign; load planes in their order";
  CHECK(planes({0b101, 0b111}, {0b110, 0b111}) == "accepted");
  CHECK(planes({0b101, 0b111}, {0b110, 0b111}, 15) == "accepted");  // of 16 output channels
  CHECK(planes({0b101, 0b111}, {0b110, 0b111}, 16) ==
        "p: instruction 4 (CONV): weight rows from 0 on have weights of PE 16, which has no output channel: "
        "'out_blocks' is 1; "
        "load this layer's own rows");
  CHECK(planes({0b101, 0b010}, {0b110, 0b001}) == "accepted");               // all positive
  CHECK(planes({0b101, 0b111}, {0b110, 0b011}) == refusal + "2" + remedy);   // 3: minus and plus
  CHECK(planes({0b101, 0b101}, {0b110, 0b111}) == refusal + "1" + remedy);   // plane 0 does not know of the 2
  CHECK(planes({0b101, 0b1111}, {0b110, 0b111}) == refusal + "3" + remedy);  // a weight without a bit
}

TEST_CASE("burst order: a row set is the set of its rows", "[program]") {
  std::mt19937 random(7);
  for (int run = 0; run < 200; ++run) {
    RowSet rows;
    std::bitset<40> plain;
    for (int i = 0; i < 12; ++i) {
      const int first = static_cast<int>(random() % 38), end = first + 1 + static_cast<int>(random() % 5);
      const int last = std::min(end, 40);
      rows.add(first, last);
      for (int row = first; row < last; ++row) plain.set(static_cast<std::size_t>(row));
      for (int from = 0; from < 40; ++from)
        for (int to = from + 1; to <= 40; ++to) {
          std::optional<int> missing;
          for (int row = from; row < to && !missing; ++row)
            if (!plain.test(static_cast<std::size_t>(row))) missing = row;
          if (rows.first_missing(from, to) != missing) FAIL("rows " << from << " to " << to);
        }
    }
  }
}
