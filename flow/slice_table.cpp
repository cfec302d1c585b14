// SPDX-License-Identifier: Apache-2.0
#include "flow/slice_table.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "base/integer.hpp"
#include "flow/slice_stimulus.hpp"
#include "hw/silicon/fit.hpp"

namespace wd::flow {
namespace {

bool gated(const sim::ArrayEvent& event) { return !event.name.starts_with("ungated"); }

std::vector<const sim::ArrayEvent*> events_of(std::string_view block) {
  std::vector<const sim::ArrayEvent*> list;
  for (const sim::ArrayEvent& event : sim::array_events())
    if (event.block == block && gated(event)) list.push_back(&event);
  return list;
}

std::vector<double> counts_of(std::string_view block, const SliceEvents& of) {
  std::vector<double> list;
  for (const sim::ArrayEvent* event : events_of(block)) list.push_back(event_count(*event, of.counters));
  return list;
}

/// Every `step`-th tile from `first` on.
struct Windows {
  Windows(const SliceEnergy& energy, const std::vector<SliceEvents>& events, int part, std::size_t first,
          std::size_t step) {
    for (std::size_t t = first; t < events.size(); t += step) {
      counts.push_back(counts_of(slice_part_name(part), events[t]));
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

/// What one level's switch, or two, add to a block: fJ a cycle of `name`, beyond what the block has a figure for.
void add_ungated(const sim::ArrayEvent& event, const SliceEnergy& gated, const UngatedRun& run,
                 const std::vector<SliceEvents>& events, BlockTable& block, int part) {
  const arch::Switches switches = switches_without(run.ungated);
  arch::Counters all;
  for (const SliceEvents& one : events) all += one.counters;
  const double count = event_count(event, all, switches);
  const double more = run.energy.sum(part).dynamic_fj() - gated.sum(part).dynamic_fj(),
               known = block.predict_fj(all, {}, switches) - block.predict_fj(all, {});
  block.events.push_back({std::string(event.name), count > 0 ? std::max(0.0, (more - known) / count) : 0,
                          count, "difference of two simulations"});
}

}  // namespace

double event_count(const sim::ArrayEvent& event, const arch::Counters& counters,
                   const arch::Switches& switches) {
  return event.count(counters, {}, switches);
}

double BlockTable::predict_fj(const arch::Counters& counters, const sim::ArrayBlocks& blocks,
                              const arch::Switches& switches) const {
  double sum = 0;
  for (const sim::ArrayEvent& event : sim::array_events())
    if (event.block == block)
      for (const EventEnergy& known : events)
        if (known.event == event.name) sum += known.femtojoule * event.count(counters, blocks, switches);
  return sum;
}

std::vector<BlockTable> fit_blocks(const SliceEnergy& energy, const std::vector<SliceEvents>& events) {
  WD_ASSERT(!events.empty() && energy.tiles.size() == events.size());
  std::vector<BlockTable> tables;
  SliceEvents all;
  for (const SliceEvents& one : events) all += one;
  for (int part = 0; part < slice_parts; ++part) {
    BlockTable table;
    table.block = slice_part_name(part);
    const Windows every(energy, events, part, 0, 1);
    const std::vector<double> each = every.fit(), totals = counts_of(table.block, all);
    const auto list = events_of(table.block);
    for (std::size_t e = 0; e < list.size(); ++e)
      table.events.push_back({std::string(list[e]->name), each[e], totals[e]});
    const silicon::Energy whole = energy.sum(part);
    table.energy_fj = whole.total_fj();
    table.leakage_nw = whole.leakage_fj / (energy.period_ns * static_cast<double>(energy.cycles)) * 1e3;
    table.area_um2 = energy.area_um2[index(part)];
    table.glitch_share = whole.dynamic_fj() > 0 ? whole.glitch_fj / whole.dynamic_fj() : 0;
    table.residual = every.residual(each);
    const auto [predicted, real] = held_out(energy, events, part);
    table.held_out = real > 0 ? predicted / real - 1 : 0;
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
      told += blocks[index(p)].predict_fj(events[t].counters, {});
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
  constexpr const char* names[slice_gates] = {"ungated_walker", "ungated_group", "ungated_operand",
                                              "ungated_sum", "ungated_segment"};
  // In the order of the levels: an ungated sum takes the operand's register with it, whose cost is known by then.
  for (int gate = 0; gate < slice_gates; ++gate)
    for (const UngatedRun& run : runs)
      if (run.ungated == gate_bit(static_cast<SliceGate>(gate)))
        for (const sim::ArrayEvent& event : sim::array_events())
          for (int part = 0; part < slice_parts; ++part)
            if (event.name == names[gate] && blocks[index(part)].block == event.block)
              add_ungated(event, gated_energy, run, events, blocks[index(part)], part);
  if (runs.empty()) return 0;
  arch::Counters all;
  for (const SliceEvents& one : events) all += one.counters;
  double told = 0, found = 0;
  for (int part = 0; part < slice_parts; ++part) {
    const BlockTable& block = blocks[index(part)];
    found += runs.back().energy.sum(part).dynamic_fj();
    // What the tiles' own fit misses is no matter of the gates.
    told += gated_energy.sum(part).dynamic_fj() - block.predict_fj(all, {}) +
            block.predict_fj(all, {}, switches_without(runs.back().ungated));
  }
  return found > 0 ? told / found - 1 : 0;
}

}  // namespace wd::flow
