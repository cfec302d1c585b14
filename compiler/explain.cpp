// SPDX-License-Identifier: Apache-2.0
#include "compiler/explain.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/integer.hpp"
#include "compiler/schedule.hpp"
#include "hw/formats/program/geometry.hpp"
#include "hw/formats/program/weight_bursts.hpp"
#include "hw/formats/stream/chip_code.hpp"

namespace wd::compiler {
namespace {

using arch::Instr;
using arch::Op;

/// A burst of weights that was queued.
struct QueuedBurst {
  int first = 0, rows = 0;  // in the weight buffer
  bool frame = false;
  int convs_before = 0;
  int beats = 0;
  std::uint32_t words = 0;
  std::string form;
  bool used = false;

  bool has(int row, int buffer) const { return (row - first + buffer) % buffer < rows; }
};

/// A convolution's rows in whole.
struct Need {
  std::string name, remade;
  int rows = 0;

  /// Names of its parts and unrolled iterations continue its own.
  bool is_of(const std::string& layer) const {
    return layer.starts_with(name) && (layer.size() == name.size() || layer[name.size()] == '.');
  }
};

class Explainer {
 public:
  Explainer(const std::vector<LoweredStep>& steps, const program::Program& program)
      : program_(program), arch_(program.arch), weights_(program) {
    for (const LoweredStep& step : steps)
      for (const LoweredConv& conv : step.convs) {
        if (conv.weights == nullptr) continue;
        needs_.push_back({conv.name, conv.remade, channel_tiles(conv, arch_) * rows_per_tile(conv, arch_)});
        result_.weight_rows += needs_.back().rows;
      }
  }

  Explanation run() {
    for (std::size_t pc = 0; pc < program_.instrs.size(); ++pc) {
      const Instr& instr = program_.instrs[pc];
      const bool frame = pc >= program_.frame_entry;
      if (instr.operation() == Op::LoadWeights) queue(instr, frame);
      if (instr.operation() == Op::LoadNorms) norms_resident_ = !frame;
      if (arch::has_tiles(instr.operation())) layer(instr);
    }
    return std::move(result_);
  }

 private:
  void queue(const Instr& load, bool frame) {
    const std::size_t rows = weights_.at(load, "weights: ").rows.size();
    bursts_.push_back({load.weight_row, static_cast<int>(rows), frame, convs_, load.count, 0, "rows"});
    if (!load.coded) return;
    const stream::ChipHeader header =
        stream::read_header(program_.memory.data() + std::size_t{program::beat_bytes} * index(load.mem_addr));
    bursts_.back().words = header.words;
    bursts_.back().form = code_text(header);
  }

  static std::string code_text(const stream::ChipHeader& header) {
    const bool generated = header.random_signs || header.frozen;
    return text("coded: ", header.entries, " code words of runs below ", 1 << header.run_log,
                header.raw_log == 0 ? "" : text(" with ", header.raw_log, " raw bits"),
                header.has_signs ? ", signs" : "",
                !generated            ? ""
                : !header.frozen      ? ", signs from their seed"
                : header.random_signs ? ", signs and frozen weights from their seeds"
                                      : ", frozen weights from their seed");
  }

  /// The longest name that the layer's begins with.
  const Need& need_of(const std::string& layer) const {
    const Need* found = nullptr;
    for (const Need& need : needs_)
      if (need.is_of(layer) && (found == nullptr || need.name.size() > found->name.size())) found = &need;
    WD_ASSERT(found != nullptr);
    return *found;
  }

  void layer(const Instr& instr) {
    LayerReason reason;
    reason.layer = instr.layer;
    reason.name = program_.layers[index(instr.layer)].name;
    reason.tiles = instr.tiles;
    reason.channel_tiles = instr.tiles_oc;
    reason.norm_rows =
        instr.operation() == Op::Pool || instr.operation() == Op::Transpose ? 0 : program::norm_rows(instr);
    reason.norms_resident = norms_resident_;
    reason.output_rows = instr.score ? 0 : program::output_rows(instr, arch_);
    reason.input_rows = instr.operation() == Op::Elementwise
                            ? reason.output_rows
                            : program::tensor_rows(instr.in_h, instr.in_w, instr.in_blocks, arch_);
    reason.weights = "none";
    reason.why = "has no weights";
    if (instr.operation() == Op::Conv) weights(instr, reason);
    result_.layers.push_back(reason);
    ++convs_;
  }

  void weights(const Instr& conv, LayerReason& reason) {
    const auto burst = std::find_if(bursts_.rbegin(), bursts_.rend(), [&](const QueuedBurst& b) {
      return b.has(conv.weight_row, arch_.weight_rows);
    });
    WD_ASSERT(burst != bursts_.rend());
    reason.tile_rows = program::stored_rows(conv, arch_);
    reason.rows = conv.tiles_oc * reason.tile_rows;
    reason.weights = !burst->frame ? "resident" : burst->used ? "kept" : "streamed";
    reason.ahead = reason.weights == "streamed" ? convs_ - burst->convs_before : 0;
    reason.beats = burst->beats;
    reason.words = burst->words;
    reason.form = burst->form;
    const Need& need = need_of(reason.name);
    reason.why = why(reason, need);
    if (!need.remade.empty()) reason.why += "; " + need.remade;
    burst->used = true;
  }

  std::string why(const LayerReason& reason, const Need& need) const {
    const int buffer = arch_.weight_rows;
    if (reason.weights == "resident")
      return text("all weights together need ", result_.weight_rows, " of ", buffer, " rows");
    std::string because =
        text("all weights together need ", result_.weight_rows, " rows, the buffer has ", buffer);
    if (reason.weights == "kept") because += "; came for an iteration before";
    if (need.rows > buffer)
      because += text("; in parts, as the layer needs ", need.rows);
    else if (need.rows > reason.rows)
      because += text("; in parts of its ", need.rows, ", so that the first begins before the last is there");
    return because;
  }

  const program::Program& program_;
  const arch::Arch& arch_;
  program::WeightBursts weights_;
  std::vector<Need> needs_;
  std::vector<QueuedBurst> bursts_;
  bool norms_resident_ = true;
  int convs_ = 0;
  Explanation result_;
};

}  // namespace

Explanation explain(const std::vector<LoweredStep>& steps, const program::Program& program) {
  return Explainer(steps, program).run();
}

}  // namespace wd::compiler
