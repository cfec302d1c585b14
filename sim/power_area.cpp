// SPDX-License-Identifier: Apache-2.0
#include "sim/power_area.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "sim/power_assumptions.hpp"
#include "sim/power_blocks.hpp"
#include "sim/power_model.hpp"
#include "sim/power_sram.hpp"

namespace wd::sim {
namespace {

constexpr double macro_um2 = 31000, macro_um2_per_kb = 28850;
constexpr int form_nm = 130;

bool has_areas(const PowerVariant& variant) {
  return std::any_of(variant.blocks.begin(), variant.blocks.end(),
                     [](const BlockPower& block) { return block.area_um2 > 0; });
}

}  // namespace

ChipArea chip_area(const PowerTable& table, const arch::Arch& arch) {
  ChipArea area;
  const std::vector<BlockPower> blocks = table.blocks_of(arch);
  for (const PowerBlockKind& kind : power_blocks()) {
    const std::string name = kind.name;
    if (name == "clock_tree" || table.elsewhere.contains(name)) continue;
    const auto found =
        std::find_if(blocks.begin(), blocks.end(), [&](const BlockPower& one) { return one.block == name; });
    if (found == blocks.end() || found->area_um2 == 0)
      area.missing.push_back(name);
    else
      area.cells_um2 += found->area_um2 * block_instances(name, arch);
  }
  area.unknown = extrapolated(table, arch, has_areas);
  // What these size is in blocks of one area.
  if (arch.planes != table.arch.planes)
    area.unknown.push_back(text("planes ", arch.planes, " (known: ", table.arch.planes, ")"));
  if (arch.score_rows != table.arch.score_rows)
    area.unknown.push_back(text("score_rows ", arch.score_rows, " (known: ", table.arch.score_rows, ")"));
  for (const MemoryMacros& memory : memory_macros(table.sram, arch))
    area.memories_um2 += memory.count * (macro_um2 + macro_um2_per_kb * memory.kilobytes);
  const int node = node_of_library(table.library.name);
  if (node != 0 && node != form_nm) {
    area.memories_um2 *= static_cast<double>(node * node) / (form_nm * form_nm);
    area.assumed = text("memories' area scaled from ", form_nm, " to ", node, " nm");
  } else if (node == 0) {
    area.assumed = text("memories' area is of ", form_nm, " nm: the library's node is unknown");
  }
  return area;
}

}  // namespace wd::sim
