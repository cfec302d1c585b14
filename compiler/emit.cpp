// SPDX-License-Identifier: Apache-2.0
#include "compiler/emit.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "base/error.hpp"
#include "compiler/emit_stripes.hpp"
#include "compiler/pack_weights.hpp"
#include "compiler/remedy.hpp"
#include "hw/formats/program/geometry.hpp"

namespace wd::compiler {
namespace {

using arch::Instr;
using arch::Op;

constexpr int tags = 1 << arch::field_bits::tag;
static_assert(tags >= arch::burst_queue, "bursts that wait together have tags of their own");

int score_rows_of(const model::Network& network, const Options& options) {
  return program::channel_blocks(network.classes) * options.batch;
}

class Emitter {
 public:
  explicit Emitter(const PassState& state)
      : network_(state.network),
        options_(state.options),
        arch_(state.options.arch),
        steps_(state.steps),
        schedule_(state.schedule),
        tensor_rows_(state.tensor_rows.first),
        acc_shifts_(state.acc_shifts),
        packed_(state.packed),
        norm_places_(state.packed.norm_rows) {
    if (state.stripes.used()) stripes_.emplace(state.stripes, arch_);
  }

  program::Program run() {
    program_.network = network_.name;
    program_.arch = arch_;
    program_.batch = options_.batch;
    program_.memory = packed_.memory;
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
  int score_rows() const { return score_rows_of(network_, options_); }
  std::int64_t next_beat() const {
    return static_cast<std::int64_t>(program_.memory.size()) / program::beat_bytes;
  }

  void emit_load() {
    program_.load_entry = 0;
    if (schedule_.weights_resident) {
      for (std::size_t s = 0; s < steps_.size(); ++s) emit_resident(s);
    }
    if (schedule_.norms_resident) {
      Instr norms = arch::make(Op::LoadNorms);
      norms.mem_addr = static_cast<int>(packed_.norm_addr);
      norms.count = packed_.norm_count * 4;
      program_.instrs.push_back(norms);
    }
    if (packed_.tables.size() == 1) program_.instrs.push_back(load_of_table(packed_.tables.begin()->first));
    if (!program_.instrs.empty()) program_.instrs.push_back(arch::make(Op::Wait));
    program_.instrs.push_back(arch::make(Op::Halt));
  }

  /// A step's weights: rows of parts that follow one another come in one burst.
  void emit_resident(std::size_t step) {
    bool joins = false;
    for (std::size_t p = 0; p < packed_.parts[step].size(); ++p) {
      const Burst& burst = packed_.parts[step][p];
      if (burst.beats == 0) continue;  // of a layer without products
      if (joins && !burst.coded) {
        program_.instrs.back().count += burst.beats;
        continue;
      }
      program_.instrs.push_back(
          weights_of(burst, schedule_.step_rows[step] + schedule_.parts[step][p].offset));
      joins = !burst.coded;
    }
  }

  static Instr weights_of(const Burst& burst, int row) {
    Instr load = arch::make(Op::LoadWeights);
    load.mem_addr = static_cast<int>(burst.addr);
    load.count = burst.beats;
    load.coded = burst.coded;
    load.weight_row = row;
    return load;
  }

  Instr load_of_table(int scale_exp) const {
    Instr load = arch::make(Op::LoadTable);
    load.mem_addr = static_cast<int>(packed_.tables.at(scale_exp));
    load.count = arch::table_beats;
    return load;
  }

  /// Where one table is all, the load entry has brought it.
  void need_table(const LoweredConv& layer) {
    if (!layer.table || layer.table == table_ || packed_.tables.size() == 1) return;
    program_.instrs.push_back(load_of_table(*layer.table));
    program_.instrs.push_back(arch::make(Op::Wait));
    table_ = layer.table;
  }

  /// Begins a loop over a step: a table that is its only one is brought before.
  void emit_loop(int iterations, const LoweredStep& step) {
    std::set<int> tables;
    const LoweredConv* with_table = nullptr;
    for (const LoweredConv& layer : step.convs)
      if (layer.table) tables.insert(*layer.table), with_table = &layer;
    if (tables.size() == 1) need_table(*with_table);
    if (tables.size() > 1) table_.reset();
    emit_loop(iterations);
  }

  /// Of those that no pass before looked at.
  void require_memories() const {
    WD_REQUIRE(program_.instrs.size() <= static_cast<std::size_t>(arch_.instr_rows), "network ",
               network_.name, ": needs ", program_.instrs.size(), " instructions, the architecture has ",
               arch_.instr_rows, "; ",
               raise("instr_rows", static_cast<std::int64_t>(program_.instrs.size()), "fold stages"));
  }

  void emit_frame() {
    program_.frame_entry = static_cast<std::uint32_t>(program_.instrs.size());
    lay_out_memory();
    if (!stripes_) emit_input();
    for (const Piece& piece : schedule_.pieces) {
      if (piece.iterations > 1) emit_loop(piece.iterations, steps_[piece.runs.front().step]);
      emit_piece(piece);
      if (piece.iterations > 1) program_.instrs.push_back(arch::make(Op::EndLoop));
    }
    emit_store();
    program_.instrs.push_back(arch::make(Op::Wait));
    program_.instrs.push_back(arch::make(Op::Halt));
  }

  /// Behind the memory image: the input, the scores, and values that go through memory.
  void lay_out_memory() {
    const model::Tensor& input = input_tensor();
    program_.input_addr = static_cast<std::uint32_t>(next_beat());
    program_.input_beats = static_cast<std::uint32_t>(input.height * input.width * options_.batch *
                                                      program::channel_blocks(input.channels));
    program_.score_addr = program_.input_addr + program_.input_beats;
    program_.score_beats = static_cast<std::uint32_t>(2 * score_rows());
    program_.scratch_addr = program_.score_addr + program_.score_beats;
    if (stripes_) program_.scratch_beats = static_cast<std::uint32_t>(stripes_->scratch_beats());
  }

  /// All of it, before anything else runs.
  void emit_input() {
    const model::Tensor& input = input_tensor();
    Instr load = arch::make(Op::LoadTensor);
    load.in_h = input.height;
    load.in_w = input.width * options_.batch;
    load.in_blocks = program::channel_blocks(input.channels);
    load.in_rows = program::pixel_rows(load.in_h, load.in_w, arch_);
    load.out_base = tensor_rows_[network_.input];
    load.count = static_cast<int>(program_.input_beats);
    load.mem_addr = static_cast<int>(program_.input_addr);
    program_.instrs.push_back(load);
    const Piece& first = schedule_.pieces.front();
    if (first.transfers.empty() || first.transfers.front().first_run != 0 || first.iterations > 1)
      program_.instrs.push_back(arch::make(Op::Wait));
  }

  void emit_loop(int iterations) {
    Instr begin = arch::make(Op::Loop);
    begin.count = iterations;
    program_.instrs.push_back(begin);
  }

  /// Each run behind the wait for its transfers, and those of later runs in between, as the schedule has them.
  void emit_piece(const Piece& piece) {
    std::size_t next = 0, stored = 0, bursts = 0, over = 0;  // over: bursts that are known to be
    std::map<std::size_t, std::size_t> awaited;              // by run: the last burst that it waits for
    const auto queue = [&](Instr burst, std::size_t awaited_by) {
      burst.tag = static_cast<int>(bursts) % tags;
      program_.instrs.push_back(burst);
      awaited[awaited_by] = bursts++;
      if (bursts > arch::burst_queue) over = std::max(over, bursts - arch::burst_queue);
    };
    const auto queue_transfers = [&](auto while_true) {
      for (; next < piece.transfers.size() && while_true(piece.transfers[next]); ++next)
        queue(burst_of(piece.transfers[next], piece.iterations > 1), piece.transfers[next].first_run);
    };
    for (std::size_t r = 0, arrived = 0; r < piece.runs.size(); ++r) {
      queue_transfers([&](const Transfer& t) { return t.issue == r && before_stores(t); });
      for (; stored < piece.stores.size() && piece.stores[stored].before_run == r; ++stored)
        queue(stripes_->store(piece.stores[stored].burst, program_.input_addr, program_.scratch_addr),
              piece.stores[stored].over_before);
      queue_transfers([&](const Transfer& t) { return t.issue == r && t.first_run == r; });
      for (; arrived < piece.transfers.size() && piece.transfers[arrived].first_run == r; ++arrived)
        take_place(piece.transfers[arrived]);
      if (const auto wait_for = awaited.find(r); wait_for != awaited.end() && wait_for->second >= over) {
        Instr wait = arch::make(Op::Wait);
        wait.tag = static_cast<int>(wait_for->second) % tags;
        program_.instrs.push_back(wait);
        over = wait_for->second + 1;
      }
      queue_transfers([&](const Transfer& t) { return t.issue == r; });
      emit_run(piece.runs[r], piece.iterations > 1);
    }
  }

  /// @param in_loop the rows of the iteration
  Instr burst_of(const Transfer& transfer, bool in_loop) const {
    if (transfer.kind == Transfer::Kind::rows)
      return stripes_->load(transfer.burst, program_.input_addr, program_.scratch_addr);
    if (transfer.kind == Transfer::Kind::weights)
      return weights_of(packed_.parts[transfer.step][transfer.item], transfer.row);
    Instr load = arch::make(Op::LoadNorms);
    const LoweredConv& conv = steps_[transfer.step].convs[transfer.item];
    const int first = packed_.norm_rows[transfer.step][transfer.item] + transfer.iteration * norm_rows(conv);
    load.mem_addr = static_cast<int>(packed_.norm_addr) + first * 4;
    load.count = transfer.rows * 4;
    load.norm_row = transfer.row;
    if (in_loop) load.norm_step = norm_rows(conv);
    return load;
  }

  /// Where the coming runs find these rows. A step's normalization rows come in the order of its convolutions.
  void take_place(const Transfer& transfer) {
    if (transfer.kind == Transfer::Kind::weights) {
      part_rows_[{transfer.step, transfer.item}] = transfer.row;
      return;
    }
    if (transfer.kind == Transfer::Kind::rows) return;  // they have their ring
    if (stripes_) {
      stripe_norms_[{transfer.step, transfer.item, transfer.iteration}] = transfer.row;
      return;
    }
    const std::vector<int>& rows = packed_.norm_rows[transfer.step];
    for (std::size_t c = transfer.item; c < rows.size(); ++c)
      norm_places_[transfer.step][c] = transfer.row + rows[c] - rows[transfer.item];
  }

  void emit_run(const Run& run, bool in_loop) {
    const LoweredStep& step = steps_[run.step];
    if (run.loop) emit_loop(step.loop_count, step);
    for (std::size_t p = run.first_part; p < run.first_part + run.parts; ++p) emit_part(run, p, in_loop);
    if (run.loop) program_.instrs.push_back(arch::make(Op::EndLoop));
  }

  /// @param in_loop in the body of a loop that brings each iteration's normalization rows
  void emit_part(const Run& run, std::size_t number, bool in_loop) {
    const Part& part = schedule_.parts[run.step][number];
    const LoweredConv& lowered = steps_[run.step].convs[part.conv];
    need_table(lowered);
    const Tiles tiles = tiles_of(run, part);
    Instr i = layer_of(run, number);
    if (lowered.norm_count > 0) {
      i.norm_t = lowered.conv->norms_of_positions;
      i.norm_row = norm_row(run, part) + (i.norm_t ? 0 : tiles.first * program::tile_blocks(arch_));
      if (run.loop || (in_loop && schedule_.norms_resident))
        i.norm_step = lowered.norm_count > 1 ? norm_rows(lowered) : 0;
    }
    i.layer = static_cast<int>(program_.layers.size());
    if (run.layer >= 0) stripes_->set_rows(i, run);
    program_.instrs.push_back(i);
    std::string name = lowered.name;
    if (!run.loop && !in_loop && steps_[run.step].loop_count > 1) name += text(".", run.iteration);
    if (tiles.count < channel_tiles(lowered, arch_) && lowered.weights != nullptr)
      name += text(".part", run.layer >= 0 ? tiles.first : part.number);
    if (run.layer >= 0 && run.rows.count() < lowered.out_h) name += text(".row", run.rows.first);
    program_.layers.push_back({name, lowered.weights == nullptr ? 0 : products(lowered, tiles, i.out_h),
                               part_of(run, part.conv, tiles)});
  }

  /// Channel tiles of a run.
  struct Tiles {
    int first = 0, count = 0;
  };
  static Tiles tiles_of(const Run& run, const Part& part) {
    return run.layer < 0 ? Tiles{part.first_tile, part.tiles} : Tiles{run.first_tile, run.tiles};
  }

  /// Nothing where the program's next layer is the whole of the model's.
  program::LayerPart part_of(const Run& run, std::size_t conv, const Tiles& tiles) const {
    program::LayerPart part{0, run.iteration, run.layer < 0 ? 0 : run.rows.first,
                            tiles.first * program::tile_blocks(arch_)};
    for (std::size_t s = 0; s < run.step; ++s) part.layer += static_cast<int>(steps_[s].convs.size());
    part.layer += static_cast<int>(conv);
    const program::LayerPart whole{static_cast<int>(program_.layers.size())};
    return part == whole ? program::LayerPart{} : part;
  }

  /// The first of a convolution's in a run's iteration, where they lie at present.
  int norm_row(const Run& run, const Part& part) const {
    if (schedule_.norms_resident)
      return packed_.norm_rows[run.step][part.conv] +
             run.iteration * norm_rows(steps_[run.step].convs[part.conv]);
    return run.layer < 0 ? norm_places_[run.step][part.conv]
                         : stripe_norms_.at({run.step, part.conv, run.iteration});
  }

  /// But for what follows from where it runs.
  Instr layer_of(const Run& run, std::size_t part) const {
    const LoweredConv& lowered = steps_[run.step].convs[schedule_.parts[run.step][part].conv];
    switch (lowered.conv->kind) {
      case model::LayerKind::pool:
        return pool_of(lowered);
      case model::LayerKind::elementwise:
        return elementwise_of(lowered);
      case model::LayerKind::transpose:
        return transpose_of(lowered);
      case model::LayerKind::token_mix:  // a convolution since lower_token_mixing()
      case model::LayerKind::conv:
        break;
    }
    return conv_of(run, part);
  }

  /// An instruction with what a convolution's and a pool's windows have in common.
  Instr windows(Op op, const LoweredConv& lowered) const {
    Instr i = arch::make(op);
    i.stride = lowered.conv->stride;
    i.pad_y = i.pad_x = lowered.conv->pad;
    i.kernel_h = lowered.kernel_h;
    i.kernel_w = lowered.kernel_w;
    i.in_h = lowered.input->height;
    i.in_w = lowered.input->width * options_.batch;
    i.in_blocks = program::channel_blocks(lowered.input->channels);
    i.in_rows = program::pixel_rows(i.in_h, i.in_w, arch_);
    i.in_base = tensor_rows_[lowered.conv->input];
    i.out_h = lowered.out_h;
    i.out_w = lowered.out_w * options_.batch;
    i.tiles = i.out_rows = program::pixel_rows(i.out_h, i.out_w, arch_);
    i.images = options_.batch;
    return i;
  }

  Instr pool_of(const LoweredConv& lowered) const {
    Instr i = windows(Op::Pool, lowered);
    i.out_blocks = i.in_blocks;
    i.tiles_oc = program::block_words(i.out_blocks, arch_);
    i.out_base = tensor_rows_[lowered.conv->output];
    return i;
  }

  Instr elementwise_of(const LoweredConv& lowered) const {
    Instr i = arch::make(Op::Elementwise);
    i.relu = lowered.conv->relu;
    i.lookup = lowered.conv->gelu;
    i.out_h = lowered.out_h;
    i.out_w = lowered.out_w * options_.batch;
    i.out_blocks = program::channel_blocks(lowered.out_channels);
    i.tiles = i.in_rows = i.out_rows = program::pixel_rows(i.out_h, i.out_w, arch_);
    i.tiles_oc = program::channel_tiles(i.out_blocks, arch_);
    i.in_base = tensor_rows_[lowered.conv->input];
    i.out_base = tensor_rows_[lowered.conv->output];
    add_residual(i, *lowered.conv, 0);
    return i;
  }

  Instr transpose_of(const LoweredConv& lowered) const {
    Instr i = arch::make(Op::Transpose);
    i.in_h = lowered.input->height;
    i.in_w = lowered.input->width;
    i.in_blocks = program::channel_blocks(lowered.input->channels);
    i.in_rows = i.tiles = i.out_blocks = program::pixel_rows(i.in_h, i.in_w, arch_);
    i.out_h = lowered.out_h;
    i.out_w = lowered.out_w;
    i.tiles_oc = i.out_rows = i.in_blocks;
    i.in_base = tensor_rows_[lowered.conv->input];
    i.out_base = tensor_rows_[lowered.conv->output];
    return i;
  }

  /// @param first_row from a tensor's first row to the part's
  void add_residual(Instr& i, const model::Layer& layer, int first_row) const {
    if (!layer.residual) return;
    i.residual = 1;
    i.res_base = tensor_rows_[*layer.residual] + first_row;
    i.res_rows = i.tiles;
    i.res_shift = network_.tensors[layer.output].scale_exp - network_.tensors[*layer.residual].scale_exp;
  }

  Instr conv_of(const Run& run, std::size_t number) const {
    const Part& part = schedule_.parts[run.step][number];
    const LoweredConv& lowered = steps_[run.step].convs[part.conv];
    const model::Layer& conv = *lowered.conv;
    const int all_blocks = program::channel_blocks(lowered.out_channels),
              per_tile = program::tile_blocks(arch_);
    const Tiles tiles = tiles_of(run, part);
    const int first_block = tiles.first * per_tile;
    Instr i = windows(Op::Conv, lowered);
    i.relu = conv.relu;
    i.lookup = conv.gelu;
    i.pooled = conv.pooled;
    i.planes = plane_count(*lowered.weights);
    i.acc_shift = acc_shifts_[run.step][part.conv];
    i.out_blocks = std::min(tiles.count * per_tile, all_blocks - first_block);
    i.tiles_oc = program::channel_tiles(i.out_blocks, arch_);
    const int first_row =
        tiles.first * arch_.pes_per_group / arch_.chunk * i.tiles;  // of the part's channels
    i.score = conv.output < 0;
    i.out_base = i.score ? first_block * options_.batch : tensor_rows_[conv.output] + first_row;
    add_residual(i, conv, first_row);
    i.weight_row = (schedule_.weights_resident ? schedule_.step_rows[run.step] + part.offset
                                               : part_rows_.at({run.step, number})) +
                   (tiles.first - part.first_tile) * rows_per_tile(lowered, arch_);
    return i;
  }

  /// Multiplications of dense execution, of an image.
  std::uint64_t products(const LoweredConv& conv, const Tiles& tiles, int rows) const {
    const int channels = std::min(tiles.count * arch_.pes_per_group,
                                  conv.weights->out_channels - tiles.first * arch_.pes_per_group);
    const int outputs =
        channels * (conv.conv->norms_of_positions ? static_cast<int>(conv.conv->norms.front().gamma.size())
                                                  : rows * conv.out_w);
    const int repeats = conv.conv->pooled ? conv.kernel_h * conv.kernel_w : 1;
    return static_cast<std::uint64_t>(outputs) * conv.products * static_cast<std::uint64_t>(repeats);
  }

  void emit_store() {
    Instr store = arch::make(Op::StoreScores);
    store.count = static_cast<int>(program_.score_beats);
    store.mem_addr = static_cast<int>(program_.score_addr);
    program_.instrs.push_back(store);
  }

  const model::Network& network_;
  const Options& options_;
  const arch::Arch& arch_;
  const std::vector<LoweredStep>& steps_;
  const Schedule& schedule_;
  const std::vector<int>& tensor_rows_;
  const std::vector<std::vector<int>>& acc_shifts_;
  const PackedMemory& packed_;
  std::vector<std::vector<int>> norm_places_;  // of each convolution, at present on the chip
  std::optional<int> table_;                   // that is on the chip, where there are several
  std::map<std::pair<std::size_t, std::size_t>, int> part_rows_;  // weight row, by step and part
  std::optional<StripeInstrs> stripes_;
  std::map<std::tuple<std::size_t, std::size_t, int>, int> stripe_norms_;  // by step, convolution, iteration
  program::Program program_;
};

}  // namespace

void require_scores(const PassState& state) {
  const int images = state.options.batch, rows = score_rows_of(state.network, state.options);
  WD_REQUIRE(rows <= state.options.arch.score_rows, "layer ",
             std::get<model::Layer>(state.network.steps.back()).name, ": ", state.network.classes, " classes",
             images == 1 ? "" : text(" of ", images, " images"), " need ", rows,
             " score rows, the architecture has ", state.options.arch.score_rows, "; ",
             raise("score_rows", rows, "take fewer classes"), or_smaller_batch(images));
}

void emit(PassState& state) {
  require_scores(state);
  state.program = Emitter(state).run();
}

}  // namespace wd::compiler
