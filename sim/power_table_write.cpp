// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "base/error.hpp"
#include "sim/power_blocks.hpp"
#include "sim/power_table.hpp"

namespace wd::sim {
namespace {

using nlohmann::json;

void put_if_there(json& out, const char* key, const std::optional<double>& value) {
  if (value) out[key] = *value;
}

json json_of(const std::vector<BlockPower>& blocks) {
  json list = json::object();
  for (const BlockPower& block : blocks) {
    json events = json::object();
    for (const EventPower& event : block.events) {
      events[event.event] = {{"fj", event.fj}, {"origin", event.origin}};
      put_if_there(events[event.event], "count", event.count);
    }
    json one = {{"per", power_block(block.block, "power table").unit},
                {"events", events},
                {"leakage_nw", block.leakage_nw},
                {"area_um2", block.area_um2},
                {"origin", block.origin}};
    put_if_there(one, "cells", block.cells);
    put_if_there(one, "worst_path_ns", block.worst_path_ns);
    put_if_there(one, "wire_share", block.wire_share);
    put_if_there(one, "glitch_share", block.glitch_share);
    put_if_there(one, "residual", block.residual);
    put_if_there(one, "held_out_error", block.held_out_error);
    list[block.block] = one;
  }
  return list;
}

json json_of(const AccessForm& form) {
  return {{"fj", form.fj}, {"kb_exponent", form.kb_exponent}, {"bits_exponent", form.bits_exponent}};
}

/// JSON has no word for them: they would become null.
void require_finite(const json& value, const std::string& path) {
  if (value.is_number_float())
    WD_REQUIRE(std::isfinite(value.get<double>()), "power table: ", path, " is not finite");
  if (value.is_structured())
    for (const auto& item : value.items()) require_finite(item.value(), path + "/" + item.key());
}

}  // namespace

json PowerTable::to_json() const {
  json variant_list = json::array();
  for (const PowerVariant& one : variants)
    variant_list.push_back(
        {{"name", one.name}, {"arch", one.arch}, {"blocks", json_of(one.blocks)}, {"origin", one.origin}});
  json out = {{"kind", power_table_kind},
              {"version", power_table_version},
              {"name", name},
              {"library",
               {{"name", library.name},
                {"file", library.file},
                {"sha256", library.sha256},
                {"corner", library.corner},
                {"process", library.process},
                {"voltage", library.volt},
                {"temperature", library.celsius}}},
              {"provenance", provenance},
              {"arch", arch::to_json(arch)},
              {"megahertz", megahertz},
              {"scaling",
               {{"least_volt", scaling.least_volt},
                {"most_volt", scaling.most_volt},
                {"alpha", scaling.alpha},
                {"threshold_volt", scaling.threshold_volt},
                {"leakage_per_volt", scaling.leakage_per_volt},
                {"origin", scaling.origin}}},
              {"blocks", json_of(blocks)},
              {"variants", variant_list},
              {"elsewhere", elsewhere},
              {"sram",
               {{"read", json_of(sram.read)},
                {"write", json_of(sram.write)},
                {"leakage_nw_per_kb", sram.leakage_nw_per_kb},
                {"volt", sram.volt},
                {"widest_macro_bits", sram.widest_macro_bits},
                {"least_kb", sram.least_kb},
                {"most_kb", sram.most_kb},
                {"origin", sram.origin}}},
              {"dram", {{"fj_per_bit", dram.fj_per_bit}, {"origin", dram.origin}}},
              {"wires", {{"share", wire_share}, {"origin", wires_origin}}}};
  put_if_there(out, "slowest_path_ns", slowest_path_ns);
  require_finite(out, "");
  return out;
}

}  // namespace wd::sim
