// SPDX-License-Identifier: Apache-2.0
// Draws what layers achieve under the chip's two roofs: operands that PEs add a cycle, against operands per byte of off-chip traffic.
//
// Units     operands: additions that PEs do, at most one per PE and cycle; bytes: of the beats that a layer's bursts read and write.
// Source    Williams, Waterman, Patterson: Roofline, CACM 52(4), 2009
// Test      report_test.cpp
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/report/exhibits.hpp"

namespace wd::report {

struct Roofs {
  double operands_per_cycle = 0;  // one per PE
  double bytes_per_cycle = 0;     // a beat

  double ridge() const { return operands_per_cycle / bytes_per_cycle; }
  bool operator==(const Roofs&) const = default;
};

/// @param arch of compile.json
Roofs roofs_of(const nlohmann::json& arch);

struct RooflineLayer {
  std::string name;
  double operands = 0, bytes = 0, cycles = 0;  // of an image

  /// Cycles that the array or the memory port takes at least.
  double least_for_work(const Roofs& roofs) const { return operands / roofs.operands_per_cycle; }
  double least_for_traffic(const Roofs& roofs) const { return bytes / roofs.bytes_per_cycle; }
};

/// @param run run.json
std::vector<RooflineLayer> roofline_layers(const nlohmann::json& run);

/// Layers of a run, and its chip.
struct RooflineGroup {
  std::string name;
  Roofs roofs;
  std::vector<RooflineLayer> layers;
};

/// Every chip's roofs, once each. Layers without products are not drawn, those without traffic at the right edge.
Scatter roofline_chart(const std::string& title, const std::vector<RooflineGroup>& groups);

/// Chart and table of a run.
std::string roofline_part(const nlohmann::json& run, const nlohmann::json& arch, Exhibits& out);

}  // namespace wd::report
