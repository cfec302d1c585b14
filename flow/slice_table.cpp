// SPDX-License-Identifier: Apache-2.0
#include "flow/slice_table.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "base/integer.hpp"
#include "flow/slice_stimulus.hpp"
#include "hw/silicon/fit.hpp"
#include "sim/power_blocks.hpp"

namespace wd::flow {
namespace {

/// What a block's energy is told by while all gates are on. "idle" is what a cycle takes in which nothing else happens.
const std::vector<std::string>& events_of(int part) {
  static const std::vector<std::string> lists[slice_parts] = {
      {"rows_issued", "idle"},
      {"walk_ops", "starts", "rows_issued", "chunks_issued", "idle"},
      {"walk_ops", "bit_ops", "group_cycles", "flush_ops", "chunks_issued", "idle"}};
  return lists[part];
}

std::vector<double> counts_of(int part, const arch::Counters& counters) {
  std::vector<double> list;
  for (const std::string& event : events_of(part))
    list.push_back(slice_count(slice_part_name(part), event, counters));
  return list;
}

/// Levels of clock gates: the part and event that tell what they save.
struct Level {
  SlicePart part;
  const char* event;
};
constexpr Level levels[slice_gates] = {{SlicePart::walkers, "ungated_walker"},
                                       {SlicePart::group, "ungated_group"},
                                       {SlicePart::group, "ungated_operand"},
                                       {SlicePart::group, "ungated_sum"},
                                       {SlicePart::group, "ungated_segment"}};

arch::Counters sum_of(const std::vector<SliceEvents>& events) {
  arch::Counters all;
  for (const SliceEvents& one : events) all += one.counters;
  return all;
}

/// Every `step`-th tile from `first` on.
struct Windows {
  Windows(const SliceEnergy& energy, const std::vector<SliceEvents>& events, int part, std::size_t first,
          std::size_t step) {
    for (std::size_t t = first; t < events.size(); t += step) {
      counts.push_back(counts_of(part, events[t].counters));
      sums.push_back(energy.tiles[t][index(part)].dynamic_fj());
    }
  }
  std::vector<double> fit() const {
    std::vector<std::vector<double>> weighted = counts;
    std::vector<double> weighted_sums = sums;
    for (std::size_t t = 0; t < sums.size(); ++t) {
      const double weight = sums[t] > 0 ? 1 / std::sqrt(sums[t]) : 0;
      for (double& count : weighted[t]) count *= weight;
      weighted_sums[t] *= weight;
    }
    return silicon::fit_events(weighted, weighted_sums).each;
  }
  double total() const {
    double all = 0;
    for (const double sum : sums) all += sum;
    return all;
  }
  double predicted(const std::vector<double>& each) const {
    double all = 0;
    for (const auto& count : counts) all += silicon::predict(each, count);
    return all;
  }
  double residual(const std::vector<double>& each) const {
    double squares = 0;
    for (std::size_t t = 0; t < sums.size(); ++t)
      squares += std::pow(silicon::predict(each, counts[t]) - sums[t], 2);
    const auto n = static_cast<double>(sums.size());
    return total() > 0 ? std::sqrt(squares / n) / (total() / n) : 0;
  }

  std::vector<std::vector<double>> counts;
  std::vector<double> sums;
};

/// Of a fit of every other tile: {predicted, true} of the rest.
std::pair<double, double> held_out(const SliceEnergy& energy, const std::vector<SliceEvents>& events,
                                   int part) {
  const Windows fitted(energy, events, part, 0, 2), rest(energy, events, part, 1, 2);
  if (rest.sums.empty()) return {0, 0};
  return {rest.predicted(fitted.fit()), rest.total()};
}

/// What one level's switch adds to its block: fJ a cycle, beyond what the block has figures for already.
void add_ungated(const Level& level, const SliceEnergy& gated, const UngatedRun& run,
                 const arch::Counters& counters, BlockTable& block) {
  const arch::Switches switches = switches_without(run.ungated);
  const int part = static_cast<int>(level.part);
  const double count = slice_count(block.power.block, level.event, counters, switches),
               more = run.energy.sum(part).dynamic_fj() - gated.sum(part).dynamic_fj(),
               known = block.predict_fj(counters, switches) - block.predict_fj(counters);
  block.power.events.push_back({level.event, count > 0 ? std::max(0.0, (more - known) / count) : 0, count,
                                "measured: difference of two simulations"});
}

}  // namespace

const arch::Arch& slice_arch() {
  static const arch::Arch arch = [] {
    arch::Arch one;
    one.groups_x = one.groups_y = one.groups_per_walker = 1;
    one.pes_per_group = slice_pes;
    return one;
  }();
  return arch;
}

double slice_count(const std::string& block, const std::string& event, const arch::Counters& counters,
                   const arch::Switches& switches) {
  return sim::event_count(block, event, {sim::CounterAmounts(counters), slice_arch(), switches},
                          slice_arch());
}

double BlockTable::predict_fj(const arch::Counters& counters, const arch::Switches& switches) const {
  double sum = 0;
  for (const sim::EventPower& event : power.events)
    sum += event.fj * slice_count(power.block, event.event, counters, switches);
  return sum;
}

std::vector<BlockTable> fit_blocks(const SliceEnergy& energy, const std::vector<SliceEvents>& events) {
  WD_ASSERT(!events.empty() && energy.tiles.size() == events.size());
  std::vector<BlockTable> tables;
  const arch::Counters all = sum_of(events);
  for (int part = 0; part < slice_parts; ++part) {
    BlockTable table;
    sim::BlockPower& block = table.power;
    block.block = slice_part_name(part);
    block.origin = sim::measured_origin;
    const Windows every(energy, events, part, 0, 1);
    const std::vector<double> each = every.fit(), totals = counts_of(part, all);
    for (std::size_t e = 0; e < each.size(); ++e)
      block.events.push_back({events_of(part)[e], each[e], totals[e], "fitted"});
    const silicon::Energy whole = energy.sum(part);
    table.energy_fj = whole.total_fj();
    block.leakage_nw = whole.leakage_fj / (energy.period_ns * static_cast<double>(energy.cycles)) * 1e3;
    block.area_um2 = energy.area_um2[index(part)];
    if (whole.dynamic_fj() > 0) {
      block.glitch_share = whole.glitch_fj / whole.dynamic_fj();
      block.wire_share = whole.wire_fj / whole.dynamic_fj();
    }
    block.residual = every.residual(each);
    const auto [predicted, real] = held_out(energy, events, part);
    block.held_out_error = real > 0 ? predicted / real - 1 : 0;
    tables.push_back(std::move(table));
  }
  return tables;
}

FitQuality fit_quality(const SliceEnergy& energy, const std::vector<SliceEvents>& events,
                       const std::vector<BlockTable>& blocks) {
  double squares = 0, mean = 0, predicted = 0, real = 0;
  const auto n = static_cast<double>(events.size());
  for (std::size_t t = 0; t < events.size(); ++t) {
    double told = 0, found = 0;
    for (int p = 0; p < slice_parts; ++p) {
      found += energy.tiles[t][index(p)].dynamic_fj();
      told += blocks[index(p)].predict_fj(events[t].counters);
    }
    squares += (told - found) * (told - found);
    mean += found / n;
  }
  for (int p = 0; p < slice_parts; ++p) {
    const auto [p_told, p_real] = held_out(energy, events, p);
    predicted += p_told;
    real += p_real;
  }
  return {mean > 0 ? std::sqrt(squares / n) / mean : 0, real > 0 ? predicted / real - 1 : 0};
}

arch::Switches switches_without(unsigned ungated) {
  const auto on = [&](SliceGate gate) { return (ungated & gate_bit(gate)) == 0; };
  arch::Switches switches;
  switches.gate_walker = on(SliceGate::walker);
  switches.gate_group = on(SliceGate::group);
  switches.gate_operand = on(SliceGate::operand);
  switches.gate_sum = on(SliceGate::sum);
  switches.gate_segment = on(SliceGate::segment);
  return switches;
}

double fit_ungated(const SliceEnergy& gated_energy, const std::vector<UngatedRun>& runs,
                   const std::vector<SliceEvents>& events, std::vector<BlockTable>& blocks) {
  const arch::Counters all = sum_of(events);
  // In the order of the levels: an ungated sum takes the operand's register with it, whose cost is known by then.
  for (int gate = 0; gate < slice_gates; ++gate)
    for (const UngatedRun& run : runs)
      if (run.ungated == gate_bit(static_cast<SliceGate>(gate)))
        add_ungated(levels[gate], gated_energy, run, all, blocks[index(static_cast<int>(levels[gate].part))]);
  if (runs.empty()) return 0;
  double told = 0, found = 0;
  for (int part = 0; part < slice_parts; ++part) {
    const BlockTable& block = blocks[index(part)];
    found += runs.back().energy.sum(part).dynamic_fj();
    // What the tiles' own fit misses is no matter of the gates.
    told += gated_energy.sum(part).dynamic_fj() - block.predict_fj(all) +
            block.predict_fj(all, switches_without(runs.back().ungated));
  }
  return found > 0 ? told / found - 1 : 0;
}

}  // namespace wd::flow
