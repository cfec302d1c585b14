// SPDX-License-Identifier: Apache-2.0
#include "sim/power_table.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/json.hpp"
#include "sim/power_blocks.hpp"

namespace wd::sim {
namespace {

using nlohmann::json;

constexpr double no_limit = 1e300;

double amount(JsonReader& in, const char* key) { return in.get_between<double>(key, 0, no_limit); }
double positive(JsonReader& in, const char* key) {
  const double value = amount(in, key);
  WD_REQUIRE(value > 0, in.origin(), ": '", key, "' is 0, must be more");
  return value;
}
std::optional<double> amount_if_there(JsonReader& in, const char* key) {
  if (!in.has(key)) return {};
  return amount(in, key);
}
std::optional<double> fraction_if_there(JsonReader& in, const char* key) {
  if (!in.has(key)) return {};
  return in.get_between<double>(key, 0, 1);
}

EventPower read_event(const json& value, const std::string& event, const std::string& origin) {
  JsonReader in(value, origin);
  EventPower result{event, amount(in, "fj"), amount_if_there(in, "count"), in.get<std::string>("origin", "")};
  in.refuse_unknown();
  return result;
}

BlockPower read_block(const json& value, const std::string& block, const std::string& origin) {
  JsonReader in(value, origin);
  BlockPower result;
  result.block = block;
  const std::string unit = power_block(block, origin).unit;
  if (in.has("per"))
    WD_REQUIRE(in.get<std::string>("per") == unit, origin, ": 'per' is '", in.get<std::string>("per"),
               "', must be '", unit, "'");
  const json& events = in.child("events");
  WD_REQUIRE(events.is_object(), origin, ": 'events' is ", shown(events), ", must be an object by event");
  for (const std::string& known : power_events(block))  // in their order
    if (events.contains(known))
      result.events.push_back(read_event(events.at(known), known, origin + ": events: " + known));
  for (const auto& item : events.items()) require_power_event(block, item.key(), origin + ": events");
  result.leakage_nw = in.has("leakage_nw") ? amount(in, "leakage_nw") : 0;
  result.area_um2 = in.has("area_um2") ? amount(in, "area_um2") : 0;
  result.cells = amount_if_there(in, "cells");
  result.worst_path_ns = amount_if_there(in, "worst_path_ns");
  result.wire_share = fraction_if_there(in, "wire_share");
  result.glitch_share = fraction_if_there(in, "glitch_share");
  result.residual = amount_if_there(in, "residual");
  if (in.has("held_out_error"))
    result.held_out_error = in.get_between<double>("held_out_error", -no_limit, no_limit);
  result.origin = in.get<std::string>("origin", "");
  in.refuse_unknown();
  return result;
}

std::vector<BlockPower> read_blocks(const json& value, const std::string& origin) {
  WD_REQUIRE(value.is_object(), origin, ": is ", shown(value), ", must be an object by block");
  for (const auto& item : value.items()) power_block(item.key(), origin);
  std::vector<BlockPower> result;
  for (const PowerBlockKind& kind : power_blocks())
    if (value.contains(kind.name))
      result.push_back(read_block(value.at(kind.name), kind.name, origin + ": " + kind.name));
  return result;
}

PowerVariant read_variant(const json& value, const std::string& origin) {
  JsonReader in(value, origin);
  PowerVariant result;
  result.name = in.get<std::string>("name");
  result.arch = in.child("arch");
  const json all = arch::to_json(arch::Arch{});
  WD_REQUIRE(result.arch.is_object() && !result.arch.empty(), origin,
             ": 'arch' must name at least one parameter with its value");
  for (const auto& item : result.arch.items()) {
    WD_REQUIRE(all.contains(item.key()), origin, ": arch: there is no parameter '", item.key(), "'");
    WD_REQUIRE(item.value().is_number_integer(), origin, ": arch: '", item.key(), "' is ",
               shown(item.value()), ", must be a whole number");
  }
  result.blocks = read_blocks(in.child("blocks"), origin + ": blocks");
  result.origin = in.get<std::string>("origin", "");
  in.refuse_unknown();
  return result;
}

AccessForm read_access(const json& value, const std::string& origin) {
  JsonReader in(value, origin);
  const AccessForm result{positive(in, "fj"), in.get_between<double>("kb_exponent", 0, 2),
                          in.get_between<double>("bits_exponent", 0, 2)};
  in.refuse_unknown();
  return result;
}

SramForm read_sram(const json& value, const std::string& origin) {
  JsonReader in(value, origin);
  SramForm result;
  result.read = read_access(in.child("read"), origin + ": read");
  result.write = read_access(in.child("write"), origin + ": write");
  result.leakage_nw_per_kb = amount(in, "leakage_nw_per_kb");
  result.volt = positive(in, "volt");
  result.widest_macro_bits = in.get_between<int>("widest_macro_bits", 8, 4096);
  result.least_kb = amount(in, "least_kb");
  result.most_kb = in.get_between<double>("most_kb", result.least_kb, no_limit);
  result.origin = in.get<std::string>("origin");
  in.refuse_unknown();
  return result;
}

DramForm read_dram(const json& value, const std::string& origin) {
  JsonReader in(value, origin);
  DramForm result{amount(in, "fj_per_bit"), in.get<std::string>("origin")};
  in.refuse_unknown();
  return result;
}

ScalingLaw read_scaling(const json& value, const std::string& origin) {
  JsonReader in(value, origin);
  ScalingLaw law;
  law.least_volt = positive(in, "least_volt");
  law.most_volt = in.get_between<double>("most_volt", law.least_volt, 10);
  law.alpha = in.get_between<double>("alpha", 1, 2);
  law.threshold_volt = amount(in, "threshold_volt");
  WD_REQUIRE(law.threshold_volt < law.least_volt, origin, ": 'threshold_volt' is ", law.threshold_volt,
             ", must be below 'least_volt', ", law.least_volt);
  law.leakage_per_volt = in.get_between<double>("leakage_per_volt", 0, 20);
  law.origin = in.get<std::string>("origin");
  in.refuse_unknown();
  return law;
}

LibraryOfTable read_library(const json& value, const std::string& origin) {
  JsonReader in(value, origin);
  LibraryOfTable library;
  library.name = in.get<std::string>("name");
  library.file = in.get<std::string>("file", "");
  library.sha256 = in.get<std::string>("sha256", "");
  library.corner = in.get<std::string>("corner", "");
  library.process = in.has("process") ? in.get_between<double>("process", 0, 100) : 1;
  library.volt = in.get_between<double>("voltage", 0.1, 10);
  library.celsius = in.get_between<double>("temperature", -100, 300);
  in.refuse_unknown();
  return library;
}

/// Every parameter, so that a table says of which chip it is.
arch::Arch read_arch(const json& value, const std::string& origin) {
  return arch::arch_from_json(value.is_object() ? arch::completed(value) : value, origin);
}

void replace(std::vector<BlockPower>& blocks, const BlockPower& by) {
  const auto found = std::find_if(blocks.begin(), blocks.end(),
                                  [&](const BlockPower& one) { return one.block == by.block; });
  if (found == blocks.end()) {
    blocks.push_back(by);
    return;
  }
  for (const EventPower& event : by.events) {
    const auto old = std::find_if(found->events.begin(), found->events.end(),
                                  [&](const EventPower& one) { return one.event == event.event; });
    if (old == found->events.end())
      found->events.push_back(event);
    else
      *old = event;
  }
  if (by.leakage_nw > 0) found->leakage_nw = by.leakage_nw;
  if (by.area_um2 > 0) found->area_um2 = by.area_um2;
  if (by.wire_share) found->wire_share = by.wire_share;
  if (!by.origin.empty()) found->origin = by.origin;
}

}  // namespace

PowerTable PowerTable::from_json(const json& value, const std::string& origin) {
  JsonReader in(value, origin);
  const auto kind = in.get<std::string>("kind");
  WD_REQUIRE(kind == power_table_kind, origin, ": 'kind' is '", kind, "', must be '", power_table_kind,
             "'; `whitedwarf characterize` makes one");
  const int version = in.get<int>("version");
  WD_REQUIRE(version == power_table_version, origin, ": 'version' is ", version, ", must be ",
             power_table_version, "; make it again with `whitedwarf characterize`");
  PowerTable table;
  table.name = in.get<std::string>("name");
  WD_REQUIRE(!table.name.empty(), origin, ": 'name' is empty; figures are shown by it");
  table.library = read_library(in.child("library"), origin + ": library");
  table.provenance = in.child("provenance");
  WD_REQUIRE(table.provenance.is_object(), origin, ": 'provenance' is ", shown(table.provenance),
             ", must be an object");
  table.arch = read_arch(in.child("arch"), origin + ": arch");
  table.megahertz = positive(in, "megahertz");
  if (in.has("slowest_path_ns")) table.slowest_path_ns = positive(in, "slowest_path_ns");
  if (table.slowest_path_ns)
    WD_REQUIRE(table.megahertz * *table.slowest_path_ns <= 1000, origin, ": 'megahertz' is ", table.megahertz,
               ", must be at most ", 1000 / *table.slowest_path_ns, " with 'slowest_path_ns' ",
               *table.slowest_path_ns);
  table.scaling = read_scaling(in.child("scaling"), origin + ": scaling");
  table.blocks = read_blocks(in.child("blocks"), origin + ": blocks");
  WD_REQUIRE(!table.blocks.empty(), origin, ": 'blocks' is empty; a table has at least one block");
  if (in.has("variants"))
    for (const json& one : in.list("variants"))
      table.variants.push_back(
          read_variant(one, text(origin, ": variants: entry ", table.variants.size() + 1)));
  if (in.has("elsewhere")) {
    const json& elsewhere = in.child("elsewhere");
    WD_REQUIRE(elsewhere.is_object(), origin, ": 'elsewhere' is ", shown(elsewhere),
               ", must be an object by block");
    JsonReader reader(elsewhere, origin + ": elsewhere");
    for (const auto& item : elsewhere.items()) {
      power_block(item.key(), origin + ": elsewhere");
      for (const BlockPower& block : table.blocks)
        WD_REQUIRE(block.block != item.key(), origin, ": elsewhere: '", item.key(),
                   "' is among 'blocks', too, and would be counted twice; leave one of the two out");
      table.elsewhere[item.key()] = reader.get<std::string>(item.key());
    }
  }
  table.sram = read_sram(in.child("sram"), origin + ": sram");
  table.dram = read_dram(in.child("dram"), origin + ": dram");
  JsonReader wires(in.child("wires"), origin + ": wires");
  table.wire_share = wires.get_between<double>("share", 0, 1);
  table.wires_origin = wires.get<std::string>("origin");
  wires.refuse_unknown();
  in.refuse_unknown();
  const double volt = table.library.volt;
  WD_REQUIRE(volt >= table.scaling.least_volt && volt <= table.scaling.most_volt, origin,
             ": library: 'voltage' is ", volt, ", must lie in 'scaling', ", table.scaling.least_volt, " to ",
             table.scaling.most_volt);
  return table;
}

std::vector<BlockPower> PowerTable::blocks_of(const arch::Arch& chip) const {
  std::vector<BlockPower> result = blocks;
  const json all = arch::to_json(chip);
  for (const PowerVariant& variant : variants) {
    bool fits = true;
    for (const auto& item : variant.arch.items()) fits &= all.at(item.key()) == item.value();
    if (!fits) continue;
    for (const BlockPower& block : variant.blocks) replace(result, block);
  }
  return result;
}

PowerTable read_power_table(const std::filesystem::path& file) {
  const std::string origin = file.string() + ":";
  return PowerTable::from_json(
      parse_json(read_file(file), origin, "; give a table of `whitedwarf characterize`"), file.string());
}

}  // namespace wd::sim
