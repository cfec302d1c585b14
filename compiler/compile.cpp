// SPDX-License-Identifier: Apache-2.0
#include "compiler/compile.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "compiler/lowering.hpp"

namespace wd::compiler {
namespace {

using arch::Instr;
using arch::Op;

int ceil_div(int a, int b) { return (a + b - 1) / b; }

Instr make(Op op) {
  Instr instr;
  instr.op = static_cast<std::int64_t>(op);
  return instr;
}

/// Where a step's rows are in memory and in the weight buffer.
struct RowBlock {
  std::int64_t addr = 0, beats = 0;
  int rows = 0;
  int first_row = 0;
  std::vector<int> conv_row;  // of each convolution, relative to first_row
};

class Emitter {
 public:
  Emitter(const model::Network& network, const Options& options)
      : network_(network),
        options_(options),
        arch_(options.arch),
        steps_(lower_steps(network, options.fold)),
        tensor_rows_(assign_tensors(network, options.arch)) {}

  program::Program run() {
    program_.network = network_.name;
    program_.arch = arch_;
    pack_rows();
    pack_norms();
    place_rows();
    emit_load();
    emit_frame();
    program_.classes = static_cast<std::uint32_t>(network_.classes);
    program_.dataset = network_.dataset;
    program_.input_transform = network_.input_transform;
    program_.input_scale_exp = input_tensor().scale_exp;
    program::check(program_, text("program of ", network_.name));
    return std::move(program_);
  }

 private:
  const model::Tensor& input_tensor() const {
    return network_.tensors[static_cast<std::size_t>(network_.input)];
  }
  std::int64_t next_beat() const {
    return static_cast<std::int64_t>(program_.memory.size()) / program::beat_bytes;
  }

  void pack_rows() {
    for (const LoweredStep& step : steps_) {
      RowBlock block;
      block.addr = next_beat();
      for (const LoweredConv& conv : step.convs) {
        block.conv_row.push_back(block.rows);
        for (const program::WeightRow& row : pack_weights(*conv.weights, arch_)) {
          program::append_row(program_.memory, row, arch_);
          ++block.rows;
        }
      }
      block.beats = next_beat() - block.addr;
      blocks_.push_back(block);
    }
  }

  void pack_norms() {
    norm_addr_ = next_beat();
    for (const LoweredStep& step : steps_)
      for (const LoweredConv& conv : step.convs) {
        norm_rows_.push_back(norm_count_);
        acc_shifts_.push_back(choose_acc_shift(conv, arch_));
        for (std::size_t n = 0; n < conv.norm_count; ++n)
          append_norm(conv, conv.conv->norms[conv.first_norm + n]);
      }
    WD_REQUIRE(norm_count_ <= arch_.norm_rows, "network ", network_.name, ": needs ", norm_count_,
               " normalization rows, the architecture has ", arch_.norm_rows, "; raise norm_rows");
  }

  void append_norm(const LoweredConv& conv, const model::Norm& norm) {
    const int blocks = channel_blocks(conv.weights->out_channels);
    for (int block = 0; block < blocks; ++block, ++norm_count_)
      for (const auto* values : {&norm.gamma, &norm.beta})
        for (int lane = 0; lane < arch::block; ++lane) {
          const auto channel = static_cast<std::size_t>(block * arch::block + lane);
          std::uint16_t value = channel < values->size() ? (*values)[channel] : 0;
          if (values == &norm.gamma)
            value = scale_gamma(value, acc_shifts_.back(), text("layer ", conv.name, " channel ", channel));
          program_.memory.push_back(static_cast<std::uint8_t>(value));
          program_.memory.push_back(static_cast<std::uint8_t>(value >> 8));
        }
  }

  void place_rows() {
    int total = 0;
    for (const RowBlock& block : blocks_) total += block.rows;
    resident_ = total <= arch_.weight_rows;
    int next = 0;
    for (std::size_t i = 0; i < blocks_.size(); ++i) {
      RowBlock& block = blocks_[i];
      WD_REQUIRE(block.rows <= arch_.weight_rows, "layer ", steps_[i].convs.front().name,
                 ": its weights need ", block.rows, " rows, the weight buffer has ", arch_.weight_rows,
                 "; raise weight_rows");
      // Streamed steps alternate between the two ends, so that neighbours can be on chip together.
      block.first_row = resident_ ? next : i % 2 == 0 ? 0 : arch_.weight_rows - block.rows;
      next += block.rows;
    }
  }

  void emit_load() {
    program_.load_entry = 0;
    if (resident_)
      for (const RowBlock& block : blocks_) emit_rows(block);
    Instr norms = make(Op::LoadNorms);
    norms.mem_addr = norm_addr_;
    norms.count = norm_count_ * 4;
    program_.instrs.push_back(norms);
    program_.instrs.push_back(make(Op::Wait));
    program_.instrs.push_back(make(Op::Halt));
  }

  void emit_rows(const RowBlock& block) {
    Instr load = make(Op::LoadWeights);
    load.mem_addr = block.addr;
    load.count = block.beats;
    load.weight_row = block.first_row;
    program_.instrs.push_back(load);
  }

  bool can_prefetch(std::size_t step) const {
    return step + 1 < blocks_.size() && blocks_[step].rows + blocks_[step + 1].rows <= arch_.weight_rows;
  }

  void emit_frame() {
    program_.frame_entry = static_cast<std::uint32_t>(program_.instrs.size());
    const model::Tensor& input = input_tensor();
    Instr load = make(Op::LoadInput);
    load.in_h = input.height;
    load.in_w = input.width;
    load.in_blocks = channel_blocks(input.channels);
    load.out_base = tensor_rows_[static_cast<std::size_t>(network_.input)];
    load.count = load.in_h * load.in_w * load.in_blocks;
    program_.input_addr = static_cast<std::uint32_t>(next_beat());
    program_.input_beats = static_cast<std::uint32_t>(load.count);
    load.mem_addr = program_.input_addr;
    program_.instrs.push_back(load);
    if (!resident_) emit_rows(blocks_.front());
    program_.instrs.push_back(make(Op::Wait));
    std::size_t conv_index = 0;
    for (std::size_t i = 0; i < steps_.size(); ++i) {
      if (!resident_ && i > 0) {
        if (!can_prefetch(i - 1)) emit_rows(blocks_[i]);
        program_.instrs.push_back(make(Op::Wait));
      }
      if (!resident_ && can_prefetch(i)) emit_rows(blocks_[i + 1]);
      emit_step(i, conv_index);
    }
    emit_store();
    program_.instrs.push_back(make(Op::Wait));
    program_.instrs.push_back(make(Op::Halt));
  }

  void emit_step(std::size_t step, std::size_t& conv_index) {
    const bool loop = steps_[step].loop_count > 1;
    if (loop) {
      Instr begin = make(Op::Loop);
      begin.count = steps_[step].loop_count;
      program_.instrs.push_back(begin);
    }
    for (std::size_t c = 0; c < steps_[step].convs.size(); ++c, ++conv_index)
      emit_conv(steps_[step].convs[c], blocks_[step].first_row + blocks_[step].conv_row[c], conv_index);
    if (loop) program_.instrs.push_back(make(Op::EndLoop));
  }

  void emit_conv(const LoweredConv& lowered, int weight_row, std::size_t index) {
    const model::Conv& conv = *lowered.conv;
    Instr i = make(Op::Conv);
    i.relu = conv.relu;
    i.pooled = conv.pooled;
    i.planes = plane_count(*lowered.weights);
    i.stride = conv.stride;
    i.pad = conv.pad;
    i.kernel_h = lowered.kernel_h;
    i.kernel_w = lowered.kernel_w;
    i.acc_shift = acc_shifts_[index];
    i.in_h = lowered.input->height;
    i.in_w = lowered.input->width;
    i.in_blocks = ceil_div(lowered.input->channels, arch_.chunk);
    i.out_h = lowered.out_h;
    i.out_w = lowered.out_w;
    i.out_blocks = channel_blocks(lowered.weights->out_channels);
    i.tiles_y = ceil_div(lowered.out_h, arch_.groups_y);
    i.tiles_x = ceil_div(lowered.out_w, arch_.groups_x);
    i.tiles_oc = ceil_div(static_cast<int>(i.out_blocks) * arch::block, arch_.pes_per_group);
    i.in_base = tensor_rows_[static_cast<std::size_t>(conv.input)];
    i.score = conv.output < 0;
    if (conv.output >= 0) i.out_base = tensor_rows_[static_cast<std::size_t>(conv.output)];
    if (conv.residual) {
      const auto& residual = network_.tensors[static_cast<std::size_t>(*conv.residual)];
      i.residual = 1;
      i.res_base = tensor_rows_[static_cast<std::size_t>(*conv.residual)];
      i.res_shift = network_.tensors[static_cast<std::size_t>(conv.output)].scale_exp - residual.scale_exp;
    }
    i.weight_row = weight_row;
    i.norm_row = norm_rows_[index];
    i.norm_step = lowered.norm_count > 1 ? i.out_blocks : 0;
    i.layer = static_cast<std::int64_t>(program_.layers.size());
    program_.instrs.push_back(i);
    const auto positions =
        static_cast<std::uint64_t>(lowered.out_h) * static_cast<std::uint64_t>(lowered.out_w);
    const auto repeats = conv.pooled ? static_cast<std::uint64_t>(lowered.kernel_h) *
                                           static_cast<std::uint64_t>(lowered.kernel_w)
                                     : 1;
    program_.layers.push_back({lowered.name, lowered.weights->count() * positions * repeats});
  }

  void emit_store() {
    Instr store = make(Op::StoreScores);
    store.count = 2 * channel_blocks(network_.classes);
    program_.score_addr = program_.input_addr + program_.input_beats;
    program_.score_beats = static_cast<std::uint32_t>(store.count);
    store.mem_addr = program_.score_addr;
    program_.instrs.push_back(store);
  }

  const model::Network& network_;
  const Options& options_;
  const arch::Arch& arch_;
  std::vector<LoweredStep> steps_;
  std::vector<int> tensor_rows_;
  std::vector<RowBlock> blocks_;
  std::vector<int> norm_rows_, acc_shifts_;
  std::int64_t norm_addr_ = 0;
  int norm_count_ = 0;
  bool resident_ = true;
  program::Program program_;
};

}  // namespace

program::Program compile(const model::Network& network, const Options& options) {
  model::check(network, text("network ", network.name));
  arch::check(options.arch, "architecture");
  return Emitter(network, options).run();
}

std::string disassemble(const program::Program& program) {
  std::string out;
  for (std::size_t pc = 0; pc < program.instrs.size(); ++pc) {
    const Instr& instr = program.instrs[pc];
    if (pc == program.load_entry) out += "load:\n";
    if (pc == program.frame_entry) out += "frame:\n";
    out += text("  ", pc, "\t", arch::disassemble(instr));
    if (instr.operation() == Op::Conv)
      out += text("\t; ", program.layers[static_cast<std::size_t>(instr.layer)].name);
    out += "\n";
  }
  return out;
}

}  // namespace wd::compiler
