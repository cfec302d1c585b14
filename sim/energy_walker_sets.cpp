// SPDX-License-Identifier: Apache-2.0
#include "sim/energy_walker_sets.hpp"

#include <utility>

namespace wd::sim {
namespace {

namespace table {
#define ENERGY(name, value, unit, provenance) \
  constexpr double name = value;              \
  constexpr const char* name##_from = provenance;
#include "sim/energy_walker_sets.def"
#undef ENERGY
}  // namespace table

}  // namespace

std::vector<EnergyBlock> walker_sets_energy(const arch::Counters& c, const arch::Arch& arch,
                                            const arch::Switches& switches) {
  const auto n = [](std::uint64_t count) { return static_cast<double>(count); };
  const double clocked_run = n(switches.gate_array ? c.run_cycles : c.cycles);
  const double clocked_groups = switches.gate_group ? n(c.group_cycles) : clocked_run * arch.groups();
  // A PE whose clock is not stopped costs the idle cycle of an enable-based PE. With the gates of its registers off, the
  // group's and the array's gates still stop what they cover.
  const bool gated = switches.gate_operand && switches.gate_sum;
  const double clocked_pes = clocked_groups * arch.pes_per_group;
  const double idle_clocked = gated ? 0 : clocked_pes - n(c.bit_ops);
  const double idle_gated = n(c.cycles) * arch.pes() - n(c.bit_ops) - idle_clocked;
  const auto gather = arch.chunk == 16   ? std::pair{table::gather_pj, table::gather_pj_from}
                      : arch.chunk == 32 ? std::pair{table::gather32_pj, table::gather32_pj_from}
                                         : std::pair{table::gather64_pj, table::gather64_pj_from};
  return {
      {"PE gather", n(c.bit_ops) * gather.first, gather.second},
      {"PE accumulate", n(c.bit_ops) * table::accumulate_pj, table::accumulate_pj_from},
      {"PE operand bus", n(c.bit_ops) * table::operand_bus_pj, table::operand_bus_pj_from},
      {"PE idle", idle_gated * table::pe_idle_gated_pj + idle_clocked * table::pe_idle_clocked_pj,
       gated ? table::pe_idle_gated_pj_from : table::pe_idle_clocked_pj_from},
      {"group clocks", clocked_groups * table::group_clock_pj, table::group_clock_pj_from},
      {"array clock", clocked_run * table::array_clock_pj, table::array_clock_pj_from},
  };
}

}  // namespace wd::sim
