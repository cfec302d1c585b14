// SPDX-License-Identifier: Apache-2.0
// Energy of a netlist from its value changes and the library's tables: internal, switching, leakage; by part and clock cycle.
//
// Units     fJ, ns, fF.
// Numerics  internal: the table of the pin and edge, at the slew of the causing net and the load of the driven one; of an
//           output's arcs those of the input that changed last, and whose `when` holds (where none holds, their mean); of an
//           input, every one whose `when` holds, else those without. Switching: C V^2 / 2 for each transition; a pin's capacitance and
//           its share of the wire count where the pin is, the fixed part of the wire where the driver is. Leakage: of the state
//           at the end of a cycle, for all of it. Glitches: in a cycle and net, all transitions but the one that changed its
//           value; none of the clock's.
// Timing    a cycle begins with a rising edge of the clock; what comes before the first is not counted.
// Not       the energy of an unknown value's change: none.
// Source    Liberty User Guide, volume 1, "Modeling power"
// Test      power_test.cpp
#pragma once

#include <span>
#include <string>
#include <vector>

#include "hw/silicon/netlist.hpp"
#include "hw/silicon/vcd.hpp"

namespace wd::silicon {

struct PowerSettings {
  WireAssumption wires;
  std::vector<double> slews_ns;  // by net
  std::vector<bool> clock_nets;  // by net
  int clock = 0;                 // the net whose rising edges begin cycles; -1: begin_cycle() does
};

struct Energy {
  double internal_fj = 0, switching_fj = 0, leakage_fj = 0;
  double glitch_fj = 0;  // of internal and switching
  double wire_fj = 0;    // of switching: assumed wires

  double dynamic_fj() const { return internal_fj + switching_fj; }
  double total_fj() const { return dynamic_fj() + leakage_fj; }
  Energy& operator+=(const Energy& other);
};

class PowerMeter {
 public:
  /// @param part_of_scope what is counted together in cycles(), by scope
  PowerMeter(const Library& library, const Netlist& netlist, PowerSettings settings,
             std::vector<int> part_of_scope);

  /// All changes of one time; `variable` is the net.
  void changes(double time_ns, std::span<const Change> changes);
  /// Ends the cycle before.
  void begin_cycle(double time_ns);
  /// Ends the last cycle.
  void finish(double time_ns);

  const std::vector<Energy>& scopes() const { return scopes_; }
  /// [cycle][part]
  const std::vector<std::vector<Energy>>& cycles() const { return cycles_; }
  std::uint64_t transitions() const { return transitions_; }
  std::uint64_t glitches() const { return glitches_; }
  /// Transitions of outputs that no `when` of an arc fitted.
  std::uint64_t unmatched() const { return unmatched_; }

 private:
  struct Arc {  // an internal energy of one instance
    int related = -1;
    const Logic* when = nullptr;
    double rise_fj = 0, fall_fj = 0;
    const std::string* rail = nullptr;
  };
  struct At {
    int instance = 0, pin = 0;
  };
  struct State {
    std::vector<std::uint8_t> pins;      // values, as functions read them
    std::vector<double> changed_ns;      // by pin
    std::vector<std::vector<Arc>> arcs;  // by pin
    double leakage_nw = 0;
  };
  /// Of a net in the present cycle.
  struct Activity {
    std::uint8_t begin = 0;
    unsigned transitions = 0;
    std::vector<std::pair<int, double>> energy_fj;  // by scope
  };

  void prepare(const Library& library);
  void transition(int net, bool rise);
  double output_energy(const State& state, std::size_t pin, bool rise);
  double input_energy(const State& state, std::size_t pin, bool rise) const;
  void book(int net, int scope, double internal_fj, double own_ff, double wire_ff);
  void touch(int instance);
  void end_of_net(int net);
  double leakage_of(const Instance& instance, const State& state) const;

  const Netlist& netlist_;
  const PowerSettings settings_;
  const std::vector<int> part_of_scope_;
  std::size_t parts_ = 0;
  double half_square_volt_ = 0;
  std::vector<Netlist::Driver> drivers_;
  std::vector<std::vector<At>> sinks_;
  std::vector<State> states_;
  std::vector<std::uint8_t> values_;
  std::vector<Activity> activity_;
  std::vector<int> active_nets_, touched_;
  std::vector<bool> is_touched_;
  std::vector<double> leakage_nw_;  // by scope
  std::vector<Energy> scopes_;
  std::vector<std::vector<Energy>> cycles_;
  bool counting_ = false;
  double cycle_begin_ns_ = 0;
  std::uint64_t transitions_ = 0, glitches_ = 0, unmatched_ = 0;
};

}  // namespace wd::silicon
