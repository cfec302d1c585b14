// SPDX-License-Identifier: Apache-2.0
#include "flow/compile.hpp"

#include <zlib.h>

#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <tuple>

#include "base/output_folder.hpp"
#include "compiler/dump_stripes.hpp"
#include "compiler/explain.hpp"
#include "compiler/passes.hpp"
#include "flow/chain.hpp"
#include "flow/figures.hpp"
#include "flow/frames.hpp"
#include "flow/inputs.hpp"
#include "hw/formats/program/geometry.hpp"
#include "hw/formats/program/program_text.hpp"
#include "hw/formats/stream/compressed_model.hpp"
#include "sim/fast/fast_engine.hpp"

namespace wd::flow {
namespace {

std::vector<CompiledLayer> layers_of(const program::Program& program) {
  const std::vector<std::uint64_t> times = executions_per_frame(program);
  std::vector<CompiledLayer> layers;
  for (const arch::Instr& instr : program.instrs) {
    if (!arch::has_tiles(instr.operation())) continue;
    const program::Layer& layer = program.layers[instr.layer];
    const bool products = instr.operation() == arch::Op::Conv;
    layers.push_back({layer.name, times[instr.layer], layer.dense_macs,
                      products ? instr.tiles_oc * program::stored_rows(instr, program.arch) : 0});
  }
  return layers;
}

/// Cycles of each layer, and idle ones before its first tile.
class LayerCycles : public sim::Trace {
 public:
  explicit LayerCycles(std::vector<ExplainedLayer>& layers) : layers_(layers) {}

  void tile(const sim::TileTrace& tile) override {
    if (!first_tile_) return;
    first_tile_ = false;
    of(tile.id.layer).idle += tile.start_cycle - end_;
    start_ = tile.start_cycle;
  }
  void conv(const sim::ConvTrace& conv) override {
    of(conv.layer).cycles += conv.end_cycle + 1 - start_;
    end_ = conv.end_cycle + 1;
    first_tile_ = true;
  }

 private:
  ExplainedLayer& of(int layer) { return layers_[static_cast<std::size_t>(layer)]; }

  std::vector<ExplainedLayer>& layers_;
  bool first_tile_ = true;  // no tile of the present layer was seen
  std::uint64_t start_ = 0, end_ = 0;
};

/// Of all parts; those that a loop or stripes use again once.
std::int64_t weight_rows(const compiler::Schedule& schedule) {
  std::set<std::tuple<std::size_t, std::size_t, int>> seen;
  std::int64_t rows = 0;
  for (const compiler::Piece& piece : schedule.pieces)
    for (const compiler::Run& run : piece.runs)
      for (std::size_t part = run.first_part; part < run.first_part + run.parts; ++part)
        if (seen.insert({run.step, part, run.iteration}).second) rows += schedule.parts[run.step][part].rows;
  return rows;
}

/// Beats of tensors that a frame loads and stores.
std::int64_t activation_beats(const program::Program& program) {
  std::int64_t beats = 0;
  for (const arch::Instr& instr : program.instrs)
    if (instr.operation() == arch::Op::LoadTensor || instr.operation() == arch::Op::StoreTensor)
      beats += instr.count;
  return beats;
}

/// Stripes of a layer become one line, where the first was.
void join_stripes(std::vector<ExplainedLayer>& layers) {
  std::map<std::string, std::size_t> places;
  std::map<std::string, int> brought;
  std::vector<ExplainedLayer> joined;
  for (ExplainedLayer& layer : layers) {
    std::string& name = layer.reason.name;
    name = name.substr(0, name.rfind(".row"));
    brought[name] += layer.reason.weights == "streamed";
    const auto [at, first] = places.try_emplace(name, joined.size());
    if (first) {
      joined.push_back(std::move(layer));
      continue;
    }
    ExplainedLayer& whole = joined[at->second];
    ++whole.stripes;
    whole.cycles += layer.cycles, whole.idle += layer.idle;
    whole.reason.tiles += layer.reason.tiles;
  }
  for (ExplainedLayer& layer : joined)
    if (const int times = brought[layer.reason.name]; times > 1)
      layer.reason.why += text("; come ", times, " times in ", layer.stripes, " stripes");
  layers = std::move(joined);
}

void explain(CompileResult& result, const compiler::PassState& state, Context& context) {
  const compiler::Explanation explanation = compiler::explain(state.steps, state.program);
  for (const compiler::LayerReason& reason : explanation.layers) result.explained.push_back({reason});
  InputOptions random;
  random.data.data = "random";
  const Inputs inputs = open_inputs(random, state.program.dataset, state.program.input_transform,
                                    static_cast<std::size_t>(state.program.batch), context);
  sim::FastEngine engine(state.program, {});
  engine.load();
  LayerCycles cycles(result.explained);
  engine.set_trace(&cycles);
  result.cycles = engine.frame(Frames(state.program, *inputs, 1).input(0)).counters.cycles;
  if (!state.stripes.used()) return;
  join_stripes(result.explained);
  result.stripes = compiler::dump_stripes(state.stripes, state.steps, state.network);
}

CompileResult dump(compiler::PassState& state, const std::string& pass) {
  CompileResult result;
  result.dumped = compiler::run_passes(state, pass).dump(state);
  return result;
}

}  // namespace

void CompileOptions::declare_program(OptionSink& sink) {
  common.declare_out(sink);
  arch.declare(sink);
  sink.flag("no-fold", no_fold, "give every iteration of a fold its own weights");
  sink.flag("no-space-to-depth", no_space_to_depth, "leave a first convolution of stride 2 as it is");
  sink.flag("weigh-cycles", weigh_cycles,
            "bring weights as rows where a layer would wait for their decoding: fewer cycles, more bytes");
  sink.flag("no-huffman", no_huffman, "bring weights as rows of bit-plane words, not entropy-coded");
  sink.flag("no-on-chip-signs", no_on_chip_signs,
            "bring random signs, too, instead of generating them on the chip");
  declare_batch(sink, batch);
}

void CompileOptions::declare(OptionSink& sink) {
  declare_program(sink);
  sink.choice("dump-after", dump_after, compiler::pass_names(),
              "print what a pass of the compiler makes, and write nothing");
  sink.exclude({"dump-after", "explain"});
  sink.flag("explain", explain,
            "print for each layer where its weights lie and why, with the cycles of a random image");
}

nlohmann::json CompileResult::to_json() const {
  if (!dumped.is_null()) return dumped;
  nlohmann::json list = nlohmann::json::array();
  for (const CompiledLayer& layer : layers)
    list.push_back({{"name", layer.name},
                    {"executions", layer.executions},
                    {"dense_macs", layer.dense_macs},
                    {"rows", layer.rows}});
  nlohmann::json value = {{"arch", arch::to_json(arch)},
                          {"batch", batch},
                          {"instructions", instructions},
                          {"memory_bytes", memory_bytes},
                          {"weight_rows", weight_rows},
                          {"activation_rows", activation_rows},
                          {"activation_rows_unshared", activation_rows_unshared},
                          {"activation_beats", activation_beats},
                          {"program_crc", program_crc},
                          {"compressed_sha256", compressed_sha256},
                          {"program_sha256", program_sha256},
                          {"resident", resident},
                          {"weight_loads", weight_loads},
                          {"coded_loads", coded_loads},
                          {"weight_beats", weight_beats},
                          {"coded_beats", coded_beats},
                          {"layers", list}};
  if (explained.empty()) return value;
  value["explain"] = {{"cycles", cycles}, {"layers", nlohmann::json::array()}};
  if (!stripes.is_null()) value["explain"]["stripes"] = stripes;
  for (const ExplainedLayer& layer : explained) {
    const compiler::LayerReason& r = layer.reason;
    value["explain"]["layers"].push_back({{"name", r.name},
                                          {"weights", r.weights},
                                          {"rows", r.rows},
                                          {"tile_rows", r.tile_rows},
                                          {"tiles", r.tiles},
                                          {"channel_tiles", r.channel_tiles},
                                          {"ahead", r.ahead},
                                          {"beats", r.beats},
                                          {"coded_words", r.words},
                                          {"form", r.form},
                                          {"norm_rows", r.norm_rows},
                                          {"norms_resident", r.norms_resident},
                                          {"input_rows", r.input_rows},
                                          {"output_rows", r.output_rows},
                                          {"stripes", layer.stripes},
                                          {"cycles", layer.cycles},
                                          {"idle", layer.idle},
                                          {"why", r.why}});
  }
  return value;
}

namespace {

/// Of a chip without decoders: every program is as these ask for.
void require_no_coding(const CompileOptions& options) {
  const char* const given = options.no_huffman         ? "--no-huffman"
                            : options.no_on_chip_signs ? "--no-on-chip-signs"
                            : options.weigh_cycles     ? "--weigh-cycles"
                                                       : nullptr;
  WD_REQUIRE(given == nullptr, given == nullptr ? "" : given,
             " changes nothing for a chip with 'decoders' 0, whose weights all come as rows; leave it out");
}

}  // namespace

CompileResult compile(const CompileOptions& options, Context& context) {
  const std::filesystem::path& out = options.common.out;
  WD_REQUIRE(!options.no_huffman || !options.no_on_chip_signs,
             "--no-on-chip-signs changes nothing under --no-huffman: rows have all signs; leave it out");
  WD_REQUIRE(
      !options.no_huffman || !options.weigh_cycles,
      "--weigh-cycles changes nothing under --no-huffman: there is no decoding to wait for; leave it out");
  const arch::Arch arch = resolve_arch(options.arch);
  if (arch.decoders == 0) require_no_coding(options);
  HashedFile file = read_product(Product::compressed, out);
  model::Network network = stream::decode_network(Container::parse(
      std::move(file.bytes), stream::compressed_kind, file_of(Product::compressed, out).string()));
  require_chain(Product::compressed, out, file.sha256);
  const compiler::Options chosen{.arch = arch,
                                 .fold = !options.no_fold,
                                 .space_to_depth = !options.no_space_to_depth,
                                 .huffman = !options.no_huffman,
                                 .weigh_cycles = options.weigh_cycles,
                                 .on_chip_signs = !options.no_on_chip_signs,
                                 .batch = options.batch};
  compiler::PassState state{std::move(network), chosen};
  if (!options.dump_after.empty()) return dump(state, options.dump_after);
  OutputFolder folder(out);
  compiler::run_passes(state, compiler::passes().back().name);
  const program::Program& program = state.program;
  const std::filesystem::path path = file_of(Product::program, out);
  const Bytes bytes = program::encode_program(program, path.string()).serialize();
  CompileResult result;
  result.arch = program.arch;
  result.batch = program.batch;
  result.instructions = program.instrs.size();
  result.memory_bytes = program.memory.size();
  result.program_crc = static_cast<std::uint32_t>(crc32_z(0, bytes.data(), bytes.size()));
  result.compressed_sha256 = file.sha256;
  result.layers = layers_of(program);
  result.weight_rows = weight_rows(state.schedule);
  result.activation_beats = activation_beats(program);
  result.activation_rows = state.tensor_rows.rows;
  result.activation_rows_unshared = state.tensor_rows.unshared;
  result.resident = result.weight_rows <= program.arch.weight_rows;
  for (const arch::Instr& instr : program.instrs) {
    if (instr.operation() != arch::Op::LoadWeights) continue;
    ++result.weight_loads;
    result.coded_loads += instr.coded;
    result.weight_beats += instr.count;
    if (instr.coded != 0) result.coded_beats += instr.count;
  }
  folder.make();
  result.program_sha256 = write_product(Product::program, out, bytes);
  write_file(options.common.file("program.txt"), program::instruction_text(program));
  write_json(options.common.file("compile.json"), result.to_json());
  if (options.explain) explain(result, state, context);
  return result;
}

}  // namespace wd::flow
