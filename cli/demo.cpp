// SPDX-License-Identifier: Apache-2.0
// demo: all stages in order, each with its own options.
//
// Errors    what a stage would refuse later, as far as it can be known before the training.
// Test      demo_test.sh, bad_input_test.sh
#include <algorithm>

#include "base/error.hpp"
#include "base/progress.hpp"
#include "cli/command.hpp"
#include "cli/lines.hpp"
#include "cli/make_report.hpp"
#include "cli/report/papers.hpp"
#include "flow/ablate.hpp"
#include "flow/chip_network.hpp"
#include "flow/compile.hpp"
#include "flow/compress.hpp"
#include "flow/cosim.hpp"
#include "flow/run.hpp"
#include "flow/train.hpp"

namespace wd::cli {
namespace {

/// The stages' own; an option that several have sets all of them. Codes and switches stay as they are.
struct DemoOptions {
  flow::TrainOptions train;
  flow::CompressOptions compress;
  flow::CompileOptions compile;
  flow::RunOptions run;
  flow::CosimOptions cosim;
  flow::AblateOptions ablate;
  ReportOptions report;

  void declare(flow::OptionSink& sink) {
    train.declare(sink);
    compress.common.declare(sink);
    compress.data.declare(sink);
    compile.declare_program(sink);
    run.common.declare(sink);
    run.inputs.data.declare(sink);
    run.engines.declare(sink);
    run.images.declare(sink);
    run.power.declare(sink);
    cosim.common.declare(sink);
    cosim.inputs.data.declare(sink);
    cosim.engines.declare(sink);
    cosim.declare_images(sink);
    ablate.common.declare(sink);
    ablate.inputs.data.declare(sink);
    ablate.declare_images(sink);
    ablate.power.declare(sink);
    report.common.declare(sink);
    report.declare_papers(sink);
  }
};

ReportResult demo(const DemoOptions& options, flow::Context& context) {
  WD_REQUIRE(options.train.seeds.empty(),
             "--seeds: demo makes one network; give --seed, or train several with train --seeds");
  const arch::Arch arch = flow::resolve_arch(options.compile.arch);
  options.run.power.load();  // refuses one that is no table
  const flow::Names& engines = options.run.engines.engines;
  WD_REQUIRE(engines.size() >= 2, "--engines names 1 engine, demo compares at least 2");
  WD_REQUIRE(
      std::any_of(engines.begin(), engines.end(),
                  [](const std::string& name) { return flow::engine_kind(name).layer_counts != nullptr; }),
      "--engines lacks fast, whose figures per layer the report shows; add it");
  flow::require_engines(options.run.engines.engines, arch, options.compile.arch.arch.string());
  report::check_papers(options.report.papers);
  flow::require_chip_network(flow::resolve_config(options.train), arch, options.compile.batch);
  const flow::TrainReport trained = flow::train_network(options.train, context);
  context.say(text("train     ", percent(trained.accuracy_fp32), " FP32, ", percent(trained.accuracy_fp8),
                   " FP8, ", duration_text(trained.seconds)));
  const flow::CompressResult compressed = flow::compress(options.compress, context);
  context.say(text("compress  ", compressed.report.compressed_bytes, " bytes, ",
                   line("%.3f", compressed.report.size.bits_per_weight()), " bits per weight, ",
                   line("%.1f", compressed.report.offchip_ratio), "x smaller than dense FP32"));
  const flow::CompileResult compiled = flow::compile(options.compile, context);
  context.say(
      text("compile   ", compiled.instructions, " instructions, ", compiled.weight_rows, " weight rows"));
  const flow::RunResult ran = flow::run(options.run, context);
  context.say(text("run       ", percent(ran.accuracy.value_or(0)), " bit-exact on ", ran.images, " images"));
  const flow::CosimResult compared = flow::cosim(options.cosim, context);
  context.say(text("cosim     ", compared.tiles, " tiles equal"));
  flow::ablate(options.ablate, context);
  return make_report(options.report, context);
}

std::string show(const DemoOptions&, const ReportResult& result) { return result.text; }

constexpr const char* examples =
    "  whitedwarf demo                      the whole job on Fashion-MNIST, files in ./out\n"
    "  whitedwarf demo --quick --out /tmp/q less training, under two minutes\n"
    "  whitedwarf demo --seed 2 --json      another seed, summary.json on standard output\n\n"
    "summary.json: accuracy_fp32, accuracy_hw, weights, dense_fp32_bytes, compressed_bytes, "
    "bits_per_weight,\n"
    "offchip_ratio, engines {name: images, cycles, seconds, macs_per_second, cycles_per_second}, "
    "values_equal,\n"
    "cycles_equal, counters_equal (null: not compared), ablation {switch: cycles, energy_pj, offchip_pj},\n"
    "energy_pj_per_image, offchip_pj_per_image, energy_caveat, tflops_per_watt_executed, "
    "tflops_per_watt_dense,\n"
    "seed, version\n";

}  // namespace

Command demo_command() {
  return make_command("demo", "train, compress, compile, run on all engines, compare, report", examples, demo,
                      show);
}

}  // namespace wd::cli
