// SPDX-License-Identifier: Apache-2.0
#include "flow/traffic.hpp"

#include <array>

#include "sim/chip_state.hpp"

namespace wd::flow {

std::vector<LayerTraffic> traffic_of_layers(const program::Program& program) {
  std::vector<LayerTraffic> layers(program.layers.size());
  std::array<std::uint64_t, std::size_t{1} << arch::field_bits::tag> queued{};  // beats, by tag
  std::uint64_t here = 0;  // waited for since the last layer
  std::size_t last = 0;
  const auto visit = [&](const arch::Instr& instr, int) {
    const arch::Op op = instr.operation();
    if (op == arch::Op::Wait) {
      here += queued[static_cast<std::size_t>(instr.tag)];
      queued[static_cast<std::size_t>(instr.tag)] = 0;
    } else if (arch::has_tiles(op)) {
      last = static_cast<std::size_t>(instr.layer);
      layers[last].beats_read += here;
      here = 0;
    } else if (arch::is_burst(op)) {
      const auto beats = static_cast<std::uint64_t>(instr.count);
      if (arch::stores(op))
        layers[last].beats_written += beats;
      else
        queued[static_cast<std::size_t>(instr.tag)] += beats;
    }
  };
  sim::execute(program, program.frame_entry, visit, [](const arch::Instr&) {});
  for (const std::uint64_t beats : queued) here += beats;
  if (!layers.empty()) layers[last].beats_read += here;
  return layers;
}

}  // namespace wd::flow
