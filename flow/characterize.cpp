// SPDX-License-Identifier: Apache-2.0
#include "flow/characterize.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/integer.hpp"
#include "base/output_folder.hpp"
#include "base/sha256.hpp"
#include "base/shared_files.hpp"
#include "flow/block_programs.hpp"
#include "flow/characterize_provenance.hpp"
#include "flow/engines.hpp"
#include "flow/gates.hpp"
#include "flow/steps.hpp"
#include "sim/power_assumptions.hpp"
#include "sim/power_model.hpp"

namespace wd::flow {
namespace {

constexpr const char* array_slice = "array_slice";

void require_folder_of(const std::filesystem::path& file, const char* option) {
  const std::filesystem::path folder = std::filesystem::absolute(file).parent_path();
  WD_REQUIRE(std::filesystem::is_directory(folder), option, " ", file.string(),
             ": its folder does not exist");
  WD_REQUIRE(!std::filesystem::is_directory(file), option, " ", file.string(),
             ": is a folder; it names a file");
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

/// Of all programs, or random ones, or both.
std::vector<SliceStream> streams_of(const CharacterizeOptions& options, arch::Arch& arch, Context& context) {
  if (options.programs.empty()) return random_streams(arch, options.streams);
  StreamOptions each = options.streams;
  std::vector<SliceStream> streams;
  WD_REQUIRE(options.arch.arch.empty(), "--arch: a program has its architecture; leave one of the two out");
  each.cycles /= static_cast<int>(options.programs.size()) + (options.random_too ? 1 : 0);
  for (const auto& folder : options.programs) {
    arch::Arch its;
    streams.push_back(program_stream(folder, each, its, context));
    WD_REQUIRE(streams.size() == 1 || its == arch, folder.string(),
               ": its architecture is another one than that of ", options.programs[0].string(),
               "; compile both for the same");
    arch = its;
  }
  if (options.random_too)
    for (SliceStream& random : random_streams(arch, each)) streams.push_back(std::move(random));
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
    const Names& known = sim::event_parameters();
    for (const auto& item : changed.items())
      WD_REQUIRE(std::find(known.begin(), known.end(), item.key()) != known.end(), file.string(),
                 ": is no variant of the array: its energies do not depend on '", item.key(),
                 "'; they do on ", join(known));
    list.emplace_back(other, std::move(changed));
  }
  return list;
}

int node_of(const CharacterizeOptions& options, const silicon::Library& library) {
  const int node = options.node_nm != 0 ? options.node_nm : sim::node_of_library(library.name);
  WD_REQUIRE(node != 0, library.origin, ":", library.line, ": library ", library.name,
             " is of no known process; name its feature size by --node, in nm");
  try {
    sim::node_energy(node, library.voltage);  // refuses a process without figures
  } catch (const Error& error) {
    fail(library.origin, ":", library.voltage_line, ": ", error.what());
  }
  return node;
}

constexpr std::uint64_t check_seed = 500000;  // other operands than a table's with the same --draw

Names all_blocks() {
  Names names = {array_slice};
  for (const std::string& name : block_names()) names.push_back(name);
  return names;
}

/// Refuses chips whose RTL was built without signals.
void require_signals(const arch::Arch& arch) {
  const std::string missing = engine_kind("rtl").no_signals(arch);
  WD_REQUIRE(missing.empty(),
             "characterize: blocks around the array are measured on the RTL's signals: ", missing,
             "; --block array_slice leaves them out");
}

Steps expected_steps(const CharacterizeOptions& options, const Names& around, std::size_t programs,
                     const std::vector<SliceStream>& streams, const ArrayRequest& array) {
  double seconds = 0;
  int count = block_steps(around, programs, seconds);
  if (!streams.empty()) count += array_steps(streams.size(), array, options.streams.cycles, seconds);
  for (std::size_t v = 0; v < options.variants.size(); ++v)
    count += array_steps(1, array, options.streams.cycles, seconds);
  return {"characterize", count, seconds};
}

ArrayRequest with(ArrayRequest request, Steps& steps) {
  request.slice.steps = &steps;
  return request;
}

/// The slowest path is the chip's, where it is known; else that of the slowest block. Nothing but memory has none.
void set_clock(sim::PowerTable& table, double slowest_ns) {
  for (const sim::BlockPower& block : table.blocks)
    slowest_ns = std::max(slowest_ns, block.worst_path_ns.value_or(0));
  if (slowest_ns > 0) table.slowest_path_ns = slowest_ns;
  const double most = 1000 / std::max(1.0, slowest_ns);
  table.megahertz = most >= 10 ? 10 * std::floor(most / 10) : most;
}

/// Options that what was asked for has no use for: refused, so that nobody takes them for done.
void require_options_fit(const CharacterizeOptions& options) {
  if (std::find(options.blocks.begin(), options.blocks.end(), array_slice) != options.blocks.end()) return;
  const std::pair<const char*, bool> of_array[] = {{"--check", !options.check.empty()},
                                                   {"--variants", !options.variants.empty()},
                                                   {"--ungated", options.ungated},
                                                   {"--no-delays", options.no_delays}};
  for (const auto& [option, given] : of_array)
    WD_REQUIRE(!given, option, ": is of the array; add array_slice to --block, or leave it out");
}

}  // namespace

CharacterizeOptions::CharacterizeOptions() : source(shared_folder()) { blocks = all_blocks(); }

void CharacterizeOptions::declare(OptionSink& sink) {
  sink.path("liberty", liberty, Takes::Place::file, "the cell library");
  sink.path("out", table, Takes::Place::new_file, "the table to write");
  sink.text("name", name, "the table's name", "library and voltage");
  sink.paths(
      "program", programs, Takes::Place::folder,
      "comma-separated folders of programs in which the array and the blocks are measured; `random` among "
      "them: random ones, too",
      "random operands of several densities, random networks", random_programs, &random_too);
  arch.declare(sink);
  sink.paths(
      "variants", variants, Takes::Place::file,
      "comma-separated files like --arch's: other arrays, measured on random operands and kept as variants "
      "of the table",
      "none");
  sink.path("check", check, Takes::Place::file,
            "a table to hold against other operands, instead of making one", "none");
  sink.choices("block", blocks, "block", all_blocks(), "what is characterized");
  streams.inputs.declare(sink);
  sink.whole("image", streams.image, 0, 1000000, "the frame whose operands are taken");
  sink.whole("draw", streams.draw, 1, 1000000000, "seed by which tiles are drawn");
  sink.whole("cycles", streams.cycles, 100, 1000000,
             "cycles to simulate, at most, of all programs together: of the array, and of each block");
  sink.flag("ungated", ungated, "also measure what a cycle costs where a level's clock gate is off");
  sink.flag("no-delays", no_delays, "also simulate without delays: what glitches cost");
  sink.real("wire-net", wires.fixed_ff, 0, 1000, "assumed wire of a net");
  sink.real("wire-pin", wires.per_pin_ff, 0, 1000, "assumed wire of each pin of a net");
  sink.real("chip-path", chip_path_ns, 0, 1000,
            "slowest path of the whole chip, if it is longer than the slowest block's");
  sink.whole("node", node_nm, 0, 1000, "the library's feature size, for what is assumed of memories",
             "by the library's name");
  sink.path("keep", keep, Takes::Place::new_folder, "where netlists and results are kept",
            "beside the table");
  sink.path("source", source, Takes::Place::folder, "WhiteDwarf's tree, with hw/rtl",
            "that it was built from or came with");
  sink.call_values(
      {{"cycles", "CYCLES"}, {"wire-net", "fF"}, {"wire-pin", "fF"}, {"chip-path", "ns"}, {"node", "nm"}});
  // It makes no table, and is of the array of the one that it names.
  for (const char* other :
       {"out", "name", "program", "arch", "variants", "ungated", "no-delays", "chip-path", "node"})
    sink.exclude({"check", other});
}

CharacterizeResult characterize(const CharacterizeOptions& options, Context& context) {
  WD_REQUIRE(!options.liberty.empty(),
             "characterize: --liberty names the cell library; Debian's qflow-tech-osu018 has "
             "/usr/share/qflow/tech/osu018/osu018_stdcells.lib");
  require_options_fit(options);
  require_tools({"python3", "yosys", "sta", "iverilog", "vvp"}, "characterize");
  require_folder_of(options.table, "--out");
  std::error_code code;
  WD_REQUIRE(!options.source.empty(),
             "characterize: the RTL is not where the program looks for what comes with it; name "
             "WhiteDwarf's tree by --source");
  WD_REQUIRE(std::filesystem::is_directory(options.source / "hw/rtl", code), "--source is ",
             options.source.string(), ", which has no folder hw/rtl; name WhiteDwarf's tree");
  const std::string library_sha256 = sha256(read_file(options.liberty));
  const silicon::Library library = silicon::read_library(std::filesystem::absolute(options.liberty));
  library.require_power();
  library.require_delays();
  SliceRequest request;
  request.source = options.source;
  request.keep =
      options.keep.empty() ? std::filesystem::path(options.table.string() + ".kept") : options.keep;
  request.wires = options.wires;
  request.library_sha256 = library_sha256;
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
    Steps steps("characterize", 1, 0);
    request.steps = &steps;
    result.checked = check_array(known, library, result.table.arch, each, request, context);
    return result;
  }
  const int node_nm = node_of(options, library);
  sim::PowerTable& table = result.table;
  table.arch = resolve_arch(options.arch);
  Names around = options.blocks;
  const bool slice = std::erase(around, array_slice) > 0;
  const std::vector<SliceStream> streams =
      slice ? streams_of(options, table.arch, context) : std::vector<SliceStream>{};
  const std::vector<RtlProgram> programs =
      around.empty()
          ? std::vector<RtlProgram>{}
          : block_programs(options.programs, options.random_too, options.streams, table.arch, context);
  if (!around.empty()) require_signals(table.arch);
  const auto variants = variants_of(options, table.arch);
  std::vector<std::vector<SliceStream>>
      variant_streams;  // before anything is measured: --cycles may be too few
  for (const auto& [arch, _] : variants) variant_streams.push_back(random_streams(arch, options.streams));
  OutputFolder kept(request.keep);
  kept.make();
  const ArrayRequest array{request, options.ungated, options.no_delays},
      variant_array{request, options.ungated, false};
  Steps steps = expected_steps(options, around, programs.size(), streams, array);
  request.steps = &steps;

  result.blocks = around.empty() ? std::vector<BlockResult>{}
                                 : measure_blocks(library, around, programs, options.streams.cycles,
                                                  options.streams.draw, request, context);
  if (slice) result.array = characterize_array(library, table.arch, streams, with(array, steps), context);
  for (std::size_t v = 0; v < variants.size(); ++v) {
    const auto& [arch, changed] = variants[v];
    sim::PowerVariant variant{changed.dump(), changed, {}, "the RTL's netlist, on random operands"};
    context.say(variant.name);
    const ArrayTable its =
        characterize_array(library, arch, variant_streams[v], with(variant_array, steps), context);
    for (const BlockTable& block : its.blocks) variant.blocks.push_back(block.power);
    table.variants.push_back(std::move(variant));
    result.variants.push_back(its);
  }
  for (const BlockTable& block : result.array.blocks) table.blocks.push_back(block.power);
  for (const BlockResult& block : result.blocks) table.blocks.push_back(block.power);
  table.name = options.name.empty() ? text(library.name, "-", library.voltage, "V") : options.name;
  table.library = {library.name,       options.liberty.filename().string(),
                   library_sha256,     library.corner,
                   library.process,    library.voltage,
                   library.temperature};
  table.provenance = provenance_of(options, result, streams, programs, request.synthesis_period_ns);
  set_clock(table, std::max(options.chip_path_ns, result.array.energy.worst_path_ns));
  sim::assume_rest(table, node_nm);
  write_file(options.table, table.to_json().dump(1) + "\n");
  return result;
}

nlohmann::json CharacterizeResult::to_json() const {
  return checked.empty() ? table.to_json() : checked_json(checked, table.arch);
}

}  // namespace wd::flow
