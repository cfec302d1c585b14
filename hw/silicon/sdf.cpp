// SPDX-License-Identifier: Apache-2.0
#include "hw/silicon/sdf.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <sstream>

#include "base/error.hpp"
#include "base/integer.hpp"

namespace wd::silicon {
namespace {

/// "i12" or "n7": its number, below `count`.
int number(std::string_view name, char letter, std::size_t count, const std::string& origin) {
  std::size_t value = count;
  const char* end = name.data() + name.size();
  const bool begins = !name.empty() && name[0] == letter;
  const auto [rest, error] = std::from_chars(name.data() + (begins ? 1 : 0), end, value);
  WD_REQUIRE(begins && error == std::errc{} && rest == end && value < count, origin, ": '", name,
             "' is no name of the netlist");
  return static_cast<int>(value);
}

bool drives_clock(const Instance& one, const std::vector<bool>& clock_nets) {
  for (std::size_t p = 0; p < one.nets.size(); ++p)
    if (one.nets[p] >= 0 && one.cell->pins[p].direction == Direction::output &&
        clock_nets[static_cast<std::size_t>(one.nets[p])])
      return true;
  return false;
}

bool needs_delay(const Instance& one) {
  for (std::size_t p = 0; p < one.nets.size(); ++p)
    if (one.nets[p] >= 0 && one.cell->computes(p)) return true;
  return false;
}

bool has_delays(const Instance& one) {
  for (std::size_t p = 0; p < one.nets.size(); ++p)
    if (one.nets[p] >= 0 && one.cell->has_delays(p)) return true;
  return false;
}

/// The next `(CELL ...)` from `at` on, which is moved behind it; empty at the end.
std::string_view next_cell(std::string_view sdf, std::size_t& at) {
  std::size_t begin = sdf.find("(CELL", at);
  if (sdf.substr(begin == std::string_view::npos ? sdf.size() : begin).starts_with("(CELLTYPE"))
    begin = sdf.find("(CELL", begin + 1);
  if (begin == std::string_view::npos) return {};
  int depth = 0;
  for (at = begin; at < sdf.size(); ++at) {
    depth += sdf[at] == '(' ? 1 : sdf[at] == ')' ? -1 : 0;
    if (depth == 0) return sdf.substr(begin, ++at - begin);
  }
  return {};
}

std::string_view between(std::string_view text, std::string_view before, char after) {
  const std::size_t begin = text.find(before);
  if (begin == std::string_view::npos) return {};
  const std::size_t from = begin + before.size();
  return text.substr(from, text.find(after, from) - from);
}

/// The largest number of "(0.1:0.2:0.3)"; 0 for "()".
std::string_view largest(std::string_view triple) {
  const std::size_t colon = triple.rfind(':');
  if (colon != std::string_view::npos) triple.remove_prefix(colon + 1);
  return triple.empty() ? "0" : triple;
}

struct Path {
  std::string_view from, to, rise, fall;
  bool conditional = false;
};

/// The paths of a cell, one for each pair of pins: the simulator knows no conditions, of several the one without counts.
std::vector<Path> paths_of(std::string_view cell) {
  std::vector<Path> list;
  for (std::size_t at = cell.find("(IOPATH "); at != std::string_view::npos;
       at = cell.find("(IOPATH ", at + 1)) {
    const std::string_view line = cell.substr(at + 8, cell.find('\n', at) - at - 8);
    const std::size_t middle = line.find(' '), end = line.find(' ', middle + 1), open = line.find('('),
                      close = line.find(')');
    if (end == std::string_view::npos || close == std::string_view::npos) continue;
    Path path{line.substr(0, middle),
              line.substr(middle + 1, end - middle - 1),
              largest(line.substr(open + 1, close - open - 1)),
              {},
              false};
    const std::size_t second = line.find('(', close);
    path.fall = second == std::string_view::npos
                    ? path.rise
                    : largest(line.substr(second + 1, line.find(')', second) - second - 1));
    const std::size_t before = cell.rfind('\n', at - 1), previous = cell.rfind('\n', before - 1);
    path.conditional = cell.substr(previous, before - previous).find("(COND") != std::string_view::npos;
    const auto same = std::find_if(list.begin(), list.end(), [&](const Path& one) {
      return one.from == path.from && one.to == path.to;
    });
    if (same == list.end())
      list.push_back(path);
    else if (same->conditional && !path.conditional)
      *same = path;
  }
  return list;
}

/// Nanoseconds of the file's unit; vvp takes all numbers for its own, whatever the file says.
double timescale_ns(std::string_view head, const std::string& origin) {
  std::string_view text = between(head, "(TIMESCALE", ')');
  if (text.empty()) return 1;
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  double value = 1;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  text.remove_prefix(error == std::errc{} ? static_cast<std::size_t>(rest - text.data()) : 0);
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  const std::pair<std::string_view, double> units[] = {{"us", 1e3}, {"ns", 1}, {"ps", 1e-3}};
  for (const auto& [unit, ns] : units)
    if (text == unit) return value * ns;
  fail(origin, ": TIMESCALE is '", text, "', must be of us, ns or ps");
}

std::string in_ns(std::string_view number, double unit_ns) {
  double value = 0;
  std::from_chars(number.data(), number.data() + number.size(), value);
  return text(value * unit_ns);
}

/// @param instead of all delays; empty: those of the cell, in units of `unit_ns`
void append_cell(std::string& out, std::string_view cell, std::string_view instance, std::string_view instead,
                 double unit_ns) {
  out += text("(CELL (CELLTYPE \"", between(cell, "(CELLTYPE \"", '"'), "\") (INSTANCE ", instance,
              ") (DELAY (ABSOLUTE\n");
  const auto delay = [&](std::string_view own) {
    return !instead.empty() ? std::string(instead) : unit_ns == 1 ? std::string(own) : in_ns(own, unit_ns);
  };
  for (const Path& path : paths_of(cell))
    out +=
        text(" (IOPATH ", path.from, " ", path.to, " (", delay(path.rise), ") (", delay(path.fall), "))\n");
  out += ")))\n";
}

/// "gated_o[0] wd_inside[17]"
std::string clock_outputs(const Netlist& netlist, const std::vector<bool>& clock_nets) {
  std::string names;
  for (const Port& port : netlist.ports)
    for (std::size_t bit = 0; bit < port.nets.size(); ++bit)
      if (!port.input && clock_nets[static_cast<std::size_t>(port.nets[bit])])
        names += text(names.empty() ? "" : " ", port.name, "[", bit, "]");
  return names;
}

std::string no_paths_to(const std::string& ports) {
  return ports.empty() ? "" : "set_false_path -to [get_ports {" + ports + "}]\n";
}

}  // namespace

void require_delays(const Library& library, const Netlist& netlist) {
  std::size_t instances = 0, without = 0;
  const Cell* first = nullptr;
  for (const Instance& one : netlist.instances) {
    if (!needs_delay(one)) continue;
    ++instances;
    if (has_delays(one)) continue;
    ++without;
    if (first == nullptr) first = one.cell;
  }
  if (without * 100 <= instances) return;
  fail(library.origin, ":", first->line, ": cell ", first->name,
       " has no timing tables (cell_rise, cell_fall): ", without, " of ", instances,
       " instances have no delay, at most 1 % may");
}

std::string timing_script(const Library& library, const Netlist& netlist, const std::vector<double>& loads_ff,
                          const std::string& clocks, const std::vector<bool>& clock_nets, double period_ns,
                          const std::filesystem::path& folder) {
  std::ostringstream out;
  out << "read_liberty {" << library.origin << "}\nset_cmd_units -time ns -capacitance fF\nread_verilog {"
      << (folder / "flat.v").string() << "}\nlink_design " << netlist.top << "\n";
  out << "create_clock -name clk -period " << period_ns << " [get_ports {" << clocks << "}]\n";
  out << "set_input_transition 0.05 [all_inputs]\n";
  const std::vector<double> pins = netlist.loads({});
  for (std::size_t net = 2; net < loads_ff.size(); ++net)
    if (loads_ff[net] > pins[net])
      out << "set_load " << loads_ff[net] - pins[net] << " [get_nets n" << net << "]\n";
  out << "write_sdf -divider . -no_timestamp -no_version {" << (folder / "delays.sdf").string() << "}\n";
  out << "set file [open {" << (folder / "slews.txt").string() << "} w]\n";
  const std::vector<Netlist::Driver> drivers = netlist.drivers();
  out << "proc slew {file net pin} { set p [get_pins $pin]\n puts $file \"$net [get_property $p "
         "actual_rise_transition_max] [get_property $p actual_fall_transition_max]\" }\n";
  for (std::size_t net = 2; net < drivers.size(); ++net)
    if (drivers[net].instance >= 0) {
      const Instance& one = netlist.instances[static_cast<std::size_t>(drivers[net].instance)];
      out << "slew $file n" << net << " i" << drivers[net].instance << "/"
          << one.cell->pins[static_cast<std::size_t>(drivers[net].pin)].name << "\n";
    }
  out << "close $file\nset file [open {" << (folder / "worst.txt").string()
      << "} w]\nset_input_delay 0 -clock clk [all_inputs]\nset_output_delay 0 -clock clk [all_outputs]\n"
      << no_paths_to(clock_outputs(netlist, clock_nets))
      << "foreach path [find_timing_paths -group_count 1] { puts $file [expr " << period_ns
      << " - [get_property $path slack]] }\nclose $file\n";
  return out.str();
}

Delays simulator_delays(std::string_view sdf, const Netlist& netlist, const std::vector<bool>& clock_nets,
                        const std::string& origin, DelayModel model) {
  Delays delays;
  const std::size_t first = std::min(sdf.find("(CELL"), sdf.size());
  const double unit_ns = timescale_ns(sdf.substr(0, first), origin);
  delays.blocks.assign(ceil_div(netlist.instances.size(), instances_of_block),
                       "(DELAYFILE\n (SDFVERSION \"3.0\")\n (DIVIDER .)\n (TIMESCALE 1ns)\n");
  std::vector<bool> found(netlist.instances.size(), false);
  std::size_t at = first;
  for (std::string_view cell = next_cell(sdf, at); !cell.empty(); cell = next_cell(sdf, at)) {
    const std::string_view name = between(cell, "(INSTANCE ", ')');
    if (name.empty()) continue;  // the top module: interconnect
    const auto i = static_cast<std::size_t>(number(name, 'i', netlist.instances.size(), origin));
    if (cell.find("(IOPATH") == std::string_view::npos) continue;
    found[i] = true;
    if (drives_clock(netlist.instances[i], clock_nets)) continue;
    const bool flop = netlist.instances[i].cell->state.kind == State::Kind::flop;
    append_cell(delays.blocks[i / instances_of_block], cell, name,
                model == DelayModel::library ? ""
                : flop                       ? "0.001"
                                             : "0.000",
                unit_ns);
  }
  for (std::string& block : delays.blocks) block += ")\n";
  for (std::size_t i = 0; i < found.size(); ++i)
    if (needs_delay(netlist.instances[i])) {
      ++delays.instances;
      delays.without_delay += !found[i];
    }
  WD_REQUIRE(delays.without_delay * 100 <= delays.instances, origin, ": ", delays.without_delay, " of ",
             delays.instances, " instances have no delay, at most 1 % may; was it made of another netlist?");
  return delays;
}

std::vector<double> net_slews(std::string_view slews, const Netlist& netlist, double otherwise,
                              const std::string& origin) {
  std::vector<double> list(static_cast<std::size_t>(netlist.nets), otherwise);
  std::istringstream in{std::string(slews)};
  std::string net, rise, fall;
  while (in >> net >> rise >> fall) {
    const auto n = static_cast<std::size_t>(number(net, 'n', list.size(), origin));
    const double mean = (std::atof(rise.c_str()) + std::atof(fall.c_str())) / 2;
    if (mean > 0 && std::isfinite(mean) && mean < 1e3) list[n] = mean;
  }
  return list;
}

}  // namespace wd::silicon
