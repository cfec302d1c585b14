// SPDX-License-Identifier: Apache-2.0
#include "flow/slice_energy.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/integer.hpp"
#include "base/json.hpp"
#include "base/progress.hpp"
#include "flow/content_key.hpp"
#include "flow/gates.hpp"
#include "flow/slice_events.hpp"
#include "flow/slice_stimulus.hpp"
#include "hw/silicon/cell_models.hpp"
#include "hw/silicon/sdf.hpp"

namespace wd::flow {
namespace {

using silicon::Energy;
namespace fs = std::filesystem;

constexpr const char* top = "wd_array_slice";
constexpr double input_slew_ns = 0.05;

class Measurement {
 public:
  Measurement(const silicon::Library& library, const arch::Arch& arch, const std::vector<SliceTile>& tiles,
              const SliceRequest& request, Context& context)
      : library_(library), arch_(arch), tiles_(tiles), request_(request), context_(context) {}

  SliceEnergy run(const std::string& library_sha256) {
    const std::string stimulus = slice_stimulus(arch_, tiles_, request_.ungated),
                      synthesis = synthesis_key(library_sha256);
    const fs::path bench = request_.source / "testbench/gates/array_slice_tb.sv";
    const std::string simulation = sha256_of(text(synthesis, stimulus, content(bench), wires_name(),
                                                  request_.delays ? "" : " without delays", "v3"));
    const fs::path result = request_.keep / ("energy-" + simulation.substr(0, 16) + ".json");
    if (fs::exists(result)) {
      SliceEnergy energy = SliceEnergy::from_json(parse_json(read_file(result), result.string() + ":"));
      energy.kept = true;
      return energy;
    }
    netlist_folder_ = request_.keep / ("netlist-" + synthesis.substr(0, 16));
    timing_folder_ = netlist_folder_ / wires_name();
    synthesise();
    work_ = request_.keep / ("simulation-" + simulation.substr(0, 16));
    make_output_folder(work_);
    const silicon::Netlist netlist = silicon::read_netlist(netlist_folder_ / "netlist.json", top, library_);
    SliceEnergy energy = simulate(netlist, stimulus, bench);
    write_file(result, energy.to_json().dump(1) + "\n");
    fs::remove_all(work_);
    return energy;
  }

 private:
  std::string wires_name() const {
    return text("wires-", request_.wires.fixed_ff, "-", request_.wires.per_pin_ff);
  }
  std::vector<std::string> parameters() const {
    std::vector<std::string> list;
    const auto add = [&](const char* name, int value) { list.push_back(text(name, "=", value)); };
    add("Window", arch_.window);
    add("Entries", arch_.entries);
    add("PlanesPerRow", arch_.planes_per_row);
    add("GroupsPerWalker", arch_.groups_per_walker);
    add("AccBits", arch_.acc_bits);
    add("SumSegment", arch_.sum_segment);
    add("LatchOperand", arch_.latch_operand);
    return list;
  }
  std::string synthesis_key(const std::string& library_sha256) const {
    std::string all = library_sha256 + text(request_.synthesis_period_ns) + tool_version("yosys");
    for (const std::string& parameter : parameters()) all += text(parameter, '\n');
    all += sources(request_.source / "hw/rtl", ".sv") + sources(request_.source / "hw/gen", ".sv") +
           sources(request_.source / "hw/syn", ".py") + sources(request_.source / "hw/syn/blocks", ".sv");
    return sha256_of(all);
  }

  void synthesise() {
    if (fs::exists(netlist_folder_ / "netlist.json")) return;
    context_.say("synthesis");
    const fs::path part = netlist_folder_.string() + ".part";
    make_output_folder(part);
    std::vector<std::string> command = {"python3",   (request_.source / "hw/syn/block.py").string(),
                                        "--liberty", library_.origin,
                                        "--top",     top,
                                        "--period",  text(request_.synthesis_period_ns),
                                        "--out",     part.string()};
    for (const std::string& parameter : parameters()) {
      command.push_back("--set");
      command.push_back(parameter);
    }
    run_tool(command, part / "log");
    context_.check_stop("interrupted; what was finished is kept");
    fs::rename(part, netlist_folder_);
  }

  SliceEnergy simulate(const silicon::Netlist& netlist, const std::string& stimulus, const fs::path& bench) {
    SliceEnergy result;
    const std::vector<bool> clock = netlist.clock_nets("clk_i");
    time_netlist(netlist, clock, result);
    write_file(work_ / "stimulus", stimulus);
    write_file(work_ / "blocked.v", silicon::blocked_verilog(netlist));
    fs::remove(work_ / "waves.vcd");
    fs::create_symlink("/dev/fd/3", work_ / "waves.vcd");  // vvp wants the ending
    write_file(work_ / "cells.v", silicon::cell_models(library_, netlist));
    compile(bench, result.period_ns);
    silicon::PowerSettings settings{request_.wires, slews(netlist, clock), clock,
                                    netlist.port("clk_i").nets.at(0)};
    std::vector<int> parts;
    for (const silicon::Scope& scope : netlist.scopes) parts.push_back(part_of(scope.path));
    silicon::PowerMeter meter(library_, netlist, std::move(settings), parts);
    context_.say(request_.name +
                 (request_.delays ? ": simulation with delays" : ": simulation without delays"));
    const double end_ns = read_waves(netlist, meter, result.period_ns);
    meter.finish(end_ns);
    check_results(netlist.instances.size());
    collect(netlist, meter, parts, result);
    return result;
  }

  /// What OpenSTA says of the netlist with these wires.
  void run_sta(const silicon::Netlist& netlist) {
    if (fs::exists(timing_folder_)) return;
    context_.say("delays");
    const fs::path part = timing_folder_.string() + ".part";
    make_output_folder(part);
    write_file(part / "flat.v", silicon::flat_verilog(netlist));
    write_file(part / "sta.tcl", silicon::timing_script(library_, netlist, netlist.loads(request_.wires),
                                                        "clk_i", request_.synthesis_period_ns, part));
    run_tool({"sta", "-no_splash", "-exit", (part / "sta.tcl").string()}, part / "sta.log");
    WD_REQUIRE(fs::exists(part / "worst.txt"),
               "sta: wrote no delays: ", content(part / "sta.log").substr(0, 200));
    context_.check_stop("interrupted; what was finished is kept");
    fs::rename(part, timing_folder_);
  }

  /// SDF, transition times and the slowest path; the period leaves a quarter more than that.
  void time_netlist(const silicon::Netlist& netlist, const std::vector<bool>& clock, SliceEnergy& result) {
    run_sta(netlist);
    result.worst_path_ns = std::atof(content(timing_folder_ / "worst.txt").c_str());
    WD_REQUIRE(result.worst_path_ns > 0, "sta: found no path in the slice");
    result.period_ns = std::ceil(result.worst_path_ns * 1.25 * 2) / 2;
    const silicon::Delays delays = silicon::simulator_delays(
        content(timing_folder_ / "delays.sdf"), netlist, clock, (timing_folder_ / "delays.sdf").string(),
        request_.delays ? silicon::DelayModel::library : silicon::DelayModel::none);
    write_file(work_ / "simulator.sdf", delays.sdf);
    result.instances = netlist.instances.size();
    result.without_delay = delays.without_delay;
  }

  /// Of nets; the clock has no tree yet: the median of all others.
  std::vector<double> slews(const silicon::Netlist& netlist, const std::vector<bool>& clock) const {
    std::vector<double> list = silicon::net_slews(content(timing_folder_ / "slews.txt"), netlist,
                                                  input_slew_ns, "slews.txt"),
                        known;
    for (std::size_t net = 2; net < list.size(); ++net)
      if (!clock[net]) known.push_back(list[net]);
    std::nth_element(known.begin(), known.begin() + static_cast<std::ptrdiff_t>(known.size() / 2),
                     known.end());
    for (std::size_t net = 2; net < list.size(); ++net)
      if (clock[net]) list[net] = known[known.size() / 2];
    return list;
  }

  void compile(const fs::path& bench, double period_ns) const {
    const auto macro = [](const char* name, const auto& value) { return text("-D", name, "=", value); };
    const auto file = [&](const char* name, const fs::path& path) {
      return macro(name, text('"', path.string(), '"'));
    };
    run_tool(
        {"iverilog", "-g2012", "-gspecify", "-Ttyp", macro("WINDOW", arch_.window),
         macro("ENTRIES", arch_.entries), macro("PLANES", arch_.planes_per_row),
         macro("GROUPS", arch_.groups_per_walker), macro("ACC", arch_.acc_bits), macro("PERIOD", period_ns),
         file("STIMULUS", work_ / "stimulus"), file("DELAYS", work_ / "simulator.sdf"),
         file("WAVES", work_ / "waves.vcd"), "-o", (work_ / "bench").string(), bench.string(),
         (work_ / "blocked.v").string(), (work_ / "cells.v").string()},
        work_ / "iverilog.log");
  }

  double read_waves(const silicon::Netlist& netlist, silicon::PowerMeter& meter, double period_ns) {
    double end_ns = 0, cycles = 0;
    for (const SliceTile& tile : tiles_) cycles += slice_cycles(tile);
    Progress progress("characterize", cycles);
    const std::string dut = "array_slice_tb.dut";
    const silicon::VcdSink sink{[&](const std::string& scope, const std::string& name) {
                                  if (scope != dut || name.size() < 2 || name[0] != 'n' ||
                                      !std::isdigit(static_cast<unsigned char>(name[1])))
                                    return -1;
                                  const int net = std::atoi(name.c_str() + 1);
                                  return net < netlist.nets ? net : -1;
                                },
                                [&](double time_ns, std::span<const silicon::Change> changes) {
                                  context_.check_stop("interrupted; what was finished is kept");
                                  meter.changes(time_ns, changes);
                                  end_ns = time_ns;
                                  progress.update(static_cast<double>(meter.cycles().size()));
                                }};
    run_tool({"vvp", "-n", (work_ / "bench").string()}, work_ / "vvp.log",
             [&](std::FILE* file) { silicon::read_vcd(file, "waves", sink); });
    return std::max(end_ns, period_ns * static_cast<double>(meter.cycles().size() + 1));
  }

  /// The netlist computes what the simulators do.
  void check_results(std::size_t instances) const {
    std::istringstream in(content(work_ / "vvp.log"));
    std::size_t number = 0, refused = 0;
    for (std::string line; std::getline(in, line);) {
      if (line.starts_with("SDF ") && ++refused * 100 > instances)
        fail("characterize: the simulator takes less than 99 % of the delays; it said: ", line);
      if (!line.starts_with("tile ")) continue;
      std::istringstream words(line);
      std::string word, sums;
      double walks = 0, operands = 0;
      words >> word >> walks >> operands >> sums;
      WD_REQUIRE(number < tiles_.size(), "characterize: the netlist shows more tiles than there are");
      check_tile(number++, walks, operands, sums);
    }
    WD_REQUIRE(number == tiles_.size(), "characterize: the netlist shows ", number, " of ", tiles_.size(),
               " tiles; vvp said: ", content(work_ / "vvp.log").substr(0, 200));
  }
  void check_tile(std::size_t number, double walks, double operands, const std::string& sums) const {
    const SliceTile& tile = tiles_[number];
    const SliceEvents events = slice_events(arch_, tile);
    const std::string where = text("characterize: tile ", number, " (layer ", tile.id.layer, ", channels ",
                                   tile.id.oc, ", pixels ", tile.id.t, "): ");
    WD_REQUIRE(walks == static_cast<double>(events.counters.walk_ops) &&
                   operands == static_cast<double>(events.counters.bit_ops),
               where, "the netlist walks ", walks, " and adds ", operands, ", the simulator ",
               events.counters.walk_ops, " and ", events.counters.bit_ops);
    for (int p = 0; p < tile.channels; ++p) {
      const std::int64_t found = sum_of(sums, p), expected = tile.sum(p);
      WD_REQUIRE(found == expected, where, "the netlist's sum of channel ", p, " is ", found,
                 ", the simulator's ", expected);
    }
  }
  std::int64_t sum_of(const std::string& hex, int pe) const {
    std::int64_t sum = 0;
    for (int bit = 0; bit < arch_.acc_bits; ++bit) {
      const std::size_t place = index(bit * slice_pes + pe);
      WD_REQUIRE(place / 4 < hex.size(), "characterize: the netlist's sums are '", hex, "'");
      const char digit = hex[hex.size() - 1 - place / 4];
      const int value = digit <= '9' ? digit - '0' : digit - 'a' + 10;
      if (value >> place % 4 & 1) sum += std::int64_t{1} << bit;
    }
    if (arch_.sum_segment != 0) sum -= std::int64_t{1} << 21;
    const std::int64_t range = std::int64_t{1} << arch_.acc_bits;
    return sum >= range / 2 ? sum - range : sum;
  }

  static int part_of(const std::string& path) {
    const auto is = [&](const char* what) { return path.find(what) != std::string::npos; };
    return static_cast<int>(is("u_group")  ? SlicePart::group
                            : is("u_lane") ? SlicePart::lanes
                                           : SlicePart::walkers);
  }

  void collect(const silicon::Netlist& netlist, const silicon::PowerMeter& meter,
               const std::vector<int>& parts, SliceEnergy& result) const {
    auto cycle = static_cast<std::size_t>(slice_reset_cycles);
    for (const SliceTile& tile : tiles_) {
      std::vector<Energy> sums(slice_parts);
      for (int i = 0; i < slice_cycles(tile); ++i, ++cycle) {
        WD_REQUIRE(cycle < meter.cycles().size(), "characterize: the waves end in cycle ", cycle);
        for (std::size_t p = 0; p < meter.cycles()[cycle].size(); ++p) sums[p] += meter.cycles()[cycle][p];
      }
      result.tiles.push_back(std::move(sums));
      result.cycles += static_cast<std::uint64_t>(slice_cycles(tile));
    }
    result.area_um2.assign(slice_parts, 0);
    for (std::size_t s = 0; s < netlist.scopes.size(); ++s) {
      ModuleEnergy& module = result.modules[netlist.scopes[s].module];
      ++module.instances;
      module.energy += meter.scopes()[s];
    }
    for (const silicon::Instance& one : netlist.instances) {
      result.modules[netlist.scopes[index(one.scope)].module].area_um2 += one.cell->area;
      result.area_um2[index(parts[index(one.scope)])] += one.cell->area;
    }
    result.transitions = meter.transitions();
    result.glitches = meter.glitches();
    result.unmatched = meter.unmatched();
  }

  const silicon::Library& library_;
  const arch::Arch& arch_;
  const std::vector<SliceTile>& tiles_;
  const SliceRequest& request_;
  Context& context_;
  fs::path netlist_folder_, timing_folder_, work_;
};

nlohmann::json energy_json(const Energy& e) {
  return {e.internal_fj, e.switching_fj, e.leakage_fj, e.glitch_fj, e.wire_fj};
}
Energy energy_of(const nlohmann::json& json) {
  return {json.at(0).get<double>(), json.at(1).get<double>(), json.at(2).get<double>(),
          json.at(3).get<double>(), json.at(4).get<double>()};
}

}  // namespace

const char* slice_part_name(int part) {
  constexpr const char* names[] = {"lanes", "walkers", "group"};
  return names[part];
}

SliceEnergy& SliceEnergy::operator+=(const SliceEnergy& other) {
  if (tiles.empty()) return *this = other;
  tiles.insert(tiles.end(), other.tiles.begin(), other.tiles.end());
  for (const auto& [name, module] : other.modules) modules[name].energy += module.energy;
  cycles += other.cycles;
  transitions += other.transitions;
  glitches += other.glitches;
  unmatched += other.unmatched;
  kept = kept && other.kept;
  return *this;
}

silicon::Energy SliceEnergy::sum(int part) const {
  silicon::Energy all;
  for (const auto& tile : tiles) all += tile[index(part)];
  return all;
}

nlohmann::json SliceEnergy::to_json() const {
  nlohmann::json tile_list = nlohmann::json::array(), module_list = nlohmann::json::object();
  for (const auto& tile : tiles) {
    tile_list.push_back(nlohmann::json::array());
    for (const Energy& part : tile) tile_list.back().push_back(energy_json(part));
  }
  for (const auto& [name, module] : modules)
    module_list[name] = {{"instances", module.instances},
                         {"area_um2", module.area_um2},
                         {"energy_fj", energy_json(module.energy)}};
  return {{"tiles_fj", tile_list},      {"modules", module_list},         {"area_um2", area_um2},
          {"period_ns", period_ns},     {"worst_path_ns", worst_path_ns}, {"cycles", cycles},
          {"transitions", transitions}, {"glitches", glitches},           {"unmatched", unmatched},
          {"instances", instances},     {"without_delay", without_delay}};
}

SliceEnergy SliceEnergy::from_json(const nlohmann::json& json) {
  SliceEnergy result;
  for (const auto& tile : json.at("tiles_fj")) {
    result.tiles.emplace_back();
    for (const auto& part : tile) result.tiles.back().push_back(energy_of(part));
  }
  for (const auto& [name, module] : json.at("modules").items())
    result.modules[name] = {module.at("instances"), module.at("area_um2"), energy_of(module.at("energy_fj"))};
  result.area_um2 = json.at("area_um2").get<std::vector<double>>();
  result.period_ns = json.at("period_ns");
  result.worst_path_ns = json.at("worst_path_ns");
  result.cycles = json.at("cycles");
  result.transitions = json.at("transitions");
  result.glitches = json.at("glitches");
  result.unmatched = json.at("unmatched");
  result.instances = json.at("instances");
  result.without_delay = json.at("without_delay");
  return result;
}

SliceEnergy measure_slice(const silicon::Library& library, const std::string& library_sha256,
                          const arch::Arch& arch, const std::vector<SliceTile>& tiles,
                          const SliceRequest& request, Context& context) {
  return Measurement(library, arch, tiles, request, context).run(library_sha256);
}

}  // namespace wd::flow
