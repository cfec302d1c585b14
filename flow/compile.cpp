// SPDX-License-Identifier: Apache-2.0
#include "flow/compile.hpp"

#include <zlib.h>

#include <nlohmann/json.hpp>

#include "base/output_folder.hpp"
#include "compiler/compile.hpp"
#include "compiler/tensor_lifetimes.hpp"
#include "flow/chain.hpp"
#include "flow/figures.hpp"
#include "hw/formats/program/geometry.hpp"
#include "hw/formats/program/program_text.hpp"
#include "hw/formats/stream/compressed_model.hpp"

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

}  // namespace

void CompileOptions::declare(OptionSink& sink) {
  common.declare(sink);
  arch.declare(sink);
  sink.flag("no-fold", no_fold, "give every iteration of a fold its own weights");
}

nlohmann::json CompileResult::to_json() const {
  nlohmann::json list = nlohmann::json::array();
  for (const CompiledLayer& layer : layers)
    list.push_back({{"name", layer.name},
                    {"executions", layer.executions},
                    {"dense_macs", layer.dense_macs},
                    {"rows", layer.rows}});
  return {{"arch", arch::to_json(arch)},
          {"instructions", instructions},
          {"memory_bytes", memory_bytes},
          {"weight_rows", weight_rows},
          {"activation_rows", activation_rows},
          {"activation_rows_unshared", activation_rows_unshared},
          {"program_crc", program_crc},
          {"compressed_sha256", compressed_sha256},
          {"program_sha256", program_sha256},
          {"resident", resident},
          {"layers", list}};
}

CompileResult compile(const CompileOptions& options, Context&) {
  const std::filesystem::path& out = options.common.out;
  const arch::Arch arch = resolve_arch(options.arch);
  HashedFile file = read_product(Product::compressed, out);
  const model::Network network = stream::decode_network(Container::parse(
      std::move(file.bytes), stream::compressed_kind, file_of(Product::compressed, out).string()));
  require_chain(Product::compressed, out, file.sha256);
  OutputFolder folder(out);
  const program::Program program = compiler::compile(network, {arch, !options.no_fold});
  const std::filesystem::path path = file_of(Product::program, out);
  const Bytes bytes = program::encode_program(program, path.string()).serialize();
  CompileResult result;
  result.arch = program.arch;
  result.instructions = program.instrs.size();
  result.memory_bytes = program.memory.size();
  result.program_crc = static_cast<std::uint32_t>(crc32_z(0, bytes.data(), bytes.size()));
  result.compressed_sha256 = file.sha256;
  result.layers = layers_of(program);
  for (const CompiledLayer& layer : result.layers) result.weight_rows += layer.rows;
  const compiler::TensorRows rows = compiler::assign_rows(network, arch);
  result.activation_rows = rows.rows;
  result.activation_rows_unshared = rows.unshared;
  result.resident = result.weight_rows <= program.arch.weight_rows;
  folder.make();
  result.program_sha256 = write_product(Product::program, out, bytes);
  write_file(options.common.file("program.txt"), program::instruction_text(program));
  write_json(options.common.file("compile.json"), result.to_json());
  return result;
}

}  // namespace wd::flow
