// SPDX-License-Identifier: Apache-2.0
// Blocks and events that power tables may have, and what an event counts in a run.
//
// Source    sim/power_blocks.def; docs/power.md
// Errors    a block or an event that there is not, with those that there are: wd::Error.
// Test      power_model_test.cpp
#pragma once

#include <span>
#include <string>
#include <vector>

#include "hw/arch/arch.hpp"

namespace wd::sim {

/// Counters as numbers: averages of images have fractions.
struct CounterAmounts {
#define ARCH_COUNTER(name, sv, unit, meaning) double name = 0;
#include "hw/arch/counters.def"
#undef ARCH_COUNTER

  CounterAmounts() = default;
  explicit CounterAmounts(const arch::Counters& counters, double images = 1);
  CounterAmounts& operator+=(const CounterAmounts& other);
  CounterAmounts& operator-=(const CounterAmounts& other);
};

/// The same, and what clocks do by the switches.
struct PowerCounts : CounterAmounts {
  PowerCounts(const CounterAmounts& counters, const arch::Arch& arch, const arch::Switches& switches);

  double array_cycles = 0;  // in which the array's clock runs
  double group_clocks = 0;  // group cycles in which the group's clock runs
  double ungated_walkers = 0, ungated_groups = 0, ungated_operands = 0, ungated_sums = 0,
         ungated_segments = 0;  // clocked without need, because a switch is off
};

struct PowerBlockKind {
  const char *name, *unit, *meaning;
};

/// In the order of reports.
std::span<const PowerBlockKind> power_blocks();
const PowerBlockKind& power_block(const std::string& name, const std::string& origin);
double block_instances(const std::string& block, const arch::Arch& arch);

/// Names of a block's events: `idle`, those that the list has, then counters. A table need not have them all.
std::vector<std::string> power_events(const std::string& block);
void require_power_event(const std::string& block, const std::string& event, const std::string& origin);
double event_count(const std::string& block, const std::string& event, const PowerCounts& counts,
                   const arch::Arch& arch);
std::string event_meaning(const std::string& block, const std::string& event);

/// Events that count only while the switch is off: what a table must have so that the switch shows.
std::vector<std::pair<std::string, std::string>> ungated_events(const arch::Switches& switches);

}  // namespace wd::sim
