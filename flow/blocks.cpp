// SPDX-License-Identifier: Apache-2.0
#include "flow/blocks.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/integer.hpp"
#include "base/json.hpp"
#include "flow/content_key.hpp"
#include "flow/steps.hpp"
#include "hw/silicon/fit.hpp"

namespace wd::flow {
namespace {

using silicon::Energy;

struct Windows {
  std::vector<std::vector<double>> counts;
  std::vector<double> sums;
};

Windows every(const Windows& all, std::size_t first, std::size_t step) {
  Windows out;
  for (std::size_t w = first; w < all.sums.size(); w += step) {
    out.counts.push_back(all.counts[w]);
    out.sums.push_back(all.sums[w]);
  }
  return out;
}

/// Of a fit of every other window: the error of the sum over the rest.
std::optional<double> held_out_error(const Windows& all) {
  const Windows fitted = every(all, 0, 2), rest = every(all, 1, 2);
  double real = 0, predicted = 0;
  for (const double sum : rest.sums) real += sum;
  if (real <= 0) return std::nullopt;
  const silicon::Fit fit = silicon::fit_events(fitted.counts, fitted.sums);
  for (const auto& counts : rest.counts) predicted += silicon::predict(fit.each, counts);
  return predicted / real - 1;
}

}  // namespace

BlockResult fit_block(const BlockKind& kind, const RtlActivity& activity,
                      const std::vector<std::size_t>& windows, const std::vector<PartEnergy>& parts) {
  WD_ASSERT(parts.size() == kind.parts.size() && !windows.empty());
  BlockResult result;
  sim::BlockPower& power = result.power;
  power.block = kind.name;
  power.origin = sim::measured_origin;
  power.cells = 0;
  std::vector<Energy> energies(windows.size());
  double leakage_nw = 0, worst = 0;
  std::uint64_t transitions = 0;
  bool knows_wires = true;
  result.kept = true;
  for (std::size_t p = 0; p < parts.size(); ++p) {
    const PartEnergy& part = parts[p];
    const int times = kind.parts[p].times;
    Energy whole;
    for (std::size_t w = 0; w < windows.size(); ++w)
      for (int i = 0; i < times; ++i) energies[w] += part.windows[w];
    for (const Energy& window : part.windows) whole += window;
    if (part.cycles > 0)
      leakage_nw += times * whole.leakage_fj / (part.period_ns * static_cast<double>(part.cycles)) * 1e3;
    power.area_um2 += times * part.area_um2;
    *power.cells += times * static_cast<double>(part.instances);
    worst = std::max(worst, part.worst_path_ns);
    result.cycles = std::max(result.cycles, part.cycles);
    result.compared = std::max(result.compared, part.compared);
    result.period_ns = std::max(result.period_ns, part.period_ns);
    result.unmatched += part.unmatched;
    result.without_delay += part.without_delay;
    transitions += part.transitions;
    result.kept = result.kept && part.kept;
    knows_wires = knows_wires && part.knows_wires;
  }
  power.leakage_nw = leakage_nw;
  if (worst > 0) power.worst_path_ns = worst;

  Windows all;
  Energy whole;
  for (std::size_t w = 0; w < windows.size(); ++w) {
    whole += energies[w];
    std::vector<double> counts;
    for (const BlockEvent& event : kind.events)
      counts.push_back(activity.count(windows[w], event.counter) / (event.of_each ? 1 : kind.instances));
    counts.push_back(kind.idle.empty() ? window_cycles : activity.count(windows[w], kind.idle));
    all.counts.push_back(std::move(counts));
    all.sums.push_back(energies[w].dynamic_fj());
  }
  const silicon::Fit fit = silicon::fit_events(all.counts, all.sums);
  for (std::size_t e = 0; e <= kind.events.size(); ++e) {
    double count = 0;
    for (const auto& counts : all.counts) count += counts[e];
    const bool idle = e == kind.events.size();
    // A counter of which each instance has all is one event of the chip for all of them.
    const double times = !idle && kind.events[e].of_each ? kind.instances : 1;
    power.events.push_back({idle ? "idle" : kind.events[e].counter, fit.each[e] * times, count, "fitted"});
  }
  result.energy_fj = whole.total_fj();
  if (whole.dynamic_fj() > 0) {
    power.glitch_share = whole.glitch_fj / whole.dynamic_fj();
    if (knows_wires) power.wire_share = whole.wire_fj / whole.dynamic_fj();
    power.residual = fit.residual;
    power.held_out_error = held_out_error(all);
  }
  return result;
}

RtlActivity kept_activity(const RtlProgram& what, const GateRequest& request, Context& context) {
  const std::string rtl =
      sources(request.source / "hw/rtl", ".sv") + sources(request.source / "hw/gen", ".sv");
  const std::filesystem::path file =
      request.keep /
      ("activity-" + sha256_of(what.sha256 + rtl + " beats that are taken").substr(0, 16) + ".json");
  RtlActivity activity;
  if (std::filesystem::exists(file)) {
    const nlohmann::json json = parse_json(read_file(file), file.string() + ":");
    activity.events = json.at("events").get<std::vector<std::string>>();
    activity.counts = json.at("counts").get<std::vector<std::vector<double>>>();
    return activity;
  }
  context.say("the RTL's run of a program");
  activity = rtl_activity(what);
  write_file(file, nlohmann::json{{"events", activity.events}, {"counts", activity.counts}}.dump() + "\n");
  return activity;
}

int block_steps(const Names& blocks, std::size_t programs, double& seconds) {
  int steps = 0;
  for (const BlockKind& kind : block_kinds({})) {
    if (std::find(blocks.begin(), blocks.end(), kind.name) == blocks.end()) continue;
    for (const BlockPart& part : kind.parts) {
      steps += static_cast<int>(programs);
      seconds += part.seconds;
    }
  }
  return steps;
}

std::vector<BlockResult> measure_blocks(const silicon::Library& library, const Names& blocks,
                                        const std::vector<RtlProgram>& programs, int cycles,
                                        std::uint64_t draw, const GateRequest& request, Context& context) {
  WD_ASSERT(!programs.empty());
  const int count = static_cast<int>(programs.size());
  std::vector<RtlActivity> activities;
  for (const RtlProgram& what : programs) activities.push_back(kept_activity(what, request, context));
  std::vector<BlockResult> results;
  for (const BlockKind& kind : block_kinds(programs[0].program.arch)) {
    if (std::find(blocks.begin(), blocks.end(), kind.name) == blocks.end()) continue;
    RtlActivity chosen{activities[0].events, {}};  // of the windows alone
    std::vector<PartEnergy> parts(kind.parts.size());
    for (int p = 0; p < count; ++p) {
      const RtlActivity& activity = activities[index(p)];
      const std::vector<std::size_t> windows = choose_windows(activity, kind, cycles / count, draw);
      for (const std::size_t window : windows) chosen.counts.push_back(activity.counts[window]);
      for (std::size_t part = 0; part < parts.size(); ++part) {
        const BlockPart& what = kind.parts[part];
        request.steps->begin(what.module, static_cast<double>(what.seconds) / count);
        context.say(request.steps->name());
        const PartEnergy energy = measure_part(library, what, programs[index(p)], windows, request, context);
        request.steps->end(energy.kept);
        parts[part] += energy;
      }
    }
    std::vector<std::size_t> windows(chosen.counts.size());
    std::iota(windows.begin(), windows.end(), std::size_t{0});
    results.push_back(fit_block(kind, chosen, windows, parts));
  }
  return results;
}

}  // namespace wd::flow
