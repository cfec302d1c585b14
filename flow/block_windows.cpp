// SPDX-License-Identifier: Apache-2.0
#include "flow/block_windows.hpp"

#include <algorithm>
#include <random>
#include <set>

#include "base/error.hpp"
#include "flow/port_reader.hpp"
#include "sim/rtl/rtl_engine.hpp"

namespace wd::flow {
namespace {

constexpr std::size_t increment_bits = 24;

std::vector<std::string> counter_names() {
  const arch::Counters counters;
  std::vector<std::string> names;
  arch::for_each_counter(counters, [&](const char* name, std::uint64_t) { names.emplace_back(name); });
  return names;
}

}  // namespace

void run_rtl(const RtlProgram& what, const std::vector<std::string>& signals, sim::SignalSink& sink) {
  const std::set<std::string> wanted(signals.begin(), signals.end());
  sim::RtlEngine engine(what.program, {}, sink, [&](const std::string& scope, const std::string& name) {
    return wanted.contains(scope + "." + name);
  });
  engine.load();
  engine.frame(what.input);
}

double RtlActivity::count(std::size_t window, const std::string& event) const {
  const auto at = std::find(events.begin(), events.end(), event);
  WD_REQUIRE(at != events.end(), "there is no counter '", event, "'");
  return counts.at(window).at(static_cast<std::size_t>(at - events.begin()));
}

RtlActivity rtl_activity(const RtlProgram& what) {
  RtlActivity activity;
  activity.events = counter_names();
  const std::size_t counters = activity.events.size();
  activity.events.emplace_back("array_cycles");
  const auto index_of = [&](const char* name) {
    return static_cast<std::size_t>(std::find(activity.events.begin(), activity.events.end(), name) -
                                    activity.events.begin());
  };
  const std::size_t read = index_of("beats_read"), written = index_of("beats_written"),
                    array = index_of("array_cycles");
  int increment = -1, valid_in = -1, ready_in = -1, valid_out = -1, clock = -1;
  std::vector<double> present(activity.events.size(), 0);
  std::uint64_t cycle = 0;
  PortReader reader(
      "wd_top.clk_i",
      [&](PortReader& names) {
        increment = names.watch("wd_top.increment");
        valid_in = names.watch("wd_top.mem_valid_i");
        ready_in = names.watch("wd_top.mem_ready_o");
        valid_out = names.watch("wd_top.mem_valid_o");
        clock = names.watch("wd_top.array_clk");
        WD_REQUIRE(increment >= 0 && valid_in >= 0 && ready_in >= 0 && valid_out >= 0 && clock >= 0,
                   "the RTL's waves lack counters' increments, the memory port or the array's clock");
      },
      [&](const PortReader& now) {
        const auto bits = now.bits(increment);
        for (std::size_t c = 0; c < counters; ++c)
          for (std::size_t bit = 0; bit < increment_bits; ++bit)
            if (bits[c * increment_bits + bit] != 0 && c != read && c != written)
              present[c] += static_cast<double>(1U << bit);
        present[read] += now.bits(valid_in)[0] & now.bits(ready_in)[0];
        present[written] += now.bits(valid_out)[0];
        present[array] += now.rises(clock) ? 1 : 0;
        if (++cycle % window_cycles != 0) return;
        activity.counts.push_back(present);
        present.assign(present.size(), 0);
      });
  run_rtl(what,
          {"wd_top.clk_i", "wd_top.increment", "wd_top.mem_valid_i", "wd_top.mem_ready_o",
           "wd_top.mem_valid_o", "wd_top.array_clk"},
          reader);
  reader.check();
  return activity;
}

std::vector<std::size_t> choose_windows(const RtlActivity& activity, const BlockKind& kind, int cycles,
                                        std::uint64_t seed) {
  const std::size_t all = activity.counts.size();
  WD_REQUIRE(all > 1, "characterize: the program is shorter than two windows of ", window_cycles, " cycles");
  const std::size_t wanted = std::min(all - 1, static_cast<std::size_t>(std::max(4, cycles / window_cycles)));
  // What a window has of each event, as a part of the program's.
  std::vector<double> weights(all, 0);
  for (const BlockEvent& event : kind.events) {
    double total = 0;
    for (std::size_t w = 0; w < all; ++w) total += activity.count(w, event.counter);
    for (std::size_t w = 0; w < all && total > 0; ++w) weights[w] += activity.count(w, event.counter) / total;
  }
  std::mt19937_64 random(seed);
  std::vector<bool> taken(all, false);
  taken[0] = true;  // the reset
  std::size_t count = 0;
  const auto draw = [&](std::vector<double> from, std::size_t until) {
    while (count < until) {
      double sum = 0;
      for (std::size_t w = 0; w < all; ++w) sum += taken[w] ? 0 : from[w];
      if (sum <= 0) return;
      // Integers of the generator: the same windows on every machine.
      double place = static_cast<double>(random() >> 11) * 0x1p-53 * sum;
      std::size_t found = all;
      for (std::size_t w = 0; w < all; ++w) {
        if (taken[w] || from[w] <= 0) continue;
        found = w;
        place -= from[w];
        if (place < 0) break;
      }
      taken[found] = true;
      ++count;
    }
  };
  draw(weights, wanted / 2);
  draw(std::vector<double>(all, 1.0), wanted);
  std::vector<std::size_t> list;
  for (std::size_t w = 1; w < all; ++w)
    if (taken[w]) list.push_back(w);
  return list;
}

}  // namespace wd::flow
