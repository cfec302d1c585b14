// SPDX-License-Identifier: Apache-2.0
#include "flow/characterize.hpp"

#include <algorithm>
#include <cmath>
#include <ctime>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/output_folder.hpp"
#include "base/sha256.hpp"
#include "flow/chain.hpp"
#include "flow/chip.hpp"
#include "flow/frames.hpp"
#include "flow/gates.hpp"
#include "hw/silicon/fit.hpp"

namespace wd::flow {
namespace {

using Count = double SliceEvents::*;
struct Event {
  const char* name;
  Count count;
};

/// By part: what its energy is told by. "idle" is what a cycle takes in which nothing else happens.
const std::vector<std::vector<Event>>& events_of_parts() {
  static const std::vector<std::vector<Event>> list = {
      {{"idle", &SliceEvents::cycles}},
      {{"row", &SliceEvents::rows}, {"idle", &SliceEvents::cycles}},
      {{"walk", &SliceEvents::walks},
       {"start", &SliceEvents::starts},
       {"row", &SliceEvents::rows},
       {"chunk", &SliceEvents::chunks},
       {"idle", &SliceEvents::cycles}},
      {{"walk", &SliceEvents::walks},
       {"operand_low", &SliceEvents::low_operands},
       {"operand_high", &SliceEvents::high_operands},
       {"operand_two_bits", &SliceEvents::double_operands},
       {"flush", &SliceEvents::flushes},
       {"chunk", &SliceEvents::chunks},
       {"idle", &SliceEvents::cycles}}};
  return list;
}

std::vector<double> counts(const std::vector<Event>& events, const SliceEvents& of) {
  std::vector<double> list;
  for (const Event& event : events) list.push_back(of.*event.count);
  return list;
}

struct Windows {
  std::vector<std::vector<double>> counts;
  std::vector<double> sums;
};

/// Every `step`-th tile from `first` on.
Windows windows(const SliceEnergy& energy, const std::vector<SliceEvents>& events, std::size_t part,
                std::size_t first, std::size_t step) {
  Windows out;
  for (std::size_t t = first; t < events.size(); t += step) {
    out.counts.push_back(counts(events_of_parts()[part], events[t]));
    out.sums.push_back(energy.tiles[t][part].dynamic_fj());
  }
  return out;
}

double sum(const std::vector<double>& list) {
  double total = 0;
  for (const double one : list) total += one;
  return total;
}

/// Of a fit of every other tile: {predicted, true} of the rest.
std::pair<double, double> held_out(const SliceEnergy& energy, const std::vector<SliceEvents>& events,
                                   std::size_t part) {
  const Windows fitted = windows(energy, events, part, 0, 2), rest = windows(energy, events, part, 1, 2);
  if (rest.sums.empty()) return {0, 0};
  const silicon::Fit fit = silicon::fit_events(fitted.counts, fitted.sums);
  double predicted = 0;
  for (const auto& window : rest.counts) predicted += silicon::predict(fit.each, window);
  return {predicted, sum(rest.sums)};
}

std::string now() {
  const std::time_t time = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&time, &utc);
  char out[32];
  std::strftime(out, sizeof out, "%Y-%m-%dT%H:%M:%SZ", &utc);
  return out;
}

std::string command_of(const CharacterizeOptions& o) {
  return text("whitedwarf characterize --liberty ", o.liberty.filename().string(), " --program ",
              o.program.string(), " --block ", o.block, " --cycles ", o.cycles, " --draw ", o.draw,
              " --image ", o.image, " --wire-net ", o.wires.fixed_ff, " --wire-pin ", o.wires.per_pin_ff);
}

void require_folder_of(const std::filesystem::path& file, const char* option) {
  const std::filesystem::path folder = std::filesystem::absolute(file).parent_path();
  WD_REQUIRE(std::filesystem::is_directory(folder), option, " ", file.string(),
             ": its folder does not exist");
  WD_REQUIRE(!std::filesystem::is_directory(file), option, " ", file.string(),
             ": is a folder; it names a file");
}

nlohmann::json tool_versions() {
  return {{"whitedwarf", WD_VERSION},
          {"yosys", tool_version("yosys")},
          {"opensta", tool_version("sta")},
          {"iverilog", tool_version("iverilog")}};
}

}  // namespace

CharacterizeOptions::CharacterizeOptions() : source(WD_SOURCE_FOLDER) {}

void CharacterizeOptions::declare(OptionSink& sink) {
  sink.path("liberty", liberty, "the cell library");
  sink.path("out", table, "the table to write");
  sink.path("program", program, "the folder of the program whose operands are taken");
  sink.choice("block", block, {"array_slice"}, "what is characterized");
  inputs.declare(sink);
  sink.whole("image", image, 0, 1000000, "the frame whose operands are taken");
  sink.whole("draw", draw, 1, 1000000000, "seed by which tiles are drawn");
  sink.whole("cycles", cycles, 100, 1000000, "cycles to simulate, at most");
  sink.real("wire-net", wires.fixed_ff, 0, 1000, "assumed wire of a net, fF");
  sink.real("wire-pin", wires.per_pin_ff, 0, 1000, "assumed wire of each pin of a net, fF");
  sink.path("keep", keep, "where netlists and results are kept", "beside the table");
  sink.path("source", source, "WhiteDwarf's tree, with hw/rtl", "that it was built from");
}

std::vector<PartTable> fit_parts(const SliceEnergy& energy, const std::vector<SliceEvents>& events) {
  std::vector<PartTable> tables;
  SliceEvents all;
  for (const SliceEvents& one : events) all += one;
  for (std::size_t part = 0; part < slice_parts; ++part) {
    PartTable table;
    table.part = slice_part_name(static_cast<int>(part));
    const Windows every = windows(energy, events, part, 0, 1);
    const silicon::Fit fit = silicon::fit_events(every.counts, every.sums);
    const std::vector<double> totals = counts(events_of_parts()[part], all);
    for (std::size_t e = 0; e < totals.size(); ++e)
      table.events.push_back({events_of_parts()[part][e].name, fit.each[e], totals[e]});
    silicon::Energy whole;
    for (const auto& tile : energy.tiles) whole += tile[part];
    table.energy_fj = whole.total_fj();
    table.leakage_nw = whole.leakage_fj / (energy.period_ns * static_cast<double>(energy.cycles)) * 1e3;
    table.area_um2 = energy.area_um2[part];
    table.glitch_share = whole.dynamic_fj() > 0 ? whole.glitch_fj / whole.dynamic_fj() : 0;
    table.residual = fit.residual;
    const auto [predicted, real] = held_out(energy, events, part);
    table.held_out = real > 0 ? predicted / real - 1 : 0;
    tables.push_back(std::move(table));
  }
  return tables;
}

CharacterizeResult characterize(const CharacterizeOptions& options, Context& context) {
  WD_REQUIRE(!options.liberty.empty(),
             "characterize: --liberty names the cell library; Debian's qflow-tech-osu018 has "
             "/usr/share/qflow/tech/osu018/osu018_stdcells.lib");
  require_tools({"python3", "yosys", "sta", "iverilog", "vvp"}, "characterize");
  require_folder_of(options.table, "--out");
  const std::string library_sha256 = sha256(read_file(options.liberty));
  const silicon::Library library = silicon::read_library(std::filesystem::absolute(options.liberty));
  library.require_power();
  Chip& chip = load_chip(context, options.program, {});
  const program::Program& program = chip.program();
  const Inputs inputs =
      open_inputs(options.inputs, program.dataset, program.input_transform, options.image + 1, context);
  const Frames frames(program, *inputs, (options.image + 1) * static_cast<std::size_t>(program.batch));
  WD_REQUIRE(options.image < frames.count(), "--image ", options.image, ": the set has ", frames.count(),
             " frames");
  const std::vector<SliceTile> tiles =
      record_slices(program, frames.input(options.image), options.draw, options.cycles);

  SliceRequest request;
  request.source = options.source;
  request.keep =
      options.keep.empty() ? std::filesystem::path(options.table.string() + ".kept") : options.keep;
  request.wires = options.wires;
  request.keep = std::filesystem::absolute(request.keep);
  OutputFolder kept(request.keep);
  kept.make();
  CharacterizeResult result;
  result.energy = measure_slice(library, library_sha256, program.arch, tiles, request, context);

  std::vector<SliceEvents> events;
  for (const SliceTile& tile : tiles) {
    events.push_back(slice_events(program.arch, tile));
    result.events += events.back();
    result.dense_macs += 16.0 * tile.chunks * tile.channels;
  }
  result.parts = fit_parts(result.energy, events);
  double squares = 0, predicted = 0, real = 0, mean = 0;
  silicon::Energy whole;
  for (std::size_t t = 0; t < tiles.size(); ++t) {
    double told = 0, found = 0;
    for (std::size_t p = 0; p < slice_parts; ++p) {
      found += result.energy.tiles[t][p].dynamic_fj();
      std::vector<double> each;
      for (const EventEnergy& event : result.parts[p].events) each.push_back(event.femtojoule);
      told += silicon::predict(each, counts(events_of_parts()[p], events[t]));
      whole += result.energy.tiles[t][p];
    }
    squares += (told - found) * (told - found);
    mean += found / static_cast<double>(tiles.size());
  }
  for (std::size_t p = 0; p < slice_parts; ++p) {
    const auto [p_told, p_real] = held_out(result.energy, events, p);
    predicted += p_told;
    real += p_real;
  }
  result.residual = std::sqrt(squares / static_cast<double>(tiles.size())) / mean;
  result.held_out = real > 0 ? predicted / real - 1 : 0;
  result.glitch_share = whole.glitch_fj / whole.dynamic_fj();
  result.block = options.block;
  result.command = command_of(options);
  result.date = now();
  result.library = {{"name", library.name},       {"file", options.liberty.filename().string()},
                    {"sha256", library_sha256},   {"corner", library.corner},
                    {"voltage", library.voltage}, {"temperature", library.temperature},
                    {"process", library.process}};
  result.tools = tool_versions();
  result.stimulus = {{"program_sha256", chip.sha256()},
                     {"inputs", inputs_json(inputs.source)},
                     {"dataset", program.dataset},
                     {"image", options.image},
                     {"draw", options.draw},
                     {"tiles", tiles.size()}};
  result.settings = {
      {"wire_net_ff", options.wires.fixed_ff},
      {"wire_pin_ff", options.wires.per_pin_ff},
      {"synthesis_period_ns", request.synthesis_period_ns},
      {"slews",
       "OpenSTA's, mean of rise and fall; inputs 0.05 ns; the clock's nets: the median of the others"},
      {"clock", "ideal: no tree, no delay in the simulation"}};
  write_file(options.table, result.to_json().dump(1) + "\n");
  return result;
}

nlohmann::json CharacterizeResult::to_json() const {
  nlohmann::json list = nlohmann::json::object(), module_list = nlohmann::json::object();
  for (const PartTable& part : parts) {
    nlohmann::json event_list = nlohmann::json::object();
    for (const EventEnergy& event : part.events)
      event_list[event.event] = {{"fj", event.femtojoule}, {"count", event.count}};
    list[part.part] = {{"events", event_list},
                       {"energy_fj", part.energy_fj},
                       {"leakage_nw", part.leakage_nw},
                       {"area_um2", part.area_um2},
                       {"glitch_share", part.glitch_share},
                       {"residual", part.residual},
                       {"held_out_error", part.held_out}};
  }
  for (const auto& [name, module] : energy.modules)
    module_list[name] = {{"instances", module.instances},
                         {"area_um2", module.area_um2},
                         {"internal_fj", module.energy.internal_fj},
                         {"switching_fj", module.energy.switching_fj},
                         {"leakage_fj", module.energy.leakage_fj},
                         {"glitch_fj", module.energy.glitch_fj}};
  return {{"kind", "whitedwarf power table"},
          {"version", 1},
          {"block", block},
          {"date", date},
          {"command", command},
          {"library", library},
          {"tools", tools},
          {"settings", settings},
          {"stimulus", stimulus},
          {"cycles", energy.cycles},
          {"period_ns", energy.period_ns},
          {"worst_path_ns", energy.worst_path_ns},
          {"instances", energy.instances},
          {"instances_without_delay", energy.without_delay},
          {"transitions", energy.transitions},
          {"glitch_transitions", energy.glitches},
          {"unmatched_transitions", energy.unmatched},
          {"glitch_share", glitch_share},
          {"residual", residual},
          {"held_out_error", held_out},
          {"operands", events.operands()},
          {"dense_macs", dense_macs},
          {"parts", list},
          {"modules", module_list}};
}

}  // namespace wd::flow
