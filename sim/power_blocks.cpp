// SPDX-License-Identifier: Apache-2.0
#include "sim/power_blocks.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace wd::sim {
namespace {

constexpr PowerBlockKind block_kinds[] = {
#define POWER_BLOCK(name, unit, instances, idle, meaning) {#name, unit, meaning},
#include "sim/power_blocks.def"
};

struct PowerEventKind {
  const char *block, *event, *meaning;
  double (*count)(const PowerCounts& n, const arch::Arch& arch);
};

const std::vector<PowerEventKind>& events() {
  static const std::vector<PowerEventKind> list = {
#define POWER_BLOCK(name, unit, instances, idle, meaning)                                         \
  {#name, "idle", "cycles of its clock, busy ones too, of all instances",                         \
   []([[maybe_unused]] const PowerCounts& n, [[maybe_unused]] const arch::Arch& arch) -> double { \
     return (idle) * (instances);                                                                 \
   }},
#define POWER_EVENT(block, event, count, meaning)                                                 \
  {#block, #event, meaning,                                                                       \
   []([[maybe_unused]] const PowerCounts& n, [[maybe_unused]] const arch::Arch& arch) -> double { \
     return count;                                                                                \
   }},
#include "sim/power_blocks.def"
  };
  return list;
}

const PowerEventKind* find_event(const std::string& block, const std::string& event) {
  for (const PowerEventKind& one : events())
    if (block == one.block && event == one.event) return &one;
  return nullptr;
}

bool is_counter(const std::string& name) {
#define ARCH_COUNTER(counter, sv, unit, meaning) \
  if (name == #counter) return true;
#include "hw/arch/counters.def"
#undef ARCH_COUNTER
  return false;
}

template <typename Names>
std::string listed(const Names& names) {
  std::string out;
  for (const auto& name : names) out += (out.empty() ? "" : ", ") + std::string(name);
  return out;
}

}  // namespace

CounterAmounts::CounterAmounts(const arch::Counters& c, double images) {
#define ARCH_COUNTER(counter, sv, unit, meaning) counter = static_cast<double>(c.counter) / images;
#include "hw/arch/counters.def"
#undef ARCH_COUNTER
}

CounterAmounts& CounterAmounts::operator+=(const CounterAmounts& other) {
#define ARCH_COUNTER(counter, sv, unit, meaning) counter += other.counter;
#include "hw/arch/counters.def"
#undef ARCH_COUNTER
  return *this;
}

CounterAmounts& CounterAmounts::operator-=(const CounterAmounts& other) {
#define ARCH_COUNTER(counter, sv, unit, meaning) counter -= other.counter;
#include "hw/arch/counters.def"
#undef ARCH_COUNTER
  return *this;
}

PowerCounts::PowerCounts(const CounterAmounts& counters, const arch::Arch& a, const arch::Switches& s)
    : CounterAmounts(counters) {
  array_cycles = s.gate_array ? run_cycles : cycles;
  group_clocks = s.gate_group ? group_cycles : array_cycles * a.groups();
  ungated_groups = group_clocks - group_cycles;
  // Of PEs: cycles in which the group's clock runs for walkers, and for the flush; those in which the sum works.
  const double pes = s.gate_group ? group_cycles * a.pes_per_group + flush_ops : array_cycles * a.pes();
  const double sums = bit_ops + flush_ops;
  if (!s.gate_walker) ungated_walkers = array_cycles * a.walkers() - walker_cycles;
  // Operand register and sum have one clock: either switch lets both run.
  const bool runs = !s.gate_operand || !s.gate_sum;
  if (runs) ungated_operands = pes - bit_ops;
  if (runs) ungated_sums = pes - sums;
  if (!s.gate_segment) ungated_segments = runs ? pes : sums;
}

std::span<const PowerBlockKind> power_blocks() { return block_kinds; }

const PowerBlockKind& power_block(const std::string& name, const std::string& origin) {
  std::vector<std::string> known;
  for (const PowerBlockKind& block : block_kinds) {
    if (name == block.name) return block;
    known.emplace_back(block.name);
  }
  fail(origin, ": there is no block '", name, "'; blocks are ", listed(known));
}

double block_instances(const std::string& block, [[maybe_unused]] const arch::Arch& arch) {
#define POWER_BLOCK(name, unit, instances, idle, meaning) \
  if (block == #name) return instances;
#include "sim/power_blocks.def"
  fail("there is no block '", block, "'");
}

std::vector<std::string> power_events(const std::string& block) {
  std::vector<std::string> list{"idle"};
  for (const PowerEventKind& one : events())
    if (block == one.block && list.front() != one.event) list.emplace_back(one.event);
  const std::size_t own = list.size();
#define ARCH_COUNTER(counter, sv, unit, meaning)                                            \
  if (std::find(list.begin(), list.begin() + static_cast<std::ptrdiff_t>(own), #counter) == \
      list.begin() + static_cast<std::ptrdiff_t>(own))                                      \
    list.emplace_back(#counter);
#include "hw/arch/counters.def"
#undef ARCH_COUNTER
  return list;
}

void require_power_event(const std::string& block, const std::string& event, const std::string& origin) {
  WD_REQUIRE(find_event(block, event) != nullptr || is_counter(event), origin, ": block ", block,
             " has no event '", event, "'; it may have ", listed(power_events(block)));
}

double event_count(const std::string& block, const std::string& event, const PowerCounts& counts,
                   const arch::Arch& arch) {
  if (const PowerEventKind* own = find_event(block, event)) return own->count(counts, arch);
#define ARCH_COUNTER(counter, sv, unit, meaning) \
  if (event == #counter) return counts.counter;
#include "hw/arch/counters.def"
#undef ARCH_COUNTER
  fail("block ", block, " has no event '", event, "'");
}

std::string event_meaning(const std::string& block, const std::string& event) {
  if (const PowerEventKind* own = find_event(block, event)) return own->meaning;
#define ARCH_COUNTER(counter, sv, unit, meaning) \
  if (event == #counter) return text(unit, " ", meaning);
#include "hw/arch/counters.def"
#undef ARCH_COUNTER
  fail("block ", block, " has no event '", event, "'");
}

std::vector<std::pair<std::string, std::string>> ungated_events(const arch::Switches& s) {
  std::vector<std::pair<std::string, std::string>> list;
  if (!s.gate_walker) list.emplace_back("walkers", "ungated_walker");
  if (!s.gate_group) list.emplace_back("group", "ungated_group");
  if (!s.gate_operand || !s.gate_sum) list.emplace_back("group", "ungated_operand");
  if (!s.gate_operand || !s.gate_sum) list.emplace_back("group", "ungated_sum");
  if (!s.gate_segment) list.emplace_back("group", "ungated_segment");
  return list;
}

}  // namespace wd::sim
