// SPDX-License-Identifier: Apache-2.0
#include "hw/silicon/power.hpp"

#include <algorithm>
#include <utility>

#include "base/error.hpp"
#include "base/integer.hpp"

namespace wd::silicon {
namespace {

bool holds(const Logic* when, const std::vector<std::uint8_t>& pins) {
  return when == nullptr || (*when)(pins) == 1;
}

}  // namespace

Energy& Energy::operator+=(const Energy& other) {
  internal_fj += other.internal_fj;
  switching_fj += other.switching_fj;
  leakage_fj += other.leakage_fj;
  glitch_fj += other.glitch_fj;
  wire_fj += other.wire_fj;
  return *this;
}

PowerMeter::PowerMeter(const Library& library, const Netlist& netlist, PowerSettings settings,
                       std::vector<int> part_of_scope)
    : netlist_(netlist),
      settings_(std::move(settings)),
      part_of_scope_(std::move(part_of_scope)),
      half_square_volt_(library.voltage * library.voltage / 2),
      drivers_(netlist.drivers()),
      sinks_(index(netlist.nets)),
      states_(netlist.instances.size()),
      values_(index(netlist.nets), unknown),
      activity_(index(netlist.nets)),
      is_touched_(netlist.instances.size(), false),
      leakage_nw_(netlist.scopes.size(), 0),
      scopes_(netlist.scopes.size()) {
  WD_ASSERT(settings_.slews_ns.size() == values_.size() && settings_.clock_nets.size() == values_.size());
  WD_ASSERT(part_of_scope_.size() == netlist.scopes.size());
  for (const int part : part_of_scope_) parts_ = std::max(parts_, index(part) + 1);
  library.require_power();
  values_[0] = 0;
  values_[1] = 1;
  prepare(library);
}

void PowerMeter::prepare(const Library& library) {
  const std::vector<double> loads = netlist_.loads(settings_.wires);
  for (std::size_t i = 0; i < states_.size(); ++i) {
    const Instance& one = netlist_.instances[i];
    const Cell& cell = library.powered(one.cell->name);
    State& state = states_[i];
    state.pins.assign(cell.names.size(), unknown);
    state.changed_ns.assign(cell.pins.size(), -1);
    state.arcs.resize(cell.pins.size());
    for (std::size_t p = 0; p < cell.pins.size(); ++p) {
      const int net = one.nets[p];
      if (net >= 0 && net < 2) state.pins[p] = static_cast<std::uint8_t>(net);
      const bool output = cell.pins[p].direction == Direction::output;
      if (net >= 2 && !output) sinks_[index(net)].push_back({static_cast<int>(i), static_cast<int>(p)});
      for (const InternalPower& power : cell.pins[p].powers) {
        const bool known = power.related >= 0 && index(power.related) < cell.pins.size();
        const int cause = output && known ? one.nets[index(power.related)] : net;
        const double slew = cause >= 0 ? settings_.slews_ns[index(cause)] : 0,
                     load = net >= 0 ? loads[index(net)] : 0;
        state.arcs[p].push_back({known ? power.related : -1, power.when ? &*power.when : nullptr,
                                 power.rise ? power.rise->at(slew, load) : 0,
                                 power.fall ? power.fall->at(slew, load) : 0, &power.rail});
      }
    }
    touch(static_cast<int>(i));
  }
}

void PowerMeter::touch(int instance) {
  if (is_touched_[index(instance)]) return;
  is_touched_[index(instance)] = true;
  touched_.push_back(instance);
}

void PowerMeter::changes(double time_ns, std::span<const Change> changes) {
  std::vector<Change> real;
  for (const Change& change : changes) {
    if (change.variable < 2 || values_[index(change.variable)] == change.value) continue;
    if (change.variable == settings_.clock && change.value == 1) begin_cycle(time_ns);
    real.push_back(change);
  }
  // Causes and effects of one time: all values first, then what they cost.
  for (Change& change : real) {
    const std::size_t net = index(change.variable);
    const std::uint8_t before = std::exchange(values_[net], change.value);
    const auto set = [&](int instance, int pin) {
      states_[index(instance)].pins[index(pin)] = change.value;
      states_[index(instance)].changed_ns[index(pin)] = time_ns;
      touch(instance);
    };
    if (drivers_[net].instance >= 0) set(drivers_[net].instance, drivers_[net].pin);
    for (const At& sink : sinks_[net]) set(sink.instance, sink.pin);
    if (before == unknown || change.value == unknown || !counting_) change.variable = -1;
  }
  for (const Change& change : real)
    if (change.variable >= 0) transition(change.variable, change.value == 1);
}

void PowerMeter::transition(int net, bool rise) {
  ++transitions_;
  Activity& activity = activity_[index(net)];
  if (activity.transitions++ == 0) {
    activity.begin = rise ? 0 : 1;
    active_nets_.push_back(net);
  }
  const Netlist::Driver driver = drivers_[index(net)];
  if (driver.instance >= 0) {
    const int scope = netlist_.instances[index(driver.instance)].scope;
    const Cell& cell = *netlist_.instances[index(driver.instance)].cell;
    book(net, scope, output_energy(states_[index(driver.instance)], index(driver.pin), rise),
         cell.pins[index(driver.pin)].capacitance_ff, settings_.wires.fixed_ff + settings_.wires.per_pin_ff);
  }
  double outside_ff = driver.instance < 0 ? settings_.wires.fixed_ff : 0;  // of an input: at its first pin
  for (const At& sink : sinks_[index(net)]) {
    const Instance& one = netlist_.instances[index(sink.instance)];
    book(net, one.scope, input_energy(states_[index(sink.instance)], index(sink.pin), rise),
         one.cell->pins[index(sink.pin)].capacitance_ff,
         settings_.wires.per_pin_ff + std::exchange(outside_ff, 0));
  }
}

/// The arcs of the input that changed last; several rails add, of several that hold on one the first counts.
double PowerMeter::output_energy(const State& state, std::size_t pin, bool rise) {
  const std::vector<Arc>& arcs = state.arcs[pin];
  if (arcs.empty()) return 0;
  int cause = -1;
  double latest = -2;
  for (const Arc& arc : arcs) {
    const double changed = arc.related < 0 ? -1 : state.changed_ns[index(arc.related)];
    if (changed > latest) {
      latest = changed;
      cause = arc.related;
    }
  }
  double sum = 0, all = 0;
  int count = 0;
  std::vector<const std::string*> rails;
  for (const Arc& arc : arcs) {
    if (arc.related != cause) continue;
    const double energy = rise ? arc.rise_fj : arc.fall_fj;
    all += energy;
    ++count;
    const bool counted =
        std::any_of(rails.begin(), rails.end(), [&](const std::string* rail) { return *rail == *arc.rail; });
    if (counted || !holds(arc.when, state.pins)) continue;
    sum += energy;
    rails.push_back(arc.rail);
  }
  if (!rails.empty()) return sum;
  ++unmatched_;
  return all / count;
}

double PowerMeter::input_energy(const State& state, std::size_t pin, bool rise) const {
  double sum = 0, otherwise = 0;
  bool found = false;
  for (const Arc& arc : state.arcs[pin]) {
    const double energy = rise ? arc.rise_fj : arc.fall_fj;
    if (arc.when == nullptr) {
      otherwise += energy;
    } else if (holds(arc.when, state.pins)) {
      sum += energy;
      found = true;
    }
  }
  return found ? sum : otherwise;
}

void PowerMeter::book(int net, int scope, double internal_fj, double own_ff, double wire_ff) {
  const double wire_fj = wire_ff * half_square_volt_, switching_fj = own_ff * half_square_volt_ + wire_fj;
  Energy& total = scopes_[index(scope)];
  Energy& cycle = cycles_.back()[index(part_of_scope_[index(scope)])];
  total.internal_fj += internal_fj;
  total.switching_fj += switching_fj;
  total.wire_fj += wire_fj;
  cycle.internal_fj += internal_fj;
  cycle.switching_fj += switching_fj;
  cycle.wire_fj += wire_fj;
  auto& list = activity_[index(net)].energy_fj;
  if (!list.empty() && list.back().first == scope)
    list.back().second += internal_fj + switching_fj;
  else
    list.emplace_back(scope, internal_fj + switching_fj);
}

/// Of a net's transitions all but the one that changed its value.
void PowerMeter::end_of_net(int net) {
  Activity& activity = activity_[index(net)];
  const unsigned useful =
      settings_.clock_nets[index(net)] ? activity.transitions : activity.begin != values_[index(net)];
  const unsigned glitches = activity.transitions - std::min(activity.transitions, useful);
  glitches_ += glitches;
  if (glitches > 0)
    for (const auto& [scope, energy] : activity.energy_fj) {
      const double part = energy * glitches / activity.transitions;
      scopes_[index(scope)].glitch_fj += part;
      cycles_.back()[index(part_of_scope_[index(scope)])].glitch_fj += part;
    }
  activity.transitions = 0;
  activity.energy_fj.clear();
}

double PowerMeter::leakage_of(const Instance& instance, const State& state) const {
  for (const Leakage& leakage : instance.cell->leakages)
    if (holds(&*leakage.when, state.pins)) return leakage.nanowatt;
  return instance.cell->leakage_nw;
}

void PowerMeter::begin_cycle(double time_ns) {
  if (counting_) finish(time_ns);
  counting_ = true;
  cycle_begin_ns_ = time_ns;
  cycles_.emplace_back(parts_);
}

void PowerMeter::finish(double time_ns) {
  if (!counting_) return;
  counting_ = false;
  for (const int net : active_nets_) end_of_net(net);
  active_nets_.clear();
  for (const int instance : touched_) {
    State& state = states_[index(instance)];
    double& sum = leakage_nw_[index(netlist_.instances[index(instance)].scope)];
    sum -= state.leakage_nw;
    state.leakage_nw = leakage_of(netlist_.instances[index(instance)], state);
    sum += state.leakage_nw;
    is_touched_[index(instance)] = false;
  }
  touched_.clear();
  constexpr double fj_of_nw_ns = 1e-3;
  for (std::size_t scope = 0; scope < scopes_.size(); ++scope) {
    const double leakage = leakage_nw_[scope] * (time_ns - cycle_begin_ns_) * fj_of_nw_ns;
    scopes_[scope].leakage_fj += leakage;
    cycles_.back()[index(part_of_scope_[scope])].leakage_fj += leakage;
  }
}

}  // namespace wd::silicon
