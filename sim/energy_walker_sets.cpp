// SPDX-License-Identifier: Apache-2.0
#include "sim/energy_walker_sets.hpp"

#include <utility>

#include "base/error.hpp"

namespace wd::sim {
namespace {

namespace table {
#define ENERGY(name, value, unit, provenance) \
  constexpr double name = value;              \
  constexpr const char* name##_from = provenance;
#include "sim/energy_walker_sets.def"
#undef ENERGY
}  // namespace table

double n(std::uint64_t count) { return static_cast<double>(count); }

/// Energy and origin of an operand in the PE that the architecture names.
std::pair<double, const char*> operand_figure(const arch::Arch& arch) {
  if (arch.multiplier()) return {table::operand_multiplier_pj, table::operand_multiplier_pj_from};
  if (arch.sum_segment == 0) return {table::operand_plain_pj, table::operand_plain_pj_from};
  if (arch.latch_operand == 1) return {table::operand_latch_pj, table::operand_latch_pj_from};
  return {table::operand_pj, table::operand_pj_from};
}

/// Flops of a level of the clock-gating network, as hw/rtl/wd_walker*.sv has them; addends in latches count as flops.
struct Flops {
  explicit Flops(const arch::Arch& arch)
      : walker((1 + arch.entries) * arch.chunk + 2 * arch.window + 6), operand(arch.multiplier() ? 13 : 12) {
    const int low = arch.sum_segment, addend = arch.multiplier() ? 21 : 20, word = 22;
    if (low == 0) {
      sum = arch.acc_bits + 1;
      return;
    }
    sum = (addend - low) + (word - low) + 5;
    segments = 2 * low + arch.acc_bits - word;
  }

  const double walker;   // pending, rem, slot, the pick
  const double operand;  // code, sign, weight, its turn
  double sum =
      0;  // addend's upper part, middle segment, flags; or all of a plain sum, which has no addend register
  double segments = 0;  // low segment and its addend, high segment
};

/// PE cycles in which the group's clock runs: for the walkers, and for the flush.
double clocked_pe_cycles(const arch::Counters& c, const arch::Arch& arch, const arch::Switches& switches) {
  if (switches.gate_group) return n(c.group_cycles) * arch.pes_per_group + n(c.flush_ops);
  return n(switches.gate_array ? c.run_cycles : c.cycles) * arch.pes();
}

/// What registers cost that run without need because their level's gate is off.
double ungated_picojoule(const arch::Counters& c, const arch::Arch& arch, const arch::Switches& switches) {
  const Flops flops(arch);
  const double run = n(switches.gate_array ? c.run_cycles : c.cycles);
  const double pes = clocked_pe_cycles(c, arch, switches), sums = n(c.bit_ops + c.flush_ops);
  double flop_cycles = 0;
  if (!switches.gate_walker) flop_cycles += flops.walker * (run * arch.walkers() - n(c.walker_cycles));
  // Sums that run without need take the operand register with them.
  if (!switches.gate_operand || !switches.gate_sum) flop_cycles += flops.operand * (pes - n(c.bit_ops));
  if (!switches.gate_sum) flop_cycles += flops.sum * (pes - sums);
  if (!switches.gate_segment) flop_cycles += flops.segments * (switches.gate_sum ? sums : pes);
  return flop_cycles * table::flop_clock_pj;
}

}  // namespace

std::vector<std::string> walker_sets_extrapolated(const arch::Arch& arch) {
  std::vector<std::string> list;
  const auto require = [&](bool known, const char* name, int value, const std::string& what) {
    if (!known) list.push_back(text(name, " ", value, " (known: ", what, ")"));
  };
  const int window = arch.planes_per_row == 1 ? 4 : 2;
  require(arch.pes_per_group == 64, "pes_per_group", arch.pes_per_group, "64");
  require(arch.chunk == 16, "chunk", arch.chunk, "16");
  require(arch.window == window, "window", arch.window,
          text(window, " with planes_per_row ", arch.planes_per_row));
  require(arch.acc_bits == 36, "acc_bits", arch.acc_bits, "36");
  require(arch.groups_per_walker == 1 || arch.groups_per_walker == 16, "groups_per_walker",
          arch.groups_per_walker, "1 and 16");
  require(arch.entries == 2, "entries", arch.entries, "2");
  require(arch.sum_segment == 0 || arch.sum_segment == 8, "sum_segment", arch.sum_segment, "0 and 8");
  return list;
}

std::vector<EnergyBlock> walker_sets_energy(const arch::Counters& c, const arch::Arch& arch,
                                            const arch::Switches& switches) {
  const double run = n(switches.gate_array ? c.run_cycles : c.cycles);
  const double groups = switches.gate_group ? n(c.group_cycles) : run * arch.groups();
  const auto [operand, operand_from] = operand_figure(arch);
  return {
      {"PE operands", n(c.bit_ops) * operand, operand_from},
      {"walkers and picks", n(c.walk_ops) * (table::walk_pj + table::walk_group_pj * arch.groups_per_walker),
       table::walk_pj_from},
      {"activation entries", n(c.chunks_issued) * arch.pes() * table::chunk_pj, table::chunk_pj_from},
      {"flush", n(c.flush_ops) * table::flush_pj, table::flush_pj_from},
      {"array leakage", n(c.cycles) * arch.pes() * table::leakage_pj, table::leakage_pj_from},
      {"group clocks", groups * table::group_clock_pj, table::group_clock_pj_from},
      {"array clock", run * table::array_clock_pj, table::array_clock_pj_from},
      {"clocks not gated", ungated_picojoule(c, arch, switches), table::flop_clock_pj_from},
  };
}

}  // namespace wd::sim
