// SPDX-License-Identifier: Apache-2.0
// What a study compares: figures of a point, with the direction that is better.
//
// Units     of an image; as the names say. Energies of a power table, at the point's voltage and clock.
// Errors    an unknown metric: wd::Error with those that there are.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "hw/arch/arch.hpp"

namespace wd::flow::explore {

struct Metrics {
  double cycles = 0, seconds = 0, utilization = 0;
  double energy_pj = 0, offchip_pj = 0, total_pj = 0;  // the chip's, the memory outside, both
  double dram_bytes = 0;                               // read and written
  double area_mm2 = 0;                                 // cells of the power table's blocks, and memories
  double walker_flops_per_pe = 0;  // of window, walkers and activation entries, shared out to the PEs
  double accuracy = 0;             // of the model, on the chip; 0 where nobody asks for it
};

struct Metric {
  const char *name, *unit, *meaning;
  bool more_is_better;
  double Metrics::*value;
  bool fraction = false;  // 0 to 1
};

std::span<const Metric> metrics();
const Metric& metric(const std::string& name, const std::string& origin);

struct Constraint {
  const Metric* metric = nullptr;
  std::optional<double> least, most;

  /// How far beyond the bound, relative to it; 0 where it holds.
  double violation(const Metrics& of) const;
};

/// Flops that find positions and keep operands for them, per PE.
double walker_flops_per_pe(const arch::Arch& arch);

/// Whether one is at least as good in all objectives, and better in one.
bool dominates(const Metrics& one, const Metrics& other, std::span<const Metric* const> objectives);

}  // namespace wd::flow::explore
