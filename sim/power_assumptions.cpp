// SPDX-License-Identifier: Apache-2.0
#include "sim/power_assumptions.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>

#include "base/error.hpp"
#include "sim/power_blocks.hpp"

namespace wd::sim {
namespace {

/// Energy factor a V^2 + b V + c of a node: Stillmaker and Baas, Integration 58 (2017), table 5. Not beyond the highest supply of the
/// node's usual devices: 1.8 V is that of sky130's, too.
struct NodeEnergy {
  int node_nm;
  double a, b, c, most_volt;
};

constexpr NodeEnergy nodes[] = {{180, 0, 24.64, -17.98, 2.0},
                                {130, 7.171, -6.709, 2.904, 2.0},
                                {90, 4.762, -4.781, 2.092, 1.5},
                                {65, 3.755, -4.398, 1.975, 1.5},
                                {45, 1.103, -0.362, 0.2767, 1.5}};  // low-power

constexpr int cacti_node = 45;
constexpr double cacti_volt = 0.7;

const NodeEnergy* find_node(int node_nm) {
  const auto* found = std::find_if(std::begin(nodes), std::end(nodes),
                                   [&](const NodeEnergy& one) { return one.node_nm == node_nm; });
  return found == std::end(nodes) ? nullptr : found;
}

double factor(const NodeEnergy& node, double volt) { return node.a * volt * volt + node.b * volt + node.c; }

std::string lower(std::string name) {
  for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return name;
}

bool of_ihp(const PowerTable& table) { return lower(table.library.name).find("sg13g2") != std::string::npos; }

/// Macros of IHP's own for this process, of 1 to 16 KB and 16 to 64 bits.
SramForm ihp_sram() {
  SramForm form;
  form.read = {38800, 0.414, 0.493};
  form.write = {41200, 0.479, 0.406};
  form.leakage_nw_per_kb = 99;
  form.volt = 1.2;
  form.widest_macro_bits = 64;
  form.least_kb = 1;
  form.most_kb = 16;
  form.origin =
      "fitted to four macros of IHP's sg13g2 (RM_IHPSG13_1P of 512 x 16, 512, 1024 and 2048 x 64 bits; "
      "liberty, typical, "
      "1.2 V, 25 C): energy of the clock's edge with a read or a write; leakage of the 8-KB macro";
  return form;
}

SramForm scaled_cacti(const PowerTable& table, int node_nm) {
  const double scale = node_energy(node_nm, table.library.volt);
  SramForm form;
  form.read = {930 * scale, 0.70, 0.29};
  form.write = {1560 * scale, 0.42, 0.89};
  const bool old = node_nm > cacti_node;
  form.leakage_nw_per_kb = old ? 99 : 8500;
  form.volt = table.library.volt;
  form.widest_macro_bits = 256;
  form.least_kb = 1;
  form.most_kb = 128;
  form.origin = text(
      "fit to CACTI 7, 45 nm low-power cells, at 0.7 V (read 0.93 pJ KB^0.70 (W/64)^0.29, write 1.56 pJ "
      "KB^0.42 (W/64)^0.89, errors "
      "up to 20 %), times ",
      scale, " for ", node_nm, " nm and ", table.library.volt,
      " V (Stillmaker and Baas, Integration 58, 2017; macros of IHP's 130 nm take 2.5 to 3 times what that "
      "gives); leakage ",
      old ? "of a macro of IHP's 130 nm" : "8.5 uW per KB as fitted");
  return form;
}

/// Alpha-power law and leakage: of IHP's library from two of its corners, else assumed.
ScalingLaw scaling_law(const PowerTable& table) {
  ScalingLaw law;
  law.leakage_per_volt = 2.5;
  const double volt = table.library.volt;
  if (of_ihp(table)) {
    law.alpha = 1.5;
    law.threshold_volt = 0.53;
    law.least_volt = 0.7;
    law.most_volt = 1.65;
    law.origin =
        "alpha-power law (Sakurai and Newton, IEEE JSSC 25(2), 1990) with alpha 1.5 assumed and threshold "
        "0.53 V, so that an inverter's "
        "delays at 1.2 and 1.5 V (typical, 25 C) come out; leakage current as exp(2.5 V), from the same two "
        "corners; below 1.2 V "
        "nothing is known";
    return law;
  }
  law.alpha = 1.3;
  law.threshold_volt = 0.3 * volt;
  law.least_volt = 0.55 * volt;
  law.most_volt = 1.1 * volt;
  law.origin = text(
      "assumed: alpha-power law (Sakurai and Newton, IEEE JSSC 25(2), 1990) with alpha 1.3 and a threshold "
      "of 0.3 of ",
      volt, " V; leakage current as exp(2.5 V), as two corners of IHP's 130-nm library have it");
  return law;
}

double area_of(const PowerTable& table, const std::string& block) {
  double area = 0;
  for (const BlockPower& one : table.blocks)
    if (one.block == block) area += one.area_um2 * block_instances(block, table.arch);
  return area;
}

/// Wires of a tree to `sinks` that lie evenly in an area, and as much again for its buffers; fF.
double tree_ff(double sinks, double area_um2) {
  constexpr double wire_ff_per_um = 0.2;
  return 2 * wire_ff_per_um * 0.75 * std::sqrt(sinks * area_um2);
}

BlockPower clock_tree(const PowerTable& table) {
  const arch::Arch& arch = table.arch;
  const double v2 = table.library.volt * table.library.volt;
  double array = 0, chip = 0;
  for (const char* block : {"lanes", "walkers", "group", "dispatch", "fetch"}) array += area_of(table, block);
  for (const PowerBlockKind& kind : power_blocks()) chip += area_of(table, kind.name);
  // Gates below a branch: of a PE the operand's, the sum's and its segments'; of a walker its slots' and three more; the lanes'.
  const double of_group = 4.0 * arch.pes_per_group + arch.entries;
  const double of_array =
      arch.groups() + arch.walkers() * (3.0 + arch.window) + arch.pes_per_group * arch.window;
  const std::string origin = text(
      "assumed: wires of 0.75 sqrt(sinks x area) at 0.2 fF/um, and as much again for buffers; sinks are the "
      "clock gates below");
  BlockPower tree;
  tree.block = "clock_tree";
  tree.events = {
      {"cycles", tree_ff(1000, chip) * v2, {}, origin + ", taken as 1000 for the chip"},
      {"array_cycles", tree_ff(of_array, array) * v2, {}, origin},
      {"group_cycles", tree_ff(of_group, area_of(table, "group") / arch.groups()) * v2, {}, origin}};
  tree.origin = "assumed from areas";
  return tree;
}

}  // namespace

int node_of_library(const std::string& name) {
  const std::string known = lower(name);
  const std::pair<const char*, int> libraries[] = {{"sg13", 130},  {"sky130", 130}, {"osu018", 180},
                                                   {"gf180", 180}, {"nangate", 45}, {"45", 45},
                                                   {"osu", 180}};
  for (const auto& [part, node] : libraries)
    if (known.find(part) != std::string::npos) return node;
  return 0;
}

double node_energy(int node_nm, double volt) {
  const NodeEnergy* node = find_node(node_nm);
  std::string known;
  for (const NodeEnergy& one : nodes) known += text(known.empty() ? "" : ", ", one.node_nm);
  WD_REQUIRE(node != nullptr, "memories of ", node_nm, " nm cannot be scaled; nodes are ", known);
  const double scale = factor(*node, volt) / factor(*find_node(cacti_node), cacti_volt);
  WD_REQUIRE(scale > 0, "memories of ", node_nm, " nm cannot be scaled to ", volt,
             " V: the published polynomial is below 0 there");
  WD_REQUIRE(volt <= node->most_volt, "memories of ", node_nm, " nm cannot be scaled to ", volt,
             " V: devices of that process have at most ", node->most_volt, " V");
  return scale;
}

void assume_rest(PowerTable& table, int node_nm) {
  table.scaling = scaling_law(table);
  table.sram = of_ihp(table) ? ihp_sram() : scaled_cacti(table, node_nm);
  table.dram = {20000,
                "literature: DRAM access 1.3 to 2.6 nJ per 64 bits (Horowitz, ISSCC 2014); its supply is its "
                "own: no scaling"};
  table.wire_share = 0.117;
  table.wires_origin =
      "where a block does not say: of the array's slice in sg13g2, whose energy grew by 11.7 % (its parts: "
      "10.6 to 11.9 %) when 1 fF a net and 1 fF a "
      "pin became 2 and 2";
  std::erase_if(table.blocks, [](const BlockPower& one) { return one.block == "clock_tree"; });
  table.blocks.push_back(clock_tree(table));
}

}  // namespace wd::sim
