// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/error.hpp"
#include "base/integer.hpp"
#include "compiler/dump_stripes.hpp"
#include "compiler/emit.hpp"
#include "compiler/pack_weights.hpp"
#include "compiler/scaling.hpp"
#include "compiler/stripe_schedule.hpp"
#include "compiler/token_mixing.hpp"

namespace wd::compiler {
namespace {

using nlohmann::ordered_json;

std::string shape(int height, int width, int channels) { return text(height, " x ", width, " x ", channels); }

void remake_stem(PassState& state) {
  state.stem = space_to_depth(state.network, state.options.arch, state.options.space_to_depth);
}

ordered_json dump_stem(const PassState& state) {
  const Stem& stem = state.stem;
  ordered_json row = {{"layer", stem.layer},          {"of", stem.of},
                      {"kernel", stem.kernel},        {"stride", stem.stride},
                      {"chunks walked", stem.chunks}, {"as space-to-depth", nullptr},
                      {"remade", stem.remade},        {"why", stem.why}};
  if (stem.chunks_as_depth > 0) row["as space-to-depth"] = stem.chunks_as_depth;
  return {{"layer that reads the image", ordered_json::array({row})}};
}

void lower(PassState& state) {
  state.network = lower_token_mixing(std::move(state.network), state.options.arch, state.options.batch);
  state.steps = lower_steps(state.network, state.options.fold);
  if (state.stem.remade)
    for (LoweredStep& step : state.steps)
      for (LoweredConv& conv : step.convs)
        if (conv.conv->input == state.network.input)
          conv.products = state.stem.products, conv.remade = state.stem.why;
  require_widths(state.steps, state.options.batch);
}

std::string kernel_of(const LoweredConv& conv) {
  if (conv.conv->kind == model::LayerKind::elementwise) return "none";
  if (conv.conv->kind == model::LayerKind::transpose) return "transpose";
  const bool max = conv.conv->kind == model::LayerKind::pool;
  return text(conv.kernel_h, " x ", conv.kernel_w, max ? " max" : conv.conv->pooled ? " pooled" : "");
}

ordered_json dump_steps(const PassState& state) {
  ordered_json rows = ordered_json::array();
  for (std::size_t s = 0; s < state.steps.size(); ++s)
    for (const LoweredConv& conv : state.steps[s].convs) {
      const auto& tensors = state.network.tensors;
      rows.push_back({{"step", s},
                      {"times", state.steps[s].loop_count},
                      {"layer", conv.name},
                      {"input", conv.input->name},
                      {"of", shape(conv.input->height, conv.input->width, conv.input->channels)},
                      {"kernel", kernel_of(conv)},
                      {"stride", conv.conv->stride},
                      {"pad", conv.conv->pad},
                      {"output", conv.conv->output < 0 ? "scores" : tensors[index(conv.conv->output)].name},
                      {"makes", shape(conv.out_h, conv.out_w, conv.out_channels)},
                      {"residual", conv.conv->residual ? tensors[index(*conv.conv->residual)].name : "-"},
                      {"planes", conv.weights == nullptr ? 0 : plane_count(*conv.weights)},
                      {"norms", conv.norm_count}});
    }
  return {{"layers", rows}};
}

void scale(PassState& state);
void plan(PassState& state);

/// What later passes refuse, too, and do not need activation rows to know: behind a refusal of these. @param known which was said
std::string other_refusals(PassState& state, const std::string& known) {
  std::string all;
  for (const auto check : {scale, plan, +[](PassState& s) { require_scores(s); }}) {
    try {
      check(state);
    } catch (const Error& error) {
      if (error.what() != known) all += text("; also: ", error.what());
    }
  }
  return all;
}

void stripe(PassState& state) {
  for (const LoweredStep& step : state.steps)
    for (const LoweredConv& conv : step.convs)
      if (conv.conv->kind == model::LayerKind::transpose) return;  // needs whole tensors
  try {
    state.stripes = make_stripes(state.network, state.steps, state.options);
  } catch (const Error& error) {
    fail(error.what(), other_refusals(state, error.what()));
  }
}

void assign(PassState& state) {
  if (state.stripes.used()) {  // rings have rows, not tensors
    state.tensor_rows = {std::vector<int>(state.network.tensors.size(), 0), state.stripes.layout.rows,
                         rows_needed(state.network, state.options.arch, false, state.options.batch)};
    return;
  }
  try {
    state.tensor_rows =
        assign_rows(state.network, state.options.arch, state.options.share_rows, state.options.batch);
  } catch (const Error& error) {
    fail(error.what(), other_refusals(state, error.what()));
  }
}

ordered_json dump_rows(const PassState& state) {
  if (state.stripes.used()) {
    ordered_json tables = dump_stripes(state.stripes, state.steps, state.network);
    return {{"rings", tables["rings"]},
            {"rows", state.tensor_rows.rows},
            {"rows of the chip", state.options.arch.act_rows}};
  }
  const std::vector<Lifetime> lives = tensor_lifetimes(state.network);
  ordered_json rows = ordered_json::array();
  for (std::size_t t = 0; t < state.network.tensors.size(); ++t) {
    if (!lives[t].used()) continue;
    const model::Tensor& tensor = state.network.tensors[t];
    const int first = state.tensor_rows.first[t];
    rows.push_back({{"tensor", tensor.name},
                    {"of", shape(tensor.height, tensor.width, tensor.channels)},
                    {"first step", lives[t].first},
                    {"last step", lives[t].last},
                    {"first row", first}});
  }
  return {{"tensors", rows},
          {"rows", state.tensor_rows.rows},
          {"rows if none were shared", state.tensor_rows.unshared},
          {"rows of the chip", state.options.arch.act_rows}};
}

void scale(PassState& state) {
  for (const LoweredStep& step : state.steps) {
    state.acc_shifts.emplace_back();
    for (const LoweredConv& conv : step.convs)
      state.acc_shifts.back().push_back(conv.weights == nullptr ? 0
                                                                : choose_acc_shift(conv, state.options.arch));
  }
}

ordered_json dump_scale(const PassState& state) {
  ordered_json rows = ordered_json::array();
  for (std::size_t s = 0; s < state.steps.size(); ++s)
    for (std::size_t c = 0; c < state.steps[s].convs.size(); ++c)
      rows.push_back({{"layer", state.steps[s].convs[c].name}, {"acc_shift", state.acc_shifts[s][c]}});
  return {{"sums", rows}};
}

void plan(PassState& state) {
  const arch::Arch& arch = state.options.arch;
  const std::size_t most = schedule_instructions(state.steps, arch);
  state.schedule = state.stripes.used() ? make_stripe_schedule(state.steps, state.stripes, arch, most)
                                        : make_schedule(state.steps, arch, most);
}

const std::string& name_of(const PassState& state, std::size_t step, std::size_t conv) {
  return state.steps[step].convs[conv].name;
}

ordered_json parts_table(const PassState& state) {
  ordered_json rows = ordered_json::array();
  for (std::size_t s = 0; s < state.steps.size(); ++s)
    for (const Part& part : state.schedule.parts[s]) {
      const int tiles = channel_tiles(state.steps[s].convs[part.conv], state.options.arch);
      rows.push_back(
          {{"step", s},
           {"layer", name_of(state, s, part.conv)},
           {"channel tiles", text(part.first_tile, " to ", part.first_tile + part.tiles - 1, " of ", tiles)},
           {"rows", part.rows}});
    }
  return rows;
}

ordered_json row_transfer(const PassState& state, std::size_t piece, const Transfer& t) {
  const StripeValue& value = state.stripes.graph.values[index(t.burst.value)];
  return {{"piece", piece},
          {"brings", "activations"},
          {"of", text(state.network.tensors[index(value.tensor)].name, " rows ", t.burst.rows.first, " to ",
                      t.burst.rows.end - 1)},
          {"iteration", t.iteration},
          {"rows", 0},
          {"to row", 0},
          {"queued before run", t.issue},
          {"for runs", text(t.first_run, " to ", t.last_run)}};
}

ordered_json transfers_table(const PassState& state) {
  ordered_json rows = ordered_json::array();
  for (std::size_t p = 0; p < state.schedule.pieces.size(); ++p)
    for (const Transfer& t : state.schedule.pieces[p].transfers) {
      if (t.kind == Transfer::Kind::rows) {
        rows.push_back(row_transfer(state, p, t));
        continue;
      }
      const bool weights = t.kind == Transfer::Kind::weights;
      const std::size_t conv = weights ? state.schedule.parts[t.step][t.item].conv : t.item;
      rows.push_back({{"piece", p},
                      {"brings", weights ? "weights" : "norms"},
                      {"of", name_of(state, t.step, conv)},
                      {"iteration", t.iteration},
                      {"rows", t.rows},
                      {"to row", t.row},
                      {"queued before run", t.issue},
                      {"for runs", text(t.first_run, " to ", t.last_run)}});
    }
  return rows;
}

ordered_json dump_schedule(const PassState& state) {
  return {{"parts", parts_table(state)},
          {"transfers", transfers_table(state)},
          {"all weights stay", state.schedule.weights_resident},
          {"all norms stay", state.schedule.norms_resident},
          {"weight rows", state.schedule.step_rows.back()},
          {"weight rows of the chip", state.options.arch.weight_rows}};
}

void pack(PassState& state) {
  state.packed = pack_memory(state.steps, state.schedule, state.acc_shifts, state.options);
}

ordered_json dump_packed(const PassState& state) {
  ordered_json rows = ordered_json::array();
  for (std::size_t s = 0; s < state.steps.size(); ++s)
    for (std::size_t p = 0; p < state.packed.parts[s].size(); ++p) {
      const Part& part = state.schedule.parts[s][p];
      const Burst& burst = state.packed.parts[s][p];
      if (part.rows == 0) continue;  // of a layer without products
      const model::Weights& weights = *state.steps[s].convs[part.conv].weights;
      const auto kept = std::count_if(weights.levels.begin(), weights.levels.end(),
                                      [](std::uint8_t level) { return level != 0; });
      rows.push_back({{"step", s},
                      {"layer", name_of(state, s, part.conv)},
                      {"part", std::max(part.number, 0)},
                      {"weights not 0, %", 100 * kept / static_cast<std::ptrdiff_t>(weights.count())},
                      {"rows", part.rows},
                      {"first beat", burst.addr},
                      {"beats", burst.beats},
                      {"coded", burst.coded}});
    }
  return {{"bursts", rows},
          {"normalization rows", state.packed.norm_count},
          {"their first beat", state.packed.norm_addr},
          {"bytes", state.packed.memory.size()}};
}

ordered_json dump_program(const PassState& state) {
  ordered_json rows = ordered_json::array();
  for (const arch::Instr& instr : state.program.instrs) {
    const std::string line = arch::disassemble(instr);
    const std::size_t blank = std::min(line.find(' '), line.size());
    rows.push_back({{"number", rows.size()},
                    {"operation", line.substr(0, blank)},
                    {"fields", line.substr(std::min(blank + 1, line.size()))}});
  }
  return {{"instructions", rows},
          {"frame entry", state.program.frame_entry},
          {"memory image, bytes", state.program.memory.size()}};
}

}  // namespace

const std::vector<Pass>& passes() {
  static const std::vector<Pass> list{
      {"space-to-depth", "a stem of stride 1, where that walks fewer chunks", remake_stem, dump_stem},
      {"lower", "convolutions with their shapes, transposes around token mixing, folds as steps or unrolled",
       lower, dump_steps},
      {"stripe", "fused groups of layers, their stripes, rings and spills", stripe,
       [](const PassState& state) { return dump_stripes(state.stripes, state.steps, state.network); }},
      {"rows", "lifetimes and activation rows of the tensors", assign, dump_rows},
      {"scale", "scales at which no sum overflows", scale, dump_scale},
      {"schedule", "parts of layers, and which rows come when and lie where", plan, dump_schedule},
      {"pack", "the memory image", pack, dump_packed},
      {"emit", "the instructions", emit, dump_program}};
  return list;
}

std::vector<std::string> pass_names() {
  std::vector<std::string> names;
  for (const Pass& pass : passes()) names.emplace_back(pass.name);
  return names;
}

const Pass& run_passes(PassState& state, const std::string& last) {
  const auto found =
      std::find_if(passes().begin(), passes().end(), [&](const Pass& pass) { return pass.name == last; });
  WD_REQUIRE(found != passes().end(), "pass '", last, "' is unknown");
  model::check(state.network, text("network ", state.network.name));
  arch::check(state.options.arch, "architecture");
  WD_REQUIRE(program::is_batch(state.options.batch), "a batch of ", state.options.batch,
             " images; take 1, 2, 4, 8 or 16");
  for (auto pass = passes().begin(); pass <= found; ++pass) pass->run(state);
  return *found;
}

program::Program compile(const model::Network& network, const Options& options) {
  PassState state{network, options};
  run_passes(state, "emit");
  return std::move(state.program);
}

}  // namespace wd::compiler
