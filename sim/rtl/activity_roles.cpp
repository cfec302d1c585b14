// SPDX-License-Identifier: Apache-2.0
#include "sim/rtl/activity_roles.hpp"

#include <string_view>

namespace wd::sim::rtl {
namespace {

const std::string organisation = "wd_top.u_organisation";

/// Blocks with many instances, or deep in the hierarchy; others are wd_top's own.
struct Place {
  const char *inside, *ending, *block;
};
constexpr Place places[] = {{"wd_top.u_organisation.", ".u_dispatch.g_lane[*].u_lane", "lanes"},
                            {"wd_top.u_organisation.", ".u_dispatch", "dispatch"},
                            {"wd_top.u_organisation.", ".u_set", "walkers"},
                            {"wd_top.u_organisation.", ".u_group", "group"},
                            {"wd_top.u_organisation.", ".u_array", "array"},
                            {"wd_top.u_post.", ".g_lane[*].u_lane", "post_lane"}};

/// Enables by the end of their path; the sum's depend on the group's, and so on (SignalRole::domain).
struct Gate {
  const char *inside, *ending, *block, *clocks;
  bool domain;
};
constexpr Gate gates[] = {{"wd_top.", ".u_group.on", "group", "group", true},
                          {"wd_top.", ".u_group.g_entry[*].load", "group", "entry", false},
                          {"wd_top.", ".u_pe.on", "group", "sum", true},
                          {"wd_top.", ".u_sum.g_segments.on_low", "group", "sum_low", false},
                          {"wd_top.", ".u_sum.g_segments.on_high", "group", "sum_high", false},
                          {"wd_top.", ".u_sum.g_segments.on_top", "group", "sum_top", false},
                          {"wd_top.", ".u_walker.on_pending", "walkers", "pending", false},
                          {"wd_top.", ".u_walker.g_half[*].on_rem", "walkers", "positions", false},
                          {"wd_top.", ".u_walker.on_slot", "walkers", "slot", false},
                          {"wd_top.", ".u_walker.on_pick", "walkers", "pick", false},
                          {"wd_top.u_organisation.", ".u_lane.write_i", "lanes", "slot", false},
                          {"wd_top.u_post.", ".u_icg.en_i", "post", "post", false},
                          {"wd_top.u_counters.", ".u_icg_low.en_i", "counters", "low", false},
                          {"wd_top.u_counters.", ".u_icg_high.en_i", "counters", "high", false},
                          {"wd_top.", ".u_icg_increment.en_i", "counters", "increment", false}};

/// Whether the path ends so; an index in brackets matches "[*]".
bool ends_with(std::string_view path, std::string_view ending) {
  while (!ending.empty()) {
    if (path.empty()) return false;
    if (ending.ends_with("[*]") && path.ends_with(']')) {
      const std::size_t open = path.rfind('[');
      if (open == std::string_view::npos) return false;
      path = path.substr(0, open);
      ending.remove_suffix(3);
      continue;
    }
    if (path.back() != ending.back()) return false;
    path.remove_suffix(1);
    ending.remove_suffix(1);
  }
  return true;
}

std::string block_of(const std::string& scope) {
  for (const Place& place : places)
    if (scope.starts_with(place.inside) && ends_with(scope, place.ending)) return place.block;
  const std::string own = "wd_top.u_";
  if (!scope.starts_with(own) || scope.find('.', own.size()) != std::string::npos) return {};
  const std::string block = scope.substr(own.size());
  return block.starts_with("icg") ? "" : block;
}

}  // namespace

std::vector<SignalRole> activity_roles(const std::string& scope, const std::string& name) {
  std::vector<SignalRole> roles;
  if ((name.ends_with("_i") || name.ends_with("_o")) && name != "clk_i" && name != "rst_ni")
    if (const std::string block = block_of(scope); !block.empty()) roles.push_back({block, name, false, {}});
  const std::string path = scope + "." + name;
  if (path == "wd_top.u_icg_array.en_i") roles.push_back({"array", "array", true, organisation});
  for (const Gate& gate : gates)
    if (path.starts_with(gate.inside) && ends_with(path, gate.ending))
      roles.push_back({gate.block, gate.clocks, true, gate.domain ? scope : ""});
  return roles;
}

}  // namespace wd::sim::rtl
