// SPDX-License-Identifier: Apache-2.0
// Energies by hand from a tiny table; the shipped 45-nm table against direct sums.
#include "sim/power_model.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "base/error.hpp"
#include "sim/power_shipped.hpp"
#include "sim/tiny_power_table.hpp"

using namespace wd;
using namespace wd::sim;
using Catch::Matchers::Contains;

namespace {

const BlockEnergy& block(const PowerEstimate& power, const std::string& name) {
  for (const BlockEnergy& one : power.blocks)
    if (one.block == name) return one;
  FAIL("no block " << name);
  return power.blocks.front();
}

PowerTable tiny() { return PowerTable::from_json(tiny_power_table(), "tiny"); }

arch::Counters some_counters() {
  arch::Counters c;
  c.cycles = 1000;
  c.run_cycles = 800;
  c.group_cycles = 10000;
  c.walker_cycles = 50000;
  c.walk_ops = 40000;
  c.bit_ops = 300000;
  c.flush_ops = 6000;
  c.rows_issued = 300;
  c.chunks_issued = 150;
  c.act_reads = 2000;
  c.residual_reads = 100;
  c.act_writes = 500;
  c.norm_reads = 40;
  c.post_ops = 7000;
  c.beats_read = 900;
  c.beats_written = 30;
  return c;
}

PowerEstimate estimate(const PowerTable& table, const CounterAmounts& c, const arch::Switches& switches = {},
                       const arch::Arch& arch = {}) {
  return estimate_power(table, c, arch, switches, operating_point(table));
}

}  // namespace

TEST_CASE("power: energies by hand", "[sim][oracle]") {
  const PowerEstimate power = estimate(tiny(), CounterAmounts(some_counters()));
  // 1000 cycles at 100 MHz are 10 us; a chip has 64 units of 16 PEs.
  CHECK(block(power, "group").dynamic_pj == Approx(300000 * 1.0 + 40000 * 16 * 0.010 + 800 * 64 * 0.002));
  CHECK(block(power, "group").leakage_pj == Approx(0.4e-6 * 64 * 10e-6 * 1e12));
  CHECK(block(power, "group").wires_pj == Approx(0.2 * block(power, "group").dynamic_pj));
  CHECK(block(power, "sequencer").dynamic_pj == Approx(1000 * 3.0));
  CHECK(block(power, "clock_tree").dynamic_pj == Approx(800 * 8.0));
  CHECK(block(power, "clock_tree").wires_pj == 0);
  // 2048 bits of 1536 rows are 384 KB in 8 macros of 48 KB and 256 bits: sqrt(48) and 4 by the form.
  CHECK(block(power, "sram_weights").dynamic_pj == Approx(300 * 8 * 0.8 * std::sqrt(48.0) * 4));
  CHECK(block(power, "sram_weights").leakage_pj == Approx(384 * 0.1e-6 * 10e-6 * 1e12));
  // A bank is 128 bits of 1024 words: 16 KB.
  CHECK(block(power, "sram_activations").dynamic_pj == Approx(2100 * 0.8 * 4 * 2 + 500 * 1.6 * 4 * 2));
  CHECK(block(power, "sram_fill").dynamic_pj == Approx(900 * 1.6 * std::sqrt(48.0) * 2));
  CHECK(power.offchip_pj == Approx(930 * 128 * 20.0));
}

TEST_CASE("power: voltage and clock", "[sim][oracle]") {
  const PowerTable table = tiny();
  const CounterAmounts c(some_counters());
  const PowerEstimate at_1 = estimate(table, c);
  // Speed goes with (V - 0.36)^1.5 / V: 0.8^3 at 1 V; 0.9^3 / 1.17 at 1.17 V.
  CHECK(speed_scale(table, 1.17) == Approx(0.729 / 1.17 / 0.512));
  CHECK(operating_point(table, 0.85).megahertz == Approx(100 * std::pow(0.49, 1.5) / 0.85 / 0.512));
  const PowerEstimate slow = estimate_power(table, c, {}, {}, operating_point(table, 1.0, 50.0));
  CHECK(block(slow, "group").dynamic_pj == Approx(block(at_1, "group").dynamic_pj));
  CHECK(block(slow, "group").leakage_pj == Approx(2 * block(at_1, "group").leakage_pj));
  const PowerEstimate low = estimate_power(table, c, {}, {}, operating_point(table, 0.8, 20.0));
  CHECK(block(low, "group").dynamic_pj == Approx(0.64 * block(at_1, "group").dynamic_pj));
  CHECK(block(low, "group").leakage_pj == Approx(5 * 0.8 * std::exp(-0.4) * block(at_1, "group").leakage_pj));
  CHECK(block(low, "sram_weights").dynamic_pj == Approx(0.64 * block(at_1, "sram_weights").dynamic_pj));
  CHECK(low.offchip_pj == at_1.offchip_pj);
  CHECK_THAT(low.caveat(), Contains("scaled from 1 to 0.8 V"));
  CHECK_THROWS_WITH(operating_point(table, 0.5),
                    Contains("--voltage 0.5: table tiny, of 1 V and 25 C, can be scaled to 0.6 to 1.2 V"));
  CHECK_THROWS_WITH(operating_point(table, 1.0, 126.0),
                    Contains("--clock 126: at 1 V table tiny reaches 125 MHz; lower --clock"));
}

TEST_CASE("power: layers add up, and gates off never save", "[sim]") {
  const PowerTable table = find_power_table("45nm-reference", "--table");
  const CounterAmounts whole(some_counters());
  CounterAmounts part;
  part.cycles = 300, part.run_cycles = 200, part.bit_ops = 1000, part.group_cycles = 900, part.walk_ops = 500;
  CounterAmounts rest = whole;
  rest -= part;
  for (const bool gated : {true, false}) {
    arch::Switches switches;
    switches.gate_sum = switches.gate_group = switches.gate_array = gated;
    CHECK(estimate(table, part, switches).chip_pj() + estimate(table, rest, switches).chip_pj() ==
          Approx(estimate(table, whole, switches).chip_pj()));
  }
  const double all = estimate(table, whole).chip_pj();
  arch::Switches none;
  for (bool arch::Switches::*gate :
       {&arch::Switches::gate_array, &arch::Switches::gate_group, &arch::Switches::gate_walker,
        &arch::Switches::gate_operand, &arch::Switches::gate_sum, &arch::Switches::gate_segment}) {
    arch::Switches one;
    one.*gate = none.*gate = false;
    CHECK(estimate(table, whole, one).chip_pj() > all);
  }
  CHECK(estimate(table, whole, none).chip_pj() > all);
}

TEST_CASE("power: gates off, by hand", "[sim][oracle]") {
  const CounterAmounts c(some_counters());
  const auto ungated = [&](auto... gates) {
    arch::Switches open;
    ((open.*gates = false), ...);
    const PowerCounts n(c, {}, open);
    return std::array{n.ungated_walkers, n.ungated_operands, n.ungated_sums, n.ungated_segments};
  };
  const double pes = 10000 * 64;
  CHECK(ungated(&arch::Switches::gate_walker)[0] == 800 * 64 - 50000.0);
  // In the flush a group's clock runs beside its group_cycles: 6000 PE cycles, which the sums need and operands do not.
  CHECK(ungated(&arch::Switches::gate_operand)[1] == pes + 6000 - 300000);
  CHECK(ungated(&arch::Switches::gate_sum)[1] == pes + 6000 - 300000);
  CHECK(ungated(&arch::Switches::gate_sum)[2] == pes - 300000);
  CHECK(ungated(&arch::Switches::gate_operand)[2] == pes - 300000);  // one clock for both
  CHECK(ungated(&arch::Switches::gate_segment)[3] == 306000);
  CHECK(ungated(&arch::Switches::gate_operand, &arch::Switches::gate_group, &arch::Switches::gate_array)[1] ==
        1000.0 * 1024 - 300000);
  CHECK(ungated()[2] == 0);
}

TEST_CASE("power: a table says what it lacks", "[sim][message]") {
  const CounterAmounts c(some_counters());
  const PowerEstimate power = estimate(tiny(), c);
  CHECK(power.missing.front() == "lanes");
  CHECK_THAT(power.caveat(), Contains("not in the table, so not counted: lanes, walkers, dispatch"));
  PowerTable part = tiny();
  part.blocks.front().origin = measured_origin;
  CHECK_THAT(estimate(part, c).caveat(),
             Contains("; measured on the RTL's netlist: " + part.blocks.front().block +
                      "; by prototypes, closed forms or assumptions: " + part.blocks.at(1).block + ", "));
  CHECK_THAT(power.caveat(), !Contains("measured on the RTL's netlist"));
  arch::Arch arch;
  arch.planes_per_row = 3;
  CHECK(extrapolated(tiny(), arch).empty());
  arch.window = arch.entries = 4;
  CHECK(extrapolated(tiny(), arch) ==
        std::vector<std::string>{"window 4 (known: 2)", "entries 4 (known: 2)"});
  arch.planes_per_row = 1;
  CHECK(extrapolated(tiny(), arch).back() == "planes_per_row 1 (known: 2 and 3)");
  arch.decoders = 5;
  CHECK_THAT(extrapolated(tiny(), arch).back(), !Contains("decoders"));  // a table without that block
  PowerTable decoding = tiny();
  decoding.blocks.emplace_back().block = "decoder";
  CHECK(extrapolated(decoding, arch).back() == text("decoders 5 (known: ", decoding.arch.decoders, ")"));
  arch.decoders = 0;
  CHECK_THAT(extrapolated(decoding, arch).back(), !Contains("decoders"));
  arch::Switches open;
  open.gate_walker = false;
  CHECK_THAT(estimate(tiny(), c, open).caveat(),
             Contains("gates are off whose cost the table does not have: ungated_walker of walkers"));
  arch.act_rows = 32768;
  CHECK_THAT(
      estimate(tiny(), c, {}, arch).caveat(),
      Contains("macros of the activation buffer have 512 KB, the SRAM form was fitted to 1 to 128 KB"));
}

TEST_CASE("power: defaults of wires and an unchecked clock are said", "[sim][message]") {
  const CounterAmounts c(some_counters());
  PowerTable table = tiny();
  CHECK_THAT(estimate(table, c).caveat(),
             Contains("; wires are taken to be 20 % of the dynamic energy of all blocks, as the table has"));
  CHECK_THAT(estimate(table, c).caveat(), !Contains("is not checked"));
  table.blocks.at(0).wire_share = 0.1;
  CHECK_THAT(estimate(table, c).caveat(), Contains("energy of sequencer, as the table"));
  table.blocks.push_back(table.blocks.at(1));
  table.blocks.back().block = "post";
  table.blocks.emplace_back().block = "fetch";  // without events
  CHECK_THAT(estimate(table, c).caveat(), Contains("energy of all blocks but group, as the table"));
  for (BlockPower& block : table.blocks) block.wire_share = 0.1;
  CHECK(estimate(table, c).assumed.empty());
  table.blocks.at(0).residual = 0.25;
  table.blocks.at(1).residual = 0.784;
  CHECK(estimate(table, c).assumed ==
        std::vector<std::string>{"counters tell the energy of a window poorly, by the fit's residual, of "
                                 "sequencer (78 %)"});
  table.slowest_path_ns.reset();
  CHECK_THAT(
      estimate_power(table, c, {}, {}, operating_point(table, 1.0, 9000.0)).caveat(),
      Contains("whether 9000 MHz can be reached at 1 V is not checked: the table has no slowest_path_ns"));
}

TEST_CASE("power: the default table was measured on this RTL's netlist, block by block", "[sim]") {
  const PowerTable table = find_power_table(default_power_table, "--table");
  const PowerEstimate power = estimate(table, CounterAmounts(some_counters()));
  CHECK(power.missing.empty());
  for (const BlockPower& block : table.blocks) {
    INFO(block.block);
    if (block.block == "clock_tree") continue;
    CHECK(block.origin == measured_origin);
    CHECK((block.block == "instr_memory" || block.area_um2 > 1000));
    CHECK(block.worst_path_ns.value_or(0) < *table.slowest_path_ns);
  }
  CHECK(extrapolated(table, {}).empty());
  arch::Switches none;  // what each level of gates saves is in it, too
  none.gate_array = none.gate_group = none.gate_walker = none.gate_operand = none.gate_sum =
      none.gate_segment = false;
  CHECK(estimate(table, CounterAmounts(some_counters()), none).unknown_gates.empty());
}

TEST_CASE("power: the 45-nm table against sums by hand", "[sim][oracle]") {
  const PowerTable table = find_power_table("45nm-reference", "--table");
  const arch::Counters c = some_counters();
  const auto logic = [&](const arch::Arch& arch, const arch::Switches& switches) {
    const PowerEstimate power = estimate(table, CounterAmounts(c), switches, arch);
    return power.part_pj(PowerPart::logic) + power.part_pj(PowerPart::clock_tree);
  };
  // Operands, walks (1.978 pJ and 0.0224 for each group served), chunks and leakage per PE, flush, outputs; clocks of groups and array.
  const double others =
      150 * 1024 * 0.51 + 1000 * 1024 * 0.059 + 6000 * 1.0 + 7000 * 2.3 + 10000 * 2 + 800 * 20;
  const double walks = 40000 * (1.978 + 16 * 0.0224);
  CHECK(logic({}, {}) == Approx(300000 * 1.51 + walks + others));
  arch::Arch arch;
  arch.groups_per_walker = 1;
  CHECK(logic(arch, {}) == Approx(300000 * 1.51 + 40000 * 2.0004 + others));
  arch = {};
  arch.latch_operand = 1;
  CHECK(logic(arch, {}) == Approx(300000 * 1.33 + walks + others));
  arch = {};
  arch.planes_per_row = 3;
  CHECK(logic(arch, {}) == Approx(300000 * 1.72 + walks + others));
  arch = {};
  arch.sum_segment = 0;
  CHECK(logic(arch, {}) == Approx(300000 * 2.14 + walks + others));

  // Flops of the RTL's levels x 3.9 fJ: 12 of an operand, 31 of a sum, 30 of its segments, 58 of a walker.
  const double flop = 0.0039, pes = 10000 * 64;
  const double all = logic({}, {});
  const auto more = [&](bool arch::Switches::*gate, const arch::Arch& chip = {}) {
    arch::Switches open;
    open.*gate = false;
    return logic(chip, open) - logic(chip, {});
  };
  CHECK(more(&arch::Switches::gate_walker) == Approx((3 * 16 + 4 + 6) * (800 * 64 - 50000.0) * flop));
  // One clock for both.
  for (const auto gate : {&arch::Switches::gate_operand, &arch::Switches::gate_sum})
    CHECK(more(gate) == Approx((12 * (pes + 6000 - 300000) + 31 * (pes - 300000)) * flop));
  CHECK(more(&arch::Switches::gate_segment) == Approx(30 * 306000 * flop));
  CHECK(more(&arch::Switches::gate_group) == Approx((800 * 16 - 10000) * 2.0));
  CHECK(more(&arch::Switches::gate_array) == Approx(200 * 20.0));
  CHECK(more(&arch::Switches::gate_segment, arch) == Approx(0).margin(1e-9 * all));  // a plain sum has none

  const PowerEstimate power = estimate(table, CounterAmounts(c));
  // 8 macros of 48 KB and 256 bits each, by the CACTI fit at 0.7 V, at 1.1 V.
  CHECK(
      block(power, "sram_weights").dynamic_pj ==
      Approx(300 * 8 * 0.93 * (1.1 * 1.1 / 0.49) * std::pow(48.0, 0.70) * std::pow(4.0, 0.29)).epsilon(0.01));
  CHECK(block(power, "sram_weights").leakage_pj == Approx(1000 * 2 * 384 * 0.021));
  CHECK(power.offchip_pj == Approx(930 * 128 * 20.0));
}

TEST_CASE("power: an unknown table", "[sim][bad-input]") {
  CHECK_THROWS_WITH(find_power_table("no/such", "--table"),
                    Contains("--table 'no/such': neither a shipped table (") && Contains("45nm-reference"));
  for (const std::string& name : shipped_power_table_names())
    CHECK(find_power_table(name, "--table").name == name);
}
