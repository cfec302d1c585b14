// SPDX-License-Identifier: Apache-2.0
#include "hw/silicon/netlist.hpp"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/json.hpp"

namespace wd::silicon {
namespace {

using nlohmann::json;

class Flattener {
 public:
  Flattener(const json& design, const Library& library, const std::string& origin)
      : library_(library), origin_(origin) {
    WD_REQUIRE(design.is_object() && design.contains("modules") && design["modules"].is_object(), origin,
               ": has no modules; write_json of Yosys makes such a file");
    modules_ = &design["modules"];
    if (design.contains("cut"))
      for (const json& name : design["cut"]) cut_.insert(name.get<std::string>());
  }

  Netlist flatten(const std::string& top) {
    WD_REQUIRE(modules_->contains(top), origin_, ": has no module '", top, "'");
    out_.top = top;
    std::map<int, int> nets;
    for (const auto& [name, port] : (*modules_)[top].at("ports").items()) {
      Port own{name, port.at("direction") == "input", {}};
      for (const json& bit : port.at("bits")) own.nets.push_back(global(bit, nets));
      out_.ports.push_back(std::move(own));
    }
    enter(top, "", -1, nets);
    add_outside_ports();
    number();
    (void)out_.drivers();  // refuses two of one net
    return std::move(out_);
  }

 private:
  int fresh_net() {
    same_.push_back(static_cast<int>(same_.size()));
    return same_.back();
  }
  int root(int net) {
    while (same_[static_cast<std::size_t>(net)] != net) net = same_[static_cast<std::size_t>(net)];
    return net;
  }
  /// Two names of one net: a module passes a port through, or has two ports of one net.
  void join(int a, int b) {
    a = root(a);
    b = root(b);
    same_[static_cast<std::size_t>(std::max(a, b))] = std::min(a, b);  // a constant stays one
  }
  int global(const json& bit, std::map<int, int>& nets) {
    if (bit.is_string()) return bit == "1" ? 1 : 0;  // x and z: what synthesis left open
    const int number = bit.get<int>();
    const auto at = nets.find(number);
    return at != nets.end() ? at->second : nets[number] = fresh_net();
  }
  bool is_outside(const std::string& type) const {
    return cut_.contains(type) || type == "wd_memory_in" || type == "wd_memory_out";
  }

  /// Names that the RTL has for a bit of a module's nets.
  const std::vector<std::pair<std::string, int>>& names_of(const std::string& module, int bit) {
    auto& by_bit = names_[module];
    const json netnames =
        by_bit.empty() ? (*modules_)[module].value("netnames", json::object()) : json::object();
    if (by_bit.empty())
      for (const auto& [name, net] : netnames.items())
        if (net.value("hide_name", 0) == 0)
          for (std::size_t i = 0; i < net.at("bits").size(); ++i)
            if (net["bits"][i].is_number_integer())
              by_bit[net["bits"][i].get<int>()].emplace_back(name, static_cast<int>(i));
    return by_bit[bit];
  }

  void add_outside(const std::string& module, const std::string& path, const std::string& name,
                   const json& cell, std::map<int, int>& nets) {
    const std::string scope = path.empty() ? "" : path + ".";
    const bool memory = !cut_.contains(cell.at("type").get<std::string>());
    for (const auto& [pin, bits] : cell.at("connections").items()) {
      const bool drives = cell.at("port_directions").at(pin) == "output";
      for (std::size_t i = 0; i < bits.size(); ++i) {
        if (bits[i].is_string() || (memory && pin == "CK")) continue;
        const int net = global(bits[i], nets);
        if (!drives) {
          to_outside_.push_back(net);
          continue;
        }
        Outside one{{}, net};
        if (!memory) one.names.emplace_back(scope + name + "." + pin, static_cast<int>(i));
        for (const auto& [own, index] : names_of(module, bits[i].get<int>()))
          one.names.emplace_back(scope + own, index);
        for (auto& [own, index] : one.names) std::replace(own.begin(), own.end(), '/', '.');
        out_.outside.push_back(std::move(one));
      }
    }
  }

  void add_outside_ports() {
    std::set<int> used;
    for (const Instance& instance : out_.instances)
      for (const int net : instance.nets)
        if (net >= 0) used.insert(root(net));
    for (const Port& port : out_.ports)
      if (!port.input)
        for (const int net : port.nets) used.insert(root(net));
    std::erase_if(out_.outside, [&](const Outside& one) { return !used.contains(root(one.net)); });
    Port from{outside_port, true, {}}, to{inside_port, false, {}};
    for (const Outside& one : out_.outside) from.nets.push_back(one.net);
    for (const int net : to_outside_)
      if (used.contains(root(net)) && root(net) > 1) to.nets.push_back(net);
    if (!from.nets.empty()) out_.ports.push_back(std::move(from));
    if (!to.nets.empty()) out_.ports.push_back(std::move(to));
  }

  void number() {
    std::vector<int> numbers(same_.size(), -1);
    numbers[0] = 0;
    numbers[1] = 1;
    const auto renumber = [&](int& net) {
      if (net < 0) return;
      int& own = numbers[static_cast<std::size_t>(root(net))];
      if (own < 0) own = out_.nets++;
      net = own;
    };
    for (Outside& one : out_.outside) renumber(one.net);
    for (Port& port : out_.ports)
      for (int& net : port.nets) renumber(net);
    for (Instance& instance : out_.instances)
      for (int& net : instance.nets) renumber(net);
  }

  void enter(const std::string& name, const std::string& path, int parent, std::map<int, int>& nets) {
    WD_REQUIRE(out_.scopes.size() < 1000000, origin_, ": has more than a million module instances");
    const int scope = static_cast<int>(out_.scopes.size());
    out_.scopes.push_back({path, name, parent});
    for (const auto& [cell_name, cell] : (*modules_)[name].at("cells").items()) {
      const std::string type = cell.at("type");
      if (library_.cells.contains(type)) {
        add(cell_name, cell, type, scope, nets);
        continue;
      }
      if (is_outside(type)) {
        add_outside(name, path, cell_name, cell, nets);
        continue;
      }
      WD_REQUIRE(modules_->contains(type), origin_, ": ", path.empty() ? name : path, ": instance '",
                 cell_name, "' is of '", type, "', which is no module of it and no cell of ",
                 library_.origin);
      enter_instance(cell, type, path.empty() ? cell_name : path + "/" + cell_name, scope, nets);
    }
  }

  void enter_instance(const json& cell, const std::string& type, const std::string& path, int scope,
                      std::map<int, int>& nets) {
    std::map<int, int> inner;
    for (const auto& [pin, bits] : cell.at("connections").items()) {
      const json& own = (*modules_)[type].at("ports").at(pin).at("bits");
      for (std::size_t i = 0; i < bits.size(); ++i) {
        const int outside = global(bits[i], nets);
        if (own.at(i).is_string()) {
          if ((*modules_)[type].at("ports").at(pin).at("direction") == "output")
            join(outside, global(own[i], inner));
          continue;
        }
        const auto [at, fresh] = inner.try_emplace(own[i].get<int>(), outside);
        if (!fresh) join(at->second, outside);
      }
    }
    enter(type, path, scope, inner);
  }

  void add(const std::string& name, const json& cell, const std::string& type, int scope,
           std::map<int, int>& nets) {
    Instance instance;
    instance.cell = &library_.cells.at(type);
    instance.scope = scope;
    instance.nets.assign(instance.cell->pins.size(), -1);
    for (const auto& [pin, bits] : cell.at("connections").items()) {
      const int at = instance.cell->pin(pin);
      WD_REQUIRE(at >= 0, origin_, ": instance '", name, "': cell ", type, " has no pin '", pin, "'");
      if (!bits.empty()) instance.nets[static_cast<std::size_t>(at)] = global(bits[0], nets);
    }
    out_.instances.push_back(std::move(instance));
  }

  const Library& library_;
  const std::string& origin_;
  const json* modules_ = nullptr;
  std::vector<int> same_ = {0, 1};  // by net: itself, or another name of it
  std::set<std::string> cut_;
  std::vector<int> to_outside_;
  std::map<std::string, std::map<int, std::vector<std::pair<std::string, int>>>> names_;  // by module and bit
  Netlist out_;
};

bool drives(const Pin& pin) { return pin.direction == Direction::output; }

template <typename Visit>
void each_pin(const Netlist& netlist, Visit visit) {
  for (std::size_t i = 0; i < netlist.instances.size(); ++i)
    for (std::size_t p = 0; p < netlist.instances[i].nets.size(); ++p)
      if (netlist.instances[i].nets[p] >= 0)
        visit(static_cast<int>(i), static_cast<int>(p), netlist.instances[i].cell->pins[p],
              static_cast<std::size_t>(netlist.instances[i].nets[p]));
}

}  // namespace

const Port& Netlist::port(const std::string& name) const {
  for (const Port& port : ports)
    if (port.name == name) return port;
  fail("netlist of ", top, ": has no port '", name, "'");
}

double Netlist::area() const {
  double sum = 0;
  for (const Instance& instance : instances) sum += instance.cell->area;
  return sum;
}

std::vector<double> Netlist::loads(const WireAssumption& wires) const {
  std::vector<double> loads(static_cast<std::size_t>(nets), 0);
  std::vector<int> pins(loads.size(), 0);
  each_pin(*this, [&](int, int, const Pin& pin, std::size_t net) {
    loads[net] += pin.capacitance_ff;
    ++pins[net];
  });
  for (std::size_t net = 2; net < loads.size(); ++net)
    if (pins[net] > 0) loads[net] += wires.fixed_ff + wires.per_pin_ff * pins[net];
  return loads;
}

std::vector<Netlist::Driver> Netlist::drivers() const {
  std::vector<Driver> drivers(static_cast<std::size_t>(nets));
  each_pin(*this, [&](int i, int p, const Pin& pin, std::size_t net) {
    if (!drives(pin)) return;
    WD_REQUIRE(drivers[net].instance < 0 && net >= 2, "netlist of ", top, ": pin ", pin.name, " of a ",
               instances[static_cast<std::size_t>(i)].cell->name, " in '",
               scopes[static_cast<std::size_t>(instances[static_cast<std::size_t>(i)].scope)].path,
               "' drives a net that is driven already");
    drivers[net] = {i, p};
  });
  return drivers;
}

std::vector<bool> Netlist::clock_nets(const std::string& clock) const {
  const std::vector<Driver> driver = drivers();
  // From the clock pins back, through gates only: latches and flops of an enable are no clock.
  std::vector<bool> to_pin(static_cast<std::size_t>(nets), false), from_clock(to_pin);
  std::vector<std::size_t> open;
  const auto reach = [&](std::vector<bool>& seen, std::size_t net) {
    if (!seen[net]) open.push_back(net);
    seen[net] = true;
  };
  const auto passes = [](const Instance& one, std::size_t pin) {
    return one.cell->state.kind == State::Kind::none ||
           (one.cell->state.kind == State::Kind::gate && one.cell->pins[pin].clock);
  };
  each_pin(*this, [&](int, int, const Pin& pin, std::size_t net) {
    if (pin.clock) reach(to_pin, net);
  });
  while (!open.empty()) {
    const Driver by = driver[open.back()];
    open.pop_back();
    if (by.instance < 0) continue;
    const Instance& one = instances[static_cast<std::size_t>(by.instance)];
    for (std::size_t p = 0; p < one.nets.size(); ++p)
      if (one.nets[p] >= 2 && !drives(one.cell->pins[p]) && passes(one, p))
        reach(to_pin, static_cast<std::size_t>(one.nets[p]));
  }
  std::vector<std::vector<int>> sinks(static_cast<std::size_t>(nets));
  each_pin(*this, [&](int i, int p, const Pin& pin, std::size_t net) {
    if (!drives(pin) && passes(instances[static_cast<std::size_t>(i)], static_cast<std::size_t>(p)))
      sinks[net].push_back(i);
  });
  for (const int net : port(clock).nets) reach(from_clock, static_cast<std::size_t>(net));
  while (!open.empty()) {
    const std::size_t net = open.back();
    open.pop_back();
    for (const int i : sinks[net]) {
      const Instance& one = instances[static_cast<std::size_t>(i)];
      for (std::size_t p = 0; p < one.nets.size(); ++p)
        if (one.nets[p] >= 2 && drives(one.cell->pins[p]) && to_pin[static_cast<std::size_t>(one.nets[p])])
          reach(from_clock, static_cast<std::size_t>(one.nets[p]));
    }
  }
  return from_clock;
}

Netlist flatten(const nlohmann::json& design, const std::string& top, const Library& library,
                const std::string& origin) {
  try {
    return Flattener(design, library, origin).flatten(top);
  } catch (const json::exception& error) {
    fail(origin, ": is no netlist of Yosys: ", error.what());
  }
}

Netlist read_netlist(const std::filesystem::path& path, const std::string& top, const Library& library) {
  return flatten(parse_json(read_file(path), path.string() + ":"), top, library, path.string());
}

}  // namespace wd::silicon
