// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>

#include "base/error.hpp"
#include "hw/silicon/netlist.hpp"

namespace wd::silicon {
namespace {

std::string net_name(int net) { return net < 2 ? text("1'b", net) : text("n", net); }

/// The module's head, its nets, and their ties to the ports.
std::string top_begins(const Netlist& netlist) {
  std::string out = "module " + netlist.top + " (";
  for (const Port& port : netlist.ports) out += (&port == &netlist.ports[0] ? "" : ", ") + port.name;
  out += ");\n";
  for (const Port& port : netlist.ports)
    out += text(port.input ? "  input [" : "  output [", port.nets.size() - 1, ":0] ", port.name, ";\n");
  for (int n = 2; n < netlist.nets; ++n) out += text("  wire n", n, ";\n");
  for (const Port& port : netlist.ports)
    for (std::size_t bit = 0; bit < port.nets.size(); ++bit) {
      const std::string own = text(port.name, "[", bit, "]"), net = net_name(port.nets[bit]);
      out += text("  assign ", port.input ? net : own, " = ", port.input ? own : net, ";\n");
    }
  return out;
}

std::string instance_line(const Netlist& netlist, std::size_t i) {
  const Instance& one = netlist.instances[i];
  std::string pins;
  for (std::size_t p = 0; p < one.nets.size(); ++p)
    if (one.nets[p] >= 0)
      pins += text(pins.empty() ? "" : ", ", ".", one.cell->pins[p].name, "(", net_name(one.nets[p]), ")");
  return text("  ", one.cell->name, " i", i, " (", pins, ");\n");
}

}  // namespace

std::string flat_verilog(const Netlist& netlist) {
  std::string out = top_begins(netlist);
  for (std::size_t i = 0; i < netlist.instances.size(); ++i) out += instance_line(netlist, i);
  return out + "endmodule\n";
}

std::string blocked_verilog(const Netlist& netlist) {
  std::string top = top_begins(netlist), blocks;
  for (std::size_t first = 0; first < netlist.instances.size(); first += instances_of_block) {
    std::map<int, bool> nets;  // those of the block, and whether it drives them
    std::string lines, names, directions, ties;
    for (std::size_t i = first; i < std::min(first + instances_of_block, netlist.instances.size()); ++i) {
      const Instance& one = netlist.instances[i];
      for (std::size_t p = 0; p < one.nets.size(); ++p)
        if (one.nets[p] >= 2)
          nets[one.nets[p]] = nets[one.nets[p]] || one.cell->pins[p].direction == Direction::output;
      lines += instance_line(netlist, i);
    }
    for (const auto& [net, driven] : nets) {
      names += text(names.empty() ? "n" : ", n", net);
      directions += text(driven ? "  output n" : "  input n", net, ";\n");
      ties += text(ties.empty() ? ".n" : ", .n", net, "(n", net, ")");
    }
    const std::size_t number = first / instances_of_block;
    blocks += text("module ", netlist.top, "_block_", number, " (", names, ");\n", directions, lines,
                   "endmodule\n");
    top += text("  ", netlist.top, "_block_", number, " b", number, " (", ties, ");\n");
  }
  return top + "endmodule\n" + blocks;
}

}  // namespace wd::silicon
