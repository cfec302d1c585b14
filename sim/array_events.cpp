// SPDX-License-Identifier: Apache-2.0
#include "sim/array_events.hpp"

#include <algorithm>

namespace wd::sim {
namespace {

using arch::Counters;
using arch::Switches;

constexpr double block_pes = 16;

double n(std::uint64_t count) { return static_cast<double>(count); }

double run(const Counters& c, const Switches& s) { return n(s.gate_array ? c.run_cycles : c.cycles); }

/// Of PEs, in which their group's clock runs: walkers at work, and the flush.
double clocked(const Counters& c, const ArrayBlocks& b, const Switches& s) {
  if (!s.gate_group) return run(c, s) * b.group * block_pes;
  // A group's clock runs for all of its PEs, the blocks that a column of the array has.
  return n(c.group_cycles) * b.lanes * block_pes + n(c.flush_ops);
}
double more(double cycles) { return std::max(0.0, cycles); }

constexpr ArrayEvent events[] = {
    {"lanes", "rows_issued",
     [](const Counters& c, const ArrayBlocks& b, const Switches&) { return n(c.rows_issued) * b.lanes; },
     "weight rows (bit-planes) issued"},
    {"lanes", "chunks_issued",
     [](const Counters& c, const ArrayBlocks& b, const Switches&) { return n(c.chunks_issued) * b.lanes; },
     "chunks whose first row is issued"},
    {"lanes", "idle",
     [](const Counters& c, const ArrayBlocks& b, const Switches& s) { return run(c, s) * b.lanes; },
     "every cycle of the array's clock"},
    {"walkers", "walk_ops",
     [](const Counters& c, const ArrayBlocks&, const Switches&) { return n(c.walk_ops); },
     "positions walked"},
    {"walkers", "starts",
     [](const Counters& c, const ArrayBlocks&, const Switches&) {
       return n(c.walker_cycles) - n(c.walk_ops);
     },
     "rows taken by a walker that was idle: walker_cycles less walk_ops"},
    {"walkers", "rows_issued",
     [](const Counters& c, const ArrayBlocks& b, const Switches&) { return n(c.rows_issued) * b.walkers; },
     "weight rows (bit-planes) issued"},
    {"walkers", "chunks_issued",
     [](const Counters& c, const ArrayBlocks& b, const Switches&) { return n(c.chunks_issued) * b.walkers; },
     "maps loaded"},
    {"walkers", "idle",
     [](const Counters& c, const ArrayBlocks& b, const Switches& s) { return run(c, s) * b.walkers; },
     "every cycle of the array's clock"},
    {"walkers", "ungated_walker",
     [](const Counters& c, const ArrayBlocks& b, const Switches& s) {
       return s.gate_walker ? 0 : more(run(c, s) * b.walkers * block_pes - n(c.walker_cycles));
     },
     "cycles of a walker that its gate would have stopped"},
    {"group", "walk_ops",
     [](const Counters& c, const ArrayBlocks& b, const Switches&) {
       return n(c.walk_ops) * b.groups_per_walker;
     },
     "positions that a walker offers the group"},
    {"group", "bit_ops", [](const Counters& c, const ArrayBlocks&, const Switches&) { return n(c.bit_ops); },
     "operands added"},
    {"group", "group_cycles",
     [](const Counters& c, const ArrayBlocks& b, const Switches&) { return n(c.group_cycles) * b.lanes; },
     "cycles in which a walker of the group is at work"},
    {"group", "flush_ops",
     [](const Counters& c, const ArrayBlocks&, const Switches&) { return n(c.flush_ops); },
     "PE cycles in which sums are completed, SETUP included"},
    {"group", "chunks_issued",
     [](const Counters& c, const ArrayBlocks& b, const Switches&) { return n(c.chunks_issued) * b.group; },
     "activation entries loaded"},
    {"group", "idle",
     [](const Counters& c, const ArrayBlocks& b, const Switches& s) { return run(c, s) * b.group; },
     "every cycle of the array's clock"},
    {"group", "ungated_group",
     [](const Counters& c, const ArrayBlocks& b, const Switches& s) {
       Switches gated = s;
       gated.gate_group = true;
       return s.gate_group ? 0 : more(clocked(c, b, s) - clocked(c, b, gated)) / block_pes;
     },
     "cycles of 16 PEs that the group's gate would have stopped"},
    {"group", "ungated_operand",
     [](const Counters& c, const ArrayBlocks& b, const Switches& s) {
       return s.gate_operand && s.gate_sum ? 0 : more(clocked(c, b, s) - n(c.bit_ops));
     },
     "PE cycles in which an operand register's gate would have stopped it"},
    {"group", "ungated_sum",
     [](const Counters& c, const ArrayBlocks& b, const Switches& s) {
       return s.gate_sum ? 0 : more(clocked(c, b, s) - n(c.bit_ops) - n(c.flush_ops));
     },
     "PE cycles in which a sum's gate would have stopped it"},
    {"group", "ungated_segment",
     [](const Counters& c, const ArrayBlocks& b, const Switches& s) {
       if (s.gate_segment) return 0.0;
       return s.gate_sum ? n(c.bit_ops) + n(c.flush_ops) : clocked(c, b, s);
     },
     "PE cycles of a sum in which its segments have no gate"},
};

}  // namespace

ArrayBlocks ArrayBlocks::of(const arch::Arch& arch) {
  const double columns = arch.pes_per_group / block_pes;
  return {columns, columns * arch.groups() / arch.groups_per_walker, columns * arch.groups(),
          static_cast<double>(arch.groups_per_walker)};
}

std::span<const ArrayEvent> array_events() { return events; }

}  // namespace wd::sim
