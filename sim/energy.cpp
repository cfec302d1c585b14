// SPDX-License-Identifier: Apache-2.0
#include "sim/energy.hpp"

#include <cmath>

#include "base/error.hpp"
#include "sim/energy_walker_sets.hpp"

namespace wd::sim {
namespace {

namespace table {
#define ENERGY(name, value, unit, provenance) \
  constexpr double name = value;              \
  constexpr const char* name##_from = provenance;
#include "sim/energy.def"
#undef ENERGY
}  // namespace table

constexpr int widest_macro_bits = 256;

/// The blocks of the organisation that the architecture names.
std::vector<EnergyBlock> array_energy(const arch::Counters& counters, const arch::Arch& arch,
                                      const arch::Switches& switches) {
  switch (arch.array()) {
    case arch::Organisation::walker_sets:
      return walker_sets_energy(counters, arch, switches);
  }
  fail("energy: organisation ", arch.organisation, " is unknown");
}

int macros(int bits) { return (bits + widest_macro_bits - 1) / widest_macro_bits; }

}  // namespace

std::vector<std::string> extrapolated(const arch::Arch& arch) {
  switch (arch.array()) {
    case arch::Organisation::walker_sets:
      return walker_sets_extrapolated(arch);
  }
  fail("energy: organisation ", arch.organisation, " is unknown");
}

std::string extrapolation_caveat(const std::vector<std::string>& extrapolated) {
  std::string out;
  for (const std::string& one : extrapolated) out += (out.empty() ? "" : ", ") + one;
  return "energy of the array is extrapolated, no prototype had " + out;
}

double Energy::chip_picojoule() const {
  double sum = 0;
  for (const EnergyBlock& block : blocks) sum += block.picojoule;
  return sum;
}

double sram_read_picojoule(double kilobytes, int bits) {
  const int n = macros(bits);
  return n * table::sram_read_scale_pj * std::pow(kilobytes / n, 0.70) * std::pow(bits / 64.0 / n, 0.29);
}

double sram_write_picojoule(double kilobytes, int bits) {
  const int n = macros(bits);
  return n * table::sram_write_scale_pj * std::pow(kilobytes / n, 0.42) * std::pow(bits / 64.0 / n, 0.89);
}

Energy estimate_energy(const arch::Counters& c, const arch::Arch& arch, const arch::Switches& switches) {
  const auto n = [](std::uint64_t count) { return static_cast<double>(count); };
  const int row_bits = arch.pes_per_group * 2 * arch.chunk, act_bits = 8 * arch.chunk,
            norm_bits = 32 * arch::block;
  const double row_kb = row_bits / 8192.0 * arch.weight_rows, bank_kb = act_bits / 8192.0 * arch.act_rows,
               norm_kb = norm_bits / 8192.0 * arch.norm_rows;
  const double on_chip_kb = row_kb + bank_kb * arch.groups() + norm_kb;
  Energy energy;
  const double cycle_ns = 1000 / energy.megahertz;
  energy.blocks = array_energy(c, arch, switches);
  energy.extrapolated = extrapolated(arch);
  const std::vector<EnergyBlock> chip = {
      {"weight buffer", n(c.rows_issued) * sram_read_picojoule(row_kb, row_bits),
       table::sram_read_scale_pj_from},
      {"activation buffer",
       n(c.act_reads + c.residual_reads) * sram_read_picojoule(bank_kb, act_bits) +
           n(c.act_writes) * sram_write_picojoule(bank_kb, act_bits),
       table::sram_read_scale_pj_from},
      // A beat is written to one macro: at most four words of a row, or one activation word.
      {"buffer fill", n(c.beats_read) * sram_write_picojoule(row_kb / macros(row_bits), arch.bus_bits),
       table::sram_write_scale_pj_from},
      {"post unit",
       n(c.post_ops) * table::post_pj + n(c.norm_reads) * sram_read_picojoule(norm_kb, norm_bits),
       table::post_pj_from},
      {"SRAM leakage", n(c.cycles) * cycle_ns * on_chip_kb * table::sram_leakage_mw_per_kb,
       table::sram_leakage_mw_per_kb_from},
  };
  energy.blocks.insert(energy.blocks.end(), chip.begin(), chip.end());
  energy.offchip_picojoule = n(c.beats_read + c.beats_written) * arch.bus_bits * table::memory_pj_per_bit;
  return energy;
}

}  // namespace wd::sim
