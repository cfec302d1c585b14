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
#include "sim/power_assumptions.hpp"

namespace wd::flow {
namespace {

constexpr const char* slice_block = "array_slice";
constexpr double synthesis_period_ns = 4;

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
              o.program.string(), o.blocks.empty() ? "" : " --block " + join(o.blocks), " --cycles ",
              o.cycles, " --draw ", o.draw, " --image ", o.image, " --wire-net ", o.wires.fixed_ff,
              " --wire-pin ", o.wires.per_pin_ff);
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
  Names known = {slice_block};
  for (const std::string& name : block_names()) known.push_back(name);
  sink.add({"block", "comma-separated blocks to characterize: " + join(known), "all", false,
            [this, known](const std::string& given, const std::string& shown) {
              blocks = choose(given, shown, "block", known);
            }});
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

namespace {

bool wanted(const CharacterizeOptions& options, const std::string& block) {
  return options.blocks.empty() ||
         std::find(options.blocks.begin(), options.blocks.end(), block) != options.blocks.end();
}

void measure_array(const CharacterizeOptions& options, const silicon::Library& library,
                   const std::string& library_sha256, const program::Program& program,
                   std::span<const std::uint8_t> input, const std::filesystem::path& keep,
                   CharacterizeResult& result, Context& context) {
  result.slice = true;
  const std::vector<SliceTile> tiles = record_slices(program, input, options.draw, options.cycles);
  const SliceRequest request{options.source, keep, options.wires, synthesis_period_ns};
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
  result.tiles = tiles.size();
}

/// The blocks around the array, as a table.
void measure_others(const CharacterizeOptions& options, const silicon::Library& library,
                    const std::string& library_sha256, const RtlProgram& what,
                    const std::string& stimulus_sha256, const std::filesystem::path& keep,
                    CharacterizeResult& result, Context& context) {
  Names names;
  for (const std::string& name : block_names())
    if (wanted(options, name)) names.push_back(name);
  if (names.empty()) return;
  const BlockRequest request{options.source,      keep,           options.wires,
                             synthesis_period_ns, library_sha256, stimulus_sha256};
  result.blocks = measure_blocks(library, names, what, options.cycles, options.draw, request, context);
  sim::PowerTable& table = result.table;
  table.name = library.name;
  table.library = {library.name,       options.liberty.filename().string(),
                   library_sha256,     library.corner,
                   library.process,    library.voltage,
                   library.temperature};
  table.arch = what.program.arch;
  for (const BlockResult& block : result.blocks) {
    table.blocks.push_back(block.power);
    table.slowest_path_ns =
        std::max(table.slowest_path_ns.value_or(0), block.power.worst_path_ns.value_or(0));
  }
  table.megahertz = 1e3 / std::max(1.0, *table.slowest_path_ns);
  sim::assume_rest(table, sim::node_of_library(library.name));
}

}  // namespace

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
  const auto input = frames.input(options.image);
  const std::filesystem::path keep = std::filesystem::absolute(
      options.keep.empty() ? std::filesystem::path(options.table.string() + ".kept") : options.keep);
  OutputFolder kept(keep);
  kept.make();
  CharacterizeResult result;
  const std::string stimulus = chip.sha256() + sha256(input);
  const std::string stimulus_sha256 =
      sha256({reinterpret_cast<const std::uint8_t*>(stimulus.data()), stimulus.size()});
  measure_others(options, library, library_sha256, {program, input}, stimulus_sha256, keep, result, context);
  if (wanted(options, slice_block))
    measure_array(options, library, library_sha256, program, input, keep, result, context);
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
                     {"tiles", result.tiles}};
  result.settings = {
      {"wire_net_ff", options.wires.fixed_ff},
      {"wire_pin_ff", options.wires.per_pin_ff},
      {"synthesis_period_ns", synthesis_period_ns},
      {"slews",
       "OpenSTA's, mean of rise and fall; inputs 0.05 ns; the clock's nets: the median of the others"},
      {"clock", "ideal: no tree, no delay in the simulation"}};
  result.table.provenance = {{"date", result.date},
                             {"command", result.command},
                             {"tools", result.tools},
                             {"settings", result.settings},
                             {"stimulus", result.stimulus}};
  write_file(options.table, result.to_json().dump(1) + "\n");
  return result;
}

nlohmann::json CharacterizeResult::to_json() const {
  if (blocks.empty()) return slice_json();
  sim::PowerTable all = table;
  nlohmann::json measured = nlohmann::json::object();
  for (const BlockResult& block : blocks)
    measured[block.power.block] = {
        {"cycles_compared", block.compared}, {"cycles_simulated", block.cycles},
        {"energy_fj", block.energy_fj},      {"instances_without_delay", block.without_delay},
        {"period_ns", block.period_ns},      {"unmatched_transitions", block.unmatched}};
  all.provenance["blocks"] = measured;
  if (slice) all.provenance["array_slice"] = slice_json();
  return all.to_json();
}

nlohmann::json CharacterizeResult::slice_json() const {
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
          {"block", slice_block},
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
