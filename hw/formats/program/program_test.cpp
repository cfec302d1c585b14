// SPDX-License-Identifier: Apache-2.0
#include "hw/formats/program/program.hpp"

#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <random>

#include "base/error.hpp"
#include "hw/formats/program/weight_words.hpp"

using namespace wd;
using namespace wd::program;

namespace {

WeightRow random_row(std::mt19937_64& random, const arch::Arch& arch, int percent) {
  const std::uint64_t ones = arch.chunk == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << arch.chunk) - 1;
  WeightRow row(static_cast<std::size_t>(arch.pes_per_group));
  for (WeightWord& word : row)
    if (static_cast<int>(random() % 100) < percent) word = {random() & ones, random() & ones};
  return row;
}

/// A 1x1 convolution of a 4x4x16 image to 16 channels, then scores of the image by another.
Program small_program() {
  Program p;
  p.network = "small";
  std::mt19937_64 random(3);
  for (int i = 0; i < 2; ++i) {
    WeightRow row = random_row(random, p.arch, 30);
    for (WeightWord& word : row) word.sign &= word.mask;            // weights of one plane
    std::fill(row.begin() + arch::block, row.end(), WeightWord{});  // of 16 channels
    append_row(p.memory, row, p.arch);
  }
  const auto rows = static_cast<int>(p.memory.size() / beat_bytes);
  p.memory.resize(p.memory.size() + 8 * beat_bytes);
  arch::Instr i;
  const auto add = [&](arch::Op op) {
    i.op = static_cast<int>(op);
    p.instrs.push_back(i);
    i = {};
  };
  i.count = rows;
  add(arch::Op::LoadWeights);
  i.mem_addr = rows;
  i.count = 8;
  add(arch::Op::LoadNorms);
  add(arch::Op::Wait);
  add(arch::Op::Halt);
  p.frame_entry = 4;
  p.input_addr = static_cast<std::uint32_t>(rows + 8);
  p.input_beats = 16;
  p.score_addr = p.input_addr + 16;
  p.score_beats = 2;
  p.scratch_addr = p.score_addr + 2;
  p.classes = 10;
  p.input_transform = {16, 16, 4, false, {0}, {1}};
  i.mem_addr = p.input_addr;
  i.count = 16;
  i.in_h = i.in_w = 4;
  i.in_blocks = i.in_rows = 1;
  add(arch::Op::LoadTensor);
  add(arch::Op::Wait);
  i.planes = i.stride = i.kernel_h = i.kernel_w = 1;
  i.in_h = i.in_w = i.out_h = i.out_w = 4;
  i.in_blocks = i.in_rows = i.out_blocks = i.out_rows = i.tiles = i.tiles_oc = i.images = 1;
  i.out_base = 1;
  add(arch::Op::Conv);
  i = p.instrs.back();
  i.out_base = 0;
  i.score = i.pooled = i.out_h = i.out_w = 1;
  i.kernel_h = i.kernel_w = 4;
  add(arch::Op::Conv);
  i.mem_addr = p.score_addr;
  i.count = 2;
  add(arch::Op::StoreScores);
  add(arch::Op::Wait);
  add(arch::Op::Halt);
  p.layers.push_back({"only", 4096});
  return p;
}

}  // namespace

TEST_CASE("weight words: rows survive packing and expansion", "[program][round-trip]") {
  std::mt19937_64 random(5);
  for (int chunk : {16, 32, 64})
    for (int pes : {16, 64})
      for (int percent : {0, 3, 50, 100}) {
        arch::Arch arch;
        arch.chunk = chunk;
        arch.pes_per_group = pes;
        Bytes memory;
        std::vector<WeightRow> rows;
        for (int r = 0; r < 9; ++r) {
          rows.push_back(random_row(random, arch, percent));
          append_row(memory, rows.back(), arch);
        }
        CHECK(expand_rows(memory, arch, "burst") == rows);
        if (percent == 0) CHECK(memory.size() == 9 * beat_bytes);  // header beats only
        if (percent < 50) continue;  // a last row of header only leaves nothing to cut
        Bytes cut(memory.begin(), memory.end() - beat_bytes);
        CHECK_THROWS_WITH(expand_rows(cut, arch, "burst"),
                          Catch::Contains("row 8") && Catch::Contains("cut off"));
      }
}

TEST_CASE("weight words: the layout in memory is the documented one", "[program]") {
  arch::Arch arch;
  WeightRow row(64);
  row[1] = {0x1234, 0xabcd};
  row[63] = {0x0001, 0x8000};
  Bytes memory;
  append_row(memory, row, arch);
  const Bytes expected{0x02, 0,    0,    0,    0,    0,    0,    0x80, 0, 0, 0, 0, 0, 0, 0, 0,
                       0x34, 0x12, 0xcd, 0xab, 0x01, 0x00, 0x00, 0x80, 0, 0, 0, 0, 0, 0, 0, 0};
  CHECK(memory == expected);
}

TEST_CASE("program: a file is read back as it was written, and corruption is refused",
          "[program][round-trip]") {
  const std::string path = "/tmp/wd_program_test_" + std::to_string(::getpid()) + ".wdp";
  const Program program = small_program();
  write_program(program, path);
  const Program back = read_program(path);
  CHECK(back.instrs == program.instrs);
  CHECK(back.memory == program.memory);
  CHECK(back.arch == program.arch);
  CHECK(back.layers.front().name == "only");
  CHECK(back.batch == 1);
  Bytes bytes = read_file(path);
  bytes[bytes.size() / 2] ^= 1;
  write_file(path, bytes);
  CHECK_THROWS_WITH(read_program(path), Catch::Contains(path) && Catch::Contains("checksum"));
  bytes.resize(100);
  write_file(path, bytes);
  CHECK_THROWS_AS(read_program(path), Error);
  write_program(program, path);
  bytes = read_file(path);
  bytes[4] = 5;  // the version without rings
  write_file(path, bytes);
  CHECK_THROWS_WITH(read_program(path), Catch::Contains(path) &&
                                            Catch::Contains("version 5, this program reads version 6") &&
                                            Catch::Contains("compile the model again"));
  ::unlink(path.c_str());
}

TEST_CASE("program: which part of a layer an instruction computes is said where it is not the whole",
          "[program][round-trip]") {
  Program program = small_program();
  const std::string whole = meta_of(program).dump();
  CHECK(whole.find("part") == std::string::npos);
  program.layers.front().part = {3, 2, 16, 4};
  nlohmann::json meta = meta_of(program);
  CHECK(program_of_meta(meta, "p.wdp").layers.front().part == LayerPart{3, 2, 16, 4});
  const auto refused = [&](const nlohmann::json& part, const char* message) {
    meta["layers"][0]["part"] = part;
    CHECK_THROWS_WITH(program_of_meta(meta, "p.wdp"),
                      Catch::Contains("p.wdp: layers") && Catch::Contains(message));
  };
  refused({3, 2, 16}, "'part' has 3 numbers, must be 4");
  refused({3, 2, 16, 512}, "'part' has 512, must be 0 to 511");
  refused({-1, 0, 0, 0}, "'part' has -1, must be 0 to 4095");
  refused("all", "'part'");
}

TEST_CASE("program: what an engine could not execute is refused by field", "[program][bad-input][message]") {
  const auto refused = [](auto change) {
    Program p = small_program();
    change(p);
    try {
      check(p, "p.wdp");
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  CHECK(refused([](Program&) {}) == "accepted");
  // 65536 squared, as a number of channels, would wrap to 0.
  CHECK_THAT(refused([](Program& p) {
               p.input_transform.image_height = p.input_transform.image_width = p.input_transform.patch =
                   65536;
             }),
             Catch::Contains("'image_height' is 65536, must be 1 to 4096"));
  CHECK_THAT(refused([](Program& p) { p.input_scale_exp = 1000; }),
             Catch::Contains("'input_scale_exp' is 1000, must be -24 to 24"));
  CHECK_THAT(refused([](Program& p) { p.instrs[6].weight_row = 1600; }), Catch::Contains("'weight_row'"));
  CHECK_THAT(refused([](Program& p) { p.instrs[6].out_base = 0; }), Catch::Contains("overlap"));
  const auto with_residual = [&](int res_base) {  // rows 2 and 3 are the output's; rows 0 to 5 are there
    return refused([&](Program& p) {
      arch::Instr before = p.instrs[6];
      before.out_blocks = 2;
      for (int base : {1, 3, 4}) {
        before.out_base = base;
        p.instrs.insert(p.instrs.begin() + 7, before);
      }
      std::rotate(p.instrs.begin() + 6, p.instrs.begin() + 7, p.instrs.begin() + 10);
      p.instrs[9].residual = 1, p.instrs[9].out_blocks = p.instrs[9].out_base = 2, p.instrs[9].res_rows = 1;
      p.instrs[9].res_base = res_base;
    });
  };
  for (int apart_or_same : {0, 2, 4}) CHECK(with_residual(apart_or_same) == "accepted");
  for (int shifted : {1, 3})
    CHECK_THAT(with_residual(shifted),
               Catch::Contains("residual and output overlap without being the same words"));
  CHECK_THAT(with_residual(1023), Catch::Contains("'res_base' reaches 1025"));
  CHECK_THAT(refused([](Program& p) { p.instrs[6].acc_shift = 32; }),
             Catch::Contains("field 'acc_shift' is 32"));
  CHECK(refused([](Program& p) { p.instrs[6].out_base = 1023; }) == "accepted");
  CHECK_THAT(refused([](Program& p) { p.instrs[6].out_base = 1024; }),
             Catch::Contains("'out_base' reaches 1025"));
  CHECK_THAT(refused([](Program& p) { p.instrs[6].tiles = 2; }),
             Catch::Contains("'tiles' is 2, the tensor has 1"));
  CHECK_THAT(refused([](Program& p) { p.instrs[6].tiles_oc = 2; }),
             Catch::Contains("'tiles_oc' is 2, the tensor has 1"));
  CHECK_THAT(refused([](Program& p) { p.instrs[6].out_rows = 0; }),
             Catch::Contains("'out_rows' is 0, a word of the tensor's pixels has 1 rows"));
  CHECK_THAT(refused([](Program& p) { p.instrs[6].kernel_h = 16; }),
             Catch::Contains("reads weight row 2"));  // 15 rows beyond the input are fine
  CHECK_THAT(refused([](Program& p) { p.instrs[6].kernel_h = 17; }),
             Catch::Contains("'out_h': the last window reaches 16 pixels beyond the input, at most 15"));
  CHECK_THAT(refused([](Program& p) { p.instrs[6].planes = 0; }),
             Catch::Contains("field 'planes' is 0, must be 1 to 3"));
  CHECK_THAT(refused([](Program& p) { p.instrs[6].layer = 1; }), Catch::Contains("'layer'"));
  CHECK_THAT(refused([](Program& p) { p.instrs[6].stride = 3; }),
             Catch::Contains("'stride' reaches 3, must be 1 to 2"));
  CHECK_THAT(refused([](Program& p) { p.instrs[0].count = 1; }), Catch::Contains("cut off"));
  CHECK_THAT(refused([](Program& p) { p.instrs[4].mem_addr += 1; }), Catch::Contains("burst of 16 beats at"));
  CHECK_THAT(refused([](Program& p) { p.instrs[4].count = 15; }),
             Catch::Contains("'count' is 15, the tensor has 16 channel blocks"));
  CHECK_THAT(refused([](Program& p) { p.instrs.push_back(p.instrs[0]); }),
             Catch::Contains("1 instructions follow"));
  CHECK_THAT(refused([](Program& p) { p.classes = 0x80000001u; }), Catch::Contains("classes"));
  CHECK_THAT(refused([](Program& p) { p.instrs.pop_back(); }), Catch::Contains("no HALT"));
  CHECK_THAT(refused([](Program& p) { p.instrs[6].op = 31; }), Catch::Contains("opcode 31"));
  CHECK_THAT(refused([](Program& p) { p.classes = 17; }), Catch::Contains("17 classes"));
  CHECK_THAT(refused([](Program& p) { p.memory.pop_back(); }), Catch::Contains("whole number of beats"));
}

TEST_CASE("program: a batch of other images than the instructions' is refused",
          "[program][bad-input][message]") {
  constexpr std::size_t load = 4, layer = 6, scores = 7, store = 8;
  const auto refused = [](auto change) {
    Program p = small_program();  // 4 x 4 pixels: as a batch of 2, two images of 4 x 2
    p.batch = p.instrs[layer].images = p.instrs[scores].images = 2;
    p.instrs[scores].out_w = p.instrs[scores].kernel_w = 2;
    p.score_beats = 4, p.instrs[store].count = 4, p.scratch_addr += 2;
    change(p);
    try {
      check(p, "p.wdp");
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  CHECK(refused([](Program&) {}) == "accepted");
  CHECK_THAT(refused([](Program& p) { p.batch = 3; }),
             Catch::Contains("'batch' is 3, must be 1, 2, 4, 8 or 16"));
  CHECK_THAT(refused([](Program& p) { p.instrs[layer].images = 1; }),
             Catch::Contains("'images' is 1, the program's batch is 2"));
  CHECK_THAT(refused([](Program& p) { p.instrs[layer].images = 17; }),
             Catch::Contains("field 'images' is 17, must be 1 to 16"));
  CHECK_THAT(refused([](Program& p) { p.instrs[load].in_h = 16, p.instrs[load].in_w = 1; }),
             Catch::Contains("'in_w' is 1, must be a multiple of the 2 images"));
  CHECK_THAT(refused([](Program& p) { p.instrs[layer].in_w = 3; }),
             Catch::Contains("'in_w' is 3, must be a multiple of the 2 images"));
  CHECK_THAT(refused([](Program& p) { p.instrs[layer].out_w = 3; }),
             Catch::Contains("'out_w' is 3, must be a multiple of the 2 images"));
  // Of two columns each image, not of four.
  CHECK_THAT(refused([](Program& p) { p.instrs[layer].kernel_w = 18, p.instrs[layer].out_w = 2; }),
             Catch::Contains("'out_w': the last window reaches 16 pixels beyond the input"));
  CHECK_THAT(refused([](Program& p) { p.classes = 17; }), Catch::Contains("17 classes of 2 images"));
  CHECK_THAT(refused([](Program& p) { p.score_beats = 3; }), Catch::Contains("10 classes of 2 images"));
  const auto with_scores = [&](int kernel_w, int out_w, int out_base) {
    return refused([&](Program& p) {
      arch::Instr& conv = p.instrs[scores];
      conv.kernel_w = kernel_w, conv.out_w = out_w, conv.out_base = out_base;
    });
  };
  CHECK_THAT(with_scores(2, 2, 62), Catch::Contains("reads score row 0, which nothing before has written"));
  CHECK_THAT(with_scores(2, 2, 64), Catch::Contains("'out_base' reaches 66, must be 1 to 64"));
  CHECK_THAT(with_scores(2, 2, 1), Catch::Contains("'out_base' is 1, must be a multiple of the 2 images"));
  CHECK_THAT(refused([](Program& p) {
               arch::Instr& conv = p.instrs[scores];
               conv.pooled = 0, conv.kernel_w = 1, conv.out_w = 4;
             }),
             Catch::Contains("scores must be 1x1 of each image"));
  for (auto change :
       {+[](arch::Instr& conv) { conv.kernel_w = 1; }, +[](arch::Instr& conv) { conv.kernel_h = 3; },
        +[](arch::Instr& conv) { conv.stride = 2; }, +[](arch::Instr& conv) { conv.pad_x = 1; },
        +[](arch::Instr& conv) { conv.in_rows = 2; }, +[](arch::Instr& conv) { conv.pad_y = 1; }})
    CHECK_THAT(refused([&](Program& p) { change(p.instrs[scores]); }),
               Catch::Contains("a pooled kernel must cover the whole input, with 'stride' 1, no padding"));
}

TEST_CASE("program: a pool that no engine could execute is refused by field",
          "[program][bad-input][message]") {
  const auto refused = [](auto change) {
    Program p = small_program();
    arch::Instr pool = arch::make(arch::Op::Pool);  // 4x4 to 2x2
    pool.stride = pool.kernel_h = pool.kernel_w = 3, pool.pad_y = pool.pad_x = 1;
    pool.in_h = pool.in_w = 4, pool.out_h = pool.out_w = 2;
    pool.in_blocks = pool.in_rows = pool.out_blocks = pool.out_rows = pool.tiles = pool.tiles_oc = 1;
    pool.out_base = 2, pool.images = 1;
    change(pool);
    p.instrs.insert(p.instrs.begin() + 7, pool);
    try {
      check(p, "p.wdp");
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  using arch::Instr;
  CHECK(refused([](Instr&) {}) == "accepted");
  CHECK_THAT(refused([](Instr& i) { i.pad_y = 3; }),
             Catch::Contains("the first window of 3 x 3 lies outside of the input"));
  CHECK_THAT(refused([](Instr& i) { i.kernel_w = 1; }),
             Catch::Contains("the first window of 3 x 1 lies outside of the input"));
  CHECK_THAT(refused([](Instr& i) { i.in_h = 2; }),
             Catch::Contains("the last window of 3 x 3 lies outside of the input"));
  CHECK(refused([](Instr& i) { i.kernel_h = 17; }) == "accepted");
  CHECK_THAT(refused([](Instr& i) { i.kernel_h = 18; }), Catch::Contains("reaches 16 pixels beyond"));
  CHECK_THAT(refused([](Instr& i) { i.out_blocks = i.tiles_oc = 2; }),
             Catch::Contains("'out_blocks' is 2, 'in_blocks' is 1"));
  CHECK_THAT(refused([](Instr& i) { i.tiles_oc = 2; }), Catch::Contains("'tiles_oc' is 2, the tensor has 1"));
  CHECK_THAT(refused([](Instr& i) { i.tiles = 2; }), Catch::Contains("'tiles' is 2, the tensor has 1"));
  CHECK_THAT(refused([](Instr& i) { i.out_base = 0; }), Catch::Contains("input and output overlap"));
  CHECK_THAT(refused([](Instr& i) { i.out_base = 1024; }), Catch::Contains("'out_base' reaches 1025"));
  CHECK_THAT(refused([](Instr& i) { i.in_base = 1024; }), Catch::Contains("'in_base' reaches 1025"));
  CHECK_THAT(refused([](Instr& i) { i.layer = 1; }), Catch::Contains("'layer'"));
  CHECK_THAT(refused([](Instr& i) { i.norm_row = 1; }), Catch::Contains("POOL does not use it"));
  CHECK_THAT(refused([](Instr& i) { i.images = 2; }), Catch::Contains("the program's batch is 1"));
}

TEST_CASE("program: an elementwise layer that no engine could execute is refused by field",
          "[program][bad-input][message]") {
  const auto refused = [](auto change) {
    Program p = small_program();
    arch::Instr e = arch::make(arch::Op::Elementwise);
    e.out_h = e.out_w = 4;
    e.out_blocks = 2, e.tiles = e.tiles_oc = e.in_rows = e.out_rows = e.res_rows =
                          1;  // the 2 rows of the input and of the convolution's output
    e.out_base = 2;
    change(e);
    p.instrs.insert(p.instrs.begin() + 7, e);
    try {
      check(p, "p.wdp");
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  using arch::Instr;
  for (int same_or_apart : {0, 2, 4})
    CHECK(refused([&](Instr& i) { i.out_base = same_or_apart; }) == "accepted");
  CHECK_THAT(refused([](Instr& i) { i.out_base = 1; }),
             Catch::Contains("input and output overlap without being the same words"));
  CHECK(refused([](Instr& i) { i.residual = 1; }) == "accepted");
  CHECK_THAT(refused([](Instr& i) { i.residual = 1, i.res_base = 1; }),
             Catch::Contains("residual and output overlap without being the same words"));
  CHECK_THAT(refused([](Instr& i) { i.in_base = 3, i.out_base = 5; }),
             Catch::Contains("reads activation row 3, bank 0, which nothing before has written"));
  CHECK_THAT(refused([](Instr& i) { i.norm_row = 1; }),
             Catch::Contains("reads normalization row 2, which nothing before has loaded"));
  CHECK_THAT(refused([](Instr& i) { i.in_base = 1023; }), Catch::Contains("'in_base' reaches 1025"));
  CHECK_THAT(refused([](Instr& i) { i.out_base = 1023; }), Catch::Contains("'out_base' reaches 1025"));
  CHECK_THAT(refused([](Instr& i) { i.tiles = 2; }), Catch::Contains("'tiles' is 2, the tensor has 1"));
  CHECK_THAT(refused([](Instr& i) { i.tiles_oc = 2; }), Catch::Contains("'tiles_oc' is 2, the tensor has 1"));
  CHECK_THAT(refused([](Instr& i) { i.norm_row = 255; }), Catch::Contains("'norm_row' reaches 257"));
  CHECK_THAT(refused([](Instr& i) { i.layer = 1; }), Catch::Contains("'layer'"));
  CHECK_THAT(refused([](Instr& i) { i.in_h = 4; }), Catch::Contains("ELEMENTWISE does not use it"));
}

TEST_CASE("program: a transpose that no engine could execute is refused by field",
          "[program][bad-input][message]") {
  const auto refused = [](auto change) {
    Program p = small_program();
    arch::Instr t = arch::make(arch::Op::Transpose);  // 16 pixels of 16 channels
    t.in_h = t.in_w = t.out_h = t.out_w = 4;
    t.in_blocks = t.in_rows = t.out_blocks = t.out_rows = t.tiles = t.tiles_oc = 1;
    t.out_base = 2;
    change(t);
    p.instrs.insert(p.instrs.begin() + 7, t);
    try {
      check(p, "p.wdp");
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  using arch::Instr;
  CHECK(refused([](Instr&) {}) == "accepted");
  CHECK(refused([](Instr& i) { i.out_h = 1, i.out_w = 3; }) ==
        "accepted");  // the rest of the row is written, too
  CHECK(refused([](Instr& i) { i.out_rows = 2; }) == "accepted");
  for (auto change : {+[](Instr& i) { i.tiles = 2; }, +[](Instr& i) { i.out_blocks = 2; },
                      +[](Instr& i) { i.tiles_oc = 2; }, +[](Instr& i) { i.in_blocks = 2; }})
    CHECK_THAT(refused(change), Catch::Contains(" is 2, the tensor has 1"));
  CHECK_THAT(refused([](Instr& i) { i.out_w = 5; }), Catch::Contains("'tiles_oc' is 1, the tensor has 2"));
  CHECK_THAT(refused([](Instr& i) { i.in_w = 5; }),
             Catch::Contains("'in_rows' is 1, a word of the tensor's pixels has 2 rows"));
  CHECK_THAT(refused([](Instr& i) { i.out_rows = 0; }),
             Catch::Contains("'out_rows' is 0, a word of the tensor's pixels has 1 rows"));
  CHECK_THAT(refused([](Instr& i) { i.out_base = 0; }), Catch::Contains("input and output overlap"));
  CHECK_THAT(refused([](Instr& i) { i.out_base = 1024; }), Catch::Contains("'out_base' reaches 1025"));
  CHECK_THAT(refused([](Instr& i) { i.in_base = 1024; }), Catch::Contains("'in_base' reaches 1025"));
  CHECK_THAT(refused([](Instr& i) { i.in_base = 3, i.out_base = 5; }),
             Catch::Contains("reads activation row 3, bank 0, which nothing before has written"));
  CHECK_THAT(refused([](Instr& i) { i.layer = 1; }), Catch::Contains("'layer'"));
  CHECK_THAT(refused([](Instr& i) { i.norm_row = 1; }), Catch::Contains("TRANSPOSE does not use it"));
}

TEST_CASE("program: norms of pixels need a row for each tile, a look-up a table that is there",
          "[program][bad-input][message]") {
  const auto refused = [](auto change, auto load) {
    Program p = small_program();
    arch::Instr e = arch::make(arch::Op::Elementwise);
    e.out_h = e.out_w = 4;
    e.out_blocks = 2, e.tiles = e.tiles_oc = e.in_rows = e.out_rows = 1;
    e.out_base = 2;
    change(e);
    p.instrs.insert(p.instrs.begin() + 7, e);
    arch::Instr table = arch::make(arch::Op::LoadTable), wait = arch::make(arch::Op::Wait);
    table.count = 16, table.tag = wait.tag = 7;
    p.memory.resize(p.memory.size() + 256);
    p.input_addr += 16, p.score_addr += 16, p.scratch_addr += 16;
    for (arch::Instr& i : p.instrs) {
      if (i.operation() == arch::Op::LoadTensor) i.mem_addr += 16;
      if (i.operation() == arch::Op::StoreScores) i.mem_addr += 16;
    }
    table.mem_addr = static_cast<int>(p.memory.size()) / 16 - 16;
    if (load(table)) p.instrs.insert(p.instrs.begin() + 7, {table, wait});
    try {
      check(p, "p.wdp");
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  using arch::Instr;
  const auto none = [](Instr&) { return false; };
  const auto whole = [](Instr&) { return true; };
  // One tile, two channel blocks: two rows are loaded.
  CHECK(refused([](Instr& i) { i.norm_t = 1, i.norm_row = 1; }, none) == "accepted");
  CHECK_THAT(refused([](Instr& i) { i.norm_row = 1; }, none),
             Catch::Contains("reads normalization row 2, which nothing before has loaded"));
  CHECK_THAT(refused([](Instr& i) { i.norm_t = 1, i.norm_row = 2; }, none),
             Catch::Contains("reads normalization row 2, which nothing before has loaded"));
  CHECK(refused([](Instr& i) { i.lookup = 1; }, whole) == "accepted");
  CHECK_THAT(refused([](Instr& i) { i.lookup = 1; }, none),
             Catch::Contains("reads table 0, which nothing before has loaded"));
  CHECK_THAT(refused([](Instr&) {}, [](Instr& t) { return t.count = 15, true; }),
             Catch::Contains("'count' reaches 15, must be 16 to 16"));
  CHECK_THAT(refused([](Instr&) {}, [](Instr& t) { return ++t.mem_addr, true; }),
             Catch::Contains("leaves 0 to"));
}
