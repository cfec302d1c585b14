// SPDX-License-Identifier: Apache-2.0
#include "compiler/compile.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "compiler/lowering.hpp"
#include "compiler/remedy.hpp"
#include "compiler/schedule.hpp"
#include "compiler/tensor_lifetimes.hpp"
#include "hw/formats/program/geometry.hpp"

namespace wd::compiler {
namespace {

using arch::Instr;
using arch::Op;

/// A burst of weight rows in memory.
struct Burst {
  std::int64_t addr = 0;
  int beats = 0;
};

/// What is emitted between two waits.
struct Run {
  enum class Kind {
    load,       // a load's convolutions, with the step's loop around them
    own_loads,  // a loop whose parts bring their own weights in every iteration
    part,       // one of these
  };
  std::size_t step = 0, load = 0;
  Kind kind = Kind::load;

  bool own_loads() const { return kind == Kind::own_loads; }
  bool first_of_step() const { return kind != Kind::part && load == 0; }
};

class Emitter {
 public:
  Emitter(const model::Network& network, const Options& options)
      : network_(network),
        options_(options),
        arch_(options.arch),
        steps_(lower_steps(network, options.fold)),
        schedule_(make_schedule(steps_, options.arch)),
        tensor_rows_(assign_rows(network, options.arch, options.share_rows).first) {}

  program::Program run() {
    program_.network = network_.name;
    program_.arch = arch_;
    pack_rows();
    pack_norms();
    emit_load();
    emit_frame();
    require_memories();
    program_.classes = static_cast<std::uint32_t>(network_.classes);
    program_.dataset = network_.dataset;
    program_.input_transform = network_.input_transform;
    program_.input_scale_exp = input_tensor().scale_exp;
    program::check(program_, text("program of ", network_.name));
    return std::move(program_);
  }

 private:
  const model::Tensor& input_tensor() const { return network_.tensors[network_.input]; }
  std::int64_t next_beat() const {
    return static_cast<std::int64_t>(program_.memory.size()) / program::beat_bytes;
  }

  void pack_rows() {
    for (std::size_t s = 0; s < steps_.size(); ++s) {
      std::vector<std::vector<program::WeightRow>> rows;
      for (const LoweredConv& conv : steps_[s].convs)
        rows.push_back(conv.weights == nullptr ? std::vector<program::WeightRow>()
                                               : pack_weights(*conv.weights, arch_));
      bursts_.emplace_back();
      for (const Load& load : schedule_.steps[s].loads) {
        Burst burst{next_beat(), 0};
        for (const Part& part : load.parts) {
          const int first = part.first_tile * rows_per_tile(steps_[s].convs[part.conv], arch_);
          for (int row = first; row < first + part.rows; ++row)
            program::append_row(program_.memory, rows[part.conv][row], arch_);
        }
        burst.beats = static_cast<int>(next_beat() - burst.addr);
        bursts_.back().push_back(burst);
      }
    }
  }

  void pack_norms() {
    norm_addr_ = next_beat();
    for (const LoweredStep& step : steps_) {
      step_norms_.push_back(norm_count_);
      for (const LoweredConv& conv : step.convs) {
        norm_rows_.push_back(norm_count_);
        acc_shifts_.push_back(conv.weights == nullptr ? 0 : choose_acc_shift(conv, arch_));
        for (std::size_t n = 0; n < conv.norm_count; ++n)
          append_norm(conv, conv.conv->norms[conv.first_norm + n]);
      }
      WD_REQUIRE(norm_count_ - step_norms_.back() <= arch_.norm_rows, "layer ", step.convs.front().name,
                 ": needs ", norm_count_ - step_norms_.back(), " normalization rows, the architecture has ",
                 arch_.norm_rows, "; ",
                 raise("norm_rows", norm_count_ - step_norms_.back(), "fold fewer iterations"));
    }
    step_norms_.push_back(norm_count_);
    norms_resident_ = norm_count_ <= arch_.norm_rows;
  }

  void append_norm(const LoweredConv& conv, const model::Norm& norm) {
    const int blocks = program::channel_blocks(conv.out_channels);
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

  void emit_load() {
    program_.load_entry = 0;
    if (schedule_.resident)
      for (std::size_t s = 0; s < steps_.size(); ++s) emit_weights({s});
    if (norms_resident_) emit_norms(0, norm_count_);
    if (schedule_.resident || norms_resident_) program_.instrs.push_back(arch::make(Op::Wait));
    program_.instrs.push_back(arch::make(Op::Halt));
  }

  /// Of those that no pass before looked at.
  void require_memories() const {
    const auto& last = std::get<model::Layer>(network_.steps.back());
    const int scores = program::channel_blocks(network_.classes);
    WD_REQUIRE(scores <= arch_.score_rows, "layer ", last.name, ": ", network_.classes, " classes need ",
               scores, " score rows, the architecture has ", arch_.score_rows, "; ",
               raise("score_rows", scores, "take fewer classes"));
    WD_REQUIRE(program_.instrs.size() <= static_cast<std::size_t>(arch_.instr_rows), "network ",
               network_.name, ": needs ", program_.instrs.size(), " instructions, the architecture has ",
               arch_.instr_rows, "; ",
               raise("instr_rows", static_cast<std::int64_t>(program_.instrs.size()), "fold stages"));
  }

  const Load& load_of(const Run& run) const { return schedule_.steps[run.step].loads[run.load]; }

  void emit_weights(const Run& run) {
    const Burst& burst = bursts_[run.step][run.load];
    if (burst.beats == 0) return;  // of layers without products
    Instr load = arch::make(Op::LoadWeights);
    load.mem_addr = static_cast<int>(burst.addr);
    load.count = burst.beats;
    load.weight_row = load_of(run).first_row;
    program_.instrs.push_back(load);
  }

  /// Rows [first, last) of memory to the start of the buffer.
  void emit_norms(int first, int last) {
    Instr norms = arch::make(Op::LoadNorms);
    norms.mem_addr = static_cast<int>(norm_addr_) + first * 4;
    norms.count = (last - first) * 4;
    program_.instrs.push_back(norms);
  }

  void emit_frame() {
    program_.frame_entry = static_cast<std::uint32_t>(program_.instrs.size());
    const model::Tensor& input = input_tensor();
    Instr load = arch::make(Op::LoadInput);
    load.in_h = input.height;
    load.in_w = input.width;
    load.in_blocks = program::channel_blocks(input.channels);
    load.in_rows = program::pixel_rows(load.in_h, load.in_w, arch_);
    load.out_base = tensor_rows_[network_.input];
    load.count = load.in_h * load.in_w * load.in_blocks;
    program_.input_addr = static_cast<std::uint32_t>(next_beat());
    program_.input_beats = load.count;
    load.mem_addr = static_cast<int>(program_.input_addr);
    program_.instrs.push_back(load);
    if (schedule_.resident) program_.instrs.push_back(arch::make(Op::Wait));
    std::vector<Run> runs;
    for (std::size_t s = 0; s < steps_.size(); ++s) {
      const std::size_t loads = schedule_.steps[s].loads.size();
      if (loads > 1 && steps_[s].loop_count > 1)
        runs.push_back({s, 0, Run::Kind::own_loads});
      else
        for (std::size_t l = 0; l < loads; ++l) runs.push_back({s, l});
    }
    emit_runs(runs);
    emit_store();
    program_.instrs.push_back(arch::make(Op::Wait));
    program_.instrs.push_back(arch::make(Op::Halt));
  }

  bool fit_together(const Run& run, const Run& next) const {
    return !run.own_loads() && !next.own_loads() &&
           load_of(run).rows + load_of(next).rows <= arch_.weight_rows;
  }

  /// Runs one after the other, the next one's weights under way where both fit.
  void emit_runs(const std::vector<Run>& runs) {
    bool under_way = false;
    for (std::size_t r = 0; r < runs.size(); ++r) {
      const Run& run = runs[r];
      if (!schedule_.resident && !run.own_loads()) {
        if (!under_way) emit_weights(run);
        program_.instrs.push_back(arch::make(Op::Wait));
      }
      if (!norms_resident_ && run.first_of_step()) {
        emit_norms(step_norms_[run.step], step_norms_[run.step + 1]);
        program_.instrs.push_back(arch::make(Op::Wait));
      }
      under_way = !schedule_.resident && r + 1 < runs.size() && fit_together(run, runs[r + 1]);
      if (under_way) emit_weights(runs[r + 1]);
      emit_run(run);
    }
  }

  void emit_run(const Run& run) {
    const LoweredStep& step = steps_[run.step];
    const bool loop = step.loop_count > 1 && run.kind != Run::Kind::part;
    if (loop) {
      Instr begin = arch::make(Op::Loop);
      begin.count = step.loop_count;
      program_.instrs.push_back(begin);
    }
    if (run.own_loads()) {
      std::vector<Run> parts;
      for (std::size_t l = 0; l < schedule_.steps[run.step].loads.size(); ++l)
        parts.push_back({run.step, l, Run::Kind::part});
      emit_runs(parts);
    } else {
      for (const Part& part : load_of(run).parts) emit_layer(run, part);
    }
    if (loop) program_.instrs.push_back(arch::make(Op::EndLoop));
  }

  void emit_layer(const Run& run, const Part& part) {
    const LoweredConv& lowered = steps_[run.step].convs[part.conv];
    switch (lowered.conv->kind) {
      case model::LayerKind::pool:
        return emit_pool(lowered);
      case model::LayerKind::elementwise:
        return emit_elementwise(run, part);
      case model::LayerKind::conv:
        return emit_conv(run, part);
    }
  }

  /// An instruction with what a convolution's and a pool's windows have in common.
  Instr windows(Op op, const LoweredConv& lowered) const {
    Instr i = arch::make(op);
    i.stride = lowered.conv->stride;
    i.pad = lowered.conv->pad;
    i.kernel_h = lowered.kernel_h;
    i.kernel_w = lowered.kernel_w;
    i.in_h = lowered.input->height;
    i.in_w = lowered.input->width;
    i.in_blocks = program::channel_blocks(lowered.input->channels);
    i.in_rows = program::pixel_rows(i.in_h, i.in_w, arch_);
    i.in_base = tensor_rows_[lowered.conv->input];
    i.out_h = lowered.out_h;
    i.out_w = lowered.out_w;
    i.tiles = program::pixel_rows(i.out_h, i.out_w, arch_);
    return i;
  }

  void emit_pool(const LoweredConv& lowered) {
    Instr i = windows(Op::Pool, lowered);
    i.out_blocks = i.in_blocks;
    i.tiles_oc = program::block_words(i.out_blocks, arch_);
    i.out_base = tensor_rows_[lowered.conv->output];
    add_layer(i, {lowered.name, 0});
  }

  void emit_elementwise(const Run& run, const Part& part) {
    const LoweredConv& lowered = steps_[run.step].convs[part.conv];
    Instr i = arch::make(Op::Elementwise);
    i.relu = lowered.conv->relu;
    i.out_h = lowered.out_h;
    i.out_w = lowered.out_w;
    i.out_blocks = program::channel_blocks(lowered.out_channels);
    i.tiles = program::pixel_rows(i.out_h, i.out_w, arch_);
    i.tiles_oc = program::channel_tiles(i.out_blocks, arch_);
    i.in_base = tensor_rows_[lowered.conv->input];
    i.out_base = tensor_rows_[lowered.conv->output];
    add_residual(i, *lowered.conv, 0);
    add_norms(i, run, part, 0);
    add_layer(i, {lowered.name, 0});
  }

  /// @param first_row from a tensor's first row to the part's
  void add_residual(Instr& i, const model::Layer& layer, int first_row) const {
    if (!layer.residual) return;
    i.residual = 1;
    i.res_base = tensor_rows_[*layer.residual] + first_row;
    i.res_shift = network_.tensors[layer.output].scale_exp - network_.tensors[*layer.residual].scale_exp;
  }

  void add_norms(Instr& i, const Run& run, const Part& part, int first_block) const {
    const LoweredConv& lowered = steps_[run.step].convs[part.conv];
    i.norm_row = norm_rows_[first_conv(run.step) + part.conv] -
                 (norms_resident_ ? 0 : step_norms_[run.step]) + first_block;
    i.norm_step = lowered.norm_count > 1 ? program::channel_blocks(lowered.out_channels) : 0;
  }

  void add_layer(Instr& i, program::Layer layer) {
    i.layer = static_cast<int>(program_.layers.size());
    program_.instrs.push_back(i);
    program_.layers.push_back(std::move(layer));
  }

  void emit_conv(const Run& run, const Part& part) {
    const LoweredConv& lowered = steps_[run.step].convs[part.conv];
    const std::size_t index = first_conv(run.step) + part.conv;
    const model::Layer& conv = *lowered.conv;
    const int all_blocks = program::channel_blocks(lowered.out_channels),
              per_tile = program::tile_blocks(arch_);
    const int first_block = part.first_tile * per_tile;
    Instr i = windows(Op::Conv, lowered);
    i.relu = conv.relu;
    i.pooled = conv.pooled;
    i.planes = plane_count(*lowered.weights);
    i.acc_shift = acc_shifts_[index];
    i.out_blocks = std::min(part.tiles * per_tile, all_blocks - first_block);
    i.tiles_oc = program::channel_tiles(i.out_blocks, arch_);
    const int first_row =
        part.first_tile * arch_.pes_per_group / arch_.chunk * i.tiles;  // of the part's channels
    i.score = conv.output < 0;
    i.out_base = i.score ? first_block : tensor_rows_[conv.output] + first_row;
    add_residual(i, conv, first_row);
    i.weight_row = load_of(run).first_row + part.row;
    add_norms(i, run, part, first_block);
    add_layer(i, {part.number < 0 ? lowered.name : text(lowered.name, ".part", part.number),
                  products(lowered, part)});
  }

  /// Multiplications of dense execution.
  std::uint64_t products(const LoweredConv& conv, const Part& part) const {
    const int channels = std::min(part.tiles * arch_.pes_per_group,
                                  conv.weights->out_channels - part.first_tile * arch_.pes_per_group);
    const int outputs = channels * conv.out_h * conv.out_w;
    const std::size_t per_output =
        conv.weights->count() / static_cast<std::size_t>(conv.weights->out_channels);
    const int repeats = conv.conv->pooled ? conv.kernel_h * conv.kernel_w : 1;
    return static_cast<std::uint64_t>(outputs) * per_output * static_cast<std::uint64_t>(repeats);
  }

  /// Number of a step's first convolution, of all in order.
  std::size_t first_conv(std::size_t step) const {
    std::size_t count = 0;
    for (std::size_t s = 0; s < step; ++s) count += steps_[s].convs.size();
    return count;
  }

  void emit_store() {
    Instr store = arch::make(Op::StoreScores);
    store.count = 2 * program::channel_blocks(network_.classes);
    program_.score_addr = program_.input_addr + program_.input_beats;
    program_.score_beats = store.count;
    store.mem_addr = static_cast<int>(program_.score_addr);
    program_.instrs.push_back(store);
  }

  const model::Network& network_;
  const Options& options_;
  const arch::Arch& arch_;
  std::vector<LoweredStep> steps_;
  Schedule schedule_;
  std::vector<int> tensor_rows_;
  std::vector<std::vector<Burst>> bursts_;   // of each step's loads
  std::vector<int> norm_rows_, acc_shifts_;  // of each convolution
  std::vector<int> step_norms_;              // first row of each step, and the end
  std::int64_t norm_addr_ = 0;
  int norm_count_ = 0;
  bool norms_resident_ = true;
  program::Program program_;
};

}  // namespace

program::Program compile(const model::Network& network, const Options& options) {
  model::check(network, text("network ", network.name));
  arch::check(options.arch, "architecture");
  return Emitter(network, options).run();
}

}  // namespace wd::compiler
