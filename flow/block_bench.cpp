// SPDX-License-Identifier: Apache-2.0
#include "flow/block_bench.hpp"

#include "base/error.hpp"
#include "hw/silicon/stepper.hpp"

namespace wd::flow {
namespace {

using silicon::Netlist;
using silicon::Port;

/// ".a_i(in[7:0]), .b_i(in[8:8])" of consecutive bits.
std::size_t connect(std::string& to, const std::vector<const Port*>& ports, const char* vector) {
  std::size_t at = 0;
  for (const Port* port : ports) {
    to += text(to.empty() ? "" : ",\n    ", ".", port->name, "(", vector, "[", at + port->nets.size() - 1,
               ":", at, "])");
    at += port->nets.size();
  }
  return at;
}

std::string state_name(const Netlist& netlist, int instance) {
  const silicon::Cell& cell = *netlist.instances[static_cast<std::size_t>(instance)].cell;
  const bool gate = cell.state.kind == silicon::State::Kind::gate;
  return text("dut.b", static_cast<std::size_t>(instance) / silicon::instances_of_block, ".i", instance, ".",
              gate ? "wd_held" : cell.names.at(cell.pins.size()));
}

}  // namespace

std::string block_bench(const Netlist& netlist, double period_ns, const BenchFiles& files) {
  const BenchPorts ports(netlist);
  std::string connections;
  const auto bits = [&](const std::vector<const Port*>& list, const char* vector) {
    return std::max<std::size_t>(1, connect(connections, list, vector));
  };
  const std::size_t clocks = bits(ports.clocks, "clk"), inputs = bits(ports.inputs, "in"),
                    outputs = bits(ports.outputs, "out");
  std::string load;
  const std::vector<int> stateful = silicon::Stepper(netlist).stateful();
  for (std::size_t s = 0; s < stateful.size(); ++s)
    load += text("      ", state_name(netlist, stateful[s]), " = states[", s, "];\n");
  std::string out = "`timescale 1ns / 1ps\nmodule block_bench;\n  reg cycle = 1'b0;\n";
  out += text("  reg [", clocks - 1, ":0] clk = 0, ticks;\n  reg [", inputs - 1, ":0] in, next;\n  reg [",
              outputs - 1, ":0] expected;\n  wire [", outputs - 1, ":0] out;\n  reg [",
              std::max<std::size_t>(1, stateful.size()) - 1,
              ":0] states;\n  integer file, got, jump, line;\n  ", netlist.top, " dut (", connections,
              ");\n  task load_states;\n    begin\n", load, "    end\n  endtask\n");
  out += text("  initial begin\n    `include \"", files.delays.string(), "\"\n    file = $fopen(\"",
              files.stimulus.string(), "\", \"r\");\n    $dumpfile(\"", files.waves.string(),
              "\");\n    $dumpvars(1, dut);\n    $dumpvars(1, cycle);\n");
  const std::string read = "    got = $fscanf(file, \"%d %h %h %h\\n\", jump, ticks, next, expected);\n";
  out += read + text("    in = next;\n    line = 0;\n    #", period_ns, ";\n    while (got == 4) begin\n");
  out += text(
      "      cycle = ~cycle;\n      if (jump == 1) begin\n        got = $fscanf(file, \"%h\\n\", states);\n"
      "        load_states;\n      end else clk = ticks;\n      #0.1 in = next;\n      #",
      period_ns / 2 - 0.1, " clk = 0;\n      #", period_ns / 2 - 0.05,
      ";\n      if (out !== expected) $display(\"differs %0d %h\", line, out);\n      line = line + 1;\n  ",
      read, "      #0.05;\n    end\n    $display(\"lines %0d\", line);\n    $finish;\n  end\nendmodule\n");
  return out;
}

}  // namespace wd::flow
