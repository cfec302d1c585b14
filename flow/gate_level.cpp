// SPDX-License-Identifier: Apache-2.0
#include "flow/gate_level.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/output_folder.hpp"
#include "flow/content_key.hpp"
#include "flow/gates.hpp"
#include "flow/steps.hpp"
#include "hw/silicon/cell_models.hpp"
#include "hw/silicon/vcd.hpp"

namespace wd::flow {
namespace {

namespace fs = std::filesystem;

constexpr double input_slew_ns = 0.05;
constexpr const char* stopped = "interrupted; what was finished is kept";

std::string wires_name(const silicon::WireAssumption& wires) {
  return text("wires-", wires.fixed_ff, "-", wires.per_pin_ff);
}

/// A netlist calls its nets n0, n1 ...
int net_of(const std::string& name, int nets) {
  if (name.size() < 2 || name[0] != 'n' || !std::isdigit(static_cast<unsigned char>(name[1]))) return -1;
  const int net = std::atoi(name.c_str() + 1);
  return net < nets ? net : -1;
}

}  // namespace

void GateRun::took(const GateTiming& timing) {
  period_ns = timing.period_ns;
  worst_path_ns = timing.worst_path_ns;
  without_delay = timing.without_delay;
}

void GateRun::saw(const silicon::PowerMeter& meter) {
  transitions = meter.transitions();
  glitches = meter.glitches();
  unmatched = meter.unmatched();
}

void GateRun::add_run(const GateRun& other) {
  cycles += other.cycles;
  transitions += other.transitions;
  glitches += other.glitches;
  unmatched += other.unmatched;
  kept = kept && other.kept;
}

void GateRun::run_to(nlohmann::json& json) const {
  json["period_ns"] = period_ns;
  json["worst_path_ns"] = worst_path_ns;
  json["cycles"] = cycles;
  json["transitions"] = transitions;
  json["glitches"] = glitches;
  json["unmatched"] = unmatched;
  json["instances"] = instances;
  json["without_delay"] = without_delay;
}

void GateRun::run_from(const nlohmann::json& json) {
  period_ns = json.at("period_ns");
  worst_path_ns = json.at("worst_path_ns");
  cycles = json.at("cycles");
  transitions = json.at("transitions");
  glitches = json.at("glitches");
  unmatched = json.at("unmatched");
  instances = json.at("instances");
  without_delay = json.at("without_delay");
}

void GateLevel::run(const std::vector<std::string>& command, const fs::path& log,
                    const std::function<void(std::FILE*)>& read) const {
  try {
    run_tool(command, log, read);
  } catch (const Error&) {
    context_.check_stop(stopped);  // a terminal's ^C ends the tool, too
    throw;
  }
}

GateLevel::GateLevel(const silicon::Library& library, const GateRequest& request, GateModule module,
                     Context& context)
    : library_(library), request_(request), module_(std::move(module)), context_(context) {
  std::string all = request_.library_sha256 + tool_version("yosys") + module_.top + '\n';
  for (const std::string& parameter : module_.parameters) all += parameter + '\n';
  all += sources(request_.source / "hw/rtl", ".sv") + sources(request_.source / "hw/gen", ".sv") +
         sources(request_.source / "hw/syn", ".py") + sources(request_.source / "hw/syn/blocks", ".sv");
  elaboration_key_ = sha256_of(all);
  all = elaboration_key_ + text(request_.synthesis_period_ns, ' ', module_.module);
  for (const std::string& cut : module_.cut) all += " -" + cut;
  key_ = sha256_of(all);
}

fs::path GateLevel::folder() const {
  return request_.keep / (module_.module + "-netlist-" + key_.substr(0, 16));
}

std::vector<std::string> GateLevel::synthesis_command(const fs::path& out) const {
  std::vector<std::string> command = {"python3", "-B", (request_.source / "hw/syn/block.py").string()};
  const auto add = [&](const char* option, const std::string& value) {
    command.emplace_back(option);
    command.push_back(value);
  };
  add("--liberty", library_.origin);
  add("--top", module_.top);
  add("--module", module_.module);
  add("--period", text(request_.synthesis_period_ns));
  add("--elaborated", (request_.keep / ("elaborated-" + elaboration_key_.substr(0, 16))).string());
  add("--out", out.string());
  for (const std::string& parameter : module_.parameters) add("--set", parameter);
  for (const std::string& cut : module_.cut) add("--cut", cut);
  return command;
}

void GateLevel::synthesise() const {
  if (fs::exists(folder() / "netlist.json")) return;
  context_.say(module_.module + ": synthesis");
  const fs::path part = folder().string() + ".part";
  make_output_folder(part);
  run(synthesis_command(part), part / "log");
  context_.check_stop(stopped);
  fs::rename(part, folder());
}

silicon::Netlist GateLevel::netlist() const {
  synthesise();
  return silicon::read_netlist(folder() / "netlist.json", module_.module, library_);
}

std::string GateLevel::simulation_key(const std::string& stimulus) const {
  return sha256_of(text(request_.library_sha256, wires_name(request_.wires), ' ',
                        request_.synthesis_period_ns, ' ', sha256_of(content(folder() / "netlist.json")),
                        stimulus, gate_level_version))
      .substr(0, 16);
}

GateTiming GateLevel::time(const silicon::Netlist& netlist, const std::string& clocks,
                           const std::vector<bool>& clock_nets, silicon::DelayModel model,
                           const fs::path& work) const {
  const fs::path kept = folder() / (wires_name(request_.wires) + gate_level_version);
  if (!fs::exists(kept)) {
    silicon::require_delays(library_, netlist);
    context_.say(module_.module + ": delays");
    const fs::path part = kept.string() + ".part";
    make_output_folder(part);
    write_file(part / "flat.v", silicon::flat_verilog(netlist));
    write_file(part / "sta.tcl",
               silicon::timing_script(library_, netlist, netlist.loads(request_.wires), clocks, clock_nets,
                                      request_.synthesis_period_ns, part));
    run({"sta", "-no_splash", "-exit", (part / "sta.tcl").string()}, part / "sta.log");
    WD_REQUIRE(fs::exists(part / "worst.txt"),
               "sta: wrote no delays: ", content(part / "sta.log").substr(0, 200));
    context_.check_stop(stopped);
    fs::rename(part, kept);
  }
  GateTiming timing;
  // One of each group of paths: resets and clock gates have their own. A gate made of a latch may take its data until the period ends:
  // its path is the period then, and no path of the netlist.
  std::istringstream worst(content(kept / "worst.txt"));
  for (double path = 0; worst >> path;)
    if (path != request_.synthesis_period_ns) timing.worst_path_ns = std::max(timing.worst_path_ns, path);
  WD_REQUIRE(timing.worst_path_ns > 0, library_.origin, ": OpenSTA finds no path with a delay in ",
             module_.module, "; power needs a library whose cells have timing tables");
  timing.period_ns = std::max(1.0, std::ceil(timing.worst_path_ns * 1.25 * 2) / 2);
  const silicon::Delays delays = silicon::simulator_delays(content(kept / "delays.sdf"), netlist, clock_nets,
                                                           (kept / "delays.sdf").string(), model);
  std::string statements;
  fs::create_directories(work / "delays");
  for (std::size_t block = 0; block < delays.blocks.size(); ++block) {
    const fs::path file = work / "delays" / text('b', block, ".sdf");
    write_file(file, delays.blocks[block]);
    statements += text("$sdf_annotate(\"", file.string(), "\", dut.b", block, ");\n");
  }
  write_file(work / "delays.vh", statements);
  timing.without_delay = delays.without_delay;

  timing.slews = silicon::net_slews(content(kept / "slews.txt"), netlist, input_slew_ns, "slews.txt");
  std::vector<double> known;
  for (std::size_t net = 2; net < timing.slews.size(); ++net)
    if (!clock_nets[net]) known.push_back(timing.slews[net]);
  if (known.empty()) return timing;
  std::nth_element(known.begin(), known.begin() + static_cast<std::ptrdiff_t>(known.size() / 2), known.end());
  for (std::size_t net = 2; net < timing.slews.size(); ++net)
    if (clock_nets[net]) timing.slews[net] = known[known.size() / 2];
  return timing;
}

std::string GateLevel::simulate(const silicon::Netlist& netlist, const GateBench& bench,
                                silicon::PowerMeter& meter, double period_ns, double cycles,
                                const fs::path& work) const {
  write_file(work / "blocked.v", silicon::blocked_verilog(netlist));
  write_file(work / "cells.v", silicon::cell_models(library_, netlist));
  fs::remove(work / "waves.vcd");
  fs::create_symlink("/dev/fd/3", work / "waves.vcd");  // vvp wants the ending
  std::vector<std::string> command = {"iverilog", "-g2012", "-gspecify",
                                      "-Ttyp",    "-o",     (work / "bench").string()};
  command.insert(command.end(), bench.iverilog.begin(), bench.iverilog.end());
  for (const char* file : {"blocked.v", "cells.v"}) command.push_back((work / file).string());
  run(command, work / "iverilog.log");

  double end_ns = 0;
  const std::string dut = bench.scope + ".dut";
  const int marker = netlist.nets;
  std::vector<silicon::Change> own;
  const silicon::VcdSink sink{[&](const std::string& scope, const std::string& name) {
                                if (bench.tells_cycles && scope == bench.scope && name == "cycle")
                                  return marker;
                                return scope == dut ? net_of(name, netlist.nets) : -1;
                              },
                              [&](double time_ns, std::span<const silicon::Change> changes) {
                                context_.check_stop(stopped);
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
                                if (request_.steps != nullptr)
                                  request_.steps->at(static_cast<double>(meter.cycles().size()) / cycles);
                              }};
  run({"vvp", "-n", (work / "bench").string()}, work / "vvp.log",
      [&](std::FILE* file) { silicon::read_vcd(file, "waves", sink); });
  meter.finish(std::max(end_ns, period_ns * static_cast<double>(meter.cycles().size() + 1)));

  std::string said = content(work / "vvp.log");
  std::istringstream lines(said);
  std::size_t refused = 0;
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with("SDF ") && ++refused * 100 > netlist.instances.size())
      fail("characterize: the simulator takes less than 99 % of the delays of ", module_.module,
           "; it said: ", line);
  return said;
}

}  // namespace wd::flow
