// SPDX-License-Identifier: Apache-2.0
#include "sim/power_model.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "sim/power_sram.hpp"

namespace wd::sim {
namespace {

std::string joined(const std::vector<std::string>& list) {
  std::string out;
  for (const std::string& one : list) out += (out.empty() ? "" : ", ") + one;
  return out;
}

bool matches(const PowerVariant& variant, const nlohmann::json& chip) {
  for (const auto& item : variant.arch.items())
    if (chip.at(item.key()) != item.value()) return false;
  return true;
}

bool has_block(const PowerTable& table, const std::string& name) {
  return std::any_of(table.blocks.begin(), table.blocks.end(),
                     [&](const BlockPower& one) { return one.block == name; });
}

/// "2, and 4 with planes_per_row 1"
std::string known_values(const PowerTable& table, const std::string& parameter,
                         bool (*counts)(const PowerVariant&)) {
  std::string out = arch::to_json(table.arch).at(parameter).dump();
  for (const PowerVariant& variant : table.variants) {
    if (!variant.arch.contains(parameter) || (counts != nullptr && !counts(variant))) continue;
    std::string with;
    for (const auto& item : variant.arch.items())
      if (item.key() != parameter)
        with += text(with.empty() ? " with " : " and ", item.key(), " ", item.value());
    const std::string value = variant.arch.at(parameter).dump() + with;
    if (out.find(value) == std::string::npos) out += " and " + value;
  }
  return out;
}

bool starts(const std::string& name, const std::string& with) { return name.rfind(with, 0) == 0; }

BlockEnergy block_energy(const PowerTable& table, const BlockPower& block, const PowerCounts& n,
                         const arch::Arch& arch, const OperatingPoint& point) {
  BlockEnergy out;
  out.block = block.block;
  out.part = block.block == "clock_tree" ? PowerPart::clock_tree : PowerPart::logic;
  out.origin = block.origin;
  const double dynamic = dynamic_scale(table, point.volt) / 1000;
  for (const EventPower& event : block.events) {
    const double pj = dynamic * event.fj * event_count(block.block, event.event, n, arch);
    out.dynamic_pj += pj;
    if (starts(event.event, "ungated_")) out.ungated_pj += pj;
  }
  const double nanoseconds = n.cycles * 1000 / point.megahertz;
  out.leakage_pj = 1e-6 * block.leakage_nw * block_instances(block.block, arch) * nanoseconds *
                   leakage_scale(table, point.volt);
  if (out.part == PowerPart::logic)
    out.wires_pj = out.dynamic_pj * block.wire_share.value_or(table.wire_share);
  return out;
}

void add_memories(const PowerTable& table, const PowerCounts& n, const arch::Arch& arch,
                  const OperatingPoint& point, PowerEstimate& out) {
  const SramForm& form = table.sram;
  const double ratio = point.volt / form.volt;
  const double leakage_ratio = ratio * std::exp(table.scaling.leakage_per_volt * (point.volt - form.volt));
  const double nanoseconds = n.cycles * 1000 / point.megahertz;
  for (const MemoryEnergy& memory : memory_energies(form, n, arch)) {
    BlockEnergy one;
    one.block = memory.name;
    one.part = PowerPart::sram;
    one.dynamic_pj = memory.accesses_fj / 1000 * ratio * ratio;
    one.leakage_pj = 1e-6 * memory.leakage_nw * nanoseconds * leakage_ratio;
    one.origin = form.origin;
    out.blocks.push_back(one);
  }
  out.offchip_pj = (n.beats_read + n.beats_written) * arch.bus_bits * table.dram.fj_per_bit / 1000;
  out.offchip_origin = table.dram.origin;
}

/// Blocks of a chip that are neither in the table nor said to be part of others.
std::vector<std::string> missing_blocks(const PowerTable& table, const arch::Arch& arch) {
  std::vector<std::string> list;
  for (const PowerBlockKind& kind : power_blocks()) {
    if (block_instances(kind.name, arch) == 0) continue;
    if (!has_block(table, kind.name) && table.elsewhere.count(kind.name) == 0) list.emplace_back(kind.name);
  }
  return list;
}

/// Events that tell what it costs that gates are off, which the table does not have: "ungated_walker of walkers".
std::vector<std::string> unknown_gates(const std::vector<BlockPower>& blocks,
                                       const arch::Switches& switches) {
  std::vector<std::string> list;
  for (const auto& gate : ungated_events(switches)) {
    const auto found = std::find_if(blocks.begin(), blocks.end(),
                                    [&](const BlockPower& one) { return one.block == gate.first; });
    const bool there =
        found != blocks.end() && std::any_of(found->events.begin(), found->events.end(),
                                             [&](const EventPower& one) { return one.event == gate.second; });
    if (!there) list.push_back(gate.second + " of " + gate.first);
  }
  return list;
}

}  // namespace

const std::vector<std::string>& event_parameters() {
  // Sizes of memories are in the closed forms, numbers of instances in the counts.
  static const std::vector<std::string> list = {
      "organisation",      "pes_per_group", "chunk",          "window",      "acc_bits",
      "groups_per_walker", "entries",       "planes_per_row", "sum_segment", "latch_operand"};
  return list;
}

double dynamic_scale(const PowerTable& table, double volt) {
  const double ratio = volt / table.library.volt;
  return ratio * ratio;
}

double leakage_scale(const PowerTable& table, double volt) {
  return volt / table.library.volt * std::exp(table.scaling.leakage_per_volt * (volt - table.library.volt));
}

double speed_scale(const PowerTable& table, double volt) {
  const ScalingLaw& law = table.scaling;
  const auto speed = [&](double v) { return std::pow(v - law.threshold_volt, law.alpha) / v; };
  return speed(volt) / speed(table.library.volt);
}

OperatingPoint operating_point(const PowerTable& table, std::optional<double> volt,
                               std::optional<double> megahertz, const CornerNames& names) {
  const ScalingLaw& law = table.scaling;
  OperatingPoint point{volt.value_or(table.library.volt), 0};
  WD_REQUIRE(point.volt >= law.least_volt && point.volt <= law.most_volt, names.volt, names.is, point.volt,
             ": table ", table.name, ", of ", table.library.volt, " V and ", table.library.celsius,
             " C, can be scaled to ", law.least_volt, " to ", law.most_volt,
             " V; characterize a library of that corner for others");
  const double speed = speed_scale(table, point.volt);
  point.megahertz = megahertz.value_or(table.megahertz * speed);
  if (!table.slowest_path_ns) return point;
  const double most = 1000 / *table.slowest_path_ns * speed;
  WD_REQUIRE(point.megahertz <= most * (1 + 1e-9), names.megahertz, names.is, point.megahertz, ": at ",
             point.volt, " V table ", table.name, " reaches ", most, " MHz; lower ", names.megahertz,
             " or raise ", names.volt);
  return point;
}

double PowerEstimate::chip_pj() const {
  double sum = 0;
  for (const BlockEnergy& block : blocks) sum += block.picojoule();
  return sum;
}

double PowerEstimate::wires_pj() const {
  double sum = 0;
  for (const BlockEnergy& block : blocks) sum += block.wires_pj;
  return sum;
}

double PowerEstimate::part_pj(PowerPart part) const {
  double sum = 0;
  for (const BlockEnergy& block : blocks)
    if (block.part == part) sum += block.picojoule();
  return sum;
}

std::string PowerEstimate::caveat() const {
  std::string out = text("energies are estimates: counters times table ", table, " (", library, ")");
  std::vector<std::string> measured, others;
  for (const BlockEnergy& block : blocks)
    (block.origin == measured_origin ? measured : others).push_back(block.block);
  if (!measured.empty()) out += text("; ", measured_origin, ": ", joined(measured));
  if (!others.empty()) out += text("; by prototypes, closed forms or assumptions: ", joined(others));
  if (!missing.empty()) out += "; not in the table, so not counted: " + joined(missing);
  if (!unknown_gates.empty())
    out += "; gates are off whose cost the table does not have: " + joined(unknown_gates);
  if (!extrapolated.empty()) out += "; extrapolated, the table's chip did not have " + joined(extrapolated);
  for (const std::string& one : assumed) out += "; " + one;
  return out;
}

std::vector<PowerSensitivity> sensitivities(const PowerEstimate& energy) {
  const std::pair<const char*, double> parts[] = {{"wires", energy.wires_pj()},
                                                  {"clock tree", energy.part_pj(PowerPart::clock_tree)},
                                                  {"SRAM", energy.part_pj(PowerPart::sram)}};
  std::vector<PowerSensitivity> list;
  for (const auto& [what, part] : parts)
    for (const double factor : {0.5, 2.0})
      list.push_back({what, factor, energy.chip_pj() + (factor - 1) * part});
  return list;
}

std::vector<std::string> extrapolated(const PowerTable& table, const arch::Arch& arch,
                                      bool (*counts)(const PowerVariant&)) {
  std::vector<std::string> list;
  const nlohmann::json chip = arch::to_json(arch), known = arch::to_json(table.arch);
  for (const std::string& parameter : event_parameters()) {
    bool had = chip.at(parameter) == known.at(parameter);
    for (const PowerVariant& variant : table.variants)
      had |= variant.arch.contains(parameter) && matches(variant, chip) &&
             (counts == nullptr || counts(variant));
    if (!had)
      list.push_back(
          text(parameter, " ", chip.at(parameter), " (known: ", known_values(table, parameter, counts), ")"));
  }
  // The block has all of them, and an event's energy is of so many; tables without the block count nothing of it.
  if (has_block(table, "decoder") && arch.decoders != 0 && arch.decoders != table.arch.decoders)
    list.push_back(text("decoders ", arch.decoders, " (known: ", table.arch.decoders, ")"));
  if (has_block(table, "decoder") && arch.decoders != 0 &&
      arch.freeze_generator != table.arch.freeze_generator)
    list.push_back(
        text("freeze_generator ", arch.freeze_generator, " (known: ", table.arch.freeze_generator, ")"));
  return list;
}

namespace {

/// A fit that leaves more of a window's or tile's mean energy than this is said beside what was made with it.
constexpr double poor_residual = 0.25;

std::string poor_fits(const std::vector<BlockPower>& blocks) {
  std::vector<std::string> list;
  for (const BlockPower& block : blocks)
    if (block.residual.value_or(0) > poor_residual)
      list.push_back(text(block.block, " (", std::lround(100 * *block.residual), " %)"));
  if (list.empty()) return {};
  return "counters tell the energy of a window poorly, by the fit's residual, of " + joined(list);
}

/// What is said of blocks whose share of wires is the table's; empty: each has its own.
std::string default_wires(const PowerTable& table, const std::vector<BlockPower>& blocks) {
  std::vector<std::string> without, with;
  for (const BlockPower& block : blocks) {
    const bool dynamic = std::any_of(block.events.begin(), block.events.end(),
                                     [](const EventPower& event) { return event.fj > 0; });
    if (dynamic && block.block != "clock_tree") (block.wire_share ? with : without).push_back(block.block);
  }
  if (without.empty()) return {};
  const std::string of = with.empty()                   ? "all blocks"
                         : with.size() < without.size() ? "all blocks but " + joined(with)
                                                        : joined(without);
  return text("wires are taken to be ", 100 * table.wire_share, " % of the dynamic energy of ", of,
              ", as the table has no figure of their own");
}

}  // namespace

PowerEstimate estimate_power(const PowerTable& table, const CounterAmounts& counters, const arch::Arch& arch,
                             const arch::Switches& switches, const OperatingPoint& point) {
  const PowerCounts n(counters, arch, switches);
  PowerEstimate out;
  out.table = table.name;
  out.library = text(table.library.name, ", ", table.library.volt, " V, ", table.library.celsius, " C");
  out.point = point;
  const std::vector<BlockPower> blocks = table.blocks_of(arch);
  for (const BlockPower& block : blocks) out.blocks.push_back(block_energy(table, block, n, arch, point));
  add_memories(table, n, arch, point, out);
  out.missing = missing_blocks(table, arch);
  out.extrapolated = extrapolated(table, arch);
  out.assumed = beyond_form(table.sram, arch);
  const std::string wires = default_wires(table, blocks);
  if (!wires.empty()) out.assumed.push_back(wires);
  const std::string fits = poor_fits(blocks);
  if (!fits.empty()) out.assumed.push_back(fits);
  if (!table.slowest_path_ns)
    out.assumed.push_back(text("whether ", point.megahertz, " MHz can be reached at ", point.volt,
                               " V is not checked: the table has no slowest_path_ns"));
  out.unknown_gates = unknown_gates(blocks, switches);
  if (point.volt != table.library.volt)
    out.assumed.push_back(text("scaled from ", table.library.volt, " to ", point.volt,
                               " V: dynamic energy with its square, leakage and clock by ",
                               table.scaling.origin));
  return out;
}

}  // namespace wd::sim
