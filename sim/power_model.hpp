// SPDX-License-Identifier: Apache-2.0
// Energy of a run, by block, from its counters and a power table, at a voltage and a clock.
//
// Units     picojoule for the counters given: of an image, a layer, or a sum of frames.
// Numerics  linear in the counters: energies of layers add up to that of their sum.
// Source    docs/power.md, "The model"
// Errors    a voltage or a clock that the table cannot be scaled to: wd::Error that names the limit.
// Test      power_model_test.cpp
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/power_blocks.hpp"
#include "sim/power_table.hpp"

namespace wd::sim {

struct OperatingPoint {
  double volt = 0, megahertz = 0;
};

/// How a table's figures follow the voltage, relative to those at its own.
double dynamic_scale(const PowerTable& table, double volt);
double leakage_scale(const PowerTable& table, double volt);
double speed_scale(const PowerTable& table, double volt);
/// What messages call voltage and clock, and put before their values.
struct CornerNames {
  const char *volt = "--voltage", *megahertz = "--clock", *is = " ";
};
/// @param volt, megahertz the table's own where none is given; the clock then follows the voltage
OperatingPoint operating_point(const PowerTable& table, std::optional<double> volt = {},
                               std::optional<double> megahertz = {}, const CornerNames& names = {});

/// What a sensitivity may scale.
enum class PowerPart { logic, clock_tree, sram };

struct BlockEnergy {
  std::string block;
  PowerPart part = PowerPart::logic;
  double dynamic_pj = 0;  // all of it but leakage
  double leakage_pj = 0;
  double ungated_pj = 0;  // of dynamic_pj: because a gate is off
  double wires_pj = 0;    // of dynamic_pj: assumed wires
  std::string origin;

  double picojoule() const { return dynamic_pj + leakage_pj; }
};

struct PowerEstimate {
  std::string table, library;
  OperatingPoint point;
  std::vector<BlockEnergy> blocks;  // of the chip
  double offchip_pj = 0;            // traffic of the memory port, not part of the chip
  std::string offchip_origin;
  std::vector<std::string> missing;        // blocks whose energy is not in the table: the chip takes more
  std::vector<std::string> extrapolated;   // parameters of the chip that the table's did not have
  std::vector<std::string> unknown_gates;  // gates that are off without a figure for what that costs
  std::vector<std::string> assumed;        // what else is defaulted, scaled or out of the range of a form

  double chip_pj() const;
  double wires_pj() const;
  double part_pj(PowerPart part) const;
  /// What whoever shows these energies must say beside them, in one text.
  std::string caveat() const;
};

/// One assumption scaled: what the chip takes then.
struct PowerSensitivity {
  std::string what;
  double factor = 1, chip_pj = 0;
};

/// Wires, clock tree and memories, half and twice as much each.
std::vector<PowerSensitivity> sensitivities(const PowerEstimate& energy);

/// Parameters that energies of the array's events depend on.
const std::vector<std::string>& event_parameters();

/// "window 4 (known: 2)": parameters that neither the table's chip nor a variant had, and that energies of events depend on.
/// @param counts whether a variant does; none: all do
std::vector<std::string> extrapolated(const PowerTable& table, const arch::Arch& arch,
                                      bool (*counts)(const PowerVariant&) = nullptr);

/// @param switches which clock gates are on; what is skipped shows in the counters already
PowerEstimate estimate_power(const PowerTable& table, const CounterAmounts& counters, const arch::Arch& arch,
                             const arch::Switches& switches, const OperatingPoint& point);

}  // namespace wd::sim
