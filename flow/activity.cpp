// SPDX-License-Identifier: Apache-2.0
#include "flow/activity.hpp"

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "sim/shared_ports.hpp"

namespace wd::flow {
namespace {

const sim::PortActivity* port(const sim::Activity& activity, const char* block, const char* name) {
  const auto found = activity.blocks.find(block);
  if (found == activity.blocks.end()) return nullptr;
  const auto at = found->second.ports.find(name);
  return at == found->second.ports.end() ? nullptr : &at->second;
}

/// The name that the other engine has for a port; null if it has none that is the same.
nlohmann::json other_name(const std::string& engine, const std::string& block, const std::string& name) {
  for (const sim::SharedPort& one : sim::shared_ports()) {
    const bool rtl = engine == "rtl";
    if (block == one.block && name == (rtl ? one.rtl : one.systemc)) return rtl ? one.systemc : one.rtl;
  }
  return {};
}

}  // namespace

void ActivityOptions::declare(OptionSink& sink) {
  sink.flag(
      "activity", on,
      "count toggles of ports and clocks let through, by block, into activity.json; of systemc and rtl");
}

void ActivityOptions::require(const Names& engines, const arch::Arch& arch) const {
  if (on) require_signals(engines, arch, "--activity");
}

RunActivity::RunActivity(const ActivityOptions& options, Chip& chip, const Names& engines)
    : on_(options.on), chip_(chip) {
  if (!on_) return;
  for (const std::string& name : engines)
    if (const EngineKind& kind = engine_kind(name); kind.no_signals(chip.program().arch).empty()) {
      chip.want_signals(name);
      counters_[name] = std::make_unique<sim::ActivityCounter>(kind.activity_roles);
    }
}

void RunActivity::begin(sim::Engine& engine, std::span<const std::uint8_t> input) {
  const auto found = counters_.find(engine.name());
  if (found == counters_.end()) return;
  sim::SignalWindow window;
  window.last = chip_.engine("fast").frame(input).counters.cycles - 1;
  window.edges = false;
  window.wanted = [roles = engine_kind(engine.name()).activity_roles](const std::string& scope,
                                                                      const std::string& name) {
    return !roles(scope, name).empty();
  };
  engine.watch(*found->second, window);
}

void RunActivity::end(const sim::Engine& engine) {
  if (const auto found = counters_.find(engine.name()); found != counters_.end()) found->second->end_frame();
}

nlohmann::json RunActivity::to_json() const {
  nlohmann::json engines = nlohmann::json::object();
  for (const auto& [engine, counter] : counters_) {
    const sim::Activity& activity = counter->activity();
    nlohmann::json blocks = nlohmann::json::object();
    for (const auto& [block, counts] : activity.blocks) {
      nlohmann::json ports = nlohmann::json::object(), clocks = nlohmann::json::object();
      for (const auto& [name, of] : counts.ports)
        ports[name] = {{"width", of.width},
                       {"instances", of.instances},
                       {"toggles", of.toggles},
                       {"ones", of.ones},
                       {"other", other_name(engine, block, name)}};
      for (const auto& [name, of] : counts.clocks) clocks[name] = {{"bits", of.bits}, {"clocks", of.clocks}};
      blocks[block] = {{"ports", ports}, {"clocks", clocks}};
    }
    engines[engine] = {{"frames", activity.frames}, {"cycles", activity.cycles}, {"blocks", blocks}};
  }
  return {{"kind", "whitedwarf activity"},
          {"version", 1},
          {"program_crc", chip_.crc()},
          {"program_sha256", chip_.sha256()},
          {"switches", chip_.switches().bits()},
          {"window", chip_.switches().window},
          {"engines", engines}};
}

const sim::ActivityCounter* RunActivity::counter(const std::string& engine) const {
  const auto found = counters_.find(engine);
  return found == counters_.end() ? nullptr : found->second.get();
}

void RunActivity::require_agreement() const {
  const sim::ActivityCounter *rtl = counter("rtl"), *systemc = counter("systemc");
  if (rtl == nullptr || systemc == nullptr || rtl->activity().frames != systemc->activity().frames) return;
  for (const sim::SharedPort& one : sim::shared_ports()) {
    const sim::PortActivity* a = port(rtl->activity(), one.block, one.rtl);
    const sim::PortActivity* b = port(systemc->activity(), one.block, one.systemc);
    WD_REQUIRE(a != nullptr && b != nullptr, "activity: block ", one.block, " has no port ", one.rtl,
               " in the RTL or ", one.systemc, " in SystemC");
    WD_REQUIRE(a->toggles == b->toggles && a->ones == b->ones, "engines disagree: activity of ", one.block,
               ".", one.rtl, ": rtl ", a->toggles, " toggles and ", a->ones, " ones, systemc ", b->toggles,
               " and ", b->ones);
  }
}

}  // namespace wd::flow
