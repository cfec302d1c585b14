// SPDX-License-Identifier: Apache-2.0
// The walkers of a set are evaluated side by side. All times are kept one higher than in the text (G = F + 1 >= 0), so
// that they are unsigned.
#include "sim/fast/walker_timing.hpp"

#include <algorithm>
#include <bit>
#include <cstdlib>

#include "base/error.hpp"

namespace wd::sim::fast {
namespace {

constexpr int groups = 16;
constexpr std::uint64_t drain_cycles =
    3;  // select, shift and two flush cycles, the first of them with the last addend

template <typename Mask>
constexpr Mask count_ones(Mask x) {
  // Plain arithmetic, so that the compiler can do many walkers in one vector on any machine.
  x = static_cast<Mask>(x - (x >> 1 & static_cast<Mask>(0x5555555555555555)));
  x = static_cast<Mask>((x & static_cast<Mask>(0x3333333333333333)) +
                        (x >> 2 & static_cast<Mask>(0x3333333333333333)));
  x = static_cast<Mask>((x + (x >> 4)) & static_cast<Mask>(0x0f0f0f0f0f0f0f0f));
  if constexpr (sizeof(Mask) >= 2) x = static_cast<Mask>(x + (x >> 8));
  if constexpr (sizeof(Mask) >= 4) x = static_cast<Mask>(x + (x >> 16));
  if constexpr (sizeof(Mask) >= 8) x = static_cast<Mask>(x + (x >> 32));
  return static_cast<Mask>(x & 0x7f);
}

/// The walkers of one set: walker p serves PE p of the set's groups.
template <typename Time>
struct WalkerSet {
  explicit WalkerSet(int pes) : finish(static_cast<std::size_t>(pes), 0), walks(finish), starts(finish) {}

  std::vector<Time> finish;  // G of the last row so far
  std::vector<Time> walks;   // walked positions
  std::vector<Time> starts;  // rows that it took while it was idle, in cycle E + 1
  Time latest = 0;           // of `finish`
};

/// One row: updates finish times; returns their maximum. @param take G of an idle walker when it takes the row
template <typename Time>
__attribute__((always_inline)) inline Time walk_row(Time* finish, Time* walks, Time* starts, const Time* walk,
                                                    Time nonzero, Time take, int pes) {
  Time latest = 0;
  for (int pe = 0; pe < pes; ++pe) {
    const Time n = count_ones(static_cast<Time>(walk[pe] & nonzero));
    const Time some = static_cast<Time>(n != 0 ? ~Time{0} : Time{0});
    const Time before = finish[pe];
    const Time begin = before > take ? before : take;
    const Time after =
        static_cast<Time>((static_cast<Time>(begin + n) & some) | (before & static_cast<Time>(~some)));
    finish[pe] = after;
    latest = after > latest ? after : latest;
    walks[pe] = static_cast<Time>(walks[pe] + n);
    starts[pe] = static_cast<Time>(starts[pe] + (static_cast<Time>(before < take) & some & 1));
  }
  return latest;
}

__attribute__((target_clones("arch=skylake-avx512", "avx2", "default"))) std::uint16_t walk(
    std::uint16_t* finish, std::uint16_t* walks, std::uint16_t* starts, const std::uint16_t* maps,
    std::uint16_t nonzero, std::uint16_t take, int pes) {
  return walk_row(finish, walks, starts, maps, nonzero, take, pes);
}
__attribute__((target_clones("arch=skylake-avx512", "avx2", "default"))) std::uint64_t walk(
    std::uint64_t* finish, std::uint64_t* walks, std::uint64_t* starts, const std::uint64_t* maps,
    std::uint64_t nonzero, std::uint64_t take, int pes) {
  return walk_row(finish, walks, starts, maps, nonzero, take, pes);
}

const std::uint16_t* walk_maps(const TileRows& rows, std::uint16_t) { return rows.walk16.data(); }
const std::uint64_t* walk_maps(const TileRows& rows, std::uint64_t) { return rows.walk.data(); }

template <typename Time>
class Timer {
 public:
  Timer(const WalkerRequest& request, const TileRows& rows, const TileActs& acts)
      : request_(request),
        rows_(rows),
        acts_(acts),
        sets_(static_cast<std::size_t>(groups / request.groups_per_walker), WalkerSet<Time>(request.pes)) {}

  WalkerTiming run() {
    const int rows = request_.chunks * request_.rows_per_chunk;
    issue_.reserve(static_cast<std::size_t>(rows));
    left_.reserve(static_cast<std::size_t>(rows));
    for (int r = 0; r < rows; ++r) {
      issue_.push_back(issue_cycle(r));
      walk_row_of_sets(r);
    }
    timing_.run_cycles = std::max(issue_.back() + 2, left_.back()) + drain_cycles + 1;
    for (const WalkerSet<Time>& set : sets_)
      for (std::size_t pe = 0; pe < set.walks.size(); ++pe) {
        timing_.walk_ops += set.walks[pe];
        timing_.walker_cycles += std::uint64_t{set.walks[pe]} + set.starts[pe];
      }
    count_bit_ops();
    for (int chunk = 0; request_.fetches && chunk < request_.chunks;
         ++chunk)  // when the one before is consumed
      timing_.fetches.push_back(
          chunk == 0 ? 0
                     : static_cast<std::uint32_t>(
                           issue_[static_cast<std::size_t>((chunk - 1) * request_.rows_per_chunk)]));
    if (request_.trace) trace();
    return std::move(timing_);
  }

 private:
  /// When what row `row` occupies is free again.
  std::uint64_t free_after(int row) const {
    const auto at = static_cast<std::size_t>(row);
    return std::max(issue_[at] + 2, left_[at]);
  }

  std::uint64_t issue_cycle(int row) const {
    std::uint64_t cycle = row == 0 ? 1 : issue_.back() + 1;
    if (row >= request_.window) cycle = std::max(cycle, free_after(row - request_.window));
    if (row % request_.rows_per_chunk != 0) return cycle;
    const int chunk = row / request_.rows_per_chunk;
    const std::uint64_t fetched =
        chunk == 0 ? 0 : issue_[static_cast<std::size_t>(row - request_.rows_per_chunk)];
    cycle = std::max(cycle, fetched + acts_.sub_reads[static_cast<std::size_t>(chunk)] + 1);
    if (chunk >= request_.entries)
      cycle = std::max(cycle, free_after((chunk - request_.entries + 1) * request_.rows_per_chunk - 1));
    return cycle;
  }

  void walk_row_of_sets(int row) {
    const std::uint64_t issue = issue_.back();
    const Time* maps = walk_maps(rows_, Time{}) + std::size_t{1} * row * request_.pes;
    const std::uint64_t* nonzero =
        acts_.walk.data() + static_cast<std::size_t>(row / request_.rows_per_chunk) * sets_.size();
    std::uint64_t latest = 0;
    for (std::size_t s = 0; s < sets_.size(); ++s) {
      WalkerSet<Time>& set = sets_[s];
      if (nonzero[s] != 0) {
        const std::uint64_t before = set.latest;
        set.latest = walk(set.finish.data(), set.walks.data(), set.starts.data(), maps,
                          static_cast<Time>(nonzero[s]), static_cast<Time>(issue + 2), request_.pes);
        // A set whose walkers were all idle starts again in cycle E + 1 (G counts one higher).
        if (set.latest > issue + 1)
          timing_.group_cycles += (set.latest - std::max(before, issue + 1)) * groups_inside(s);
      }
      latest = std::max<std::uint64_t>(latest, set.latest);
    }
    left_.push_back(latest);
  }

  std::uint64_t groups_inside(std::size_t set) const {
    const int of_set = request_.groups_per_walker;
    return static_cast<std::uint64_t>(
        std::popcount(acts_.inside >> static_cast<int>(set) * of_set & ((1u << of_set) - 1)));
  }

  /// All weights with a set bit meet all activations that are not zero, whoever walks.
  void count_bit_ops() {
    for (std::size_t i = 0; i < acts_.operands.size(); ++i)
      timing_.bit_ops += static_cast<std::uint32_t>(rows_.operands[i] * acts_.operands[i]);
  }

  void trace() {
    for (const WalkerSet<Time>& set : sets_) {
      timing_.walks.insert(timing_.walks.end(), set.walks.begin(), set.walks.end());
      for (const Time finish : set.finish)
        timing_.last.push_back(finish > 0 ? static_cast<std::uint32_t>(finish - 1) : 0);
    }
    timing_.row_issue.assign(issue_.begin(), issue_.end());
  }

  const WalkerRequest& request_;
  const TileRows& rows_;
  const TileActs& acts_;
  std::vector<WalkerSet<Time>> sets_;
  std::vector<std::uint64_t> issue_, left_;  // by row: E, and the latest G of all walkers
  WalkerTiming timing_;
};

}  // namespace

WalkerTiming time_walkers(const WalkerRequest& request, const TileRows& rows, const TileActs& acts) {
  WD_ASSERT(acts.sub_reads.size() == static_cast<std::size_t>(request.chunks));
  WD_ASSERT(rows.walk.size() ==
            static_cast<std::size_t>(request.chunks * request.rows_per_chunk * request.pes));
  // 16-bit times are enough when even the slowest tile stays below 2^16: a row takes at most `chunk`
  // positions and the 2 + sub_reads cycles of issue, fetch and slot release.
  const int slowest_fetch = *std::max_element(acts.sub_reads.begin(), acts.sub_reads.end());
  const std::uint64_t bound =
      std::uint64_t{1} * request.chunks * request.rows_per_chunk * (request.chunk + slowest_fetch + 4);
  if (request.chunk == 16 && bound < 65000) return Timer<std::uint16_t>(request, rows, acts).run();
  return Timer<std::uint64_t>(request, rows, acts).run();
}

std::vector<std::uint32_t> pe_operands(const arch::Arch& arch, const TileRows& rows, const TileActs& acts) {
  const auto pes = static_cast<std::size_t>(arch.pes_per_group), chunk = static_cast<std::size_t>(arch.chunk);
  const int in_row = (1 << arch.planes_per_row) - 1;
  std::vector<std::uint32_t> operands(groups * pes, 0);
  for (std::size_t i = 0; i < acts.works.size(); ++i)
    for (std::uint64_t rest = acts.works[i]; rest != 0; rest &= rest - 1) {
      const std::size_t position = i / groups * chunk + static_cast<std::size_t>(std::countr_zero(rest));
      for (std::size_t pe = 0; pe < static_cast<std::size_t>(rows.channels); ++pe)
        for (int w = std::abs(rows.weights[position * pes + pe]); w != 0; w >>= arch.planes_per_row)
          operands[i % groups * pes + pe] += (w & in_row) != 0;
    }
  return operands;
}

}  // namespace wd::sim::fast
