// SPDX-License-Identifier: Apache-2.0
#include "testbench/programs/agreement.hpp"

#include <map>

#include "base/error.hpp"
#include "flow/lockstep.hpp"

namespace wd::testbench {

std::string disagreement(const std::vector<sim::Engine*>& engines, const RandomProgram& random) {
  std::map<const sim::Engine*, arch::Counters> loaded;
  for (sim::Engine* engine : engines) loaded[engine] = engine->load();
  if (const auto found = flow::compare_loaded(engines, [&](const sim::Engine& e) { return loaded[&e]; }))
    return found->where;
  for (std::size_t frame = 0; frame < random.inputs.size(); ++frame) {
    const auto result = flow::compare_frame(engines, random.program, random.inputs[frame]);
    if (result.first) return text("frame ", frame, ": ", result.first->where);
    if (!result.values_equal || !result.cycles_equal || !result.counters_equal)
      return text("frame ", frame, ": values, cycles or counters differ");
    if (result.tiles == 0 || result.convolutions == 0) return text("frame ", frame, ": nothing was compared");
  }
  return "";
}

}  // namespace wd::testbench
