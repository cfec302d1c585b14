// SPDX-License-Identifier: Apache-2.0
// What makes a program executable: isa.def's field ranges, then what depends on the architecture and on other fields, the faults
// that isa.def names; then the order of bursts and convolutions (burst_order.hpp).
#include "base/error.hpp"
#include "hw/formats/program/burst_order.hpp"
#include "hw/formats/program/geometry.hpp"
#include "hw/formats/program/input_parts.hpp"
#include "hw/formats/program/program.hpp"
#include "hw/formats/program/weight_bursts.hpp"

namespace wd::program {
namespace {

using arch::Instr;
using arch::Op;

/// An instruction and where it stands.
struct Place {
  const std::string& what;  // begins messages
  int iterations = 1;       // of the loop around it
  bool frame = false;       // of the frame entry
};

/// Checks one instruction's addresses and shapes against the architecture.
class InstrCheck {
 public:
  InstrCheck(const Program& program, const Instr& instr, const Place& place, WeightBursts& bursts)
      : program_(program),
        arch_(program.arch),
        instr_(instr),
        place_(place),
        what_(place.what),
        bursts_(bursts) {}

  void run() const {
    arch::check_fields(instr_, what_);
    switch (instr_.operation()) {
      case Op::LoadWeights:
        return load_weights();
      case Op::LoadNorms:
        return load_norms();
      case Op::LoadTensor:
        return load_tensor();
      case Op::StoreTensor:
        return store_tensor();
      case Op::LoadTable:
        return load_table();
      case Op::StoreScores:
        return store_scores();
      case Op::Conv:
        return conv();
      case Op::Pool:
        return pool();
      case Op::Elementwise:
        return elementwise();
      case Op::Transpose:
        return transpose();
      case Op::Halt:
      case Op::Wait:
      case Op::Loop:
      case Op::EndLoop:
        return;  // the walk over an entry looks at these
    }
  }

 private:
  void within(const char* field, std::int64_t value, std::int64_t low, std::int64_t high) const {
    WD_REQUIRE(value >= low && value <= high, what_, "'", field, "' reaches ", value, ", must be ", low,
               " to ", high);
  }

  /// All of a tensor's places. @return them
  std::vector<Span> inside(const char* field, std::vector<Span> places) const {
    WD_REQUIRE(places.front().first >= 0, what_, "the ring of '", field, "' begins ",
               ceil_div(-places.front().first, arch_.groups()), " rows before the activation buffer");
    within(field, ceil_div(places.back().end, arch_.groups()), 1, arch_.act_rows);
    return places;
  }

  /// Words of a tensor that cannot lie in each other.
  void pitch(const char* field, int rows, int pixels) const {
    const int needed = ceil_div(pixels, arch_.groups());
    WD_REQUIRE(rows >= needed, what_, "'", field, "' is ", rows, ", a word of the tensor's pixels has ",
               needed, " rows");
  }

  /// A count that the hardware does not derive itself.
  void covers(const char* field, int value, int expected) const {
    WD_REQUIRE(value == expected, what_, "'", field, "' is ", value, ", the tensor has ", expected);
  }

  /// All images of the batch lie side by side in a width.
  void whole_columns(const char* field, int width) const {
    WD_REQUIRE(width % program_.batch == 0, what_, "'", field, "' is ", width, ", must be a multiple of the ",
               program_.batch, " images of the program's batch");
  }

  void burst(std::int64_t first, std::int64_t end) const {
    const int last = burst_address(instr_, place_.iterations - 1);  // of the last iteration
    WD_REQUIRE(instr_.mem_addr >= first && std::int64_t{last} + instr_.count <= end, what_, "burst of ",
               instr_.count, " beats at ", last, " leaves ", first, " to ", end);
  }
  void burst_of_image() const { burst(0, static_cast<std::int64_t>(program_.memory.size()) / beat_bytes); }

  void load_weights() const {
    burst_of_image();
    const std::size_t rows = bursts_.at(instr_, what_).rows.size();
    within("weight_row", instr_.weight_row + static_cast<std::int64_t>(rows), 1, arch_.weight_rows);
  }

  void load_norms() const {
    burst_of_image();
    within("norm_row", instr_.norm_row + ceil_div(instr_.count, 4), 1, arch_.norm_rows);
    WD_REQUIRE(instr_.count % 4 == 0, what_, "'count' is ", instr_.count, ", must be a multiple of 4");
  }

  void load_table() const {
    burst_of_image();
    within("count", instr_.count, arch::table_beats, arch::table_beats);
  }

  void load_tensor() const {
    if (loads_input(program_, instr_))
      transfer(program_.input_addr, program_.input_beats, "out_base");
    else
      transfer(program_.scratch_addr, program_.scratch_beats, "out_base");
  }
  void store_tensor() const { transfer(program_.scratch_addr, program_.scratch_beats, "in_base"); }

  /// A tensor between the activation buffer and an area of memory.
  void transfer(std::int64_t addr, std::int64_t beats, const char* base) const {
    const Instr& i = instr_;
    WD_REQUIRE(place_.frame, what_, "tensors are loaded and stored in the frame entry only");
    burst(addr, addr + beats);
    const std::int64_t blocks = std::int64_t{i.in_h} * i.in_w * i.in_blocks;
    WD_REQUIRE(i.count == blocks, what_, "'count' is ", i.count, ", the tensor has ", blocks,
               " channel blocks");
    pitch("in_rows", i.in_rows, i.in_h * i.in_w);
    whole_columns("in_w", i.in_w);
    inside(base, transferred_spans(i, arch_));
  }

  void store_scores() const {
    WD_REQUIRE(instr_.mem_addr == std::int64_t{program_.score_addr} &&
                   instr_.count == std::int64_t{program_.score_beats},
               what_, "must store all scores: ", program_.score_beats, " beats at ", program_.score_addr);
    within("out_base", instr_.out_base, 0, 0);  // the host looks for class 0 in score row 0
    within("count", instr_.count, 2, 2 * arch_.score_rows);
  }

  void conv() const {
    const Instr& i = instr_;
    within("planes", i.planes, 1, arch_.planes);
    within("stride", i.stride, 1, 2);
    window();
    WD_REQUIRE(!i.pooled || (!i.norm_t && !i.lookup), what_,
               "a pooled kernel cannot have norms of pixels or the table");
    if (i.pooled)
      WD_REQUIRE(i.kernel_h == i.in_h && i.kernel_w * i.images == i.in_w && i.stride == 1 && i.pad_y == 0 &&
                     i.pad_x == 0 && i.in_offset == 0 && i.in_wrap == 0 &&
                     i.in_rows == pixel_rows(i.in_h, i.in_w, arch_),
                 what_,
                 "a pooled kernel must cover the whole input, with 'stride' 1, no padding, offset or ring, "
                 "and 'in_rows' ",
                 pixel_rows(i.in_h, i.in_w, arch_));
    if (i.score) {
      WD_REQUIRE(i.out_h == 1 && i.out_w == i.images && !i.residual && !i.norm_t && !i.lookup, what_,
                 "scores must be 1x1 of each image, without residual, norms of pixels and the table");
      WD_REQUIRE(i.out_base % i.images == 0, what_, "'out_base' is ", i.out_base,
                 ", must be a multiple of the ", i.images, " images, which have a score row each");
      within("out_base", i.out_base + i.out_blocks * i.images, 1, arch_.score_rows);
    } else {
      apart();
    }
    if (i.residual) in_place("res", "residual", residual_place(i));
    covers("tiles_oc", i.tiles_oc, channel_tiles(i.out_blocks, arch_));
    within("weight_row", std::int64_t{i.tiles_oc} * stored_rows(i, arch_) + i.weight_row, 1,
           arch_.weight_rows);
    norms();
  }

  void norms() const {
    const Instr& i = instr_;
    within("norm_row", i.norm_row + i.norm_step * (place_.iterations - 1) + norm_rows(i), 1, arch_.norm_rows);
  }

  void elementwise() const {
    const Instr& i = instr_;
    within("layer", i.layer, 0, static_cast<std::int64_t>(program_.layers.size()) - 1);
    whole_columns("out_w", i.out_w);
    output();
    in_place("in", "input", element_place(i));
    if (i.residual) in_place("res", "residual", residual_place(i));
    covers("tiles", i.tiles, pixel_rows(i.out_h, i.out_w, arch_));
    covers("tiles_oc", i.tiles_oc, channel_tiles(i.out_blocks, arch_));
    norms();
  }

  void transpose() const {
    const Instr& i = instr_;
    WD_REQUIRE(arch_.chunk == arch::block, what_, "needs a 'chunk' of ", arch::block,
               ", the architecture has ", arch_.chunk);
    within("layer", i.layer, 0, static_cast<std::int64_t>(program_.layers.size()) - 1);
    pitch("in_rows", i.in_rows, i.in_h * i.in_w);
    inside("in_base", input_spans(i, arch_));
    const int in_rows = pixel_rows(i.in_h, i.in_w, arch_), out_rows = pixel_rows(i.out_h, i.out_w, arch_);
    covers("tiles", i.tiles, in_rows);
    covers("out_blocks", i.out_blocks, in_rows);
    covers("tiles_oc", i.tiles_oc, out_rows);
    covers("in_blocks", i.in_blocks, out_rows);
    apart();
  }

  void pool() const {
    const Instr& i = instr_;
    window();
    const bool above = i.pad_y < i.kernel_h && i.pad_x < i.kernel_w;
    const bool below = (i.out_h - 1) * i.stride < i.in_h + i.pad_y &&
                       (i.out_w / i.images - 1) * i.stride < i.in_w / i.images + i.pad_x;
    WD_REQUIRE(above && below, what_, "the ", above ? "last" : "first", " window of ", i.kernel_h, " x ",
               i.kernel_w, " lies outside of the input: each needs a pixel inside");
    WD_REQUIRE(i.out_blocks == i.in_blocks, what_, "'out_blocks' is ", i.out_blocks, ", 'in_blocks' is ",
               i.in_blocks, ": pooling keeps the channels");
    apart();
    covers("tiles_oc", i.tiles_oc, block_words(i.out_blocks, arch_));
  }

  /// A layer's input and windows.
  void window() const {
    const Instr& i = instr_;
    WD_REQUIRE(i.images == program_.batch, what_, "'images' is ", i.images, ", the program's batch is ",
               program_.batch);
    whole_columns("in_w", i.in_w);
    whole_columns("out_w", i.out_w);
    within("layer", i.layer, 0, static_cast<std::int64_t>(program_.layers.size()) - 1);
    ring();
    inside("in_base", input_spans(i, arch_));
    reach("out_h", i.out_h, i.kernel_h, i.in_h + i.pad_y);
    reach("out_w", i.out_w / i.images, i.kernel_w, i.in_w / i.images + i.pad_x);
    covers("tiles", i.tiles, pixel_rows(i.out_h, i.out_w, arch_));
  }

  /// Windows may reach as far beyond the input's end as they can before its beginning.
  void reach(const char* field, int outputs, int kernel, int padded) const {
    constexpr int most = (1 << arch::field_bits::pad_y) - 1;
    static_assert(arch::field_bits::pad_y == arch::field_bits::pad_x);
    const int beyond = (outputs - 1) * instr_.stride + kernel - padded;
    WD_REQUIRE(beyond <= most, what_, "'", field, "': the last window reaches ", beyond,
               " pixels beyond the input, at most ", most, " can be padding");
  }

  /// An input of whole rows that lie where others lay before.
  void ring() const {
    const Instr& i = instr_;
    if (i.in_wrap == 0) return pitch("in_rows", i.in_rows, i.in_h * i.in_w);
    WD_REQUIRE(i.in_wrap < i.in_h, what_, "'in_wrap' is ", i.in_wrap, ", must be below the input's ", i.in_h,
               " rows");
    const int places = i.in_rows * arch_.groups();
    WD_REQUIRE(places % i.in_w == 0, what_, "'in_rows' is ", i.in_rows, ", a ring of ", places,
               " pixels, must be whole image rows of ", i.in_w);
    WD_REQUIRE(places >= i.in_h * i.in_w, what_, "'in_rows' is ", i.in_rows, ", a ring of ", places / i.in_w,
               " image rows, the input has ", i.in_h);
  }

  std::vector<Span> output() const {
    pitch("out_rows", instr_.out_rows, instr_.out_h * instr_.out_w);
    return inside("out_base", output_spans(instr_, output_place(instr_), arch_));
  }

  /// A layer's output lies in the activation buffer, and not where its input does.
  void apart() const {
    WD_REQUIRE(first_common(output(), input_spans(instr_, arch_)) < 0, what_,
               "input and output overlap in the activation buffer");
  }

  /// A tensor of the output's shape. A group reads its own words before it writes them: the output may lie on it, but on each
  /// word's own.
  void in_place(const std::string& field, const char* tensor, const TensorPlace& place) const {
    const Instr& i = instr_;
    pitch((field + "_rows").c_str(), place.rows, i.out_h * i.out_w);
    const std::vector<Span> places = inside((field + "_base").c_str(), output_spans(i, place, arch_));
    const bool same =
        place.base == i.out_base && (place.rows == i.out_rows || block_words(i.out_blocks, arch_) == 1);
    WD_REQUIRE(same || first_common(places, output()) < 0, what_, tensor,
               " and output overlap without being the same words");
  }

  const Program& program_;
  const arch::Arch& arch_;
  const Instr& instr_;
  const Place& place_;
  const std::string& what_;
  WeightBursts& bursts_;
};

/// Walks from an entry to its HALT; loops must be closed and not nested.
/// @return the next instruction's number
std::size_t check_entry(const Program& program, std::uint32_t entry, const char* name,
                        const std::string& origin, std::span<const int> lines, WeightBursts& bursts) {
  int iterations = 0;  // 0: outside of a loop
  for (std::size_t pc = entry;; ++pc) {
    WD_REQUIRE(pc < program.instrs.size(), origin, ": entry '", name, "' has no HALT");
    const Instr& instr = program.instrs[pc];
    const std::string what = instruction_prefix(program, pc, origin, lines);
    const Place place{what, iterations == 0 ? 1 : iterations, entry == program.frame_entry};
    InstrCheck(program, instr, place, bursts).run();
    switch (instr.operation()) {
      case Op::Loop:
        WD_REQUIRE(iterations == 0 && instr.count <= arch::most_iterations, what, "a loop of ", instr.count,
                   " iterations; loops run 1 to ", arch::most_iterations, " times and cannot nest");
        iterations = instr.count;
        break;
      case Op::EndLoop:
        WD_REQUIRE(iterations != 0, what, "END_LOOP without LOOP");
        iterations = 0;
        break;
      case Op::Halt:
        WD_REQUIRE(iterations == 0, what, "HALT inside a loop");
        return pc + 1;
      default:
        break;
    }
  }
}

/// Engines provide as much memory as the program says.
void check_scratch(const Program& program, const std::string& origin) {
  std::int64_t stored = 0;
  for (const Instr& instr : program.instrs)
    if (instr.operation() == Op::StoreTensor) stored += instr.count;
  WD_REQUIRE(std::int64_t{program.scratch_beats} <= stored, origin, ": 'scratch_beats' is ",
             program.scratch_beats, ", the STORE_TENSORs store ", stored, " only");
}

}  // namespace

void check(const Program& program, const std::string& origin, std::span<const int> lines) {
  arch::check(program.arch, origin);
  WD_REQUIRE(program.instrs.size() <= static_cast<std::size_t>(program.arch.instr_rows), origin, ": ",
             program.instrs.size(), " instructions, the instruction memory holds ", program.arch.instr_rows);
  WD_REQUIRE(program.memory.size() % beat_bytes == 0, origin, ": memory image of ", program.memory.size(),
             " bytes is not a whole number of beats");
  const std::uint64_t image_beats = program.memory.size() / beat_bytes;
  WD_REQUIRE(program.input_addr >= image_beats && program.input_beats >= 1 &&
                 program.score_addr >= program.input_addr + std::uint64_t{program.input_beats} &&
                 program.scratch_addr >= program.score_addr + std::uint64_t{program.score_beats} &&
                 program.scratch_addr + std::uint64_t{program.scratch_beats} <=
                     (std::uint64_t{1} << arch::field_bits::mem_addr),
             origin, ": memory image, input, scores and scratch memory overlap or are not in this order");
  const model::InputTransform& t = program.input_transform;
  WD_REQUIRE(t.patch >= 1 && t.image_height >= t.patch && t.image_width >= t.patch &&
                 t.image_height % t.patch == 0 && t.image_width % t.patch == 0,
             origin, ": the input transform is impossible");
  model::check(t, origin);
  WD_REQUIRE(program.input_scale_exp >= -24 && program.input_scale_exp <= 24, origin,
             ": 'input_scale_exp' is ", program.input_scale_exp, ", must be -24 to 24");
  WD_REQUIRE(is_batch(program.batch), origin, ": 'batch' is ", program.batch, ", must be 1, 2, 4, 8 or 16");
  WD_REQUIRE(program.classes >= 1 &&
                 (program.score_index(program.batch - 1, program.classes - 1) + 1) * 2 <=
                     program.score_beats * std::uint64_t{beat_bytes} &&
                 program.score_beats <= 2 * static_cast<std::uint32_t>(program.arch.score_rows),
             origin, ": ", program.classes, " classes of ", program.batch, " images do not fit ",
             program.score_beats, " beats");
  WD_REQUIRE(program.load_entry == 0, origin, ": 'load_entry' is ", program.load_entry, ", must be 0");
  WeightBursts bursts(program);
  const std::size_t load_end = check_entry(program, program.load_entry, "load", origin, lines, bursts);
  WD_REQUIRE(program.frame_entry == load_end, origin, ": 'frame_entry' is ", program.frame_entry,
             ", must be ", load_end, ", behind the load entry");
  const std::size_t end = check_entry(program, program.frame_entry, "frame", origin, lines, bursts);
  WD_REQUIRE(end == program.instrs.size(), origin, ": ", program.instrs.size() - end,
             " instructions follow the frame entry's HALT");
  check_input_parts(program, origin);
  check_scratch(program, origin);
  BurstOrder order(program, origin, lines, bursts);
  order.walk(program.load_entry, false);
  order.walk(program.frame_entry, true);
}

}  // namespace wd::program
