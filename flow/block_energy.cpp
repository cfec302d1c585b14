// SPDX-License-Identifier: Apache-2.0
#include "flow/block_energy.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/integer.hpp"
#include "base/json.hpp"
#include "base/progress.hpp"
#include "flow/block_bench.hpp"
#include "flow/content_key.hpp"
#include "flow/gates.hpp"
#include "hw/silicon/cell_models.hpp"
#include "hw/silicon/sdf.hpp"

namespace wd::flow {
namespace {

using silicon::Energy;
namespace fs = std::filesystem;

constexpr double input_slew_ns = 0.05;

class Measurement {
 public:
  Measurement(const silicon::Library& library, const BlockPart& part, const RtlProgram& what,
              const std::vector<std::size_t>& windows, const BlockRequest& request, Context& context)
      : library_(library),
        part_(part),
        what_(what),
        windows_(windows),
        request_(request),
        context_(context) {}

  PartEnergy run() {
    const std::string synthesis = synthesis_key();
    std::string all = text(synthesis, request_.stimulus_sha256, part_.instance, " ", request_.wires.fixed_ff,
                           " ", request_.wires.per_pin_ff, " v1");
    for (const std::size_t window : windows_) all += text(" ", window);
    const std::string simulation = sha256_of(all).substr(0, 16);
    const fs::path result = request_.keep / (part_.module + "-energy-" + simulation + ".json");
    if (fs::exists(result)) return kept(result);
    netlist_folder_ = request_.keep / (part_.module + "-netlist-" + synthesis.substr(0, 16));
    synthesise();
    work_ = request_.keep / (part_.module + "-simulation-" + simulation);
    make_output_folder(work_);
    const silicon::Netlist netlist =
        silicon::read_netlist(netlist_folder_ / "netlist.json", part_.module, library_);
    context_.say(part_.module + ": the RTL's run, compared with the netlist");
    const BlockStimulus stimulus = block_stimulus(netlist, part_.instance, what_, windows_);
    // Another version of the RTL may be the same here.
    const fs::path same = request_.keep / (part_.module + "-same-" + content_key(stimulus) + ".json");
    PartEnergy energy = fs::exists(same) ? kept(same) : simulate(netlist, stimulus);
    energy.compared = stimulus.compared;
    for (const fs::path& file : {same, result}) write_file(file, energy.to_json().dump(1) + "\n");
    fs::remove_all(work_);
    return energy;
  }

 private:
  static PartEnergy kept(const fs::path& file) {
    PartEnergy energy = PartEnergy::from_json(parse_json(read_file(file), file.string() + ":"));
    energy.kept = true;
    return energy;
  }
  std::string content_key(const BlockStimulus& stimulus) const {
    return sha256_of(text(request_.library_sha256, request_.wires.fixed_ff, " ", request_.wires.per_pin_ff,
                          " ", sha256_of(content(netlist_folder_ / "netlist.json")), stimulus.lines, " v1"))
        .substr(0, 16);
  }
  std::string synthesis_key() const {
    std::string all =
        text(request_.library_sha256, request_.synthesis_period_ns, tool_version("yosys"), part_.module);
    for (const std::string& cut : part_.cut) all += " -" + cut;
    for (const std::string& parameter : top_parameters(what_.program.arch)) all += text(parameter, '\n');
    all += sources(request_.source / "hw/rtl", ".sv") + sources(request_.source / "hw/gen", ".sv") +
           sources(request_.source / "hw/syn", ".py");
    return sha256_of(all);
  }

  void synthesise() {
    if (fs::exists(netlist_folder_ / "netlist.json")) return;
    context_.say(part_.module + ": synthesis");
    const fs::path part = netlist_folder_.string() + ".part";
    make_output_folder(part);
    std::vector<std::string> command = {"python3",   (request_.source / "hw/syn/block.py").string(),
                                        "--liberty", library_.origin,
                                        "--top",     "wd_top",
                                        "--module",  part_.module,
                                        "--period",  text(request_.synthesis_period_ns),
                                        "--out",     part.string()};
    const auto add = [&](const char* option, const std::string& value) {
      command.emplace_back(option);
      command.push_back(value);
    };
    for (const std::string& parameter : top_parameters(what_.program.arch)) add("--set", parameter);
    for (const std::string& cut : part_.cut) add("--cut", cut);
    run_tool(command, part / "log");
    context_.check_stop("interrupted; what was finished is kept");
    fs::rename(part, netlist_folder_);
  }

  PartEnergy simulate(const silicon::Netlist& netlist, const BlockStimulus& stimulus) {
    PartEnergy result;
    result.area_um2 = netlist.area();
    result.instances = netlist.instances.size();
    result.windows.resize(windows_.size());
    if (netlist.instances.empty()) return result;  // nothing but memory
    const BenchPorts ports(netlist);
    const std::vector<bool> clock = ports.clock_nets(netlist);
    time_netlist(netlist, ports, clock, result);
    write_file(work_ / "stimulus", stimulus.lines);
    write_file(work_ / "blocked.v", silicon::blocked_verilog(netlist));
    write_file(work_ / "cells.v", silicon::cell_models(library_, netlist));
    const BenchFiles files{work_ / "stimulus", work_ / "simulator.sdf", work_ / "waves.vcd"};
    write_file(work_ / "bench.v", block_bench(netlist, result.period_ns, files));
    fs::remove(files.waves);
    fs::create_symlink("/dev/fd/3", files.waves);  // vvp wants the ending
    run_tool(
        {"iverilog", "-g2012", "-gspecify", "-Ttyp", "-s", block_bench_name, "-o", (work_ / "bench").string(),
         (work_ / "bench.v").string(), (work_ / "blocked.v").string(), (work_ / "cells.v").string()},
        work_ / "iverilog.log");
    silicon::PowerMeter meter(library_, netlist, {request_.wires, slews(netlist, clock), clock, -1},
                              std::vector<int>(netlist.scopes.size(), 0));
    context_.say(part_.module + ": simulation with delays");
    meter.finish(read_waves(netlist, meter, stimulus, result.period_ns));
    check_results(netlist, ports, stimulus);
    for (std::size_t cycle = 0; cycle < stimulus.windows.size(); ++cycle) {
      WD_REQUIRE(cycle < meter.cycles().size(), "characterize: the waves end in cycle ", cycle);
      if (stimulus.windows[cycle] < 0) continue;
      result.windows[index(stimulus.windows[cycle])] += meter.cycles()[cycle].at(0);
      ++result.cycles;
    }
    result.transitions = meter.transitions();
    result.glitches = meter.glitches();
    result.unmatched = meter.unmatched();
    return result;
  }

  /// SDF, transition times and the slowest path; the period leaves a quarter more than that.
  void time_netlist(const silicon::Netlist& netlist, const BenchPorts& ports, const std::vector<bool>& clock,
                    PartEnergy& result) {
    context_.say(part_.module + ": delays");
    write_file(work_ / "flat.v", silicon::flat_verilog(netlist));
    write_file(work_ / "sta.tcl",
               silicon::timing_script(library_, netlist, netlist.loads(request_.wires), ports.clock_names(),
                                      request_.synthesis_period_ns, work_));
    run_tool({"sta", "-no_splash", "-exit", (work_ / "sta.tcl").string()}, work_ / "sta.log");
    WD_REQUIRE(fs::exists(work_ / "worst.txt"),
               "sta: wrote no delays: ", content(work_ / "sta.log").substr(0, 200));
    std::istringstream worst(
        content(work_ / "worst.txt"));  // one of each group of paths: resets have their own
    for (double path = 0; worst >> path;) result.worst_path_ns = std::max(result.worst_path_ns, path);
    WD_REQUIRE(result.worst_path_ns > 0, library_.origin, ": OpenSTA finds no path with a delay in ",
               part_.module, "; power needs a library whose cells have timing tables");
    result.period_ns = std::max(1.0, std::ceil(result.worst_path_ns * 1.25 * 2) / 2);
    const silicon::Delays delays = silicon::simulator_delays(content(work_ / "delays.sdf"), netlist, clock,
                                                             (work_ / "delays.sdf").string());
    write_file(work_ / "simulator.sdf", delays.sdf);
    result.without_delay = delays.without_delay;
  }

  /// Of nets; the clock has no tree yet: the median of all others.
  std::vector<double> slews(const silicon::Netlist& netlist, const std::vector<bool>& clock) const {
    std::vector<double> list = silicon::net_slews(content(work_ / "slews.txt"), netlist, input_slew_ns,
                                                  "slews.txt"),
                        known;
    for (std::size_t net = 2; net < list.size(); ++net)
      if (!clock[net]) known.push_back(list[net]);
    if (known.empty()) return list;
    std::nth_element(known.begin(), known.begin() + static_cast<std::ptrdiff_t>(known.size() / 2),
                     known.end());
    for (std::size_t net = 2; net < list.size(); ++net)
      if (clock[net]) list[net] = known[known.size() / 2];
    return list;
  }

  double read_waves(const silicon::Netlist& netlist, silicon::PowerMeter& meter,
                    const BlockStimulus& stimulus, double period_ns) {
    double end_ns = 0;
    Progress progress("characterize: " + part_.module, static_cast<double>(stimulus.windows.size()));
    const std::string bench = block_bench_name, dut = bench + ".dut";
    const int marker = netlist.nets;
    std::vector<silicon::Change> own;
    const silicon::VcdSink sink{[&](const std::string& scope, const std::string& name) {
                                  if (scope == bench && name == "cycle") return marker;
                                  if (scope != dut || name.size() < 2 || name[0] != 'n' ||
                                      !std::isdigit(static_cast<unsigned char>(name[1])))
                                    return -1;
                                  const int net = std::atoi(name.c_str() + 1);
                                  return net < netlist.nets ? net : -1;
                                },
                                [&](double time_ns, std::span<const silicon::Change> changes) {
                                  context_.check_stop("interrupted; what was finished is kept");
                                  own.clear();
                                  bool begins = false;
                                  for (const silicon::Change& change : changes) {
                                    if (change.variable == marker)
                                      begins = time_ns > 0;
                                    else
                                      own.push_back(change);
                                  }
                                  if (begins) meter.begin_cycle(time_ns);
                                  meter.changes(time_ns, own);
                                  end_ns = time_ns;
                                  if (begins) progress.update(static_cast<double>(meter.cycles().size()));
                                }};
    run_tool({"vvp", "-n", (work_ / "bench").string()}, work_ / "vvp.log",
             [&](std::FILE* file) { silicon::read_vcd(file, "waves", sink); });
    return std::max(end_ns, period_ns * static_cast<double>(meter.cycles().size() + 1));
  }

  /// The netlist does with its delays what the RTL does.
  void check_results(const silicon::Netlist& netlist, const BenchPorts& ports,
                     const BlockStimulus& stimulus) const {
    std::istringstream in(content(work_ / "vvp.log"));
    std::size_t refused = 0, lines = 0;
    for (std::string line; std::getline(in, line);) {
      if (line.starts_with("SDF ") && ++refused * 100 > netlist.instances.size())
        fail("characterize: the simulator takes less than 99 % of the delays of ", part_.module,
             "; it said: ", line);
      std::istringstream words(line);
      std::string word, outputs;
      std::size_t cycle = 0;
      words >> word >> cycle >> outputs;
      if (word == "lines") lines = cycle;
      if (word == "differs") tell_difference(ports, stimulus, cycle, outputs);
    }
    WD_REQUIRE(lines == stimulus.windows.size(), "characterize: the simulation of ", part_.module,
               " ends after ", lines, " of ", stimulus.windows.size(),
               " cycles; vvp said: ", content(work_ / "vvp.log").substr(0, 200));
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
  const BlockRequest& request_;
  Context& context_;
  fs::path netlist_folder_, work_;
};

}  // namespace

nlohmann::json PartEnergy::to_json() const {
  nlohmann::json list = nlohmann::json::array();
  for (const Energy& e : windows) list.push_back({e.internal_fj, e.switching_fj, e.leakage_fj, e.glitch_fj});
  return {{"windows_fj", list},
          {"area_um2", area_um2},
          {"period_ns", period_ns},
          {"worst_path_ns", worst_path_ns},
          {"cycles", cycles},
          {"compared", compared},
          {"transitions", transitions},
          {"glitches", glitches},
          {"unmatched", unmatched},
          {"instances", instances},
          {"without_delay", without_delay}};
}

PartEnergy PartEnergy::from_json(const nlohmann::json& json) {
  PartEnergy result;
  for (const auto& e : json.at("windows_fj"))
    result.windows.push_back(
        {e.at(0).get<double>(), e.at(1).get<double>(), e.at(2).get<double>(), e.at(3).get<double>()});
  result.area_um2 = json.at("area_um2");
  result.period_ns = json.at("period_ns");
  result.worst_path_ns = json.at("worst_path_ns");
  result.cycles = json.at("cycles");
  result.compared = json.at("compared");
  result.transitions = json.at("transitions");
  result.glitches = json.at("glitches");
  result.unmatched = json.at("unmatched");
  result.instances = json.at("instances");
  result.without_delay = json.at("without_delay");
  return result;
}

PartEnergy measure_part(const silicon::Library& library, const BlockPart& part, const RtlProgram& what,
                        const std::vector<std::size_t>& windows, const BlockRequest& request,
                        Context& context) {
  return Measurement(library, part, what, windows, request, context).run();
}

}  // namespace wd::flow
