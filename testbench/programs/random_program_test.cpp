// SPDX-License-Identifier: Apache-2.0
// The seeds that rtl.core and systemc.program run visit every corner that the builder promises.
#include "testbench/programs/random_program.hpp"

#include <catch2/catch.hpp>
#include <iostream>
#include <map>

#include "base/error.hpp"
#include "hw/formats/program/geometry.hpp"
#include "hw/formats/program/input_parts.hpp"
#include "hw/formats/stream/chip_code.hpp"

using namespace wd;
using namespace wd::testbench;
using arch::Instr;
using arch::Op;

namespace {

using Corners = std::map<std::string, int>;  // in how many programs

void add_coded(std::map<std::string, bool>& seen, const program::Program& p, const Instr& load, int bursts) {
  const stream::ChipHeader header =
      stream::read_header(&p.memory[std::size_t{1} * load.mem_addr * program::beat_bytes]);
  seen[text("coded weights", bursts > 1 ? " behind other bursts" : "")] = true;
  seen[text("coded weights, ", header.frozen         ? "frozen ones generated"
                               : header.random_signs ? "signs generated"
                                                     : "with signs")] = true;
}

/// Channel blocks of the layer that an instruction computes, alone or as one of two parts, which read the same input.
int layer_blocks(const program::Program& p, std::size_t pc) {
  int blocks = 0;
  for (std::size_t i = pc - 1; i <= pc + 1; ++i)
    if (p.instrs[i].operation() == Op::Conv && p.instrs[i].in_base == p.instrs[pc].in_base &&
        p.instrs[i].in_offset == p.instrs[pc].in_offset && p.instrs[i].pad_y == p.instrs[pc].pad_y)
      blocks += p.instrs[i].out_blocks;
  return blocks;
}

void add_sub_reads(std::map<std::string, bool>& seen, const Instr& c, const arch::Arch& arch) {
  for (int t = 0; t < c.tiles; ++t)
    for (int position = 0; position < program::tile_positions(c); ++position)
      seen[text("stride ", c.stride, ", sub-reads ", program::sub_reads(c, t, position, arch))] = true;
}

void add_conv(std::map<std::string, bool>& seen, const Instr& c, bool in_loop, int blocks,
              const arch::Arch& arch) {
  seen[text("kernel ", c.score || c.pooled ? "whole" : text(c.kernel_h, "x", c.kernel_w))] = true;
  if (c.pooled && c.in_rows > 1) seen[text("pooled rows of ", c.images, " images")] = true;
  if (!c.score) seen[text("stride ", c.stride)] = seen[text("pad ", c.pad_x)] = true;
  seen[text("planes ", c.planes)] = true;
  seen[text("images ", c.images)] = true;
  if (c.images > 1) {
    seen["images in a loop"] = seen["images in a loop"] || in_loop;
    if (!c.score)
      seen[text("images, stride ", c.stride)] =
          seen[c.pad_x > 1 ? "images, wide padding" : text("images, pad ", c.pad_x)] = true;
    if (c.score && c.out_blocks < blocks) seen["split scores of images"] = true;
  }
  seen[c.pooled ? (c.score ? "pooled scores" : "pooled layer") : "weights per position"] = true;
  seen[c.relu ? "relu" : "no relu"] = true;
  seen[c.acc_shift < 0 ? "negative acc_shift" : "acc_shift"] = true;
  if (c.residual) seen["residual"] = seen[c.res_shift < 0 ? "negative res_shift" : "res_shift"] = true;
  if (in_loop && !c.residual) seen["loop without residual"] = true;
  if (c.out_blocks < blocks) seen[c.score ? "split scores" : in_loop ? "split in a loop" : "split"] = true;
  if (c.tiles_oc > 1) seen["several channel tiles"] = true;
  if (c.tiles > 1) seen["several pixel tiles"] = true;
  seen[c.out_w >= 16 ? "wide output" : c.tiles > 1 ? text("output width ", c.out_w) : "narrow output"] = true;
  if (c.out_blocks * arch::block % arch.pes_per_group != 0) seen["narrow channel tile"] = true;
  if (c.out_h * c.out_w % 16 != 0) seen["cut pixel tile"] = true;
  if (c.in_blocks > 1) seen["several input blocks"] = true;
  if (c.norm_t) seen[in_loop ? "norms of pixels in a loop" : "norms of pixels"] = true;
  if (c.lookup) seen[in_loop ? "table in a loop" : "table"] = true;
  if (c.lookup && c.tiles > 1) seen["table of several tiles"] = true;
  if (c.lookup && c.residual) seen["table and residual"] = true;
  if (c.lookup && c.out_blocks > 1) seen["table of several blocks"] = true;
  if (c.norm_t && c.tiles > 1) seen["norms of pixels of several tiles"] = true;
  if (in_loop && c.norm_step > blocks) seen["norm rows left out"] = true;
  add_sub_reads(seen, c, arch);
}

void add_pool(std::map<std::string, bool>& seen, const Instr& p, bool in_loop, const arch::Arch& arch) {
  seen[p.stride > 2 ? "pool of a far stride" : text("pool of stride ", p.stride)] = true;
  seen[p.pad_x == 0 ? "pool without pad" : "pool with pad"] = true;
  if (p.kernel_h > 3 || p.kernel_w > 3) seen["pool of a large kernel"] = true;
  if (p.in_blocks > 1) seen["pool of several blocks"] = true;
  if (p.tiles > 1) seen["pool of several tiles"] = true;
  if (in_loop) seen["pool in a loop"] = true;
  for (int t = 0; t < p.tiles; ++t)
    for (int kx = 0; kx < p.kernel_w; ++kx)
      if (program::sub_reads(p, t, p.kernel_h / 2 * p.kernel_w + kx, arch) > 2)
        seen["pool of more than 2 sub-reads"] = true;
}

void add_elementwise(std::map<std::string, bool>& seen, const Instr& e, bool in_loop,
                     const arch::Arch& arch) {
  seen[e.relu ? "elementwise with relu" : "elementwise without relu"] = true;
  seen[e.residual ? "elementwise with residual" : "elementwise without residual"] = true;
  if (e.out_base == e.in_base) seen["elementwise over its input"] = true;
  if (e.residual && e.out_base == e.res_base) seen["elementwise over its residual"] = true;
  if (e.tiles > 1) seen["elementwise of several tiles"] = true;
  if (e.out_blocks > program::tile_blocks(arch)) seen["elementwise of several channel tiles"] = true;
  if (in_loop) seen["elementwise in a loop"] = true;
  if (e.norm_t) seen["elementwise with norms of pixels"] = true;
  if (e.lookup) seen["elementwise with table"] = true;
}

void add_transpose(std::map<std::string, bool>& seen, const Instr& t) {
  if (t.tiles > 1) seen["transpose of several tiles"] = true;
  if (t.tiles_oc > 1) seen["transpose of several blocks"] = true;
  seen[t.in_h * t.in_w % 16 == 0 ? "transpose of whole tiles" : "transpose of a cut tile"] = true;
  seen[t.out_h * t.out_w % 16 == 0 ? "transpose to whole tiles" : "transpose to a cut tile"] = true;
}

/// Stripes, rings and tensors that go through memory. @param loading, storing a burst of a tensor may be under way
void add_places(std::map<std::string, bool>& seen, const program::Program& p, const Instr& i, bool loading,
                bool storing) {
  const bool windows = i.operation() == Op::Conv || i.operation() == Op::Pool;
  const std::string op = arch::op_name(i.operation());
  const auto wide = [&](int pitch, int height, int width) {
    return pitch > program::pixel_rows(height, width, p.arch);
  };
  if (windows) {
    if (i.in_wrap != 0) seen["wrapped input of " + op] = true;
    if (i.in_wrap != 0 && i.in_offset != 0) seen["wrapped input behind bank 0"] = true;
    if (i.in_wrap != 0 && i.images > 1) seen["wrapped input of images"] = true;
    if (i.in_offset != 0) seen["offset input of " + op] = true;
    if (i.pad_x != 0 && i.pad_y == 0) seen["stripe without a row above of " + op] = true;
    if (wide(i.in_rows, i.in_h, i.in_w)) seen["pitch above the input's rows"] = true;
  }
  if (arch::has_tiles(i.operation()) && !i.score) {
    if (wide(i.out_rows, i.out_h, i.out_w)) seen["pitch above the output's rows of " + op] = true;
    if (i.residual && i.res_rows != i.out_rows) seen["residual of another pitch in " + op] = true;
    if (i.operation() == Op::Elementwise && i.in_rows != i.out_rows)
      seen["input of another pitch in ELEMENTWISE"] = true;
    if (loading) seen["load under " + op] = true;
    if (storing) seen["store under " + op] = true;
    if (storing && i.residual) seen["store under residuals"] = true;
  }
  if (i.operation() == Op::StoreTensor)
    seen[i.in_blocks > 1 ? "stored tensor of blocks" : "stored tensor"] = true;
  if (i.operation() == Op::LoadTensor) {
    const bool input = program::loads_input(p, i), part = input && i.count < static_cast<int>(p.input_beats);
    seen[!input            ? "loaded from scratch"
         : !part           ? "whole input"
         : i.in_blocks > 1 ? "input parts of blocks"
                           : "input parts"] = true;
  }
}

void add_program(Corners& corners, const RandomProgram& random) {
  std::map<std::string, bool> seen;
  const program::Program& p = random.program;
  bool in_loop = false, waited = true, loading = false, storing = false;
  int bursts = 0;  // since a WAIT
  for (std::size_t i = 0; i < p.instrs.size(); ++i) {
    const Instr& instr = p.instrs[i];
    const bool frame = i >= p.frame_entry;
    if (instr.operation() == Op::Loop) seen[text("loop of ", instr.count)] = in_loop = true;
    if (instr.operation() == Op::EndLoop) in_loop = false;
    if (instr.operation() == Op::Conv) {
      if (!waited) seen["burst under computation"] = true;
      add_conv(seen, instr, in_loop, layer_blocks(p, i), p.arch);
    }
    if (instr.operation() == Op::Elementwise) add_elementwise(seen, instr, in_loop, p.arch);
    if (instr.operation() == Op::Transpose) add_transpose(seen, instr);
    if (instr.operation() == Op::Pool) add_pool(seen, instr, in_loop, p.arch);
    add_places(seen, p, instr, loading, storing);
    if (instr.operation() == Op::StoreTensor) storing = true;
    if (instr.operation() == Op::LoadTensor) loading = true;
    if (instr.operation() == Op::Wait) waited = true, loading = storing = false, bursts = 0;
    if (arch::is_burst(instr.operation()) && ++bursts > arch::burst_queue)
      seen["more bursts than the queue holds"] = true;
    if (instr.operation() == Op::LoadNorms && in_loop) seen["norms of an iteration"] = true;
    if (arch::is_burst(instr.operation())) seen[text("tag ", instr.tag)] = true;
    if (instr.operation() == Op::LoadTable)
      seen[frame ? "table loaded in the frame" : "table loaded before"] = true;
    if (instr.operation() == Op::LoadWeights) {
      waited = false;
      if (instr.coded) add_coded(seen, p, instr, bursts);
      seen[!frame    ? "weights loaded before"
           : in_loop ? "weights loaded in a loop"
                     : "weights loaded in the frame"] = true;
    }
  }
#define ARCH_SWITCH(name, sv, value, meaning) seen[random.switches.name ? #name " on" : #name " off"] = true;
#include "hw/arch/switches.def"
#undef ARCH_SWITCH
  seen[text("window ", random.switches.window)] = true;
  seen[text("groups_per_walker ", p.arch.groups_per_walker)] = seen[text("entries ", p.arch.entries)] = true;
  seen[text("planes_per_row ", p.arch.planes_per_row)] = seen[text("sum_segment ", p.arch.sum_segment)] =
      true;
  for (const auto& [corner, there] : seen) corners[corner] += there;
}

const std::vector<std::string> promised{"coded weights",
                                        "coded weights behind other bursts",
                                        "coded weights, frozen ones generated",
                                        "coded weights, signs generated",
                                        "coded weights, with signs",
                                        "kernel 1x1",
                                        "kernel 1x2",
                                        "kernel 1x3",
                                        "kernel 2x1",
                                        "kernel 2x2",
                                        "kernel 2x3",
                                        "kernel 3x1",
                                        "kernel 3x2",
                                        "kernel 3x3",
                                        "kernel whole",
                                        "stride 1",
                                        "stride 2",
                                        "pad 0",
                                        "pad 1",
                                        "pad 2",
                                        "pad 3",
                                        "planes 1",
                                        "planes 2",
                                        "planes 3",
                                        "images 1",
                                        "images 2",
                                        "images 4",
                                        "images 8",
                                        "images 16",
                                        "images in a loop",
                                        "images, stride 1",
                                        "images, stride 2",
                                        "images, pad 0",
                                        "images, pad 1",
                                        "images, wide padding",
                                        "split scores of images",
                                        "pooled scores",
                                        "pooled layer",
                                        "pooled rows of 1 images",
                                        "pooled rows of 2 images",
                                        "pooled rows of 4 images",
                                        "pooled rows of 8 images",
                                        "pooled rows of 16 images",
                                        "weights per position",
                                        "relu",
                                        "no relu",
                                        "negative acc_shift",
                                        "acc_shift",
                                        "residual",
                                        "negative res_shift",
                                        "res_shift",
                                        "loop without residual",
                                        "split",
                                        "split in a loop",
                                        "split scores",
                                        "several channel tiles",
                                        "several pixel tiles",
                                        "cut pixel tile",
                                        "narrow output",
                                        "wide output",
                                        "stride 1, sub-reads 1",
                                        "stride 1, sub-reads 2",
                                        "stride 2, sub-reads 1",
                                        "stride 2, sub-reads 2",
                                        "stride 2, sub-reads 3",
                                        "stride 2, sub-reads 4",
                                        "pool of stride 1",
                                        "pool of stride 2",
                                        "pool of a far stride",
                                        "pool of a large kernel",
                                        "pool without pad",
                                        "pool with pad",
                                        "pool of several blocks",
                                        "pool of several tiles",
                                        "pool in a loop",
                                        "pool of more than 2 sub-reads",
                                        "table",
                                        "table in a loop",
                                        "table of several tiles",
                                        "table of several blocks",
                                        "table and residual",
                                        "table loaded before",
                                        "table loaded in the frame",
                                        "elementwise with table",
                                        "norms of pixels",
                                        "norms of pixels in a loop",
                                        "norms of pixels of several tiles",
                                        "elementwise with norms of pixels",
                                        "transpose of several tiles",
                                        "transpose of several blocks",
                                        "transpose of whole tiles",
                                        "transpose of a cut tile",
                                        "transpose to whole tiles",
                                        "transpose to a cut tile",
                                        "elementwise with relu",
                                        "elementwise without relu",
                                        "elementwise with residual",
                                        "elementwise without residual",
                                        "elementwise over its input",
                                        "elementwise over its residual",
                                        "elementwise of several tiles",
                                        "elementwise of several channel tiles",
                                        "elementwise in a loop",
                                        "wrapped input of CONV",
                                        "wrapped input of POOL",
                                        "wrapped input behind bank 0",
                                        "wrapped input of images",
                                        "offset input of CONV",
                                        "offset input of POOL",
                                        "stripe without a row above of CONV",
                                        "stripe without a row above of POOL",
                                        "pitch above the input's rows",
                                        "pitch above the output's rows of CONV",
                                        "pitch above the output's rows of POOL",
                                        "pitch above the output's rows of ELEMENTWISE",
                                        "residual of another pitch in CONV",
                                        "residual of another pitch in ELEMENTWISE",
                                        "input of another pitch in ELEMENTWISE",
                                        "load under CONV",
                                        "load under POOL",
                                        "store under CONV",
                                        "store under POOL",
                                        "stored tensor",
                                        "stored tensor of blocks",
                                        "loaded from scratch",
                                        "whole input",
                                        "input parts",
                                        "input parts of blocks",
                                        "several input blocks",
                                        "norm rows left out",
                                        "loop of 1",
                                        "loop of 2",
                                        "loop of 3",
                                        "burst under computation",
                                        "more bursts than the queue holds",
                                        "norms of an iteration",
                                        "tag 0",
                                        "tag 7",
                                        "weights loaded before",
                                        "weights loaded in a loop",
                                        "weights loaded in the frame",
                                        "skip_zero_activations on",
                                        "skip_zero_activations off",
                                        "skip_zero_weights on",
                                        "skip_zero_weights off",
                                        "skip_zero_bits on",
                                        "skip_zero_bits off",
                                        "gate_array on",
                                        "gate_array off",
                                        "gate_group on",
                                        "gate_group off",
                                        "gate_walker on",
                                        "gate_walker off",
                                        "gate_operand on",
                                        "gate_operand off",
                                        "gate_sum on",
                                        "gate_sum off",
                                        "gate_segment on",
                                        "gate_segment off",
                                        "window 0",
                                        "window 1",
                                        "window 2"};

/// Of architectures that are drawn, too.
const std::vector<std::string> promised_of_architectures{"window 3",
                                                         "window 4",
                                                         "window 5",
                                                         "window 6",
                                                         "window 7",
                                                         "window 8",
                                                         "groups_per_walker 1",
                                                         "groups_per_walker 2",
                                                         "groups_per_walker 4",
                                                         "groups_per_walker 8",
                                                         "groups_per_walker 16",
                                                         "entries 1",
                                                         "entries 2",
                                                         "entries 8",
                                                         "planes_per_row 1",
                                                         "planes_per_row 2",
                                                         "planes_per_row 3",
                                                         "sum_segment 0",
                                                         "sum_segment 6",
                                                         "sum_segment 12"};

void check_all_visited(const Corners& corners, const std::vector<std::string>& wanted) {
  for (const std::string& corner : wanted) {
    INFO(corner);
    CHECK(corners.count(corner) == 1);
  }
}

}  // namespace

TEST_CASE("random programs: the seeds of rtl.core visit every corner", "[testbench]") {
  Corners corners;
  arch::Arch small;
  small.pes_per_group = 16;
  for (std::uint64_t seed = 0; seed < 120; ++seed)
    add_program(corners, random_program({.seed = seed, .arch = small}));
  check_all_visited(corners, promised);
}

TEST_CASE("random programs: those of systemc.program too, and tiles that are narrower than the array",
          "[testbench]") {
  Corners corners;
  for (std::uint64_t seed = 0; seed < 96; ++seed)
    add_program(corners,
                random_program({.seed = seed, .arch = roomy_arch(seed, seed % 2 == 0 ? 32 : 64, 8)}));
  check_all_visited(corners, promised);
  check_all_visited(corners, promised_of_architectures);
  CHECK(corners["narrow channel tile"] > 10);
}

TEST_CASE("random programs: are a function of the choice, which pins what it says", "[testbench]") {
  const RandomProgram a = random_program({.seed = 5}), b = random_program({.seed = 5});
  CHECK(a.program.instrs == b.program.instrs);
  CHECK(a.program.memory == b.program.memory);
  CHECK(a.inputs == b.inputs);
  CHECK(a.switches == b.switches);
  CHECK(random_program({.seed = 6}).program.memory != a.program.memory);
  const RandomProgram pinned = random_program({.seed = 7,
                                               .switch_bits = 5,
                                               .switch_window = 1,
                                               .density = 0.0,
                                               .preloaded = false,
                                               .batch = 2,
                                               .size = 6,
                                               .blocks = 2});
  CHECK(pinned.switches.bits() == 5);
  CHECK(pinned.switches.window == 1);
  CHECK(pinned.inputs[0] == std::vector<std::uint8_t>(2 * 6 * 6 * 2 * 16));
  Corners corners;
  add_program(corners, pinned);
  CHECK(corners.count("weights loaded before") == 0);
}
