// SPDX-License-Identifier: Apache-2.0
#include "flow/slice_energy.hpp"

#include <nlohmann/json.hpp>
#include <sstream>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/integer.hpp"
#include "base/json.hpp"
#include "flow/content_key.hpp"
#include "flow/slice_events.hpp"
#include "flow/slice_stimulus.hpp"

namespace wd::flow {
namespace {

using silicon::Energy;
namespace fs = std::filesystem;

constexpr const char* top = "wd_array_slice";

class Measurement {
 public:
  Measurement(const silicon::Library& library, const arch::Arch& arch, const std::vector<SliceTile>& tiles,
              const SliceRequest& request, Context& context)
      : arch_(arch),
        tiles_(tiles),
        request_(request),
        context_(context),
        library_(library),
        gates_(library, request, {top, top, parameters(arch), {}}, context) {}

  SliceEnergy run() {
    const silicon::Netlist netlist = gates_.netlist();
    const std::string stimulus = slice_stimulus(arch_, tiles_, request_.ungated);
    const fs::path bench = request_.source / "testbench/gates/array_slice_tb.sv";
    const std::string key =
        gates_.simulation_key(stimulus + content(bench) + (request_.delays ? "" : " without delays"));
    const fs::path result = request_.keep / ("slice-energy-" + key + ".json");
    if (fs::exists(result)) {
      SliceEnergy energy = SliceEnergy::from_json(parse_json(read_file(result), result.string() + ":"));
      energy.kept = true;
      return energy;
    }
    work_ = request_.keep / ("slice-simulation-" + key);
    make_output_folder(work_);
    SliceEnergy energy = simulate(netlist, stimulus, bench);
    write_file(result, energy.to_json().dump(1) + "\n");
    fs::remove_all(work_);
    return energy;
  }

 private:
  static std::vector<std::string> parameters(const arch::Arch& arch) {
    std::vector<std::string> list;
    const auto add = [&](const char* name, int value) { list.push_back(text(name, "=", value)); };
    add("Window", arch.window);
    add("Entries", arch.entries);
    add("PlanesPerRow", arch.planes_per_row);
    add("GroupsPerWalker", arch.groups_per_walker);
    add("AccBits", arch.acc_bits);
    add("SumSegment", arch.sum_segment);
    add("LatchOperand", arch.latch_operand);
    return list;
  }

  SliceEnergy simulate(const silicon::Netlist& netlist, const std::string& stimulus, const fs::path& bench) {
    SliceEnergy result;
    const std::vector<bool> clock = netlist.clock_nets("clk_i");
    GateTiming timing =
        gates_.time(netlist, "clk_i", clock,
                    request_.delays ? silicon::DelayModel::library : silicon::DelayModel::none, work_);
    result.took(timing);
    result.instances = netlist.instances.size();
    write_file(work_ / "stimulus", stimulus);
    silicon::PowerSettings settings{request_.wires, std::move(timing.slews), clock,
                                    netlist.port("clk_i").nets.at(0)};
    std::vector<int> parts;
    for (const silicon::Scope& scope : netlist.scopes) parts.push_back(part_of(scope.path));
    silicon::PowerMeter meter(library_, netlist, std::move(settings), parts);
    context_.say(request_.name +
                 (request_.delays ? ": simulation with delays" : ": simulation without delays"));
    double cycles = 0;
    for (const SliceTile& tile : tiles_) cycles += slice_cycles(tile);
    check_results(
        gates_.simulate(netlist, bench_of(bench, result.period_ns), meter, result.period_ns, cycles, work_));
    collect(netlist, meter, parts, result);
    return result;
  }

  GateBench bench_of(const fs::path& bench, double period_ns) const {
    const auto macro = [](const char* name, const auto& value) { return text("-D", name, "=", value); };
    const auto file = [&](const char* name, const fs::path& path) {
      return macro(name, text('"', path.string(), '"'));
    };
    return {{macro("WINDOW", arch_.window), macro("ENTRIES", arch_.entries),
             macro("PLANES", arch_.planes_per_row), macro("GROUPS", arch_.groups_per_walker),
             macro("ACC", arch_.acc_bits), macro("PERIOD", period_ns), file("STIMULUS", work_ / "stimulus"),
             file("DELAYS", work_ / "delays.vh"), file("WAVES", work_ / "waves.vcd"), bench.string()},
            "array_slice_tb"};
  }

  /// The netlist computes what the simulators do.
  void check_results(const std::string& said) const {
    std::istringstream in(said);
    std::size_t number = 0;
    for (std::string line; std::getline(in, line);) {
      if (!line.starts_with("tile ")) continue;
      std::istringstream words(line);
      std::string word, sums;
      double walks = 0, operands = 0;
      words >> word >> walks >> operands >> sums;
      WD_REQUIRE(number < tiles_.size(), "characterize: the netlist shows more tiles than there are");
      check_tile(number++, walks, operands, sums);
    }
    WD_REQUIRE(number == tiles_.size(), "characterize: the netlist shows ", number, " of ", tiles_.size(),
               " tiles; vvp said: ", said.substr(0, 200));
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
    result.saw(meter);
  }

  const arch::Arch& arch_;
  const std::vector<SliceTile>& tiles_;
  const SliceRequest& request_;
  Context& context_;
  const silicon::Library& library_;
  const GateLevel gates_;
  fs::path work_;
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
  add_run(other);
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
  nlohmann::json result = {{"tiles_fj", tile_list}, {"modules", module_list}, {"area_um2", area_um2}};
  run_to(result);
  return result;
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
  result.run_from(json);
  return result;
}

SliceEnergy measure_slice(const silicon::Library& library, const arch::Arch& arch,
                          const std::vector<SliceTile>& tiles, const SliceRequest& request,
                          Context& context) {
  return Measurement(library, arch, tiles, request, context).run();
}

}  // namespace wd::flow
