// SPDX-License-Identifier: Apache-2.0
#include "hw/silicon/cell_models.hpp"

#include <map>

#include "base/error.hpp"

namespace wd::silicon {
namespace {

bool port(const Pin& pin) { return pin.direction != Direction::internal; }

/// The two states, as the outputs name them, and what sets them.
std::string states(const Library& library, const Cell& cell) {
  const State& state = cell.state;
  if (state.kind == State::Kind::none) return "";
  const std::size_t pins = cell.pins.size();
  WD_REQUIRE(state.kind != State::Kind::gate, library.origin, ":", cell.line, ": cell ", cell.name,
             ": a clock gate has no states here");
  WD_REQUIRE(cell.names.size() >= pins + 1 && state.data && state.clock, library.origin, ":", cell.line,
             ": cell ", cell.name, ": its flip-flop or latch lacks data or clock");
  const auto expression = [&](const Logic& logic) { return logic.verilog(cell.names); };
  const std::string q = cell.names[pins];
  std::string out = "  reg " + q + ";\n  initial " + q + " = 1'b0;\n";
  if (cell.names.size() > pins + 1) out += "  wire " + cell.names[pins + 1] + " = ~" + q + ";\n";
  const std::string clear = state.clear ? expression(*state.clear) : "1'b0",
                    preset = state.preset ? expression(*state.preset) : "1'b0";
  if (state.kind == State::Kind::flop) {
    out += "  wire wd_clock = " + expression(*state.clock) + ", wd_clear = " + clear +
           ", wd_preset = " + preset + ";\n";
    std::string edges = "posedge wd_clock";
    if (state.clear) edges += " or posedge wd_clear";
    if (state.preset) edges += " or posedge wd_preset";
    out += "  always @(" + edges + ") " + q +
           " <= wd_clear ? 1'b0 : wd_preset ? 1'b1 : " + expression(*state.data) + ";\n";
  } else {
    out += "  always @* if (" + clear + ") " + q + " = 1'b0; else if (" + preset + ") " + q +
           " = 1'b1; else if (" + expression(*state.clock) + ") " + q + " = " + expression(*state.data) +
           ";\n";
  }
  return out;
}

std::string gate(const Library& library, const Cell& cell) {
  std::string clock, out;
  std::string enable;
  for (const Pin& pin : cell.pins) {
    if (pin.direction == Direction::input && pin.clock) clock = pin.name;
    if (pin.direction == Direction::input && !pin.clock) enable += (enable.empty() ? "" : " | ") + pin.name;
    if (pin.direction == Direction::output) out = pin.name;
  }
  WD_REQUIRE(!clock.empty() && !enable.empty() && !out.empty(), library.origin, ":", cell.line, ": cell ",
             cell.name, ": the clock gate lacks its clock, enable or output");
  return "  reg wd_held;\n  initial wd_held = 1'b0;\n  always @* if (!" + clock + ") wd_held = " + enable +
         ";\n  assign " + out + " = " + clock + " & wd_held;\n";
}

std::string paths(const Cell& cell) {
  std::string out;
  std::set<std::pair<std::string, std::string>> seen;
  for (const Pin& pin : cell.pins)
    if (pin.direction == Direction::output)
      for (const Timing& timing : pin.timings) {
        if (timing.related < 0 || static_cast<std::size_t>(timing.related) >= cell.pins.size()) continue;
        const std::string& from = cell.pins[static_cast<std::size_t>(timing.related)].name;
        if (seen.insert({from, pin.name}).second) out += "    (" + from + " => " + pin.name + ") = (0, 0);\n";
      }
  return out.empty() ? "" : "  specify\n" + out + "  endspecify\n";
}

}  // namespace

std::string cell_model(const Library& library, const Cell& cell) {
  std::string ports, directions, body;
  for (const Pin& pin : cell.pins) {
    if (!port(pin)) continue;
    ports += (ports.empty() ? "" : ", ") + pin.name;
    directions += (pin.direction == Direction::output ? "  output " : "  input ") + pin.name + ";\n";
  }
  if (cell.state.kind == State::Kind::gate) {
    body = gate(library, cell);
  } else {
    body = states(library, cell);
    for (const Pin& pin : cell.pins) {
      if (pin.direction != Direction::output) continue;
      WD_REQUIRE(pin.function, library.origin, ":", cell.line, ": cell ", cell.name, ": output ", pin.name,
                 " has no function");
      body += "  assign " + pin.name + " = " + pin.function->verilog(cell.names) + ";\n";
    }
    body += paths(cell);
  }
  return "module " + cell.name + " (" + ports + ");\n" + directions + body + "endmodule\n";
}

std::string cell_models(const Library& library, const Netlist& netlist) {
  std::map<std::string, const Cell*> used;
  for (const Instance& instance : netlist.instances) used[instance.cell->name] = instance.cell;
  std::string out;
  for (const auto& [name, cell] : used) out += cell_model(library, *cell);
  return out;
}

}  // namespace wd::silicon
