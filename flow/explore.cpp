// SPDX-License-Identifier: Apache-2.0
#include "flow/explore.hpp"

#include <bit>
#include <nlohmann/json.hpp>

#include "base/output_folder.hpp"
#include "base/progress.hpp"
#include "compiler/compile.hpp"
#include "flow/chain.hpp"
#include "flow/fast_run.hpp"
#include "hw/formats/stream/compressed_model.hpp"

namespace wd::flow {
namespace {

/// Flops of the gathering, per PE: the shared window, the group's activations, the PE's own registers.
double flops_per_pe(const arch::Arch& arch, int window) {
  const int slot_bits = std::bit_width(static_cast<unsigned>(window - 1));
  const double shared = 3.0 * arch.chunk * window / arch.groups();  // mask, sign and walk map of a PE column
  const double group = 9.0 * arch.chunk * window / arch.pes_per_group;  // FP8 code and non-zero bit
  return shared + group + arch.chunk + window + slot_bits;              // rem, taken, slot
}

ExplorePoint point_of(const arch::Arch& arch, int window, const FastRun& run) {
  const arch::Counters& c = run.counters;
  const auto n = static_cast<double>(run.images), run_cycles = static_cast<double>(c.run_cycles);
  return {arch.chunk,
          window,
          static_cast<double>(c.cycles) / n,
          run_cycles / n,
          static_cast<double>(c.walk_ops) / (run_cycles * arch.pes()),
          static_cast<double>(c.rows_issued) / n,
          flops_per_pe(arch, window)};
}

}  // namespace

void ExploreOptions::declare(OptionSink& sink) {
  common.declare(sink);
  data.declare(sink);
  sink.whole("ablation-images", images, 1, 10000, "test images per point");
}

nlohmann::json ExploreResult::to_json() const {
  nlohmann::json list = nlohmann::json::array();
  for (const ExplorePoint& p : points)
    list.push_back({{"chunk", p.chunk},
                    {"window", p.window},
                    {"cycles", p.cycles},
                    {"run_cycles", p.run_cycles},
                    {"utilization", p.utilization},
                    {"rows_issued", p.rows_issued},
                    {"gather_flops_per_pe", p.gather_flops_per_pe}});
  return {{"images", images}, {"compressed_sha256", compressed_sha256}, {"points", list}};
}

ExploreResult explore(const ExploreOptions& options, Context& context) {
  const std::filesystem::path& out = options.common.out;
  HashedFile file = read_product(Product::compressed, out);
  const model::Network network = stream::decode_network(Container::parse(
      std::move(file.bytes), stream::compressed_kind, file_of(Product::compressed, out).string()));
  require_chain(Product::compressed, out, file.sha256);
  OutputFolder folder(out);
  const algo::ImageSet& set = context.test_images(network.dataset, options.data.data);
  ExploreResult result;
  result.compressed_sha256 = file.sha256;
  Progress progress("explore", 21);
  for (const int chunk : {16, 32, 64}) {
    compiler::Options compiled;
    compiled.arch.chunk = chunk;
    const program::Program program = compiler::compile(network, compiled);
    for (const int window : {1, 2, 3, 4, 5, 6, 8}) {
      arch::Switches switches;
      switches.window = window;
      const FastRun run = run_fast(context, program, switches, set, options.images, options.common.threads);
      result.images = run.images;
      result.points.push_back(point_of(compiled.arch, window, run));
      progress.update(static_cast<double>(result.points.size()));
    }
  }
  folder.make();
  write_json(options.common.file("explore.json"), result.to_json());
  return result;
}

}  // namespace wd::flow
