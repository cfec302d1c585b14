// SPDX-License-Identifier: Apache-2.0
// A power table: energy of each block's events, leakage, memories, and how they scale; read and written as JSON.
//
// Shape     docs/power.md, "The table"
// Units     fJ, nW, um2, ns, volt, MHz; as the names say.
// Errors    unknown keys, blocks and events, what is missing, negative or not finite, another kind or version: wd::Error with the
//           file, the field, the value and what is allowed.
// Test      power_table_test.cpp
#pragma once

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "hw/arch/arch.hpp"

namespace wd::sim {

inline constexpr const char* power_table_kind = "whitedwarf power table";
inline constexpr int power_table_version = 2;

/// Origin of blocks that `characterize` has simulated.
inline constexpr const char* measured_origin = "measured on the RTL's netlist";

struct EventPower {
  std::string event;            // a counter, `idle`, or one of the block's own: sim/power_blocks.def
  double fj = 0;                // each
  std::optional<double> count;  // that the figure was fitted to
  std::string origin;           // "fitted", "measured", "assumed", ...
};

struct BlockPower {
  std::string block;  // sim/power_blocks.def, which also says of what unit
  std::vector<EventPower> events;
  double leakage_nw = 0, area_um2 = 0;  // of a unit
  std::optional<double> cells, worst_path_ns;
  std::optional<double> wire_share;    // of its dynamic energy, that assumed wires take
  std::optional<double> glitch_share;  // of its dynamic energy
  std::optional<double> residual;      // of the fit, relative
  std::optional<double> held_out_error;
  std::string origin;
};

/// What is other in a chip whose parameters have these values: its events, leakage and so on replace those of the table.
struct PowerVariant {
  std::string name;
  nlohmann::json arch;  // parameters with values
  std::vector<BlockPower> blocks;
  std::string origin;
};

/// Energy of an access: fj * KB^kb_exponent * (bits / 64)^bits_exponent of a macro.
struct AccessForm {
  double fj = 0, kb_exponent = 0, bits_exponent = 0;
};

struct SramForm {
  AccessForm read, write;
  double leakage_nw_per_kb = 0;
  double volt = 0;  // that these hold for
  int widest_macro_bits = 256;
  double least_kb = 0, most_kb = 0;  // of a macro, that the form was fitted for
  std::string origin;
};

struct DramForm {
  double fj_per_bit = 0;
  std::string origin;
};

/// How figures follow the voltage: docs/power.md, "Voltage and clock".
struct ScalingLaw {
  double least_volt = 0, most_volt = 0;  // beyond these it is refused
  double alpha = 0, threshold_volt = 0;  // alpha-power law of the clock
  double leakage_per_volt = 0;           // leakage current grows by exp(this * V)
  std::string origin;
};

struct LibraryOfTable {
  std::string name, file, sha256, corner;
  double process = 1, volt = 0, celsius = 0;
};

struct PowerTable {
  std::string name;
  LibraryOfTable library;
  nlohmann::json provenance = nlohmann::json::object();  // date, command, and what else there is to tell
  arch::Arch arch;                                       // that was characterized
  double megahertz = 0;                   // clock that figures are told at unless another is asked for
  std::optional<double> slowest_path_ns;  // of the chip; without it no clock is refused, and figures say so
  ScalingLaw scaling;
  std::vector<BlockPower> blocks;
  std::vector<PowerVariant> variants;
  std::map<std::string, std::string> elsewhere;  // blocks that it lacks, by where their energy is booked
  SramForm sram;
  DramForm dram;
  double wire_share = 0;  // of blocks that do not say theirs
  std::string wires_origin;

  nlohmann::json to_json() const;
  /// @param origin what messages call it: the file
  static PowerTable from_json(const nlohmann::json& value, const std::string& origin);
  /// The table with what its variants say for this chip.
  std::vector<BlockPower> blocks_of(const arch::Arch& chip) const;
};

PowerTable read_power_table(const std::filesystem::path& file);

}  // namespace wd::sim
