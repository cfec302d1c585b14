// SPDX-License-Identifier: Apache-2.0
#include "sim/tlm/core.hpp"

#include <map>
#include <whitedwarf/chip.hpp>

#include "base/error.hpp"

namespace whitedwarf {
namespace {

std::map<std::string, MakeCore>& cores() {
  static std::map<std::string, MakeCore> all{{"fast", make_fast_core}, {"systemc", make_systemc_core}};
  return all;
}

}  // namespace

sc_core::sc_time next_edge(const sc_core::sc_time& time, const sc_core::sc_time& period) {
  const auto edges = time.value() / period.value() + 1;
  return sc_core::sc_time::from_value(edges * period.value());
}

MakeCore core_named(const std::string& name) {
  const auto found = cores().find(name);
  WD_REQUIRE(found != cores().end(), "there is no model '", name, "' of the chip; there are ", chip_models());
  return found->second;
}

void add_core(const std::string& name, MakeCore make) { cores()[name] = make; }

std::string core_names() {
  std::string all;
  for (const auto& [name, make] : cores()) all += (all.empty() ? "" : ", ") + name;
  return all;
}

void Core::watch(wd::sim::SignalSink&, const wd::sim::SignalWindow&) {
  wd::fail("this model of the chip has no signals; take 'systemc', 'rtl' or 'axi'");
}

}  // namespace whitedwarf
