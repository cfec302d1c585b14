// SPDX-License-Identifier: Apache-2.0
// Areas by hand, from a tiny table and from the macros' own data sheets.
#include "sim/power_area.hpp"

#include <catch2/catch.hpp>

#include "sim/power_model.hpp"
#include "sim/power_shipped.hpp"
#include "sim/power_sram.hpp"
#include "sim/tiny_power_table.hpp"

namespace wd::sim {
namespace {

TEST_CASE("area: memories are made of macros, cells are the table's", "[sim][oracle]") {
  PowerTable table = find_power_table("sg13g2", "--power-table");
  const arch::Arch arch;
  // A weight row has 64 channels of a chunk's two-bit words: 2048 bits, 32 macros of 64; 1536 rows are 384 KB, 12 KB each. A bank has 128
  // bits, 1024 rows: 2 macros of 8 KB, 16 banks. A norm row has 512 bits: 8 macros of 256 rows, 2 KB.
  const std::vector<MemoryMacros> macros = memory_macros(table.sram, arch);
  REQUIRE(macros.size() == 4);
  CHECK((macros[0].count == 32 && macros[0].kilobytes == 12));
  CHECK((macros[1].count == 32 && macros[1].kilobytes == 8));
  CHECK((macros[2].count == 8 && macros[2].kilobytes == 2));
  const double instructions = arch::instr_bits * 256.0 / 8192;
  CHECK(macros[3].count * macros[3].kilobytes == Approx(instructions));
  // The line against the data sheets of three macros.
  for (const auto& [kb, um2] : {std::pair{1.5, 596.48 * 118.78}, {4.0, 150102.40}, {16.0, 491633.616}})
    CHECK(31000 + 28850 * kb == Approx(um2).epsilon(0.05));
  const ChipArea area = chip_area(table, arch);
  CHECK(area.memories_um2 ==
        Approx(32 * (31000 + 28850 * 12.0) + 32 * (31000 + 28850 * 8.0) + 8 * (31000 + 28850 * 2.0) +
               macros[3].count * (31000 + 28850 * macros[3].kilobytes)));
  CHECK(area.assumed.empty());
  double groups = 0;
  for (const BlockPower& block : table.blocks)
    if (block.block == "group") groups = 64 * block.area_um2;
  CHECK(groups > 0);
  CHECK(area.cells_um2 > groups);
}

TEST_CASE("area: parameters whose area no chip of the table tells are named", "[sim][oracle]") {
  const PowerTable table = PowerTable::from_json(tiny_power_table(), "tiny");
  arch::Arch chip;
  CHECK(chip_area(table, chip).unknown.empty());
  // A variant that says energies alone says nothing of its area.
  chip.planes_per_row = 3;
  CHECK(extrapolated(table, chip).empty());
  CHECK(chip_area(table, chip).unknown == std::vector<std::string>{"planes_per_row 3 (known: 2)"});
  nlohmann::json measured = tiny_power_table();
  measured["variants"][0]["blocks"]["group"]["area_um2"] = 5000;
  CHECK(chip_area(PowerTable::from_json(measured, "tiny"), chip).unknown.empty());
  chip = {};
  chip.window = 4;
  CHECK(chip_area(table, chip).unknown == std::vector<std::string>{"window 4 (known: 2)"});
  chip = {};
  chip.planes = 2;
  chip.score_rows = 8;
  CHECK(chip_area(table, chip).unknown ==
        std::vector<std::string>{"planes 2 (known: 3)", "score_rows 8 (known: 64)"});
  chip = {};
  chip.freeze_generator = 0;
  CHECK(chip_area(find_power_table("sg13g2", "--power-table"), chip).unknown ==
        std::vector<std::string>{"freeze_generator 0 (known: 1)"});
}

TEST_CASE("area: what a table lacks is named, other nodes are scaled", "[sim][oracle]") {
  PowerTable table = PowerTable::from_json(tiny_power_table(), "tiny");
  const double own = chip_area(table, {}).memories_um2;
  table.library.name = "NangateOpenCellLibrary45";
  CHECK(chip_area(table, {}).memories_um2 == Approx(own * 45 * 45 / (130.0 * 130)));
  CHECK(chip_area(table, {}).assumed == "memories' area scaled from 130 to 45 nm");
  table.blocks.clear();
  const ChipArea none = chip_area(table, {});
  CHECK(none.cells_um2 == 0);
  CHECK(none.missing.size() + table.elsewhere.size() + 1 >= power_blocks().size());
}

}  // namespace
}  // namespace wd::sim
