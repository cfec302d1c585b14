// SPDX-License-Identifier: Apache-2.0
// Energy of a run, by block, from its counters and a versioned table.
//
// Units     picojoule for the counters given (a frame, or a sum over frames).
// Source    sim/energy.def holds each figure with its provenance; absolute figures are good to a factor of
//           two at chip level, ratios between runs of one table to 10-15 %.
// Not       placement, wires between blocks, or a process other than the table's.
// Test      sim_test.cpp
#pragma once

#include <string>
#include <vector>

#include "hw/arch/arch.hpp"

namespace wd::sim {

struct EnergyBlock {
  std::string block;
  double picojoule = 0;
  std::string provenance;
};

struct Energy {
  std::string table = "45nm-1.1V-v2";
  double volt = 1.1, megahertz = 500;
  std::vector<EnergyBlock> blocks;  // of the chip
  double offchip_picojoule = 0;     // memory port traffic, not part of the chip
  std::vector<std::string> extrapolated;

  double chip_picojoule() const;
};

/// What whoever shows these energies must say beside them.
inline constexpr const char* energy_caveat =
    "energies are estimates from sim/energy.def, good to a factor of two: the array's events were measured "
    "at gate "
    "level on prototypes of this organisation, not on this netlist; memories are closed forms scaled to 1.1 "
    "V; "
    "clock spine, group clocks and flush are assumed";

/// Parameters of an array that the table's prototypes did not have, as "name value (known: values)". Empty: its events
/// are those of prototypes, or derived from them as their provenance says.
std::vector<std::string> extrapolated(const arch::Arch& arch);
/// What to say beside energies of such an array.
std::string extrapolation_caveat(const std::vector<std::string>& extrapolated);

/// Reads of one row by SRAM macros of at most 256 bits: the range that the CACTI fits hold for.
double sram_read_picojoule(double kilobytes, int bits);
double sram_write_picojoule(double kilobytes, int bits);

/// @param switches which clock gates are on; skipping shows in the counters already.
Energy estimate_energy(const arch::Counters& counters, const arch::Arch& arch,
                       const arch::Switches& switches);

}  // namespace wd::sim
