// SPDX-License-Identifier: Apache-2.0
#include "hw/silicon/liberty.hpp"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>

#include "base/error.hpp"

namespace {

using namespace wd::silicon;

// As sky130's files are written: every value in quotes, rails, picofarads.
const char* const sky130 = R"lib(library ("sky130_fd_sc_hd__tt_025C_1v80") {
    define_group("mode_definition", "library");
    technology("cmos");
    delay_model : "table_lookup";
    capacitive_load_unit(1.0000000000, "pf");
    leakage_power_unit : "1nW";
    time_unit : "1ns";
    voltage_unit : "1V";
    nom_voltage : 1.8000000000;
    nom_temperature : 25.0;
    voltage_map("VPWR", 1.8000000000);
    operating_conditions ("tt_025C_1v80") {
        voltage : 1.8000000000;
        process : 1.0000000000;
        temperature : 25.000000000;
    }
    power_lut_template ("power_outputs_1") {
        variable_1 : "input_transition_time";
        variable_2 : "total_output_net_capacitance";
        index_1("1, 2, 3");
        index_2("1, 2");
    }
    cell ("sky130_fd_sc_hd__inv_1") {
        leakage_power () {
            value : 0.0009490;
            when : "A";
        }
        leakage_power () {
            value : 0.0026850;
            when : "!A";
        }
        pg_pin ("VPWR") {
            pg_type : "primary_power";
        }
        area : 3.7536000000;
        cell_leakage_power : 0.0018170000;
        pin ("A") {
            capacitance : 0.0022980000;
            direction : "input";
        }
        pin ("Y") {
            direction : "output";
            function : "(!A)";
            internal_power () {
                fall_power ("power_outputs_1") {
                    index_1("0.01, 0.02, 0.05");
                    index_2("0.0005, 0.0013");
                    values("0.001, 0.002", \
                        "0.003, 0.004", "0.005, 0.006");
                }
                related_pin : "A";
                related_pg_pin : "VPWR";
                rise_power ("scalar") {
                    values("0.0070");
                }
            }
            timing () {
                related_pin : "A";
                timing_sense : "negative_unate";
            }
        }
    }
}
)lib";

// As Nangate45's are: femtofarads, conditions with ^ and parentheses, the load first in the excerpt's template.
const char* const nangate = R"lib(/* comment
   over lines */
library (NangateOpenCellLibrary) {
  time_unit : "1ns";
  leakage_power_unit : "1nW";
  voltage_unit : "1V";
  capacitive_load_unit (1,ff);
  nom_voltage : 1.10;
  operating_conditions (typical) { process : 1.0; voltage : 1.10; temperature : 25.00; }
  default_operating_conditions : typical;
  power_lut_template (Power_2_3) {
    variable_1 : total_output_net_capacitance;
    variable_2 : input_transition_time;
    index_1 ("1,2");
    index_2 ("0.001,0.002,0.003");
  }
  power_lut_template (Hidden_2) { variable_1 : input_transition_time; index_1 ("0.1,0.2"); }
  cell (DFF_X1) {
    area : 4.522; cell_leakage_power : 79.1;
    ff ("IQ" , "IQN") { next_state : "D"; clocked_on : "CK"; }
    leakage_power () { when : "!CK & !D & !Q"; value : 77.5; }
    pin (D) { direction : input; capacitance : 1.140290;
      internal_power () { when : "(CK & !Q)"; rise_power(Hidden_2) { values ("1.5,2.5"); } fall_power(Hidden_2) { values ("3,4"); } } }
    pin (CK) { direction : input; clock : true; capacitance : 0.949653; }
    pin (Q) { direction : output; function : "IQ";
      internal_power () { related_pin : "CK"; when : "(!D ^ 1)";
        power(Power_2_3) { values ("1,2,3","4,5,6"); } } }
  }
}
)lib";

std::string with(std::string text, const std::string& before, const std::string& after) {
  const std::size_t at = text.find(before);
  REQUIRE(at != std::string::npos);
  return text.replace(at, before.size(), after);
}

void refused(const std::string& text, const std::string& message) {
  CHECK_THROWS_WITH(parse_library(text, "x.lib"), Catch::Contains(message));
}

const Cell& cell_of(const Library& library, const char* name) { return library.cells.at(name); }

}  // namespace

TEST_CASE("liberty: sky130's syntax", "[silicon][oracle]") {
  const Library library = parse_library(sky130, "sky.lib");
  CHECK(library.voltage == 1.8);
  CHECK(library.corner == "tt_025C_1v80");
  const Cell& inverter = cell_of(library, "sky130_fd_sc_hd__inv_1");
  CHECK(inverter.area == Approx(3.7536));
  REQUIRE(inverter.leakages.size() == 2);
  CHECK(inverter.leakages[1].nanowatt == Approx(0.002685));
  CHECK(inverter.leakage_nw == Approx(0.001817));
  CHECK(inverter.pins[0].capacitance_ff == Approx(2.298));
  const InternalPower& power = inverter.pins[1].powers.at(0);
  CHECK(power.related == 0);
  CHECK(power.rail == "VPWR");
  // pF V^2 is pJ.
  CHECK(power.rise->at(0.3, 7) == Approx(7));
  CHECK(power.fall->at(0.02, 1.3) == Approx(4));
  CHECK(power.fall->at(0.015, 0.9) == Approx((1 + 2 + 3 + 4) / 4.0));
}

TEST_CASE("liberty: Nangate45's syntax, axes in the other order, a power for both edges",
          "[silicon][oracle]") {
  const Library library = parse_library(nangate, "n.lib");
  CHECK(library.voltage == 1.1);
  const Cell& flop = cell_of(library, "DFF_X1");
  CHECK(flop.state.kind == State::Kind::flop);
  CHECK(flop.state.clock->verilog(flop.names) == "CK");
  CHECK(flop.pins[1].clock);
  CHECK(flop.pins[0].capacitance_ff == Approx(1.14029));
  const InternalPower& output = flop.pins[2].powers.at(0);
  // fF V^2 is fJ. Load 2, slew 0.003: the last value.
  CHECK(output.rise->at(0.003, 2) == Approx(6));
  CHECK(output.fall->at(0.001, 2) == Approx(4));
  CHECK(output.fall->at(0.002, 1.5) == Approx(3.5));
  const InternalPower& data = flop.pins[0].powers.at(0);
  CHECK(data.related == -1);
  CHECK(data.rise->at(0.15, 0) == Approx(2));
  const std::uint8_t holds[] = {0, 1, 0, 0, 0}, fails[] = {0, 1, 1, 0, 0};
  CHECK((*data.when)(holds) == 1);
  CHECK((*data.when)(fails) == 0);
}

TEST_CASE("liberty: what a file lacks is said with its line", "[silicon][bad-input]") {
  refused("", "x.lib:1: is empty");
  refused("cell (A) { }", "has no library group");
  refused("library (a) { time_unit : \"1ns\"; nom_voltage : 1; ",
          "x.lib:1: the group 'library' of line 1 does not end");
  refused("library (a) { nom_voltage : 1; }", "x.lib:1: the library has no cells");
}

TEST_CASE("liberty: damaged values are refused with their line", "[silicon][bad-input]") {
  refused(with(nangate, "\"4,5,6\"", "\"4,5\""),
          "x.lib:27: cell DFF_X1: pin Q: power has 5 values, its axes need 6");
  refused(with(nangate, "\"4,5,6\"", "\"4,5,six\""), "x.lib:27: values is 'six', must be a number");
  refused(with(nangate, "power(Power_2_3)", "power(Power_9)"),
          "template 'Power_9', which the library does not define");
  refused(with(nangate, "index_1 (\"1,2\")", "index_1 (\"2,1\")"), "index_1 does not rise");
  refused(with(nangate, "variable_2 : input_transition_time",
               "variable_2 : related_out_total_output_net_capacitance"),
          "depends on 'related_out_total_output_net_capacitance'");
  refused(with(nangate, "(CK & !Q)", "(CK & !QX)"),
          "x.lib:23: cell DFF_X1: the function '(CK & !QX)' names 'QX'");
  refused(with(nangate, "related_pin : \"CK\"", "related_pin : \"CP\""), "related_pin 'CP' is no pin of it");
  refused(with(nangate, "area : 4.522", "area : large"), "x.lib:19: area is 'large', must be a number");
  refused(with(nangate, "direction : output", "direction : up"), "direction is 'up', must be input, output");
  refused(with(nangate, "time_unit : \"1ns\"", "time_unit : \"1day\""),
          "x.lib:4: time_unit is 'day', must be a unit of s");
  refused(
      with(nangate, "leakage_power () { when : \"!CK & !D & !Q\"; value : 77.5; }", "leakage_power () { }"),
      "leakage_power lacks its value");
  refused(with(nangate, "direction : output", "direction output"),
          "'direction' is followed by neither ':' nor '('");
}

TEST_CASE("liberty: what synthesis and timing would read wrongly is refused", "[silicon][bad-input]") {
  refused(with(nangate, "\"1.5,2.5\"", "\"nan,2.5\""), "x.lib:23: values is 'nan', must be a number");
  refused(with(nangate, "\"1.5,2.5\"", "\"1.5,inf\""), "x.lib:23: values is 'inf', must be a number");
  refused(with(nangate, "capacitance : 1.140290", "capacitance : -1"),
          "x.lib:22: capacitance is -1, must be");
  refused(with(nangate, "area : 4.522", "area : -2"), "x.lib:19: area is -2, must be from 0");
  refused(with(nangate, "(1,ff)", "(0,ff)"), "x.lib:7: capacitive_load_unit is 0 or less");
  refused(with(nangate, "time_unit : \"1ns\"", "time_unit : \"0ns\""),
          "x.lib:4: time_unit is '0ns', must be more than 0");
  refused(with(nangate, "  cell (DFF_X1) {", "  cell (DFF_X1) { }\n  cell (DFF_X1) {"),
          "x.lib:19: cell DFF_X1 is there twice, first in line 18");
  refused("library (a) { \001 }", "x.lib:1: byte 1 is no text of a liberty file");

  const auto timed = [](const std::string& table) {
    return with(sky130, "timing () {", "timing () { cell_rise (by_slew) { " + table + " }");
  };
  const auto defined = [&](const std::string& table) {
    return with(timed(table), "power_lut_template",
                "lu_table_template (by_slew) { variable_1 : input_net_transition; index_1 (\"1, 2\"); }\n"
                "    power_lut_template");
  };
  const std::string what = "cell sky130_fd_sc_hd__inv_1: pin Y: cell_rise";
  refused(timed("values (\"1, 2\");"),
          "x.lib:57: " + what + " has the template 'by_slew', which the library does not define");
  refused(defined("values (\"1, abc\");"), "x.lib:58: values is 'abc', must be a number");
  refused(defined("values (\"1\");"), "x.lib:58: " + what + " has 1 values, its axes need 2");
  refused(defined("index_1 (\"2, 1\"); values (\"1, 2\");"), what + ": index_1 does not rise");
  refused(defined(""), what + " has no values");
  parse_library(defined("values (\"1, 2\");"), "x.lib").require_delays();
}

TEST_CASE("liberty: a cell that synthesis may choose has delays", "[silicon][bad-input]") {
  const std::string cells = R"lib(library (a) { nom_voltage : 1;
    cell (INV) { pin (A) { } pin (Y) { direction : output; function : "!A";
      timing () { related_pin : "A"; cell_rise (scalar) { values ("1"); } } } }
    cell (NAND) { pin (A) { } pin (B) { } pin (Y) { direction : output; function : "!(A B)"; } }
    cell (TIE) { pin (Y) { direction : output; function : "1"; } } })lib";
  CHECK_THROWS_WITH(parse_library(cells, "x.lib").require_delays(),
                    Catch::Contains("x.lib:4: cell NAND: pin Y has a function, but no timing table"));
  for (const char* left_out : {"dont_use : true; pin (A)", "ff (IQ, IQN) { next_state : \"A\"; } pin (A)"})
    parse_library(with(cells, "(NAND) { pin (A)", std::string("(NAND) { ") + left_out), "x.lib")
        .require_delays();
  parse_library(with(cells, "function : \"!(A B)\";", "function : \"!(A B)\"; three_state : \"A\";"), "x.lib")
      .require_delays();
}

TEST_CASE("liberty: no voltage, no energy, an unknown cell", "[silicon][bad-input]") {
  const std::string none =
      "library (a) { cell (INV) { pin (A) { direction : input; } pin (Y) { direction : output; function : "
      "\"!A\"; } } }";
  refused(none, "x.lib:1: the library says no voltage");
  const std::string named = with(none, "{ cell", "{ nom_voltage : 1;\ncell");
  const Library plain = parse_library(named, "x.lib");
  CHECK_THROWS_WITH(plain.require_power(),
                    Catch::Contains("x.lib:2: no cell has an internal_power table, from INV on"));
  CHECK_THROWS_WITH(
      plain.require_delays(),
      Catch::Contains("x.lib:2: no cell has a timing table (cell_rise, cell_fall), from INV on"));
  CHECK_THROWS_WITH(plain.powered("NAND"), Catch::Contains("has no cell 'NAND'"));
  CHECK_THROWS_WITH(plain.powered("INV"), Catch::Contains("x.lib:2: cell INV has no leakage power"));
  const Library leaks = parse_library(with(named, "{ pin", "{ cell_leakage_power : 2; pin"), "x.lib");
  CHECK_THROWS_WITH(leaks.powered("INV"), Catch::Contains("x.lib:2: cell INV has no internal_power"));
}

TEST_CASE("liberty: Debian's osu018", "[silicon][oracle]") {
  const std::filesystem::path path = "/usr/share/qflow/tech/osu018/osu018_stdcells.lib";
  if (!std::filesystem::exists(path)) {
    WARN("Debian's package qflow-tech-osu018 is not there");
    return;
  }
  const Library library = read_library(path);
  library.require_power();
  library.require_delays();
  CHECK(library.cells.size() == 32);
  CHECK(library.voltage == 1.8);
  // Figures as they stand in the file: pF, pJ, nW.
  const Cell& flop = library.powered("DFFPOSX1");
  CHECK(flop.area == 96);
  CHECK(flop.leakage_nw == Approx(0.160725));
  CHECK(flop.pins[0].capacitance_ff == Approx(27.9235));
  CHECK(flop.pins[0].powers.at(0).fall->at(0.06, 0) == Approx(110.34));
  CHECK(flop.pins[2].powers.at(0).rise->at(0.24, 12.5) == Approx(62.027));
  CHECK(library.powered("NAND2X1").pins[2].function->verilog(library.powered("NAND2X1").names) ==
        "(~(A & B))");
}

TEST_CASE("liberty: the file of WD_LIBERTY, if that is set", "[silicon][oracle]") {
  const char* path = std::getenv("WD_LIBERTY");
  if (path == nullptr) return;
  const Library library = read_library(path);
  library.require_power();
  library.require_delays();
  std::size_t powered = 0, with_area = 0;
  for (const auto& [name, cell] : library.cells) {
    powered += cell.has_power();
    with_area += cell.area > 0;
  }
  CHECK(powered > library.cells.size() / 2);
  CHECK(with_area > library.cells.size() / 2);
}
