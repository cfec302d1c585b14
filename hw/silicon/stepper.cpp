// SPDX-License-Identifier: Apache-2.0
#include "hw/silicon/stepper.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/integer.hpp"

namespace wd::silicon {
namespace {

/// A function as a table over the pins that it reads.
struct Table {
  std::vector<int> inputs;  // of the cell's names
  std::vector<std::uint8_t> results;

  std::uint8_t operator()(const std::uint8_t* names) const {
    std::size_t index = 0;
    for (std::size_t i = 0; i < inputs.size(); ++i) index |= std::size_t{names[inputs[i]]} << i;
    return results[index];
  }
};

Table table(const Logic& logic, std::size_t names) {
  Table out{logic.inputs(), {}};
  WD_REQUIRE(out.inputs.size() <= 12, "a cell's function has more than 12 inputs");
  std::vector<std::uint8_t> values(names, 0);
  for (std::size_t row = 0; row < std::size_t{1} << out.inputs.size(); ++row) {
    for (std::size_t i = 0; i < out.inputs.size(); ++i) values[index(out.inputs[i])] = row >> i & 1;
    out.results.push_back(logic(values));
  }
  return out;
}

constexpr int most_names = 32;

}  // namespace

struct Stepper::Kind {
  State::Kind state = State::Kind::none;
  std::size_t pins = 0, names = 0;
  std::vector<std::pair<int, Table>> outputs;
  Table data, clock, clear, preset;
  bool has_clear = false, has_preset = false;
  int gate_clock = -1;
  std::vector<int> gate_enables;
};

struct Stepper::Gate {
  const Kind* kind = nullptr;
  int level = -1;  // of flops -1
  std::uint8_t state = 0, clock = 0;
  bool waits = false;
};

Stepper::~Stepper() = default;

Stepper::Stepper(const Netlist& netlist)
    : netlist_(netlist),
      gates_(netlist.instances.size()),
      sinks_(index(netlist.nets)),
      values_(index(netlist.nets), 0) {
  values_[1] = 1;
  for (std::size_t i = 0; i < gates_.size(); ++i) prepare(static_cast<int>(i));
  order();
  for (std::size_t i = 0; i < gates_.size(); ++i) touch(static_cast<int>(i));
  settle();
}

void Stepper::prepare(int instance) {
  const Instance& one = netlist_.instances[index(instance)];
  const Cell& cell = *one.cell;
  std::unique_ptr<Kind>& kind = kinds_[&cell];
  if (!kind) {
    kind = std::make_unique<Kind>();
    kind->state = cell.state.kind;
    kind->pins = cell.pins.size();
    kind->names = std::max(cell.names.size(), cell.pins.size() + 2);
    WD_REQUIRE(kind->names <= most_names, "cell ", cell.name, " has more than ", most_names - 2, " pins");
    const auto of = [&](const Logic& logic) { return table(logic, kind->names); };
    for (std::size_t p = 0; p < cell.pins.size(); ++p) {
      const Pin& pin = cell.pins[p];
      if (cell.state.kind == State::Kind::gate && pin.direction == Direction::input) {
        if (pin.clock)
          kind->gate_clock = static_cast<int>(p);
        else
          kind->gate_enables.push_back(static_cast<int>(p));
      }
      if (pin.direction != Direction::output) continue;
      WD_REQUIRE(pin.function || cell.state.kind == State::Kind::gate, "cell ", cell.name, ": output ",
                 pin.name, " has no function");
      kind->outputs.emplace_back(static_cast<int>(p), pin.function ? of(*pin.function) : Table{});
    }
    if (cell.state.kind == State::Kind::flop || cell.state.kind == State::Kind::latch) {
      WD_REQUIRE(cell.state.data && cell.state.clock, "cell ", cell.name,
                 ": its flip-flop or latch lacks data or clock");
      kind->data = of(*cell.state.data);
      kind->clock = of(*cell.state.clock);
      kind->has_clear = cell.state.clear.has_value();
      kind->has_preset = cell.state.preset.has_value();
      if (kind->has_clear) kind->clear = of(*cell.state.clear);
      if (kind->has_preset) kind->preset = of(*cell.state.preset);
    }
  }
  gates_[index(instance)].kind = kind.get();
  if (kind->state != State::Kind::none) stateful_.push_back(instance);
  for (std::size_t p = 0; p < one.nets.size(); ++p)
    if (one.nets[p] >= 2 && cell.pins[p].direction == Direction::input) {
      auto& list = sinks_[index(one.nets[p])];
      if (list.empty() || list.back() != instance) list.push_back(instance);
    }
}

/// Levels: a gate comes behind those that drive it; what flops give is there before.
void Stepper::order() {
  std::vector<int> missing(gates_.size(), 0), open;
  const std::vector<Netlist::Driver> drivers = netlist_.drivers();
  const auto is_flop = [&](int i) { return gates_[index(i)].kind->state == State::Kind::flop; };
  for (std::size_t i = 0; i < gates_.size(); ++i) {
    if (is_flop(static_cast<int>(i))) continue;
    const Instance& one = netlist_.instances[i];
    std::vector<int> before;
    for (std::size_t p = 0; p < one.nets.size(); ++p) {
      if (one.nets[p] < 2 || one.cell->pins[p].direction != Direction::input) continue;
      const int by = drivers[index(one.nets[p])].instance;
      if (by >= 0 && !is_flop(by)) before.push_back(one.nets[p]);
    }
    std::sort(before.begin(), before.end());
    before.erase(std::unique(before.begin(), before.end()), before.end());
    missing[i] = static_cast<int>(before.size());
    gates_[i].level = 0;
    if (before.empty()) open.push_back(static_cast<int>(i));
  }
  std::size_t done = 0;
  for (; done < open.size(); ++done) {
    const int i = open[done];
    const Instance& one = netlist_.instances[index(i)];
    for (std::size_t p = 0; p < one.nets.size(); ++p) {
      if (one.nets[p] < 2 || one.cell->pins[p].direction != Direction::output) continue;
      for (const int sink : sinks_[index(one.nets[p])]) {
        if (is_flop(sink)) continue;
        gates_[index(sink)].level = std::max(gates_[index(sink)].level, gates_[index(i)].level + 1);
        if (--missing[index(sink)] == 0) open.push_back(sink);
      }
    }
  }
  int levels = 1;
  for (std::size_t i = 0; i < gates_.size(); ++i) {
    WD_REQUIRE(is_flop(static_cast<int>(i)) || missing[i] == 0, "netlist of ", netlist_.top,
               ": a loop of gates without a flip-flop, in '",
               netlist_.scopes[index(netlist_.instances[i].scope)].path, "'");
    levels = std::max(levels, gates_[i].level + 1);
  }
  waiting_.resize(index(levels));
}

void Stepper::touch(int instance) {
  Gate& gate = gates_[index(instance)];
  if (gate.waits) return;
  gate.waits = true;
  (gate.level < 0 ? flops_ : waiting_[index(gate.level)]).push_back(instance);
}

void Stepper::change(int net, std::uint8_t value) {
  if (net < 2 || values_[index(net)] == value) return;
  values_[index(net)] = value;
  for (const int sink : sinks_[index(net)]) touch(sink);
}

void Stepper::set(int net, bool value) { change(net, value ? 1 : 0); }

void Stepper::evaluate(int instance) {
  Gate& gate = gates_[index(instance)];
  const Kind& kind = *gate.kind;
  const Instance& one = netlist_.instances[index(instance)];
  std::uint8_t names[most_names];
  for (std::size_t p = 0; p < kind.pins; ++p) names[p] = one.nets[p] >= 0 ? values_[index(one.nets[p])] : 0;
  if (kind.state == State::Kind::gate) {
    const std::uint8_t clock = names[kind.gate_clock];
    if (clock == 0) {
      gate.state = 0;
      for (const int pin : kind.gate_enables) gate.state |= names[pin];
    }
    for (const auto& [pin, function] : kind.outputs) change(one.nets[index(pin)], clock & gate.state);
    return;
  }
  if (kind.state == State::Kind::latch) {
    if (kind.has_clear && kind.clear(names))
      gate.state = 0;
    else if (kind.has_preset && kind.preset(names))
      gate.state = 1;
    else if (kind.clock(names))
      gate.state = kind.data(names);
  }
  names[kind.pins] = gate.state;
  names[kind.pins + 1] = gate.state ^ 1;
  for (const auto& [pin, function] : kind.outputs) change(one.nets[index(pin)], function(names));
}

/// Its data are taken where its clock has risen; they appear when all flops have taken theirs.
void Stepper::look_at_flop(int instance) {
  Gate& gate = gates_[index(instance)];
  const Kind& kind = *gate.kind;
  const Instance& one = netlist_.instances[index(instance)];
  std::uint8_t names[most_names];
  for (std::size_t p = 0; p < kind.pins; ++p) names[p] = one.nets[p] >= 0 ? values_[index(one.nets[p])] : 0;
  const std::uint8_t clock = kind.clock(names);
  std::uint8_t next = gate.state;
  if (kind.has_clear && kind.clear(names))
    next = 0;
  else if (kind.has_preset && kind.preset(names))
    next = 1;
  else if (rising_ && clock != 0 && gate.clock == 0)
    next = kind.data(names);
  gate.clock = clock;
  captured_.emplace_back(instance, next);
}

void Stepper::propagate() {
  for (std::size_t level = 0; level < waiting_.size(); ++level)
    for (std::size_t i = 0; i < waiting_[level].size(); ++i) {  // only higher levels grow
      const int instance = waiting_[level][i];
      gates_[index(instance)].waits = false;
      evaluate(instance);
      if (i + 1 == waiting_[level].size()) waiting_[level].clear();
    }
}

void Stepper::settle() {
  do {
    propagate();
    for (const int instance : flops_) {
      gates_[index(instance)].waits = false;
      look_at_flop(instance);
    }
    flops_.clear();
    rising_ = false;
    for (const auto& [instance, state] : captured_) {
      Gate& gate = gates_[index(instance)];
      gate.state = state;
      std::uint8_t names[most_names] = {};
      names[gate.kind->pins] = state;
      names[gate.kind->pins + 1] = state ^ 1;
      for (const auto& [pin, function] : gate.kind->outputs)
        change(netlist_.instances[index(instance)].nets[index(pin)], function(names));
    }
    captured_.clear();
  } while (!flops_.empty() ||
           std::any_of(waiting_.begin(), waiting_.end(), [](const auto& level) { return !level.empty(); }));
}

void Stepper::edge(std::span<const int> clocks) {
  rising_ = true;
  for (const int clock : clocks) change(clock, 1);
  settle();
  for (const int clock : clocks) change(clock, 0);
  settle();
}

std::vector<bool> Stepper::states() const {
  std::vector<bool> list;
  for (const int instance : stateful_) list.push_back(gates_[index(instance)].state != 0);
  return list;
}

}  // namespace wd::silicon
