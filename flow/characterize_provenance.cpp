// SPDX-License-Identifier: Apache-2.0
#include "flow/characterize_provenance.hpp"

#include <ctime>
#include <whitedwarf/version.hpp>

#include "base/error.hpp"
#include "base/integer.hpp"
#include "flow/gates.hpp"

namespace wd::flow {
namespace {

std::string now() {
  const std::time_t time = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&time, &utc);
  char out[32];
  std::strftime(out, sizeof out, "%Y-%m-%dT%H:%M:%SZ", &utc);
  return out;
}

std::string command_of(const CharacterizeOptions& o) {
  Names programs;
  for (const auto& program : o.programs) programs.push_back(program.filename().string());
  if (o.random_too) programs.push_back(random_programs);
  Names variants;
  for (const auto& file : o.variants) variants.push_back(file.filename().string());
  const std::string blocks =
      join(o.blocks) == join(CharacterizeOptions().blocks) ? "" : " --block " + join(o.blocks);
  return text("whitedwarf characterize --liberty ", o.liberty.filename().string(), " --out ",
              o.table.filename().string(), o.name.empty() ? "" : " --name " + o.name, blocks,
              programs.empty() ? "" : " --program " + join(programs), " --cycles ", o.streams.cycles,
              " --draw ", o.streams.draw, " --image ", o.streams.image, " --wire-net ", o.wires.fixed_ff,
              " --wire-pin ", o.wires.per_pin_ff,
              o.chip_path_ns > 0 ? text(" --chip-path ", o.chip_path_ns) : "",
              variants.empty() ? "" : " --variants " + join(variants), o.ungated ? " --ungated" : "",
              o.no_delays ? " --no-delays" : "");
}

nlohmann::json tool_versions() {
  return {{"whitedwarf", whitedwarf::version},
          {"yosys", tool_version("yosys")},
          {"opensta", tool_version("sta")},
          {"iverilog", tool_version("iverilog")}};
}

/// What there is to tell of the array beside its table.
nlohmann::json details_json(const ArrayTable& array) {
  nlohmann::json modules = nlohmann::json::object();
  for (const auto& [name, module] : array.energy.modules)
    modules[name] = {{"instances", module.instances},
                     {"area_um2", module.area_um2},
                     {"internal_fj", module.energy.internal_fj},
                     {"switching_fj", module.energy.switching_fj},
                     {"leakage_fj", module.energy.leakage_fj},
                     {"glitch_fj", module.energy.glitch_fj}};
  nlohmann::json out = {{"cycles", array.energy.cycles},
                        {"tiles", array.tiles},
                        {"period_ns", array.energy.period_ns},
                        {"worst_path_ns", array.energy.worst_path_ns},
                        {"instances", array.energy.instances},
                        {"instances_without_delay", array.energy.without_delay},
                        {"transitions", array.energy.transitions},
                        {"glitch_transitions", array.energy.glitches},
                        {"unmatched_transitions", array.energy.unmatched},
                        {"glitch_share", array.glitch_share},
                        {"residual", array.quality.residual},
                        {"held_out_error", array.quality.held_out},
                        {"energy_fj", array.energy_fj()},
                        {"operands", array.events.counters.bit_ops},
                        {"dense_macs", array.events.dense_macs},
                        {"modules", modules}};
  if (array.ungated_error) out["ungated_error"] = *array.ungated_error;
  if (array.without_delays) out["energy_without_delays"] = *array.without_delays;
  return out;
}

/// By block.
nlohmann::json details_json(const std::vector<BlockResult>& blocks) {
  nlohmann::json told = nlohmann::json::object();
  for (const BlockResult& block : blocks)
    told[block.power.block] = {
        {"cycles_compared", block.compared}, {"cycles_simulated", block.cycles},
        {"energy_fj", block.energy_fj},      {"instances_without_delay", block.without_delay},
        {"period_ns", block.period_ns},      {"unmatched_transitions", block.unmatched}};
  return told;
}

}  // namespace

nlohmann::json provenance_of(const CharacterizeOptions& options, const CharacterizeResult& result,
                             const std::vector<SliceStream>& streams, const std::vector<RtlProgram>& programs,
                             double synthesis_period_ns) {
  nlohmann::json operands = nlohmann::json::array(), stimuli = nlohmann::json::array();
  for (const SliceStream& stream : streams) operands.push_back(stream.origin);
  for (const RtlProgram& program : programs) stimuli.push_back(program.origin);
  nlohmann::json out = {
      {"date", now()},
      {"command", command_of(options)},
      {"tools", tool_versions()},
      {"stimulus", {{"array", operands}, {"blocks", stimuli}}},
      {"settings",
       {{"wire_net_ff", options.wires.fixed_ff},
        {"wire_pin_ff", options.wires.per_pin_ff},
        {"synthesis_period_ns", synthesis_period_ns},
        {"slews",
         "OpenSTA's, mean of rise and fall; inputs 0.05 ns; the clock's nets: the median of the others"},
        {"clock", "ideal: no tree, no delay in the simulation"}}}};
  if (!streams.empty()) out["array"] = details_json(result.array);
  if (!result.blocks.empty()) out["blocks"] = details_json(result.blocks);
  return out;
}

nlohmann::json checked_json(const std::vector<CheckedPoint>& points, const arch::Arch& arch) {
  nlohmann::json list = nlohmann::json::array();
  for (const CheckedPoint& point : points) {
    nlohmann::json blocks = nlohmann::json::object();
    for (int part = 0; part < slice_parts; ++part)
      blocks[slice_part_name(part)] = {{"measured_fj", point.measured_fj[index(part)]},
                                       {"predicted_fj", point.predicted_fj[index(part)]}};
    list.push_back({{"density", point.point.density},
                    {"zeros", point.point.zeros},
                    {"cycles", point.events.cycles},
                    {"operands", point.events.counters.bit_ops},
                    {"error", point.error()},
                    {"array_error", point.array_error(arch)},
                    {"blocks", blocks}});
  }
  return {{"checked", list}};
}

}  // namespace wd::flow
