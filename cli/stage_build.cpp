// SPDX-License-Identifier: Apache-2.0
// compress: model.wdm to model.wdz; compile: model.wdz to program.wdp.
#include <algorithm>
#include <chrono>

#include "algo/compress/compress.hpp"
#include "algo/compress/random_masks.hpp"
#include "base/error.hpp"
#include "base/files.hpp"
#include "base/json.hpp"
#include "cli/job.hpp"
#include "cli/layers.hpp"
#include "compiler/compile.hpp"
#include "flow/fast_run.hpp"
#include "hw/formats/stream/compressed_model.hpp"
#include "sim/rtl/rtl_engine.hpp"

namespace wd::cli {
namespace {

/// Accuracy with the FP8 norms that were written, and with the model's own; null for random masks.
void add_norm_cost(Job& job, nlohmann::json& report) {
  const model::Network own = model::read_model(job.file("model.wdm"));
  report["accuracy_fp16_norms"] = report["accuracy_fp8_norms"] = nullptr;
  if (own.dataset == compress::no_dataset) return;
  const auto measured = [&](const model::Network& network) {
    return flow::run_fast(job.context, compiler::compile(network, {}), {}, job.test_images(own.dataset),
                          job.images, job.threads);
  };
  const flow::FastRun fp16 = measured(own), fp8 = measured(stream::read_compressed(job.file("model.wdz")));
  report["images"] = fp8.images;
  report["accuracy_fp16_norms"] = fp16.accuracy();
  report["accuracy_fp8_norms"] = fp8.accuracy();
}

}  // namespace

arch::Arch resolve_arch(const Job& job) { return flow::resolve_arch({job.arch}); }

void check_arch(const Job& job) {
  const arch::Arch arch = resolve_arch(job);
  const auto wanted = [&](const char* engine) {
    return std::count(job.engines.begin(), job.engines.end(), engine) != 0;
  };
  WD_REQUIRE(arch.chunk == 16 || !(wanted("systemc") || wanted("rtl")), job.arch.string(), ": 'chunk' is ",
             arch.chunk, ", SystemC and RTL have 16; give --engines golden,fast");
  const auto built = sim::rtl_configurations();
  WD_REQUIRE(!wanted("rtl") || std::count(built.begin(), built.end(), arch) != 0, job.arch.string(),
             ": the RTL is built for the default parameters with 64 or 16 PEs per group; give --engines "
             "golden,fast,systemc");
}

nlohmann::json stage_compress(Job& job) {
  const auto begin = std::chrono::steady_clock::now();
  const bool fp8 = job.compress.norms == "fp8";
  stream::CompressOptions options;
  if (fp8) options.norms = stream::NormFormat::fp8;
  if (job.compress.code != "auto") options.mode = stream::mode_named(job.compress.code);
  nlohmann::json report = compress::compress(job.file("model.wdm"), job.file("model.wdz"), options).to_json();
  report["seconds"] = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  if (fp8) add_norm_cost(job, report);
  job.write_json("compress.json", report);
  return report;
}

nlohmann::json stage_compile(Job& job) {
  const model::Network network = stream::read_compressed(job.file("model.wdz"));
  const program::Program program = compiler::compile(network, {resolve_arch(job), job.fold});
  make_output_folder(job.out);
  program::write_program(program, job.file("program.wdp"));
  write_file(job.file("program.txt"), compiler::disassemble(program));
  job.forget_program();
  const std::vector<std::uint64_t> times = executions_per_frame(program);
  nlohmann::json layers = nlohmann::json::array();
  std::int64_t rows_total = 0;
  for (const arch::Instr& instr : program.instrs) {
    if (instr.operation() != arch::Op::Conv) continue;
    const int layer = instr.layer, rows = instr.tiles_oc * program::stored_rows(instr, program.arch);
    rows_total += rows;
    layers.push_back({{"name", program.layers[layer].name},
                      {"executions", times[layer]},
                      {"dense_macs", program.layers[layer].dense_macs},
                      {"rows", rows}});
  }
  nlohmann::json report{{"arch", arch::to_json(program.arch)},
                        {"instructions", program.instrs.size()},
                        {"memory_bytes", program.memory.size()},
                        {"weight_rows", rows_total},
                        {"program_crc", job.program_crc()},
                        {"resident", rows_total <= program.arch.weight_rows},
                        {"layers", layers}};
  job.write_json("compile.json", report);
  return report;
}

}  // namespace wd::cli
