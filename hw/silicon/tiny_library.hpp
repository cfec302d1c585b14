// SPDX-License-Identifier: Apache-2.0
// For tests: an inverter, a NAND, a flip-flop and a clock gate whose figures are small numbers, and a netlist of them.
#pragma once

namespace wd::silicon {

/// 2 V, femtofarads: energies in fJ, leakage in nW. The inverter's energy is 1 + 2 slew + 0.5 load at a rise, 3 at a fall.
inline const char* const tiny_library = R"lib(library (tiny) {
  time_unit : "1ns"; voltage_unit : "1V"; capacitive_load_unit (1, ff); leakage_power_unit : "1nW"; nom_voltage : 2;
  power_lut_template (by_both) {
    variable_1 : input_transition_time; variable_2 : total_output_net_capacitance; index_1 ("0, 1"); index_2 ("0, 10");
  }
  cell (INV) { area : 1; cell_leakage_power : 9;
    leakage_power () { when : "A"; value : 4; }
    leakage_power () { when : "!A"; value : 6; }
    pin (A) { direction : input; capacitance : 3; }
    pin (Y) { direction : output; function : "!A";
      timing () { related_pin : "A"; }
      internal_power () { related_pin : "A"; rise_power (by_both) { values ("1, 6", "3, 8"); } fall_power (scalar) { values ("3"); } } } }
  cell (NAND) { area : 2; cell_leakage_power : 5;
    pin (A) { direction : input; capacitance : 1; }
    pin (B) { direction : input; capacitance : 2; }
    pin (Y) { direction : output; function : "!(A B)";
      timing () { related_pin : "A"; } timing () { related_pin : "B"; }
      internal_power () { related_pin : "A"; when : "B"; rise_power (scalar) { values ("10"); } fall_power (scalar) { values ("11"); } }
      internal_power () { related_pin : "B"; when : "A"; rise_power (scalar) { values ("20"); } fall_power (scalar) { values ("21"); } } } }
  cell (DFF) { area : 4; cell_leakage_power : 1;
    ff (IQ, IQN) { clocked_on : "C"; next_state : "D"; }
    pin (C) { direction : input; clock : true; capacitance : 4;
      internal_power () { rise_power (scalar) { values ("0.25"); } fall_power (scalar) { values ("0.5"); } } }
    pin (D) { direction : input; capacitance : 2;
      internal_power () { when : "C"; rise_power (scalar) { values ("0.1"); } fall_power (scalar) { values ("0.2"); } }
      internal_power () { when : "!C"; rise_power (scalar) { values ("0.3"); } fall_power (scalar) { values ("0.4"); } } }
    pin (Q) { direction : output; function : "IQ";
      timing () { related_pin : "C"; timing_type : rising_edge; }
      internal_power () { related_pin : "C"; rise_power (scalar) { values ("30"); } fall_power (scalar) { values ("31"); } } } }
  cell (GATE) { area : 3; cell_leakage_power : 2; clock_gating_integrated_cell : latch_posedge;
    pin (CK) { direction : input; clock_gate_clock_pin : true; capacitance : 1; }
    pin (E) { direction : input; capacitance : 1; }
    pin (GCK) { direction : output; timing () { related_pin : "CK"; }
      internal_power () { related_pin : "CK"; rise_power (scalar) { values ("7"); } fall_power (scalar) { values ("8"); } } } }
}
)lib";

/// clk_i gates a flop of d_i; below it, a module with a NAND of q and e_i, and an inverter behind: y_o.
inline const char* const tiny_netlist = R"({"modules": {
  "below": {"ports": {"a": {"direction": "input", "bits": [2]}, "b": {"direction": "input", "bits": [3]},
                      "y": {"direction": "output", "bits": [5]}, "through": {"direction": "output", "bits": [2]}},
    "cells": {"nand": {"type": "NAND", "connections": {"A": [2], "B": [3], "Y": [4]}},
              "inv": {"type": "INV", "connections": {"A": [4], "Y": [5]}}}},
  "tiny": {"ports": {"clk_i": {"direction": "input", "bits": [2]}, "d_i": {"direction": "input", "bits": [3]},
                     "e_i": {"direction": "input", "bits": [4]}, "y_o": {"direction": "output", "bits": [8, 9]}},
    "cells": {"gate": {"type": "GATE", "connections": {"CK": [2], "E": ["1"], "GCK": [6]}},
              "flop": {"type": "DFF", "connections": {"C": [6], "D": [3], "Q": [7]}},
              "u_below": {"type": "below", "connections": {"a": [7], "b": [4], "y": [8], "through": [9]}}}}
}})";

}  // namespace wd::silicon
