// SPDX-License-Identifier: Apache-2.0
#include "flow/block_stimulus.hpp"

#include "base/error.hpp"
#include "base/integer.hpp"
#include "flow/port_reader.hpp"
#include "hw/silicon/stepper.hpp"

namespace wd::flow {
namespace {

using silicon::Netlist;
using silicon::Port;

class HexBits {
 public:
  void add(bool bit) { bits_.push_back(bit); }
  std::string text() const {
    std::string out;
    for (std::size_t digit = ceil_div(bits_.size(), 4); digit-- > 0;) {
      unsigned value = 0;
      for (std::size_t bit = 0; bit < 4 && digit * 4 + bit < bits_.size(); ++bit)
        value |= static_cast<unsigned>(bits_[digit * 4 + bit]) << bit;
      out += "0123456789abcdef"[value];
    }
    return out.empty() ? "0" : out;
  }

 private:
  std::vector<bool> bits_;
};

/// One net that the RTL's signals set.
struct Source {
  int signal = -1, bit = 0, net = 0;
};

class Replay {
 public:
  Replay(const Netlist& netlist, const std::string& instance, const std::vector<std::size_t>& windows)
      : netlist_(netlist),
        scope_(instance.empty() ? "wd_top." : "wd_top." + instance + "."),
        windows_(windows),
        ports_(netlist),
        stepper_(netlist),
        reader_(
            "wd_top.clk_i", [this](PortReader&) { watch(); }, [this](const PortReader&) { cycle(); }) {}

  BlockStimulus run(const RtlProgram& what) {
    run_rtl(what, signals(), reader_);  // all of it is compared
    reader_.check();
    WD_REQUIRE(!result_.windows.empty() && result_.windows.back() + 1 == static_cast<int>(windows_.size()),
               "characterize: the RTL's run ends before its windows");
    result_.compared = cycle_;
    return std::move(result_);
  }

 private:
  std::vector<std::string> signals() const {
    std::vector<std::string> list = {"wd_top.clk_i"};
    for (const auto* of : {&ports_.clocks, &ports_.inputs, &ports_.outputs})
      for (const Port* port : *of)
        if (port->name != silicon::outside_port) list.push_back(scope_ + port->name);
    for (const silicon::Outside& one : netlist_.outside)
      for (const auto& [name, bit] : one.names)
        if (list.back() != scope_ + name) list.push_back(scope_ + name);
    return list;
  }

  int watched(const std::string& name) {
    const int signal = reader_.watch(scope_ + name);
    WD_REQUIRE(signal >= 0, "characterize: the RTL's waves have no signal ", scope_, name);
    return signal;
  }
  void watch() {
    for (const Port* port : ports_.clocks) clocks_.push_back(watched(port->name));
    for (const Port* port : ports_.inputs) {
      if (port->name == silicon::outside_port) continue;
      const int signal = watched(port->name);
      for (std::size_t bit = 0; bit < port->nets.size(); ++bit)
        sources_.push_back({signal, static_cast<int>(bit), port->nets[bit]});
    }
    for (const silicon::Outside& one : netlist_.outside) {
      Source source{-1, 0, one.net};
      for (const auto& [name, bit] : one.names)
        if (source.signal < 0) source = {reader_.watch(scope_ + name), bit, one.net};
      WD_REQUIRE(source.signal >= 0, "characterize: what a memory or a part left out of ", netlist_.top,
                 " gives has no name in the RTL's waves",
                 one.names.empty() ? "" : ", such as " + scope_ + one.names[0].first);
      sources_.push_back(source);
    }
    for (const Port* port : ports_.outputs) outputs_.push_back(watched(port->name));
  }

  void cycle() {
    for (const Source& source : sources_)
      if (reader_.changed(source.signal))
        stepper_.set(source.net, reader_.bits(source.signal)[index(source.bit)] != 0);
    stepper_.settle();
    for (std::size_t p = 0; p < ports_.outputs.size(); ++p) compare(*ports_.outputs[p], outputs_[p]);
    tell();
    ticks_.clear();
    std::vector<int> nets;
    for (std::size_t c = 0; c < clocks_.size(); ++c) {
      ticks_.push_back(reader_.rises(clocks_[c]));
      if (ticks_.back()) nets.push_back(ports_.clocks[c]->nets.at(0));
    }
    if (!nets.empty()) stepper_.edge(nets);
    ++cycle_;
  }

  void compare(const Port& port, int signal) const {
    const auto expected = reader_.bits(signal);
    for (std::size_t bit = 0; bit < port.nets.size(); ++bit)
      WD_REQUIRE(stepper_.value(port.nets[bit]) == (expected[bit] != 0), "characterize: ", netlist_.top,
                 ", port ", port.name, ", bit ", bit, ", cycle ", cycle_, ": the netlist has ",
                 stepper_.value(port.nets[bit]) ? 1 : 0, ", the RTL ", expected[bit] != 0 ? 1 : 0);
  }

  /// A line of the stimulus, if a window has this cycle, or begins with the next one.
  void tell() {
    while (next_window_ < windows_.size() && cycle_ >= (windows_[next_window_] + 1) * window_cycles)
      ++next_window_;
    if (next_window_ == windows_.size()) return;
    const std::size_t begin = windows_[next_window_] * window_cycles;
    if (cycle_ + 1 < begin) return;
    const bool jump = cycle_ + 1 == begin;
    HexBits clocks, inputs, outputs;
    for (const bool tick : ticks_) clocks.add(tick);
    for (const Port* port : ports_.inputs)
      for (const int net : port->nets) inputs.add(stepper_.value(net));
    for (const Port* port : ports_.outputs)
      for (const int net : port->nets) outputs.add(stepper_.value(net));
    result_.lines += text(jump ? 1 : 0, ' ', clocks.text(), ' ', inputs.text(), ' ', outputs.text(), '\n');
    result_.windows.push_back(jump ? -1 : static_cast<int>(next_window_));
    if (!jump) return;
    HexBits states;
    for (const bool state : stepper_.states()) states.add(state);
    result_.lines += states.text() + "\n";
  }

  const Netlist& netlist_;
  const std::string scope_;
  const std::vector<std::size_t>& windows_;
  const BenchPorts ports_;
  silicon::Stepper stepper_;
  PortReader reader_;
  std::vector<int> clocks_, outputs_;
  std::vector<Source> sources_;
  std::vector<bool> ticks_;
  std::size_t cycle_ = 0, next_window_ = 0;
  BlockStimulus result_;
};

}  // namespace

BenchPorts::BenchPorts(const Netlist& netlist) {
  for (const Port& port : netlist.ports) {
    if (port.name == silicon::inside_port) continue;
    (!port.input ? outputs : port.name.starts_with("clk") ? clocks : inputs).push_back(&port);
  }
}

std::string BenchPorts::clock_names() const {
  std::string names;
  for (const Port* port : clocks) names += (names.empty() ? "" : " ") + port->name;
  return names;
}

std::vector<bool> BenchPorts::clock_nets(const Netlist& netlist) const {
  std::vector<bool> nets(static_cast<std::size_t>(netlist.nets), false);
  for (const Port* port : clocks) {
    const std::vector<bool> own = netlist.clock_nets(port->name);
    for (std::size_t net = 0; net < nets.size(); ++net) nets[net] = nets[net] || own[net];
  }
  return nets;
}

BlockStimulus block_stimulus(const Netlist& netlist, const std::string& instance, const RtlProgram& what,
                             const std::vector<std::size_t>& windows) {
  return Replay(netlist, instance, windows).run(what);
}

}  // namespace wd::flow
