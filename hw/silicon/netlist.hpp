// SPDX-License-Identifier: Apache-2.0
// A netlist of library cells: hierarchical in Yosys' JSON, flat here, each instance with the module instance it lies in.
//
// What      pins of memories (hw/syn's wd_memory_*) and modules that synthesis has cut are no cells: their nets end at ports.
// Shape     nets are numbered; the first two are the constants 0 and 1. The top module's ports are lists of nets, bit 0 first.
// Errors    a cell that the library lacks, a pin that the cell lacks, a net with two drivers: wd::Error.
// Test      netlist_test.cpp
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <utility>
#include <vector>

#include "hw/silicon/liberty.hpp"

namespace wd::silicon {

/// An instance of a module; number 0 is the top module.
struct Scope {
  std::string path, module;  // "u_group/u_pe", "wd_walker_pe"; of the top module the path is empty
  int parent = -1;
};

struct Instance {
  const Cell* cell = nullptr;
  int scope = 0;
  std::vector<int> nets;  // by pin of the cell; -1: not connected
};

struct Port {
  std::string name;
  bool input = false;
  std::vector<int> nets;
};

inline constexpr const char* outside_port = "wd_outside";
inline constexpr const char* inside_port = "wd_inside";

/// What nobody has placed and routed: capacitance of a net's wires.
struct WireAssumption {
  double fixed_ff = 0, per_pin_ff = 0;
};

/// A net that nothing here drives: a memory's data, or an output of a module that was cut. The RTL has it under these names, as
/// "u_bank.data_o", bit 3.
struct Outside {
  std::vector<std::pair<std::string, int>> names;
  int net = 0;
};

struct Netlist {
  std::string top;
  std::vector<Scope> scopes;
  std::vector<Instance> instances;
  std::vector<Port>
      ports;  // outside nets are one more input, and what goes to memories and cut modules one more output:
  std::vector<Outside> outside;  // outside_port, inside_port; only those with pins
  int nets = 2;

  const Port& port(const std::string& name) const;
  double area() const;
  /// By net: capacitance of pins and wires, fF.
  std::vector<double> loads(const WireAssumption& wires) const;
  /// By net: the pin that drives it, {-1, -1} for inputs of the top module and constants.
  struct Driver {
    int instance = -1, pin = -1;
  };
  std::vector<Driver> drivers() const;
  /// By net: it carries the clock, from `clock` through gates and buffers to clock pins.
  std::vector<bool> clock_nets(const std::string& clock) const;
};

Netlist flatten(const nlohmann::json& design, const std::string& top, const Library& library,
                const std::string& origin);
Netlist read_netlist(const std::filesystem::path& path, const std::string& top, const Library& library);

/// The flat netlist in Verilog: net n is "n", instance i "i", after these letters their numbers.
std::string flat_verilog(const Netlist& netlist);

/// For the simulator, the same with every 128 instances in a module of their own, "b" and its number: vvp looks instances up one
/// by one, which takes minutes where all are in one module. All nets are those of the top module.
std::string blocked_verilog(const Netlist& netlist);
inline constexpr std::size_t instances_of_block = 128;

}  // namespace wd::silicon
