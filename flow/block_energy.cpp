// SPDX-License-Identifier: Apache-2.0
#include "flow/block_energy.hpp"

#include <nlohmann/json.hpp>
#include <sstream>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/integer.hpp"
#include "base/json.hpp"
#include "flow/block_bench.hpp"
#include "flow/content_key.hpp"

namespace wd::flow {
namespace {

using silicon::Energy;
namespace fs = std::filesystem;

class Measurement {
 public:
  Measurement(const silicon::Library& library, const BlockPart& part, const RtlProgram& what,
              const std::vector<std::size_t>& windows, const GateRequest& request, Context& context)
      : library_(library),
        part_(part),
        what_(what),
        windows_(windows),
        request_(request),
        context_(context),
        gates_(library, request, {"wd_top", part.module, top_parameters(what.program.arch), part.cut},
               context) {}

  PartEnergy run() {
    std::string all = text(gates_.key(), what_.sha256, part_.instance, " ", request_.wires.fixed_ff, " ",
                           request_.wires.per_pin_ff, gate_level_version);
    for (const std::size_t window : windows_) all += text(" ", window);
    const fs::path result = kept_file("energy", sha256_of(all).substr(0, 16));
    if (fs::exists(result)) return kept(result);
    const silicon::Netlist netlist = gates_.netlist();
    context_.say(part_.module + ": the RTL's run, compared with the netlist");
    const BlockStimulus stimulus = block_stimulus(netlist, part_.instance, what_, windows_);
    // Another version of the RTL may be the same here.
    const std::string key = gates_.simulation_key(stimulus.lines);
    const fs::path same = kept_file("same", key);
    PartEnergy energy = fs::exists(same) ? kept(same) : simulate(netlist, stimulus, key);
    energy.compared = stimulus.compared;
    for (const fs::path& file : {same, result}) write_file(file, energy.to_json().dump(1) + "\n");
    return energy;
  }

 private:
  fs::path kept_file(const char* what, const std::string& key) const {
    return request_.keep / text(part_.module, "-", what, "-", key, ".json");
  }
  static PartEnergy kept(const fs::path& file) {
    PartEnergy energy = PartEnergy::from_json(parse_json(read_file(file), file.string() + ":"));
    energy.kept = true;
    return energy;
  }

  PartEnergy simulate(const silicon::Netlist& netlist, const BlockStimulus& stimulus,
                      const std::string& key) {
    PartEnergy result;
    result.area_um2 = netlist.area();
    result.instances = netlist.instances.size();
    result.windows.resize(windows_.size());
    if (netlist.instances.empty()) return result;  // nothing but memory
    const fs::path work = request_.keep / text(part_.module, "-simulation-", key);
    make_output_folder(work);
    const BenchPorts ports(netlist);
    const std::vector<bool> clock = ports.clock_nets(netlist);
    GateTiming timing = gates_.time(netlist, ports.clock_names(), clock, silicon::DelayModel::library, work);
    result.took(timing);
    write_file(work / "stimulus", stimulus.lines);
    const BenchFiles files{work / "stimulus", work / "delays.vh", work / "waves.vcd"};
    write_file(work / "bench.v", block_bench(netlist, result.period_ns, files));
    silicon::PowerMeter meter(library_, netlist, {request_.wires, std::move(timing.slews), clock, -1},
                              std::vector<int>(netlist.scopes.size(), 0));
    context_.say(part_.module + ": simulation with delays");
    const GateBench bench{{"-s", block_bench_name, (work / "bench.v").string()}, block_bench_name, true};
    check_results(ports, stimulus,
                  gates_.simulate(netlist, bench, meter, result.period_ns,
                                  static_cast<double>(stimulus.windows.size()), work));
    for (std::size_t cycle = 0; cycle < stimulus.windows.size(); ++cycle) {
      WD_REQUIRE(cycle < meter.cycles().size(), "characterize: the waves end in cycle ", cycle);
      if (stimulus.windows[cycle] < 0) continue;
      result.windows[index(stimulus.windows[cycle])] += meter.cycles()[cycle].at(0);
      ++result.cycles;
    }
    result.saw(meter);
    fs::remove_all(work);
    return result;
  }

  /// The netlist does with its delays what the RTL does.
  void check_results(const BenchPorts& ports, const BlockStimulus& stimulus, const std::string& said) const {
    std::istringstream in(said);
    std::size_t lines = 0;
    for (std::string line; std::getline(in, line);) {
      std::istringstream words(line);
      std::string word, outputs;
      std::size_t cycle = 0;
      words >> word >> cycle >> outputs;
      if (word == "lines") lines = cycle;
      if (word == "differs") tell_difference(ports, stimulus, cycle, outputs);
    }
    WD_REQUIRE(lines == stimulus.windows.size(), "characterize: the simulation of ", part_.module,
               " ends after ", lines, " of ", stimulus.windows.size(),
               " cycles; vvp said: ", said.substr(0, 200));
  }
  [[noreturn]] void tell_difference(const BenchPorts& ports, const BlockStimulus& stimulus, std::size_t cycle,
                                    const std::string& outputs) const {
    std::istringstream lines(stimulus.lines);
    std::string line, expected;
    std::size_t number = 0;
    int jump = 0;
    for (std::string clocks, inputs, states; number <= cycle && lines >> jump >> clocks >> inputs >> expected;
         ++number)
      if (jump == 1) lines >> states;
    const auto bit_of = [](const std::string& hex, std::size_t bit) {
      const char digit = bit / 4 < hex.size() ? hex[hex.size() - 1 - bit / 4] : '0';
      const int value = digit <= '9' ? digit - '0' : digit <= 'f' ? digit - 'a' + 10 : 0;
      return std::isxdigit(static_cast<unsigned char>(digit)) ? (value >> bit % 4 & 1) : 2;
    };
    const int place = stimulus.windows.at(cycle);
    std::size_t bit = 0;
    for (const silicon::Port* port : ports.outputs)
      for (std::size_t i = 0; i < port->nets.size(); ++i, ++bit)
        if (bit_of(outputs, bit) != bit_of(expected, bit))
          fail("characterize: ", part_.module, ", port ", port->name, ", bit ", i, ", line ", cycle,
               place < 0 ? text(" (before a window)")
                         : text(" (in the window of the RTL's cycles from ",
                                windows_[index(place)] * window_cycles, ")"),
               ": the netlist with delays has ", bit_of(outputs, bit), ", the RTL ", bit_of(expected, bit));
    fail("characterize: ", part_.module, ": an output differs in line ", cycle);
  }

  const silicon::Library& library_;
  const BlockPart& part_;
  const RtlProgram& what_;
  const std::vector<std::size_t>& windows_;
  const GateRequest& request_;
  Context& context_;
  const GateLevel gates_;
};

}  // namespace

PartEnergy& PartEnergy::operator+=(const PartEnergy& other) {
  if (windows.empty()) return *this = other;
  windows.insert(windows.end(), other.windows.begin(), other.windows.end());
  add_run(other);
  compared += other.compared;
  knows_wires = knows_wires && other.knows_wires;
  return *this;
}

nlohmann::json PartEnergy::to_json() const {
  nlohmann::json list = nlohmann::json::array();
  for (const Energy& e : windows) {
    list.push_back({e.internal_fj, e.switching_fj, e.leakage_fj, e.glitch_fj});
    if (knows_wires) list.back().push_back(e.wire_fj);
  }
  nlohmann::json result = {{"windows_fj", list}, {"area_um2", area_um2}, {"compared", compared}};
  run_to(result);
  return result;
}

PartEnergy PartEnergy::from_json(const nlohmann::json& json) {
  PartEnergy result;
  for (const auto& e : json.at("windows_fj")) {
    result.windows.push_back(
        {e.at(0).get<double>(), e.at(1).get<double>(), e.at(2).get<double>(), e.at(3).get<double>()});
    result.knows_wires = e.size() > 4;  // else kept by a version that did not
    if (result.knows_wires) result.windows.back().wire_fj = e.at(4);
  }
  result.area_um2 = json.at("area_um2");
  result.compared = json.at("compared");
  result.run_from(json);
  return result;
}

PartEnergy measure_part(const silicon::Library& library, const BlockPart& part, const RtlProgram& what,
                        const std::vector<std::size_t>& windows, const GateRequest& request,
                        Context& context) {
  return Measurement(library, part, what, windows, request, context).run();
}

}  // namespace wd::flow
