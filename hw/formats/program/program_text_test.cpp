// SPDX-License-Identifier: Apache-2.0
// The text form on a program by hand, and what its reader refuses; all programs' round trips: testbench/program_text_test.cpp.
#include "hw/formats/program/program_text.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

#include "base/error.hpp"
#include "base/integer.hpp"
#include "hw/formats/program/memory_blocks.hpp"

using namespace wd;
using namespace wd::program;

namespace {

/// Scores of a 4x4x16 image by one pooled convolution.
const std::string meta_lines =
    ".meta arch.act_rows 16\n.meta arch.acc_bits 36\n.meta arch.bus_bits 128\n.meta arch.chunk 16\n"
    ".meta arch.entries 2\n.meta arch.groups_per_walker 16\n.meta arch.groups_x 4\n.meta arch.groups_y 4\n"
    ".meta arch.instr_rows 32\n.meta arch.latch_operand 0\n.meta arch.memory_latency 24\n"
    ".meta arch.norm_rows 4\n.meta arch.organisation 0\n.meta arch.pes_per_group 16\n.meta arch.planes 3\n"
    ".meta arch.planes_per_row 2\n.meta arch.score_rows 1\n.meta arch.sum_segment 8\n"
    ".meta arch.weight_rows 16\n.meta arch.window 2\n"
    ".meta batch 1\n.meta classes 10\n.meta dataset \"none; by hand\"\n.meta deviation [1.0]\n.meta "
    "image_height 16\n"
    ".meta image_width 16\n.meta input_addr 8\n.meta input_beats 16\n.meta input_scale_exp 0\n"
    ".meta layers[] {\"dense_macs\":4096,\"name\":\"only\"}\n.meta mean [0.5]\n.meta network \"hand\"\n"
    ".meta patch 4\n.meta score_addr 24\n.meta score_beats 2\n.meta scratch_addr 26\n.meta scratch_beats 0\n"
    ".meta split false\n";

const std::string code =
    "load:\n"
    "  LOAD_WEIGHTS weight_row=3 mem_addr=1 count=3  ; the rows below\n"
    "  LOAD_NORMS mem_addr=4 count=4\n"
    "  WAIT\n"
    "  HALT\n"
    "frame:\n"
    "  LOAD_TENSOR in_h=4 in_w=4 in_blocks=1 in_rows=1 mem_addr=8 count=16\n"
    "  WAIT\n"
    "\tCONV images=1 score=1 pooled=1 planes=1 stride=1 kernel_h=4 kernel_w=4 acc_shift=-2 in_h=4 in_w=4 "
    "in_blocks=1 "
    "in_rows=1 out_h=1 out_w=1 out_blocks=1 tiles=1 tiles_oc=1 weight_row=3\n"
    "  STORE_SCORES mem_addr=24 count=2\n"
    "  WAIT\n"
    "  HALT\n";

const std::string memory =
    ".beats\n  000102030405060708090a0b0c0d0e0f\n"
    ".weights\nrow\nrow  ; of two words\n  1:+..............-\n  15:o...............  ; a comment\n"
    ".norms\n  3c00:8000 0001:fc00 3c00:0000 3c00:0000 3c00:0000 3c00:0000 3c00:0000 3c00:0000\n"
    "  3c00:0000 3c00:0000 3c00:0000 3c00:0000 3c00:0000 3c00:0000 3c00:0000 3c00:7bff\n";

const std::string whole = meta_lines + code + memory;

std::string replaced(const std::string& from, const std::string& to) {
  std::string contents = whole;
  const std::size_t at = contents.find(from);
  REQUIRE(at != std::string::npos);
  return contents.replace(at, from.size(), to);
}

std::string refusal(const std::string& contents) {
  try {
    read_program_text(contents, "p.asm");
  } catch (const Error& error) {
    return error.what();
  }
  return "accepted";
}

/// With the line of the change as HERE.
std::string refusal(const std::string& from, const std::string& to) {
  const std::string message = refusal(replaced(from, to));
  const auto line =
      std::count(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(whole.find(from)), '\n') + 1;
  const std::string here = text("p.asm:", line, ":");
  return message.starts_with(here) ? "HERE:" + message.substr(here.size()) : message;
}

}  // namespace

TEST_CASE("program text: instructions, meta data and every kind of memory block are read",
          "[program][oracle]") {
  const Program p = read_program_text(whole, "p.asm");
  CHECK(p.dataset == "none; by hand");
  CHECK(p.arch.act_rows == 16);
  CHECK(p.input_transform.mean == std::vector<double>{0.5});
  CHECK(p.load_entry == 0);
  CHECK(p.frame_entry == 4);
  REQUIRE(p.instrs.size() == 10);
  arch::Instr load = arch::make(arch::Op::LoadWeights);
  load.weight_row = 3, load.mem_addr = 1, load.count = 3;
  CHECK(p.instrs[0] == load);
  CHECK(p.instrs[6].acc_shift == -2);
  REQUIRE(p.memory.size() == 8 * beat_bytes);
  for (int i = 0; i < beat_bytes; ++i) CHECK(int{p.memory[index(i)]} == i);
  const Bytes rows{0, 0,    0, 0,    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,   // a row without words
                   2, 0x80, 0, 0,    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,   // PEs 1 and 15
                   1, 0x80, 0, 0x80, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0};  // masks and signs
  CHECK(Bytes(p.memory.begin() + beat_bytes, p.memory.begin() + 4 * beat_bytes) == rows);
  const std::uint8_t* norms = p.memory.data() + 4 * beat_bytes;
  CHECK((norms[0] == 0 && norms[1] == 0x3c && norms[2] == 1 && norms[3] == 0));  // gamma
  CHECK((norms[32] == 0 && norms[33] == 0x80 && norms[34] == 0 && norms[35] == 0xfc &&
         norms[63] == 0x7b));  // beta
}

TEST_CASE("program text: it says what was read, in the same blocks", "[program][round-trip]") {
  const Program p = read_program_text(whole, "p.asm");
  const std::string printed = program_text(p);
  CHECK_THAT(printed, Catch::Contains("  1:+..............- 15:o...............\n"));
  CHECK_THAT(printed,
             Catch::Contains("3c00:8000 0001:fc00 3c00:0000 3c00:0000  ; 1:-0 5.96046e-08:-inf 1:0 1:0\n"));
  CHECK_THAT(printed, Catch::Contains("  000102030405060708090a0b0c0d0e0f\n"));
  CHECK_THAT(printed, Catch::Contains("; 6 \"only\"\n"));
  const Program again = read_program_text(printed, "again");
  CHECK(again.instrs == p.instrs);
  CHECK(again.memory == p.memory);
  CHECK(encode_program(again, "again").serialize() == encode_program(p, "p").serialize());
  CHECK_THAT(instruction_text(p),
             Catch::StartsWith("load:\n  LOAD_WEIGHTS weight_row=3 mem_addr=1 count=3 tag=0"));
  CHECK_THAT(refusal(program_text(p, false)),
             Catch::Contains(": instruction 0 (LOAD_WEIGHTS): burst of 3 beats at 1 leaves 0 to 0"));
}

TEST_CASE("memory blocks: words that are present and zero, and bursts that cut each other, come back",
          "[program][round-trip]") {
  Program p = read_program_text(whole, "p.asm");
  p.memory[2 * beat_bytes] = 6;  // PE 2 now has the word that was PE 15's
  p.memory[2 * beat_bytes + 1] = 0;
  for (int i = 4; i < 8; ++i) p.memory[3 * beat_bytes + static_cast<std::size_t>(i)] = 0;
  const auto comes_back = [](const Program& program) {
    const Program again = read_program_text(program_text(program), "again");
    return encode_program(again, "a").serialize() == encode_program(program, "b").serialize();
  };
  CHECK_THAT(program_text(p), Catch::Contains(" 2:................\n"));
  CHECK(comes_back(p));
  arch::Instr inner = p.instrs[0];
  inner.mem_addr = 2, inner.count = 2;  // the second row alone
  p.instrs.insert(p.instrs.begin(), inner);
  ++p.frame_entry;
  CHECK(comes_back(p));
  inner.mem_addr = 0, inner.count = 2;  // hex digits as norms
  inner.op = static_cast<int>(arch::Op::LoadNorms), inner.count = 4, inner.weight_row = 0;
  p.instrs.insert(p.instrs.begin(), inner);
  ++p.frame_entry;
  CHECK(memory_blocks(p).size() == 3);
  CHECK(comes_back(p));
}

TEST_CASE("program text: refusals name file, line, field, value and remedy",
          "[program][bad-input][message]") {
  CHECK(refusal(whole) == "accepted");
  CHECK_THAT(refusal("HALT", "STOP"),
             Catch::StartsWith("HERE: operation 'STOP' is unknown; there are HALT, LOAD_WEIGHTS, "));
  CHECK_THAT(refusal("count=4\n", "beats=4\n"),
             Catch::StartsWith("HERE: LOAD_NORMS: field 'beats' is unknown; it has norm_row, ") &&
                 Catch::Contains("count"));
  CHECK_THAT(refusal("HALT", "HALT count=1"),
             Catch::StartsWith("HERE: HALT: field 'count' is unknown; it has none"));
  CHECK(refusal("planes=1", "planes=4") ==
        "HERE: CONV: field 'planes' is '4', must be a whole number, 1 to 3");
  CHECK_THAT(refusal("stride=1", "stride=one"), Catch::Contains("field 'stride' is 'one', must be"));
  CHECK_THAT(refusal("stride=1", "stride=99999999999999999999"), Catch::Contains("must be a whole number"));
  CHECK_THAT(refusal("stride=1 ", ""), Catch::Contains("HERE: CONV: field 'stride' is 0, must be 1 to "));
  CHECK_THAT(refusal("stride=1", "stride"), Catch::Contains("'stride' is no field; write NAME=NUMBER"));
  CHECK_THAT(refusal("stride=1", "stride=1 stride=1"), Catch::Contains("field 'stride' is given twice"));
  CHECK_THAT(refusal("kernel_h=4", "kernel_h=20"),
             Catch::StartsWith("HERE: instruction 6 (CONV): 'out_h': the last window reaches 16 pixels beyond"));
  CHECK_THAT(refusal("load:", "start:"),
             Catch::Contains("label 'start' is unknown; labels are load and frame"));
  CHECK_THAT(refusal("frame:", "load:"), Catch::Contains("label 'load' stands twice"));
  CHECK_THAT(refusal("frame:\n", ""), Catch::Contains("label 'frame' is missing"));
  CHECK_THAT(refusal(".meta classes 10", ".meta class 10"),
             Catch::StartsWith("HERE: key 'class' is unknown; known keys are arch, "));
  CHECK_THAT(refusal(".meta arch.chunk", ".meta arch.chunks"),
             Catch::StartsWith("HERE: key 'arch.chunks' is unknown; known keys are acc_bits"));
  CHECK_THAT(refusal(".meta classes 10", ".meta classes \"ten\""),
             Catch::StartsWith("HERE: 'classes' is \"ten\", must be a number"));
  CHECK_THAT(refusal(".meta classes 10", ".meta classes ten"),
             Catch::StartsWith("HERE: 'classes': is not JSON"));
  CHECK_THAT(refusal(".meta classes 10", ".meta patch 4"),
             Catch::Contains("'patch' is given twice; leave one out"));
  CHECK_THAT(refusal(".meta classes 10\n", ""), Catch::Contains("key 'classes' is missing"));
  CHECK_THAT(refusal(".meta patch", ".meta load_entry 0\n.meta patch"),
             Catch::Contains("'load_entry' is where a label stands; leave it out"));
  CHECK_THAT(refusal(whole + ".meta patch 4\n"),
             Catch::Contains("'.meta' stands before the instructions; move it up"));
  CHECK_THAT(refusal(".norms", ".norm"),
             Catch::Contains("'.norm' is unknown; there are .meta, .weights, .norms"));
  CHECK_THAT(refusal("row\nrow", "0:................\nrow"),
             Catch::Contains("HERE: '0:................' is in no row; write `row` above it"));
  CHECK_THAT(refusal("15:o", "16:o"), Catch::Contains("PE '16' must be 0 to 15"));
  CHECK_THAT(refusal("15:o", "1:o"), Catch::Contains("PE 1 comes again or behind a later one"));
  CHECK_THAT(refusal("15:o", "15:"), Catch::Contains("PE 15: 15 lanes, a word has 16"));
  CHECK_THAT(refusal("15:o", "15:x"), Catch::Contains("PE 15: lane 0 is 'x', must be one of . + - o"));
  CHECK_THAT(refusal("0001:fc00", "0001:fc0"), Catch::Contains("beta 'fc0' must be 4 hexadecimal digits"));
  CHECK_THAT(refusal("0001:fc00", "0001"),
             Catch::Contains("'0001' must be a gamma and a beta, as 3c00:0000"));
  CHECK_THAT(refusal("0001:fc00 ", ""), Catch::Contains("a block of 15 gamma:beta pairs ends here"));
  CHECK_THAT(refusal("0e0f\n", "0e0\n"), Catch::Contains("has 31 hexadecimal digits, must have 32"));
  CHECK_THAT(refusal("0e0f\n", "0e0g\n"), Catch::Contains("byte '0g' must be 2 hexadecimal digits"));
  CHECK_THAT(refusal(""), Catch::Contains("label 'load' is missing"));
}
