// SPDX-License-Identifier: Apache-2.0
#include "flow/explore.hpp"

#include <algorithm>
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

/// @param n images
ExplorePoint point_of(const arch::Arch& arch, const arch::Counters& c, double n) {
  const auto run_cycles = static_cast<double>(c.run_cycles);
  return {arch.chunk,
          arch.window,
          arch.entries,
          static_cast<double>(c.cycles) / n,
          run_cycles / n,
          static_cast<double>(c.bit_ops) / (run_cycles * arch.pes()),
          static_cast<double>(c.rows_issued) / n,
          flops_per_pe(arch)};
}

/// One for each point. Windows and entries change the array alone.
std::vector<program::Program> programs_of(const model::Network& network, int batch) {
  std::vector<program::Program> programs;
  for (const int chunk : chunks) {
    compiler::Options compiled;
    compiled.arch.chunk = chunk;
    compiled.batch = batch;
    program::Program program = compiler::compile(network, compiled);
    for (const auto& [window, entries] : windows) {
      program.arch.window = window;
      program.arch.entries = entries;
      programs.push_back(program);
    }
  }
  return programs;
}

}  // namespace

void ExploreOptions::declare(OptionSink& sink) {
  common.declare(sink);
  inputs.declare(sink);
  sink.whole("ablation-images", images, 1, 10000, "test images per point");
  declare_batch(sink, batch);
  sink.flag("whole", whole,
            "compute values at every point, not at the first one alone: the same results, later");
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
  std::vector<program::Program> programs = programs_of(network, options.batch);
  const Frames frames(programs.front(), *inputs, options.images);
  result.images = frames.images();
  std::vector<arch::Counters> counters(programs.size());
  const std::size_t each = SharedMaps::part_frames(programs.front(), frames.count());
  Progress progress("explore", static_cast<double>(programs.size() * frames.count()));
  double done = 0;
  for (std::size_t first = 0; first < frames.count(); first += each) {
    SharedMaps maps{first, std::vector<sim::fast::FrameMaps>(std::min(each, frames.count() - first)), {}};
    for (std::size_t p = 0; p < programs.size(); ++p) {
      const Frames of_program(programs[p], *inputs, options.images);
      for (const sim::FrameResult& frame :
           run_part(context, programs[p], {}, of_program, maps, options.common.threads, options.whole))
        counters[p] += frame.counters;
      progress.update(done += static_cast<double>(maps.frames.size()));
    }
  }
  for (std::size_t p = 0; p < programs.size(); ++p)
    result.points.push_back(point_of(programs[p].arch, counters[p], static_cast<double>(frames.places())));
  folder.make();
  write_json(options.common.file("explore.json"), result.to_json());
  return result;
}

}  // namespace wd::flow
