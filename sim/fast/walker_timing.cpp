// SPDX-License-Identifier: Apache-2.0
// All times are kept one higher than in the text (G = F + 1 >= 0), so that they are unsigned.
#include "sim/fast/walker_timing.hpp"

#include <algorithm>
#include <bit>
#include <cstdlib>

#include "base/error.hpp"
#include "base/target_clones.hpp"

namespace wd::sim::fast {
namespace {

std::uint32_t groups_inside(const TileActs& acts, std::size_t set, int of_set) {
  const auto its = acts.inside >> static_cast<int>(set) * of_set & ((std::uint32_t{1} << of_set) - 1);
  return static_cast<std::uint32_t>(std::popcount(its));
}

template <typename Mask>
constexpr std::uint32_t count_ones(Mask x) {
  // Plain arithmetic, so that the compiler can do many walkers in one vector on any machine.
  x = static_cast<Mask>(x - (x >> 1 & static_cast<Mask>(0x5555555555555555)));
  x = static_cast<Mask>((x & static_cast<Mask>(0x3333333333333333)) +
                        (x >> 2 & static_cast<Mask>(0x3333333333333333)));
  x = static_cast<Mask>((x + (x >> 4)) & static_cast<Mask>(0x0f0f0f0f0f0f0f0f));
  x = static_cast<Mask>(x + (x >> 8));
  if constexpr (sizeof(Mask) >= 4) x = static_cast<Mask>(x + (x >> 16));
  if constexpr (sizeof(Mask) >= 8) x = static_cast<Mask>(x + (x >> 32));
  return static_cast<std::uint32_t>(x & 0x7f);
}

/// The walkers of one set: walker p serves PE p of the set's groups.
struct WalkerSet {
  explicit WalkerSet(std::size_t pes) : finish(pes, 0), walks(pes, 0), starts(pes, 0) {}

  std::vector<std::uint32_t> finish;  // G of the last row so far
  std::vector<std::uint32_t> walks;   // walked positions
  std::vector<std::uint32_t> starts;  // rows that it took while it was idle, in cycle E + 1
  std::uint32_t latest = 0;           // of `finish`
};

/// One row of one set. @param take G of an idle walker when it takes the row @return the latest G
template <typename Map>
__attribute__((always_inline)) inline std::uint32_t walk_set(std::uint32_t* finish, std::uint32_t* walks,
                                                             std::uint32_t* starts, const Map* walk,
                                                             Map nonzero, std::uint32_t take,
                                                             std::size_t pes) {
  std::uint32_t latest = 0;
  for (std::size_t pe = 0; pe < pes; ++pe) {
    const std::uint32_t n = count_ones(static_cast<Map>(walk[pe] & nonzero)), before = finish[pe];
    const std::uint32_t after = (before > take ? before : take) + n;
    finish[pe] = n != 0 ? after : before;
    latest = finish[pe] > latest ? finish[pe] : latest;
    walks[pe] += n;
    starts[pe] += n != 0 && before < take ? 1 : 0;
  }
  return latest;
}

WD_TARGET_CLONES("arch=skylake-avx512", "avx2", "default")
std::uint32_t walk(std::uint32_t* finish, std::uint32_t* walks, std::uint32_t* starts,
                   const std::uint16_t* maps, std::uint16_t nonzero, std::uint32_t take, std::size_t pes) {
  return walk_set(finish, walks, starts, maps, nonzero, take, pes);
}
WD_TARGET_CLONES("arch=skylake-avx512", "avx2", "default")
std::uint32_t walk(std::uint32_t* finish, std::uint32_t* walks, std::uint32_t* starts,
                   const std::uint64_t* maps, std::uint64_t nonzero, std::uint32_t take, std::size_t pes) {
  return walk_set(finish, walks, starts, maps, nonzero, take, pes);
}

template <typename Map>
class Timer {
 public:
  Timer(const WalkerRequest& request, const TileRows& rows, const TileActs& acts, RowTimes& times)
      : request_(request), acts_(acts), times_(times) {
    if constexpr (sizeof(Map) == 2)
      walk_ = rows.walk16.data(), maps_ = acts.walk16.data(),
      pitch_ = walk_pitch(static_cast<std::size_t>(request.pes));
    else
      walk_ = rows.walk.data(), maps_ = acts.walk.data(), pitch_ = static_cast<std::size_t>(request.pes);
    sets_.assign(groups / static_cast<std::size_t>(request.groups_per_walker),
                 WalkerSet(static_cast<std::size_t>(request.pes)));
  }

  WalkerTiming run() {
    const auto rows = static_cast<std::size_t>(request_.chunks * request_.rows_per_chunk);
    for (std::size_t r = 0; r < rows; ++r) {
      const std::uint32_t issue = issue_cycle(static_cast<int>(r));
      times_.issue[r] = issue;
      times_.free[r] = std::max(issue + 2, walk_row(r, issue));
    }
    timing_.run_cycles = times_.free[rows - 1] + drain_cycles + 1;
    for (const WalkerSet& set : sets_)
      for (std::size_t pe = 0; pe < set.walks.size(); ++pe) {
        timing_.walk_ops += set.walks[pe];
        timing_.walker_cycles += std::uint64_t{set.walks[pe]} + set.starts[pe];
      }
    if (request_.trace) trace();
    return std::move(timing_);
  }

 private:
  std::uint32_t issue_cycle(int row) const {
    const auto at = [](int r) { return static_cast<std::size_t>(r); };
    std::uint32_t cycle = row == 0 ? 1 : times_.issue[at(row - 1)] + 1;
    if (row >= request_.window) cycle = std::max(cycle, times_.free[at(row - request_.window)]);
    if (row % request_.rows_per_chunk != 0) return cycle;
    const int chunk = row / request_.rows_per_chunk;
    const std::uint32_t fetched = chunk == 0 ? 0 : times_.issue[at(row - request_.rows_per_chunk)];
    cycle = std::max(cycle, fetched + acts_.sub_reads[at(chunk)] + 1);
    if (chunk >= request_.entries)
      cycle = std::max(cycle, times_.free[at((chunk - request_.entries + 1) * request_.rows_per_chunk - 1)]);
    return cycle;
  }

  /// @return the latest G of all walkers
  std::uint32_t walk_row(std::size_t row, std::uint32_t issue) {
    const Map* const its = walk_ + row * pitch_;
    const Map* const maps = maps_ + row / static_cast<std::size_t>(request_.rows_per_chunk) * sets_.size();
    std::uint32_t latest = 0;
    for (std::size_t s = 0; s < sets_.size(); ++s) {
      WalkerSet& set = sets_[s];
      if (maps[s] != 0) {
        const std::uint32_t before = set.latest;
        set.latest = walk(set.finish.data(), set.walks.data(), set.starts.data(), its, maps[s], issue + 2,
                          set.finish.size());
        // A set whose walkers were all idle starts again in cycle E + 1 (G counts one higher).
        if (set.latest > issue + 1)
          timing_.group_cycles += std::uint64_t{set.latest - std::max(before, issue + 1)} *
                                  groups_inside(acts_, s, request_.groups_per_walker);
      }
      latest = std::max(latest, set.latest);
    }
    return latest;
  }

  void trace() {
    for (const WalkerSet& set : sets_) {
      timing_.walks.insert(timing_.walks.end(), set.walks.begin(), set.walks.end());
      for (const std::uint32_t finish : set.finish) timing_.last.push_back(finish > 0 ? finish - 1 : 0);
    }
  }

  const WalkerRequest& request_;
  const TileActs& acts_;
  RowTimes& times_;
  const Map *walk_ = nullptr, *maps_ = nullptr;
  std::size_t pitch_ = 0;  // from a row's walk maps to the next one's
  std::vector<WalkerSet> sets_;
  WalkerTiming timing_;
};

WalkerTiming by_kernel(const WalkerRequest& request, const TileRows& rows, const TileActs& acts,
                       const KernelSet& kernels, RowTimes& times) {
  const int sets = static_cast<int>(groups) / request.groups_per_walker;
  std::uint32_t inside[groups] = {};
  for (std::size_t s = 0; s < static_cast<std::size_t>(sets); ++s)
    inside[s] = groups_inside(acts, s, request.groups_per_walker);
  const WalkedTotals totals =
      kernels.walk({rows.walk16.data(), walk_pitch(static_cast<std::size_t>(request.pes)), acts.walk16.data(),
                    acts.sub_reads.data(), inside, request.chunks, request.rows_per_chunk, request.window,
                    request.entries, sets, times.issue.data(), times.free.data()});
  WalkerTiming timing;
  timing.run_cycles = totals.run_cycles;
  timing.group_cycles = totals.group_cycles;
  timing.walker_cycles = totals.walker_cycles;
  timing.walk_ops = totals.walk_ops;
  return timing;
}

}  // namespace

WalkerTiming time_walkers(const WalkerRequest& request, const TileRows& rows, const TileActs& acts,
                          const KernelSet& kernels, RowTimes& times) {
  const auto count = static_cast<std::size_t>(request.chunks * request.rows_per_chunk);
  WD_ASSERT(acts.sub_reads.size() == static_cast<std::size_t>(request.chunks) && count > 0);
  times.issue.resize(count);
  times.free.resize(count);
  if (request.chunk != 16) return Timer<std::uint64_t>(request, rows, acts, times).run();
  WD_ASSERT(rows.walk16.size() == count * walk_pitch(static_cast<std::size_t>(request.pes)));
  if (request.trace) return Timer<std::uint16_t>(request, rows, acts, times).run();
  return by_kernel(request, rows, acts, kernels, times);
}

std::vector<std::uint32_t> pe_operands(const arch::Arch& arch, const TileRows& rows, const TileActs& acts) {
  const auto pes = static_cast<std::size_t>(arch.pes_per_group);
  const int in_row = (1 << arch.planes_per_row) - 1;
  std::vector<std::uint32_t> operands(groups * pes, 0);
  for (std::size_t quad = 0; quad < acts.works.size(); ++quad)
    for (std::uint64_t rest = acts.works[quad]; rest != 0; rest &= rest - 1) {
      const auto bit = static_cast<std::size_t>(std::countr_zero(rest));
      for (std::size_t pe = 0; pe < static_cast<std::size_t>(rows.channels); ++pe)
        for (int w = std::abs(rows.weights[(quad * pes + pe) * 4 + bit % 4]); w != 0;
             w >>= arch.planes_per_row)
          operands[bit / 4 * pes + pe] += (w & in_row) != 0;
    }
  return operands;
}

}  // namespace wd::sim::fast
