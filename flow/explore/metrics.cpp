// SPDX-License-Identifier: Apache-2.0
#include "flow/explore/metrics.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "flow/options.hpp"

namespace wd::flow::explore {
namespace {

constexpr Metric all[] = {
    {"cycles", "cycles", "time of an image", false, &Metrics::cycles},
    {"seconds", "s", "time of an image at the point's clock", false, &Metrics::seconds},
    {"utilization", "", "operands per PE and RUN cycle", true, &Metrics::utilization},
    {"energy_pj", "pJ", "energy of the chip", false, &Metrics::energy_pj},
    {"offchip_pj", "pJ", "energy of the memory outside", false, &Metrics::offchip_pj},
    {"total_pj", "pJ", "both energies", false, &Metrics::total_pj},
    {"dram_bytes", "bytes", "read from and written to the memory outside", false, &Metrics::dram_bytes},
    {"area_mm2", "mm2", "cells of the power table's blocks, and memories", false, &Metrics::area_mm2},
    {"walker_flops_per_pe", "flops", "of window, walkers and activation entries, shared out to the PEs",
     false, &Metrics::walker_flops_per_pe},
    {"accuracy", "", "of the model on the chip", true, &Metrics::accuracy, true},
};

}  // namespace

std::span<const Metric> metrics() { return all; }

const Metric& metric(const std::string& name, const std::string& origin) {
  Names known;
  for (const Metric& one : all) {
    if (name == one.name) return one;
    known.push_back(one.name);
  }
  fail(origin, ": there is no metric '", name, "'; there are ", join(known));
}

double Constraint::violation(const Metrics& of) const {
  const double value = of.*metric->value;
  const auto beyond = [](double by, double bound) { return bound == 0 ? by : by / std::abs(bound); };
  double sum = 0;
  if (least && value < *least) sum += beyond(*least - value, *least);
  if (most && value > *most) sum += beyond(value - *most, *most);
  return sum;
}

double walker_flops_per_pe(const arch::Arch& arch) {
  const int word = (arch.planes_per_row + 1) * arch.chunk;  // masks and sign of a channel's row
  const int info = 6, picked = 5;          // plane and entry of a row; valid, sign and weight of a pick
  const double lane = word * arch.window;  // of all groups
  const double walker = 2 * arch.window + arch.chunk + word + info + arch.entries * arch.chunk + picked;
  const double set = arch.entries * arch.chunk, group = 8.0 * set;  // non-zero maps; FP8 codes
  return lane / arch.groups() + (walker + set / arch.pes_per_group) / arch.groups_per_walker +
         group / arch.pes_per_group;
}

bool dominates(const Metrics& one, const Metrics& other, std::span<const Metric* const> objectives) {
  bool better = false;
  for (const Metric* objective : objectives) {
    double a = one.*objective->value, b = other.*objective->value;
    if (objective->more_is_better) std::swap(a, b);
    if (a > b) return false;
    better |= a < b;
  }
  return better;
}

}  // namespace wd::flow::explore
