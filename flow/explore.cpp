// SPDX-License-Identifier: Apache-2.0
#include "flow/explore.hpp"

#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/output_folder.hpp"
#include "base/progress.hpp"
#include "compiler/compile.hpp"
#include "flow/chain.hpp"
#include "flow/fast_run.hpp"
#include "hw/formats/stream/compressed_model.hpp"

namespace wd::flow {
namespace {

constexpr int chunks[] = {16, 32, 64};
/// Row slots and activation entries.
constexpr std::pair<int, int> windows[] = {{1, 1}, {2, 1}, {2, 2}, {3, 2}, {3, 3},
                                           {4, 2}, {4, 4}, {8, 4}, {8, 8}};

/// Flops that find positions and keep operands for them, per PE.
double flops_per_pe(const arch::Arch& arch) {
  const int word = (arch.planes_per_row + 1) * arch.chunk;  // masks and sign of a channel's row
  const int info = 6, picked = 5;          // plane and entry of a row; valid, sign and weight of a pick
  const double lane = word * arch.window;  // of all groups
  const double walker = 2 * arch.window + arch.chunk + word + info + arch.entries * arch.chunk + picked;
  const double set = arch.entries * arch.chunk, group = 8.0 * set;  // non-zero maps; FP8 codes
  return lane / arch.groups() + (walker + set / arch.pes_per_group) / arch.groups_per_walker +
         group / arch.pes_per_group;
}

ExplorePoint point_of(const arch::Arch& arch, const FastRun& run) {
  const arch::Counters& c = run.counters;
  const auto n = static_cast<double>(run.places), run_cycles = static_cast<double>(c.run_cycles);
  return {arch.chunk,
          arch.window,
          arch.entries,
          static_cast<double>(c.cycles) / n,
          run_cycles / n,
          static_cast<double>(c.bit_ops) / (run_cycles * arch.pes()),
          static_cast<double>(c.rows_issued) / n,
          flops_per_pe(arch)};
}

}  // namespace

void ExploreOptions::declare(OptionSink& sink) {
  common.declare(sink);
  inputs.declare(sink);
  sink.whole("ablation-images", images, 1, 10000, "test images per point");
  declare_batch(sink, batch);
}

nlohmann::json ExploreResult::to_json() const {
  nlohmann::json list = nlohmann::json::array();
  for (const ExplorePoint& p : points)
    list.push_back({{"chunk", p.chunk},
                    {"window", p.window},
                    {"entries", p.entries},
                    {"cycles", p.cycles},
                    {"run_cycles", p.run_cycles},
                    {"utilization", p.utilization},
                    {"rows_issued", p.rows_issued},
                    {"walker_flops_per_pe", p.walker_flops_per_pe}});
  return {{"images", images},
          {"batch", batch},
          {"inputs", inputs_json(inputs)},
          {"compressed_sha256", compressed_sha256},
          {"points", list}};
}

ExploreResult explore(const ExploreOptions& options, Context& context) {
  const std::filesystem::path& out = options.common.out;
  HashedFile file = read_product(Product::compressed, out);
  const model::Network network = stream::decode_network(Container::parse(
      std::move(file.bytes), stream::compressed_kind, file_of(Product::compressed, out).string()));
  require_chain(Product::compressed, out, file.sha256);
  OutputFolder folder(out);
  const Inputs inputs =
      open_inputs(options.inputs, network.dataset, network.input_transform, options.images, context);
  ExploreResult result;
  result.batch = options.batch;
  result.inputs = inputs.source;
  result.compressed_sha256 = file.sha256;
  Progress progress("explore", static_cast<double>(std::size(chunks) * std::size(windows)));
  for (const int chunk : chunks) {
    compiler::Options compiled;
    compiled.arch.chunk = chunk;
    compiled.batch = options.batch;
    program::Program program = compiler::compile(network, compiled);
    for (const auto& [window, entries] : windows) {  // the program is the same for all
      program.arch.window = window;
      program.arch.entries = entries;
      const FastRun run = run_fast(context, program, {}, *inputs, options.images, options.common.threads);
      result.images = run.images;
      result.points.push_back(point_of(program.arch, run));
      progress.update(static_cast<double>(result.points.size()));
    }
  }
  folder.make();
  write_json(options.common.file("explore.json"), result.to_json());
  return result;
}

}  // namespace wd::flow
