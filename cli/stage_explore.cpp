// SPDX-License-Identifier: Apache-2.0
// explore: chunk sizes and windows on the trained network; cycles, utilization, and the flops that they cost.
#include <bit>

#include "base/progress.hpp"
#include "cli/fast_run.hpp"
#include "compiler/compile.hpp"
#include "hw/formats/stream/compressed_model.hpp"

namespace wd::cli {
namespace {

/// Flops of the gathering, per PE: the shared window, the group's activations, the PE's own registers.
double flops_per_pe(const arch::Arch& arch, int window) {
  const int slot_bits = std::bit_width(static_cast<unsigned>(window - 1));
  const double shared = 3.0 * arch.chunk * window / arch.groups();  // mask, sign and walk map of a PE column
  const double group = 9.0 * arch.chunk * window / arch.pes_per_group;  // FP8 code and non-zero bit
  return shared + group + arch.chunk + window + slot_bits;              // rem, taken, slot
}

}  // namespace

nlohmann::json stage_explore(Job& job) {
  const model::Network network = stream::read_compressed(job.file("model.wdz"));
  const std::size_t images = std::min(job.ablation_images, job.test_images().count());
  nlohmann::json points = nlohmann::json::array();
  Progress progress("explore", 21);
  for (int chunk : {16, 32, 64}) {
    compiler::Options options;
    options.arch.chunk = chunk;
    const program::Program program = compiler::compile(network, options);
    for (int window : {1, 2, 3, 4, 5, 6, 8}) {
      arch::Switches switches;
      switches.window = window;
      const arch::Counters c = run_fast(job, program, switches, images).counters;
      const auto n = static_cast<double>(images);
      points.push_back({{"chunk", chunk},
                        {"window", window},
                        {"cycles", static_cast<double>(c.cycles) / n},
                        {"run_cycles", static_cast<double>(c.run_cycles) / n},
                        {"utilization", static_cast<double>(c.walk_ops) /
                                            (static_cast<double>(c.run_cycles) * options.arch.pes())},
                        {"rows_issued", static_cast<double>(c.rows_issued) / n},
                        {"gather_flops_per_pe", flops_per_pe(options.arch, window)}});
      progress.update(static_cast<double>(points.size()));
    }
  }
  nlohmann::json report{{"images", images}, {"points", points}};
  job.write_json("explore.json", report);
  return report;
}

}  // namespace wd::cli
