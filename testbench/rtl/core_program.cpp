// SPDX-License-Identifier: Apache-2.0
#include "testbench/rtl/core_program.hpp"

#include <algorithm>
#include <random>

#include "base/error.hpp"
#include "base/integer.hpp"
#include "hw/formats/program/weight_words.hpp"

namespace wd::testbench {
namespace {

using arch::Instr;
using arch::Op;

struct Tensor {
  int base = 0, height = 0, width = 0, blocks = 0;
  int rows() const { return ceil_div(height, 4) * ceil_div(width, 4) * blocks; }
};

class Builder {
 public:
  Builder(std::uint64_t seed, const arch::Arch& arch) : random_(seed) { out_.program.arch = arch; }

  RandomProgram build() {
    program::Program& p = out_.program;
    p.network = "random";
    p.input_transform = {4, 4, 4, false, {0}, {1}};
    Tensor input = place({0, number(1, 11), number(1, 11), number(1, 3)});
    p.input_beats = static_cast<std::uint32_t>(input.height * input.width * input.blocks);
    p.classes = 3;

    std::vector<Instr> frame;
    Instr load = arch::make(Op::LoadInput);
    load.in_h = input.height, load.in_w = input.width, load.in_blocks = input.blocks,
    load.out_base = input.base;
    load.count = p.input_beats;
    frame.push_back(load);
    const auto input_load = frame.size() - 1;
    frame.push_back(arch::make(Op::Wait));
    Tensor at = input;
    for (int i = number(1, 3); i > 0; --i) at = conv(frame, at, false);
    if (number(0, 1)) {  // a folded stage: shape is kept, with a residual half of the time
      Instr loop = arch::make(Op::Loop);
      iterations_ = number(1, 3);
      loop.count = iterations_;
      frame.push_back(loop);
      at = fold(frame, at);
      frame.push_back(arch::make(Op::EndLoop));
      iterations_ = 1;
    }
    conv(frame, at, true);
    Instr store = arch::make(Op::StoreScores);
    const int score_blocks = frame.back().out_pitch;
    store.count = 2 * score_blocks;
    p.score_beats = static_cast<std::uint32_t>(store.count);
    frame.push_back(store);
    const auto score_store = frame.size() - 1;
    frame.push_back(arch::make(Op::Wait));
    frame.push_back(arch::make(Op::Halt));

    std::vector<Instr> begin = loads();
    p.input_addr = static_cast<std::uint32_t>(p.memory.size() / program::beat_bytes + number(0, 2));
    p.score_addr = p.input_addr + p.input_beats + static_cast<std::uint32_t>(number(0, 2));
    frame[input_load].mem_addr = p.input_addr;
    frame[score_store].mem_addr = p.score_addr;
    p.load_entry = 0;
    p.frame_entry = static_cast<std::uint32_t>(begin.size());
    p.instrs = begin;
    p.instrs.insert(p.instrs.end(), frame.begin(), frame.end());
    program::check(p, "random program");

    out_.input.resize(std::size_t{p.input_beats} * program::beat_bytes);
    for (auto& code : out_.input) code = act();
    arch::Switches& s = out_.switches;
    if (number(0, 2)) {
      s.skip_zero_activations = number(0, 1), s.skip_zero_weights = number(0, 1),
      s.skip_zero_bits = number(0, 1);
      s.gate_array = number(0, 1), s.gate_group = number(0, 1), s.gate_pe = number(0, 1);
    }
    s.window = number(0, p.arch.window);
    return out_;
  }

 private:
  int number(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random_); }

  std::uint8_t act() {
    const auto code = static_cast<std::uint8_t>(number(0, 255));
    return number(0, 2) == 0 ? 0 : (code & 0x7f) == 0x7f ? code & 0xbf : code;
  }

  Tensor place(Tensor tensor) {
    tensor.base = next_row_;
    next_row_ += tensor.rows();
    return tensor;
  }

  Instr convolution(const Tensor& in, const Tensor& out, int kernel_h, int kernel_w, int stride, int pad) {
    const arch::Arch& arch = out_.program.arch;
    Instr c = arch::make(Op::Conv);
    c.relu = number(0, 1);
    c.planes = number(1, arch.planes);
    c.pooled = number(0, 3) == 0;
    c.stride = stride, c.pad = pad, c.kernel_h = kernel_h, c.kernel_w = kernel_w;
    c.acc_shift = number(-3, 6);
    c.in_h = in.height, c.in_w = in.width, c.in_blocks = in.blocks, c.in_base = in.base;
    c.out_h = out.height, c.out_w = out.width, c.out_blocks = c.out_pitch = out.blocks, c.out_base = out.base;
    c.tiles_y = ceil_div(out.height, 4), c.tiles_x = ceil_div(out.width, 4);
    c.tiles_oc = ceil_div(out.blocks * arch::block, arch.pes_per_group);
    c.layer = static_cast<int>(out_.program.layers.size());
    out_.program.layers.push_back({text("layer", c.layer), 1});
    weights(c);
    norms(c);
    return c;
  }

  Tensor conv(std::vector<Instr>& frame, const Tensor& in, bool score) {
    for (;;) {
      const int stride = number(1, 2), pad = number(0, 3) == 0 ? number(1, 3) : number(0, 1);
      const int kernel_h = score ? in.height : number(1, 3), kernel_w = score ? in.width : number(1, 3);
      const int room_h = in.height + (score ? 0 : 2 * pad) - kernel_h,
                room_w = in.width + (score ? 0 : 2 * pad) - kernel_w;
      if (room_h < 0 || room_w < 0) continue;
      const int high_blocks = std::max(2, 2 * out_.program.arch.pes_per_group / arch::block);
      Tensor out{0, score ? 1 : room_h / stride + 1, score ? 1 : room_w / stride + 1, number(1, high_blocks)};
      if (!score) out = place(out);
      Instr c = convolution(in, out, kernel_h, kernel_w, score ? 1 : stride, score ? 0 : pad);
      c.score = score;
      push(frame, c);
      return out;
    }
  }

  /// Some as two, each with a part of the output-channel tiles, as the compiler does with layers that are too large.
  void push(std::vector<Instr>& frame, const Instr& c) {
    if (c.tiles_oc == 1 || number(0, 1)) return frame.push_back(c);
    const int blocks = out_.program.arch.pes_per_group / arch::block * number(1, c.tiles_oc - 1);
    Instr low = c, high = c;
    low.out_blocks = blocks, high.out_blocks -= blocks;
    low.tiles_oc = blocks * arch::block / out_.program.arch.pes_per_group, high.tiles_oc -= low.tiles_oc;
    high.out_base += blocks, high.res_base += blocks, high.norm_row += blocks;
    high.weight_row += low.tiles_oc * (c.pooled ? 1 : c.kernel_h * c.kernel_w) * c.in_blocks * c.planes;
    high.layer = static_cast<int>(out_.program.layers.size());
    out_.program.layers.push_back({text("layer", high.layer), 1});
    frame.push_back(high);  // in any order
    frame.push_back(low);
  }

  /// Two 3x3 convolutions, the second with the first's input added and stored over it or beside it.
  Tensor fold(std::vector<Instr>& frame, const Tensor& at) {
    const Tensor middle = place({0, at.height, at.width, number(1, 2)});
    push(frame, convolution(at, middle, 3, 3, 1, 1));
    Instr second = convolution(middle, at, 3, 3, 1, 1);
    second.residual = number(0, 2) != 0;
    if (second.residual) second.res_base = at.base, second.res_shift = number(-15, 15) / number(1, 8);
    push(frame, second);
    return at;
  }

  void weights(Instr& c) {
    const arch::Arch& arch = out_.program.arch;
    c.weight_row = static_cast<int>(rows_.size());
    const int positions = c.pooled ? 1 : c.kernel_h * c.kernel_w;
    const int density = number(0, 4);  // of non-zero weights, quarters
    for (int oc = 0; oc < c.tiles_oc; ++oc)
      for (int chunk = 0; chunk < positions * c.in_blocks; ++chunk) {
        std::vector<program::WeightRow> planes(
            static_cast<std::size_t>(c.planes),
            program::WeightRow(static_cast<std::size_t>(arch.pes_per_group)));
        for (int pe = 0; pe < arch.pes_per_group; ++pe) {
          if (oc * arch.pes_per_group + pe >= c.out_blocks * arch::block || number(0, 7) == 0) continue;
          for (int lane = 0; lane < arch.chunk; ++lane) {
            const int level = number(0, 3) < density ? number(1, (1 << c.planes) - 1) : 0;
            const bool negative = level != 0 && number(0, 1);
            for (std::size_t b = 0; b < planes.size(); ++b) {
              const std::uint64_t bit = level >> b & 1;
              // Without a bit in this plane, the sign bit only says that the weight is not zero.
              planes[b][static_cast<std::size_t>(pe)].mask |= bit << lane;
              planes[b][static_cast<std::size_t>(pe)].sign |= std::uint64_t{level != 0 && (negative || !bit)}
                                                              << lane;
            }
          }
        }
        for (auto& row : planes) rows_.push_back(row);
      }
  }

  void norms(Instr& c) {
    c.norm_row = static_cast<int>(norms_.size() / 64);
    c.norm_step = c.out_blocks + number(0, 1);
    for (int i = 0; i < (c.norm_step * (iterations_ - 1) + c.out_blocks) * 64; i += 2) {
      const bool gamma = i % 64 < 32;
      // Mostly moderate, sometimes any bits at all.
      const int bits =
          number(0, 31) == 0
              ? number(0, 0xffff)
              : number(0, 1) << 15 | number(gamma ? 4 : 8, gamma ? 12 : 17) << 10 | number(0, 1023);
      norms_.push_back(static_cast<std::uint8_t>(bits));
      norms_.push_back(static_cast<std::uint8_t>(bits >> 8));
    }
  }

  std::vector<Instr> loads() {
    program::Program& p = out_.program;
    std::vector<Instr> begin;
    for (std::size_t row = 0; row < rows_.size();) {  // several bursts
      Instr load = arch::make(Op::LoadWeights);
      load.weight_row = static_cast<int>(row);
      load.mem_addr = p.memory.size() / program::beat_bytes;
      for (std::size_t end = std::min(rows_.size(), row + static_cast<std::size_t>(number(1, 200)));
           row < end; ++row)
        program::append_row(p.memory, rows_[row], p.arch);
      load.count = static_cast<int>(p.memory.size() / program::beat_bytes - load.mem_addr);
      begin.push_back(load);
    }
    Instr load = arch::make(Op::LoadNorms);
    load.mem_addr = p.memory.size() / program::beat_bytes;
    load.count = static_cast<int>(norms_.size() / program::beat_bytes);
    p.memory.insert(p.memory.end(), norms_.begin(), norms_.end());
    begin.push_back(load);
    if (number(0, 1)) begin.push_back(arch::make(Op::Wait));
    begin.push_back(arch::make(Op::Wait));
    begin.push_back(arch::make(Op::Halt));
    return begin;
  }

  std::mt19937_64 random_;
  RandomProgram out_;
  int next_row_ = 0, iterations_ = 1;
  std::vector<program::WeightRow> rows_;
  Bytes norms_;
};

}  // namespace

RandomProgram random_program(std::uint64_t seed, const arch::Arch& arch) {
  return Builder(seed, arch).build();
}

}  // namespace wd::testbench
