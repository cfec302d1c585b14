// SPDX-License-Identifier: Apache-2.0
#include "flow/characterize.hpp"

#include <algorithm>
#include <ctime>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/integer.hpp"
#include "base/json.hpp"
#include "base/output_folder.hpp"
#include "base/sha256.hpp"
#include "flow/chip.hpp"
#include "flow/frames.hpp"
#include "flow/gates.hpp"
#include "sim/power_assumptions.hpp"

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
  for (const auto& program : o.programs) programs.push_back(program.string());
  Names variants;
  for (const auto& file : o.variants) variants.push_back(file.string());
  return text("whitedwarf characterize --liberty ", o.liberty.filename().string(), " --block ",
              join(o.blocks), programs.empty() ? "" : " --program " + join(programs), " --cycles ",
              o.streams.cycles, " --draw ", o.streams.draw, " --image ", o.streams.image, " --wire-net ",
              o.wires.fixed_ff, " --wire-pin ", o.wires.per_pin_ff, o.ungated ? " --ungated" : "",
              o.no_delays ? " --no-delays" : "");
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

/// One stream, so that there is one simulation.
std::vector<SliceStream> random_streams(const arch::Arch& arch, StreamOptions each) {
  SliceStream all{"random operands", nlohmann::json::array(), {}};
  each.cycles /= static_cast<int>(fitted_points().size());
  for (const SlicePoint& point : fitted_points()) {
    const SliceStream one = point_stream(arch, point, each);
    all.origin.push_back(one.origin);
    all.tiles.insert(all.tiles.end(), one.tiles.begin(), one.tiles.end());
  }
  return {all};
}

/// Of all programs, or random ones.
std::vector<SliceStream> streams_of(const CharacterizeOptions& options, arch::Arch& arch, Context& context) {
  if (options.programs.empty()) return random_streams(arch, options.streams);
  StreamOptions each = options.streams;
  std::vector<SliceStream> streams;
  WD_REQUIRE(options.arch.arch.empty(), "--arch: a program has its architecture; leave one of the two out");
  each.cycles /= static_cast<int>(options.programs.size());
  for (const auto& folder : options.programs) {
    arch::Arch its;
    streams.push_back(program_stream(folder, each, its, context));
    WD_REQUIRE(streams.size() == 1 || its == arch, folder.string(),
               ": its architecture is another one than that of ", options.programs[0].string(),
               "; compile both for the same");
    arch = its;
  }
  return streams;
}

/// What a table says of the array.
std::vector<BlockTable> array_of(const sim::PowerTable& table, const std::string& origin) {
  std::vector<BlockTable> blocks;
  for (int part = 0; part < slice_parts; ++part)
    for (const sim::BlockPower& block : table.blocks_of(table.arch))
      if (block.block == slice_part_name(part)) blocks.push_back({block, 0});
  WD_REQUIRE(blocks.size() == slice_parts, "--check ", origin, ": has no figures for ",
             slice_part_name(static_cast<int>(blocks.size())));
  return blocks;
}

/// "a,b": the paths.
std::vector<std::filesystem::path> folders(const std::string& given, const std::string& shown) {
  std::vector<std::filesystem::path> list;
  for (const std::string& path : split(given)) {
    WD_REQUIRE(!path.empty(), shown, " is '", given, "': a name in it is empty");
    list.emplace_back(path);
  }
  return list;
}

/// Arrays that differ from the table's, with what differs.
std::vector<std::pair<arch::Arch, nlohmann::json>> variants_of(const CharacterizeOptions& options,
                                                               const arch::Arch& arch) {
  std::vector<std::pair<arch::Arch, nlohmann::json>> list;
  for (const auto& file : options.variants) {
    const arch::Arch other = resolve_arch({file});
    require_slice(other);
    nlohmann::json changed = arch::changes(other, arch);
    WD_REQUIRE(!changed.empty(), file.string(),
               ": is no variant: nothing in it differs from the table's array");
    list.emplace_back(other, std::move(changed));
  }
  return list;
}

int node_of(const CharacterizeOptions& options, const silicon::Library& library) {
  const int node = options.node_nm != 0 ? options.node_nm : sim::node_of_library(library.name);
  WD_REQUIRE(node != 0, options.liberty.string(), ": library ", library.name,
             " is of no known process; name its feature size by --node, in nm");
  sim::node_energy(node, library.voltage);  // refuses a process without figures
  return node;
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

/// The blocks around the array that are wanted, on what the RTL sees in the first program.
void measure_others(const CharacterizeOptions& options, const silicon::Library& library,
                    const std::string& library_sha256, const SliceRequest& slice, CharacterizeResult& result,
                    Context& context) {
  Names names;
  for (const std::string& name : options.blocks)
    if (name != "array_slice") names.push_back(name);
  if (names.empty()) return;
  WD_REQUIRE(!options.programs.empty(), "--block ", names[0],
             ": is measured on what the RTL sees in a program; --program names its folder");
  Chip& chip = load_chip(context, options.programs[0], {});
  const program::Program& program = chip.program();
  const std::size_t images = options.streams.image + 1;
  const Inputs inputs =
      open_inputs(options.streams.inputs, program.dataset, program.input_transform, images, context);
  const Frames frames(program, *inputs, images * static_cast<std::size_t>(program.batch));
  WD_REQUIRE(options.streams.image < frames.count(), "--image ", options.streams.image, ": the set has ",
             frames.count(), " frames");
  const auto input = frames.input(options.streams.image);
  const std::string all = chip.sha256() + sha256(input);
  const BlockRequest request{
      options.source, slice.keep,
      options.wires,  slice.synthesis_period_ns,
      library_sha256, sha256({reinterpret_cast<const std::uint8_t*>(all.data()), all.size()})};
  result.table.arch = program.arch;
  result.blocks = measure_blocks(library, names, {program, input}, options.streams.cycles,
                                 options.streams.draw, request, context);
  nlohmann::json told = nlohmann::json::object();
  for (const BlockResult& block : result.blocks) {
    result.table.blocks.push_back(block.power);
    told[block.power.block] = {
        {"cycles_compared", block.compared}, {"cycles_simulated", block.cycles},
        {"energy_fj", block.energy_fj},      {"instances_without_delay", block.without_delay},
        {"period_ns", block.period_ns},      {"unmatched_transitions", block.unmatched}};
  }
  result.table.provenance["blocks"] = told;
}

constexpr std::uint64_t check_seed = 500000;  // other operands than a table's with the same --draw

}  // namespace

CharacterizeOptions::CharacterizeOptions() : source(WD_SOURCE_FOLDER) {}

void CharacterizeOptions::declare(OptionSink& sink) {
  sink.path("liberty", liberty, "the cell library");
  sink.path("out", table, "the table to write");
  sink.add(
      {"program", "comma-separated folders of programs whose operands are taken",
       "random operands of several densities", false,
       [this](const std::string& given, const std::string& shown) { programs = folders(given, shown); }});
  arch.declare(sink);
  sink.add({"variants",
            "comma-separated files like --arch's: other arrays, measured on random operands and kept as "
            "variants of the table",
            "none", false, [this](const std::string& given, const std::string& shown) {
              variants = folders(given, shown);
            }});
  sink.path("check", check, "a table to hold against other operands, instead of making one", "none");
  Names known = {"array_slice"};
  for (const std::string& name : block_names()) known.push_back(name);
  sink.choices("block", blocks, "block", known, "what is characterized");
  streams.inputs.declare(sink);
  sink.whole("image", streams.image, 0, 1000000, "the frame whose operands are taken");
  sink.whole("draw", streams.draw, 1, 1000000000, "seed by which tiles are drawn");
  sink.whole("cycles", streams.cycles, 100, 1000000, "cycles to simulate, at most, of all programs together");
  sink.flag("ungated", ungated, "also measure what a cycle costs where a level's clock gate is off");
  sink.flag("no-delays", no_delays, "also simulate without delays: what glitches cost");
  sink.real("wire-net", wires.fixed_ff, 0, 1000, "assumed wire of a net, fF");
  sink.real("wire-pin", wires.per_pin_ff, 0, 1000, "assumed wire of each pin of a net, fF");
  sink.whole("node", node_nm, 0, 1000, "the library's feature size in nm, for what is assumed of memories",
             "by the library's name");
  sink.path("keep", keep, "where netlists and results are kept", "beside the table");
  sink.path("source", source, "WhiteDwarf's tree, with hw/rtl", "that it was built from");
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
  SliceRequest request;
  request.source = options.source;
  request.keep =
      options.keep.empty() ? std::filesystem::path(options.table.string() + ".kept") : options.keep;
  request.wires = options.wires;
  request.keep = std::filesystem::absolute(request.keep);
  CharacterizeResult result;
  if (!options.check.empty()) {
    result.table = sim::read_power_table(options.check);
    const std::vector<BlockTable> known = array_of(result.table, options.check.string());
    WD_REQUIRE(result.table.library.sha256 == library_sha256, "--check ", options.check.string(),
               ": was made with library ", result.table.library.name, ", not with the one of --liberty");
    StreamOptions each = options.streams;
    each.cycles /= static_cast<int>(checked_points().size());
    each.draw += check_seed;
    OutputFolder kept(request.keep);
    kept.make();
    result.checked = check_array(known, library, library_sha256, result.table.arch, each, request, context);
    return result;
  }
  const int node_nm = node_of(options, library);
  sim::PowerTable& table = result.table;
  table.arch = resolve_arch(options.arch);
  const bool slice =
      std::find(options.blocks.begin(), options.blocks.end(), "array_slice") != options.blocks.end();
  const std::vector<SliceStream> streams =
      slice ? streams_of(options, table.arch, context) : std::vector<SliceStream>{};
  const auto variants = variants_of(options, table.arch);
  OutputFolder kept(request.keep);
  kept.make();
  if (slice)
    result.array = characterize_array(library, library_sha256, table.arch, streams,
                                      {request, options.ungated, options.no_delays}, context);
  table.name = text(library.name, "-", library.voltage, "V");
  table.library = {library.name,       options.liberty.filename().string(),
                   library_sha256,     library.corner,
                   library.process,    library.voltage,
                   library.temperature};
  nlohmann::json stimulus = nlohmann::json::array();
  for (const SliceStream& stream : streams) stimulus.push_back(stream.origin);
  table.provenance = {
      {"date", now()},
      {"command", command_of(options)},
      {"tools", tool_versions()},
      {"stimulus", stimulus},
      {"settings",
       {{"wire_net_ff", options.wires.fixed_ff},
        {"wire_pin_ff", options.wires.per_pin_ff},
        {"synthesis_period_ns", request.synthesis_period_ns},
        {"slews",
         "OpenSTA's, mean of rise and fall; inputs 0.05 ns; the clock's nets: the median of the others"},
        {"clock", "ideal: no tree, no delay in the simulation"}}}};
  for (const BlockTable& block : result.array.blocks) table.blocks.push_back(block.power);
  if (slice) table.provenance["array"] = details_json(result.array);
  measure_others(options, library, library_sha256, request, result, context);
  double period_ns = result.array.energy.period_ns;
  if (!slice)
    for (const BlockResult& block : result.blocks) period_ns = std::max(period_ns, block.period_ns);
  table.megahertz = 1000 / std::max(1.0, period_ns);
  for (const auto& [arch, changed] : variants) {
    sim::PowerVariant variant{changed.dump(), changed, {}, "the RTL's netlist, on random operands"};
    context.say(variant.name);
    const ArrayTable its =
        characterize_array(library, library_sha256, arch, random_streams(arch, options.streams),
                           {request, options.ungated, false}, context);
    for (const BlockTable& block : its.blocks) variant.blocks.push_back(block.power);
    table.variants.push_back(std::move(variant));
    result.variants.push_back(its);
  }
  sim::assume_rest(table, node_nm);
  write_file(options.table, table.to_json().dump(1) + "\n");
  return result;
}

nlohmann::json CharacterizeResult::to_json() const {
  return checked.empty() ? table.to_json() : checked_json(checked, table.arch);
}

}  // namespace wd::flow
