// SPDX-License-Identifier: Apache-2.0
// A clock gate, a flip-flop and a NAND as foundries write them, and what they take, by hand.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "hw/silicon/power.hpp"

namespace {

using namespace wd::silicon;

// sky130's way: quotes, rails, an integrated clock gate of a state table with an inner pin, leakage by conditions, one axis for an
// input's energies, lines that go on, and groups that say nothing of power.
const char* const sky130 = R"lib(library ("sky130_fd_sc_hd__tt_025C_1v80") {
    define(process_corner, library, string);
    library_features("report_delay_calculation", "report_power_calculation");
    capacitive_load_unit(1.0000000000, "pf");
    leakage_power_unit : "1nW"; time_unit : "1ns"; voltage_unit : "1V";
    nom_voltage : 1.8000000000;
    default_operating_conditions : "tt_025C_1v80";
    operating_conditions ("ff_n40C_1v95") { voltage : 1.95; process : 1.0; temperature : -40.0; }
    operating_conditions ("tt_025C_1v80") { voltage : 1.80; process : 1.0; temperature : 25.0; }
    type ("bus2") { array : "bus"; base_type : "array"; bit_from : 1; bit_to : 0; bit_width : 2; }
    normalized_driver_waveform ("driver_waveform_template") {
        driver_waveform_name : "ramp";
        index_1("0.01, 0.02"); index_2("0, 1"); values("0, 1", "0, 2");
    }
    power_lut_template ("power_inputs_1") { variable_1 : "input_transition_time"; index_1("1, 2"); }
    power_lut_template ("power_outputs_1") {
        variable_1 : "input_transition_time";
        variable_2 : "total_output_net_capacitance";
        index_1("1, 2"); index_2("1, 2");
    }
    cell ("sky130_fd_sc_hd__dlclkp_1") {
        leakage_power () { value : 0.0070; when : "!GATE&CLK"; }
        leakage_power () { value : 0.0090; when : "GATE&CLK"; }
        leakage_power () { value : 0.0050; when : "!CLK"; }
        pg_pin ("VGND") { pg_type : "primary_ground"; }
        area : 17.516800000; cell_leakage_power : 0.0070;
        clock_gating_integrated_cell : "latch_posedge";
        dont_touch : "true"; dont_use : "true";
        statetable ("CLK GATE","M0") { table : "L L : - : L ,\
            L H : - : H ,H - : - : N"; }
        pin ("CLK") {
            capacitance : 0.0040; clock : "true"; clock_gate_clock_pin : "true"; direction : "input";
            internal_power () {
                fall_power ("power_inputs_1") { index_1("0.0100000000, 0.0500000000"); values("0.0020, 0.0060"); }
                related_pg_pin : "VPWR";
                rise_power ("power_inputs_1") { index_1("0.0100000000, 0.0500000000"); values("0.0010, \
                    0.0050"); }
            }
        }
        pin ("GATE") {
            capacitance : 0.0020; clock_gate_enable_pin : "true"; direction : "input";
            timing () { related_pin : "CLK"; timing_type : "setup_rising";
                rise_constraint ("scalar") { values("0.1"); } }
        }
        pin ("GCLK") {
            clock_gate_out_pin : "true"; direction : "output"; power_down_function : "(!VPWR + VGND)";
            state_function : "(CLK&M0)";
            internal_power () {
                fall_power ("power_outputs_1") { index_1("0.01, 0.05"); index_2("0.001, 0.003"); values("0.008, 0.012", "0.016, 0.020"); }
                related_pin : "CLK";
                rise_power ("power_outputs_1") { index_1("0.01, 0.05"); index_2("0.001, 0.003"); values("0.010, 0.014", "0.018, 0.022"); }
            }
            timing () { related_pin : "CLK"; timing_sense : "positive_unate";
                cell_rise ("scalar") { values("0.1"); } }
        }
        pin ("M0") { direction : "internal"; internal_node : "M0"; }
    }
    cell ("sky130_fd_sc_hd__dfxtp_1") {
        ff ("IQ","IQ_N") { clocked_on : "CLK"; next_state : "D"; }
        leakage_power () { value : 0.0110; when : "CLK&D&!Q"; }
        leakage_power () { value : 0.0130; when : "CLK&D&Q"; }
        area : 20.02; cell_leakage_power : 0.0120;
        pin ("CLK") { capacitance : 0.0018; clock : "true"; direction : "input";
            internal_power () { rise_power ("scalar") { values("0.0030"); } fall_power ("scalar") { values("-0.0010"); } } }
        pin ("D") { capacitance : 0.0016; direction : "input"; nextstate_type : "data"; }
        pin ("Q") { direction : "output"; function : "IQ";
            internal_power () { related_pin : "CLK"; fall_power ("scalar") { values("0.020"); } rise_power ("scalar") { values("0.025"); } }
            timing () { related_pin : "CLK"; timing_type : "rising_edge"; cell_rise ("scalar") { values("0.3"); } } }
        test_cell () { pin ("D") { direction : "input"; signal_type : "test_scan_in"; } }
    }
    cell ("sram") {
        bus ("A") { bus_type : "bus2"; direction : "input"; capacitance : 0.01; pin ("A[1:0]") { direction : "input"; } }
        bundle ("B") { members("B0", "B1"); direction : "input"; pin ("B0", "B1") { capacitance : 0.02; } }
        ff_bank ("IQ", "IQN", 2) { clocked_on : "C"; next_state : "B"; }
        pin ("C") { direction : "input"; clock : "true"; }
    }
}
)lib";

/// clk_i through the gate to the flip-flop's clock; its output is q_o.
const char* const gated = R"({"modules": {"gated": {
  "ports": {"clk_i": {"direction": "input", "bits": [2]}, "e_i": {"direction": "input", "bits": [3]},
            "d_i": {"direction": "input", "bits": [4]}, "q_o": {"direction": "output", "bits": [6]}},
  "cells": {"gate": {"type": "sky130_fd_sc_hd__dlclkp_1", "connections": {"CLK": [2], "GATE": [3], "GCLK": [5]}},
            "flop": {"type": "sky130_fd_sc_hd__dfxtp_1", "connections": {"CLK": [5], "D": [4], "Q": [6]}}}}}})";

// Nangate45's way: femtofarads, nothing in quotes that needs none, the condition's spaces for "and", seven by seven values.
const char* const nangate = R"lib(/* Nangate { */ library (NangateOpenCellLibrary) {
  /* Documentation Attributes */ date : "Thu 10 Feb 2011, 18:11:58"; revision : "revision 1.0";
  time_unit : "1ns"; leakage_power_unit : "1nW"; voltage_unit : "1V"; capacitive_load_unit (1,ff);
  nom_process : 1.00; nom_temperature : 25.00; nom_voltage : 1.10;
  operating_conditions (typical) { process : 1.00; temperature : 25.00; voltage : 1.10; tree_type : balanced_tree; }
  default_operating_conditions : typical;
  power_lut_template (Power_7_7) { variable_1 : input_transition_time; variable_2 : total_output_net_capacitance;
    index_1 ("0.0010,0.0020,0.0030,0.0040,0.0050,0.0060,0.0070"); index_2 ("0.0010,0.0020,0.0030,0.0040,0.0050,0.0060,0.0070"); }
  cell (NAND2_X1) {
    drive_strength : 1; area : 0.798000; cell_leakage_power : 17.393360;
    pg_pin(VDD) { voltage_name : VDD; pg_type : primary_power; }
    leakage_power () { when : "!A1 & !A2"; value : 3.482556; }
    leakage_power () { when : "A1 & A2"; value : 34.0; }
    pin (A1) { direction : input; related_power_pin : "VDD"; related_ground_pin : "VSS"; capacitance : 1.599032; }
    pin (A2) { direction : input; related_power_pin : "VDD"; capacitance : 1.664199; }
    pin (ZN) { direction : output; max_capacitance : 59.356700; function : "!(A1 & A2)";
      timing () { related_pin : "A1"; cell_rise (scalar) { values ("0.1"); } }
      internal_power () { related_pin : "A1";
        fall_power(Power_7_7) { index_1 ("0.001,0.002,0.004,0.008,0.016,0.032,0.064"); index_2 ("0.4,0.8,1.6,3.2,6.4,12.8,25.6");
          values ("0.1,0.2,0.3,0.4,0.5,0.6,0.7", \
                  "1.1,1.2,1.3,1.4,1.5,1.6,1.7", \
                  "2.1,2.2,2.3,2.4,2.5,2.6,2.7", \
                  "3.1,3.2,3.3,3.4,3.5,3.6,3.7", \
                  "4.1,4.2,4.3,4.4,4.5,4.6,4.7", \
                  "5.1,5.2,5.3,5.4,5.5,5.6,5.7", \
                  "6.1,6.2,6.3,6.4,6.5,6.6,6.7"); }
        rise_power(Power_7_7) { index_1 ("0.001,0.002,0.004,0.008,0.016,0.032,0.064"); index_2 ("0.4,0.8,1.6,3.2,6.4,12.8,25.6");
          values ("1,1,1,1,1,1,1","2,2,2,2,2,2,2","3,3,3,3,3,3,3","4,4,4,4,4,4,4","5,5,5,5,5,5,5","6,6,6,6,6,6,6","7,7,7,7,7,7,7"); } } }
  }
  cell (INV_X1) { area : 0.5; cell_leakage_power : 1; pin (A) { direction : input; capacitance : 1.7; }
    pin (ZN) { direction : output; function : "!A"; internal_power () { related_pin : A; power(scalar) { values ("2") } } } }
}
)lib";

}  // namespace

TEST_CASE("dialects: a gated flip-flop of sky130 takes what its tables say, by hand", "[silicon][oracle]") {
  const Library library = parse_library(sky130, "sky.lib");
  CHECK(library.voltage == 1.8);
  CHECK(library.temperature == 25);
  const Cell& gate = library.powered("sky130_fd_sc_hd__dlclkp_1");
  CHECK(gate.state.kind == State::Kind::gate);
  CHECK(gate.pins[static_cast<std::size_t>(gate.pin("M0"))].direction == Direction::internal);
  const Netlist netlist = flatten(nlohmann::json::parse(gated), "gated", library, "gated.json");
  const auto net = [&](const char* port) { return netlist.port(port).nets[0]; };
  const int clk = net("clk_i"), enable = net("e_i"), data = net("d_i"), q = net("q_o");
  const Instance& one = netlist.instances[netlist.instances[0].cell == &gate ? 0 : 1];
  const int gclk = one.nets[static_cast<std::size_t>(gate.pin("GCLK"))];
  CHECK(netlist.clock_nets("clk_i")[static_cast<std::size_t>(gclk)]);
  const double slew = 0.03;  // half-way between the axes' 0.01 and 0.05
  PowerMeter meter(library, netlist,
                   {{},
                    std::vector<double>(static_cast<std::size_t>(netlist.nets), slew),
                    netlist.clock_nets("clk_i"),
                    clk},
                   std::vector<int>(netlist.scopes.size(), 0));
  const auto set = [&](double ns, std::vector<Change> changes) { meter.changes(ns, changes); };
  set(0, {{clk, 0}, {gclk, 0}, {enable, 1}, {data, 1}, {q, 0}});
  set(10, {{clk, 1}});
  set(10.1, {{gclk, 1}});
  set(10.4, {{q, 1}});
  set(12, {{clk, 0}});
  set(12.1, {{gclk, 0}});
  set(15, {{clk, 1}, {gclk, 1}});  // data are held, and the clock is high at the end
  meter.finish(20);
  // pJ in the file; CLK of the gate: half-way 3 and 4 fJ. GCLK: its load is the flip-flop's 1.8 fF, 0.4 of the way from 1 to 3.
  const double clk_rise = 3, clk_fall = 4, gclk_rise = 14 + 0.4 * 4, gclk_fall = 12 + 0.4 * 4;
  const double internal = 2 * clk_rise + clk_fall + 2 * gclk_rise + gclk_fall  // the gate
                          + 2 * 3 - 1 + 25;                                    // the flip-flop
  CHECK(meter.scopes()[0].internal_fj == Approx(internal));
  const double half_square = 1.8 * 1.8 / 2;
  CHECK(meter.scopes()[0].switching_fj == Approx(3 * (4 + 1.8) * half_square));
  // Ends of cycles: enabled with a low clock, so the flip-flop has no condition; then clock, data and Q are high.
  CHECK(meter.scopes()[0].leakage_fj == Approx(((0.005 + 0.012) * 5 + (0.009 + 0.013) * 5) * 1e-3));
  CHECK(meter.unmatched() == 0);
}

TEST_CASE("dialects: Nangate45's femtofarads and seven by seven values", "[silicon][oracle]") {
  const Library library = parse_library(nangate, "n.lib");
  CHECK(library.name == "NangateOpenCellLibrary");
  const Cell& nand = library.powered("NAND2_X1");
  CHECK(nand.pins[0].capacitance_ff == Approx(1.599032));
  CHECK(nand.leakages.at(1).nanowatt == Approx(34));
  CHECK(nand.leakage_nw == Approx(17.39336));
  const InternalPower& power = nand.pins[2].powers.at(0);
  CHECK(power.fall->at(0.004, 3.2) == Approx(2.4));
  CHECK(power.fall->at(0.006, 4.8) == Approx((2.4 + 2.5 + 3.4 + 3.5) / 4));  // half-way on both axes
  CHECK(power.rise->at(0.048, 7) == Approx(6.5));
  CHECK(library.powered("INV_X1").pins[1].powers.at(0).rise->at(1, 1) == Approx(2));
}

TEST_CASE("dialects: units of picoseconds, millivolts and microwatts", "[silicon][oracle]") {
  std::string text = nangate;
  const auto swap = [&](const std::string& before, const std::string& after) {
    REQUIRE(text.find(before) != std::string::npos);
    text.replace(text.find(before), before.size(), after);
  };
  swap("\"1ns\"", "\"10ps\"");
  swap("\"1nW\"", "\"1uW\"");
  swap("\"1V\"", "\"100mV\"");
  swap("(1,ff)", "(0.01,pf)");
  const Library library = parse_library(text, "n.lib");
  CHECK(library.voltage == Approx(0.11));  // 1.1 of 100 mV
  const Cell& nand = library.powered("NAND2_X1");
  CHECK(nand.pins[0].capacitance_ff == Approx(15.99032));
  CHECK(nand.leakages.at(1).nanowatt == Approx(34000));
  // Axes by 10 ps and 10 fF, energies by 10 fF (0.1 V)^2 = 0.1 fJ.
  CHECK(nand.pins[2].powers.at(0).fall->at(0.00004, 32) == Approx(0.24));
}
