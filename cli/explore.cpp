// SPDX-License-Identifier: Apache-2.0
#include "flow/explore.hpp"

#include "cli/command.hpp"
#include "cli/lines.hpp"

namespace wd::cli {
namespace {

std::string show(const flow::ExploreOptions&, const flow::ExploreResult& result) {
  std::string out = "chunk  window  entries  cycles/image  RUN cycles  utilization  walker flops/PE\n";
  for (const flow::ExplorePoint& p : result.points)
    out += line("%5d %7d %8d %13.1f %11.1f %12.3f %16.1f\n", p.chunk, p.window, p.entries, p.cycles,
                p.run_cycles, p.utilization, p.walker_flops_per_pe);
  return out + batch_line(result.batch);
}

}  // namespace

Command explore_command() {
  return make_command("explore", "cycles and utilization over chunk sizes, windows and activation entries",
                      "  whitedwarf explore --out run1 --ablation-images 100\n", flow::explore, show);
}

}  // namespace wd::cli
