// SPDX-License-Identifier: Apache-2.0
// A library of cells as power needs it: areas, pins, functions, leakage and internal energy.
//
// Units     as in the members' names, whatever the file's; area as in the file (square micrometres in those known).
// Numerics  internal energies are in capacitive_load_unit times voltage_unit squared.
// Errors    a file that is no liberty, a table whose numbers or axes do not fit, a `when` of unknown pins: wd::Error with file
//           and line. A library without energy: require_power(), require_delays().
// Not       delays: OpenSTA and Yosys read them; Timing tells only which pins they go from and to, and whether there are any. Their
//           tables are checked, as both would go on with what is damaged, or end without saying where.
// Source    Liberty User Guide and Reference Manual, 2017.06
// Test      liberty_test.cpp, liberty_dialects_test.cpp
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "hw/silicon/logic.hpp"
#include "hw/silicon/power_table.hpp"

namespace wd::silicon {

/// Energy of a pin's transitions. An output's names the input that causes them.
struct InternalPower {
  int related = -1;  // pin of the cell; -1: none
  std::optional<Logic> when;
  std::optional<PowerTable> rise, fall;
  std::string rail;  // energies of different rails add
  int line = 0;
};

struct Timing {
  int related = -1;
  std::string type;     // "combinational" where the file says nothing
  bool delays = false;  // it has tables of them
};

enum class Direction { input, output, inout, internal };

struct Pin {
  std::string name;
  Direction direction = Direction::input;
  double capacitance_ff = 0;
  std::optional<Logic> function;  // of pins and of the cell's states
  bool clock = false;
  bool three_state = false;
  std::vector<InternalPower> powers;
  std::vector<Timing> timings;
};

struct Leakage {
  std::optional<Logic> when;
  double nanowatt = 0;
};

/// Of a flip-flop: next state and clock; of a latch: data and enable.
struct State {
  enum class Kind { none, flop, latch, gate };
  Kind kind = Kind::none;
  std::optional<Logic> data, clock, clear, preset;
};

struct Cell {
  std::string name;
  int line = 0;
  double area = 0;
  bool dont_use = false;
  std::vector<Pin> pins;
  std::vector<std::string> names;  // what functions read: pins, then the two states
  State state;
  std::vector<Leakage> leakages;
  double leakage_nw = 0;  // where no `when` holds
  bool has_leakage = false;

  int pin(const std::string& wanted) const;  // -1: none
  bool has_power() const;
  /// An output pin whose value is not always the same: it takes time and energy.
  bool computes(std::size_t pin) const;
  bool has_delays(std::size_t pin) const;
};

struct Library {
  std::string origin, name, corner;  // file; the library's; its operating conditions
  int line = 0, voltage_line = 0;    // where they stand
  double voltage = 0, temperature = 0, process = 1;
  std::map<std::string, Cell> cells;

  /// Refuse a library whose cells have no energy of transitions, or no delays, with the first one's line; and a cell that synthesis
  /// may choose (a function of its inputs) without delays.
  void require_power() const;
  void require_delays() const;
  /// The cell. Errors: unknown, or without leakage and energy, with its line.
  const Cell& powered(const std::string& name) const;
};

Library parse_library(std::string_view text, const std::string& origin);
Library read_library(const std::filesystem::path& path);

}  // namespace wd::silicon
