// SPDX-License-Identifier: Apache-2.0
// Random programs for the sequencer alone: what it reads of an instruction is drawn, also what no checker passes.
//
// Shape     a whole instruction memory; one loop at a time, of up to 1000 iterations. Ends with HALT, an illegal operation, a row outside of its
//           buffer, or the memory's last row.
#pragma once

#include <algorithm>
#include <array>
#include <random>
#include <vector>

#include "hw/arch/isa.hpp"

namespace wd::testbench {

class SequencerProgram {
 public:
  // The architecture's defaults.
  static constexpr int instr_rows = 256, act_rows = 1024, norm_rows = 256, weight_rows = 1536,
                       score_rows = 64;

  std::vector<arch::Instr> instrs;
  int start = 0;  // its first instruction

  /// @param longest  one layer, with as many tiles as the fields hold
  SequencerProgram(std::mt19937& random_bits, int blocks_of_array, bool longest)
      : random_bits_(random_bits), blocks_of_array_(blocks_of_array) {
    write(longest);
  }

 private:
  using Instr = arch::Instr;
  using Op = arch::Op;
  std::mt19937& random_bits_;
  int blocks_of_array_;

  int below(int limit) { return static_cast<int>(random_bits_() % static_cast<unsigned>(limit)); }
  int bits(int count) { return static_cast<int>(random_bits_() & ((1u << count) - 1)); }

  int row(int rows) { return below(5) == 0 ? rows - 1 : below(rows); }

  Instr new_burst() {
    constexpr std::array ops{Op::LoadWeights, Op::LoadNorms,   Op::LoadTensor,
                             Op::StoreTensor, Op::StoreScores, Op::LoadTable};
    Instr instr = arch::make(ops[static_cast<std::size_t>(below(6))]);
    instr.tag = bits(3), instr.count = 1 + bits(20), instr.mem_addr = bits(28);
    if (instr.operation() == Op::LoadWeights) instr.weight_row = row(weight_rows);
    if (instr.operation() == Op::LoadNorms) instr.norm_row = row(norm_rows), instr.norm_step = bits(10);
    if (instr.operation() == Op::LoadTensor) instr.out_base = row(act_rows), instr.in_rows = bits(16);
    if (instr.operation() == Op::StoreTensor) instr.in_base = row(act_rows), instr.in_rows = bits(16);
    if (instr.operation() == Op::StoreScores) instr.out_base = row(score_rows);
    return instr;
  }

  Instr new_tiles(bool longest) {
    constexpr std::array ops{Op::Conv, Op::Pool, Op::Elementwise, Op::Transpose};
    Instr instr = arch::make(longest ? Op::Conv : ops[static_cast<std::size_t>(below(4))]);
    const Op op = instr.operation();
    const int most = below(6) == 0 ? 12 : 5;
    int height = 1 + below(most), width = 1 + below(most);
    if (longest && below(2) == 0)
      height = width = 1023;
    else if (longest)
      height = 1, width = 1 + bits(4);
    instr.out_h = height, instr.out_w = width;
    if (op == Op::Transpose) {
      instr.in_h = height, instr.in_w = width;
      instr.out_h = 1 + bits(4), instr.out_w = 1 + bits(4);
    }
    instr.tiles = (height * width + 15) / 16;
    instr.out_blocks = longest && instr.tiles == 1 ? 511 : 1 + below(7);
    instr.tiles_oc =
        op == Op::Pool ? instr.out_blocks : (instr.out_blocks + blocks_of_array_ - 1) / blocks_of_array_;
    instr.in_base = row(act_rows), instr.out_base = row(act_rows);
    instr.in_rows = bits(16), instr.out_rows = bits(16);
    if (op != Op::Pool && op != Op::Transpose) {
      instr.norm_row = row(norm_rows), instr.norm_step = below(2) * bits(10), instr.norm_t = below(2);
      instr.residual = below(2);
      if (instr.residual != 0) instr.res_base = row(act_rows), instr.res_rows = bits(16);
    }
    if (op == Op::Conv) {
      instr.weight_row = row(weight_rows);
      instr.pooled = below(2);
      instr.score = below(4) == 0;
      if (instr.score != 0) instr.out_base = row(score_rows);
    }
    return instr;
  }

  /// One field beyond its buffer, by as little as can be, or by what the field holds.
  Instr outside(Instr instr) {
    const bool least = below(2) == 0;
    const auto beyond = [&](int rows, int field_bits) {
      return least ? rows : rows + below((1 << field_bits) - rows);
    };
    switch (below(6)) {
      case 0:
        instr.weight_row = beyond(weight_rows, arch::field_bits::weight_row);
        break;
      case 1:
        instr.norm_row = beyond(norm_rows, arch::field_bits::norm_row);
        break;
      case 2:
        instr.in_base = beyond(act_rows, arch::field_bits::in_base);
        break;
      case 3:
        instr.score = 0;
        if (instr.operation() == Op::StoreScores) instr.op = static_cast<int>(Op::LoadTensor);
        instr.out_base = beyond(act_rows, arch::field_bits::out_base);
        break;
      case 4:
        instr = arch::make(below(2) == 0 ? Op::StoreScores : Op::Conv);
        instr.score = instr.operation() == Op::Conv;
        instr.out_base = beyond(score_rows, arch::field_bits::out_base);
        break;
      default:
        instr.res_base = beyond(act_rows, arch::field_bits::res_base);
    }
    return instr;
  }

  void write(bool longest) {
    std::vector<Instr> body;
    const auto some = [&](int count) {
      for (int i = 0; i < count; ++i) {
        const int kind = below(8);
        Instr instr = kind < 3 ? new_burst() : kind < 5 ? arch::make(Op::Wait) : new_tiles(false);
        if (instr.operation() == Op::Wait) instr.tag = bits(3);
        body.push_back(instr);
      }
    };
    if (longest) {
      body.push_back(new_tiles(true));
    } else {
      some(below(4));
      for (int loops = below(3); loops > 0; --loops) {
        Instr loop = arch::make(Op::Loop);
        const int length = below(10);
        loop.count = length == 0 ? 1000 : length < 4 ? 1 : length < 7 ? 2 : 3 + below(length == 9 ? 40 : 4);
        body.push_back(loop);
        if (loop.count < 1000)
          some(1 + below(3));
        else
          body.push_back(new_burst());
        body.push_back(arch::make(Op::EndLoop));
        some(below(2));
      }
    }
    const int end = below(10);
    if (end == 0) {
      Instr illegal;
      illegal.op = 14 + below(18);
      body.push_back(illegal);
    } else if (end == 1 || end == 2) {
      body.push_back(outside(below(2) == 0 ? new_burst() : new_tiles(false)));
    } else if (end != 3) {
      body.push_back(arch::make(Op::Halt));
    }
    const int size = static_cast<int>(body.size());
    start = end == 3 || below(4) == 0 ? instr_rows - size : below(instr_rows - size + 1);
    if (end == 3 && size == 0) body.push_back(arch::make(Op::Wait)), start = instr_rows - 1;
    instrs.assign(instr_rows, arch::make(Op::Halt));
    std::copy(body.begin(), body.end(), instrs.begin() + start);
  }
};

}  // namespace wd::testbench
