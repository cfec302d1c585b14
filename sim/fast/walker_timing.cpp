// SPDX-License-Identifier: Apache-2.0
// 16 groups are evaluated side by side. All times are kept one higher than in the text (G = F + 1 >= 0), so that they
// are unsigned.
#include "sim/fast/walker_timing.hpp"

#include <algorithm>
#include <array>
#include <bit>

#include "base/error.hpp"

namespace wd::sim::fast {
namespace {

constexpr int groups = 16;

template <typename Mask>
constexpr Mask count_ones(Mask x) {
  // Plain arithmetic, so that the compiler can do 16 groups in one vector on any machine.
  x = static_cast<Mask>(x - (x >> 1 & static_cast<Mask>(0x5555555555555555)));
  x = static_cast<Mask>((x & static_cast<Mask>(0x3333333333333333)) +
                        (x >> 2 & static_cast<Mask>(0x3333333333333333)));
  x = static_cast<Mask>((x + (x >> 4)) & static_cast<Mask>(0x0f0f0f0f0f0f0f0f));
  if constexpr (sizeof(Mask) >= 2) x = static_cast<Mask>(x + (x >> 8));
  if constexpr (sizeof(Mask) >= 4) x = static_cast<Mask>(x + (x >> 16));
  if constexpr (sizeof(Mask) >= 8) x = static_cast<Mask>(x + (x >> 32));
  return static_cast<Mask>(x & 0x7f);
}

/// One row over all PEs: updates finish times G[pe][group]; returns per-group maxima and sums.
template <typename Mask>
struct RowUpdate {
  std::array<Mask, groups> latest;  // running max over PEs of G, in and out
  std::array<Mask, groups> walks;   // positions walked in this row
  std::array<Mask, groups> starts;  // PEs that were idle and took this row in cycle E + 1
};

template <typename Mask>
__attribute__((always_inline)) inline void update_row(Mask* finish, const Mask* walk, const Mask* nonzero,
                                                      Mask issue, int pes, RowUpdate<Mask>& out) {
  Mask latest[groups], walks[groups] = {}, starts[groups] = {};
  for (int g = 0; g < groups; ++g) latest[g] = out.latest[static_cast<std::size_t>(g)];
  const Mask take = static_cast<Mask>(issue + 2);  // G of a PE that is idle when it takes the row
  for (int pe = 0; pe < pes; ++pe) {
    Mask* f = finish + pe * groups;
    for (int g = 0; g < groups; ++g) {
      const Mask n = count_ones(static_cast<Mask>(walk[pe] & nonzero[g]));
      const Mask some = static_cast<Mask>(n != 0 ? ~Mask{0} : Mask{0});
      const Mask before = f[g];
      const Mask begin = before > take ? before : take;
      const Mask after =
          static_cast<Mask>((static_cast<Mask>(begin + n) & some) | (before & static_cast<Mask>(~some)));
      f[g] = after;
      latest[g] = after > latest[g] ? after : latest[g];
      walks[g] = static_cast<Mask>(walks[g] + n);
      starts[g] = static_cast<Mask>(starts[g] + (static_cast<Mask>(before < take) & some & 1));
    }
  }
  for (int g = 0; g < groups; ++g) {
    out.latest[static_cast<std::size_t>(g)] = latest[g];
    out.walks[static_cast<std::size_t>(g)] = walks[g];
    out.starts[static_cast<std::size_t>(g)] = starts[g];
  }
}

__attribute__((target_clones("arch=skylake-avx512", "avx2", "default"))) void update_row16(
    std::uint16_t* finish, const std::uint16_t* walk, const std::uint16_t* nonzero, std::uint16_t issue,
    int pes, RowUpdate<std::uint16_t>& out) {
  update_row(finish, walk, nonzero, issue, pes, out);
}
__attribute__((target_clones("arch=skylake-avx512", "avx2", "default"))) void update_row64(
    std::uint64_t* finish, const std::uint64_t* walk, const std::uint64_t* nonzero, std::uint64_t issue,
    int pes, RowUpdate<std::uint64_t>& out) {
  update_row(finish, walk, nonzero, issue, pes, out);
}

void update(std::uint16_t* f, const std::uint16_t* w, const std::uint16_t* n, std::uint16_t e, int pes,
            RowUpdate<std::uint16_t>& out) {
  update_row16(f, w, n, e, pes, out);
}
void update(std::uint64_t* f, const std::uint64_t* w, const std::uint64_t* n, std::uint64_t e, int pes,
            RowUpdate<std::uint64_t>& out) {
  update_row64(f, w, n, e, pes, out);
}

template <typename Mask>
class Timer {
 public:
  Timer(const WalkerRequest& request, const TileRows& rows, const TileActs& acts)
      : request_(request), rows_(rows), acts_(acts) {}

  WalkerTiming run() {
    const auto pes = static_cast<std::size_t>(request_.pes);
    std::vector<Mask> finish(pes * groups, 0), walk(pes), nonzero(groups);
    std::vector<std::uint64_t> issue(static_cast<std::size_t>(request_.rows)), left(issue.size());
    RowUpdate<Mask> state{};
    std::uint64_t chunk_ready = 0, latest = 0;
    for (int r = 0; r < request_.rows; ++r) {
      const auto at = static_cast<std::size_t>(r);
      const bool first_of_chunk = r % request_.planes == 0;
      if (first_of_chunk)
        chunk_ready = (r == 0 ? 0 : issue[at - static_cast<std::size_t>(request_.planes)]) +
                      static_cast<std::uint64_t>(request_.sub_reads) + 1;
      std::uint64_t e = r == 0 ? 1 : issue[at - 1] + 1;
      if (first_of_chunk) e = std::max(e, chunk_ready);
      if (r >= request_.window) {
        const std::size_t old = at - static_cast<std::size_t>(request_.window);
        e = std::max({e, issue[old] + 2, left[old]});  // left = max F + 1 = max G
      }
      issue[at] = e;
      for (std::size_t pe = 0; pe < pes; ++pe) walk[pe] = static_cast<Mask>(rows_.walk[at * pes + pe]);
      const std::size_t chunk_at = static_cast<std::size_t>(r / request_.planes) * groups;
      for (std::size_t g = 0; g < groups; ++g) nonzero[g] = static_cast<Mask>(acts_.walk[chunk_at + g]);
      const std::array<Mask, groups> before = state.latest;
      update(finish.data(), walk.data(), nonzero.data(), static_cast<Mask>(e), request_.pes, state);
      count(state, before, e);
      latest = *std::max_element(state.latest.begin(), state.latest.end());
      left[at] = latest;
      if (request_.trace) trace_row(walk, nonzero);
    }
    timing_.run_cycles = std::max(issue.back() + 2, latest) + 1;
    if (request_.walks_are_bit_ops)
      timing_.bit_ops = timing_.walk_ops;
    else
      count_bit_ops();
    if (request_.trace) finish_trace(finish, issue);
    return std::move(timing_);
  }

 private:
  void count(const RowUpdate<Mask>& state, const std::array<Mask, groups>& before, std::uint64_t e) {
    for (std::size_t g = 0; g < groups; ++g) {
      timing_.walk_ops += state.walks[g];
      timing_.pe_cycles += std::uint64_t{state.walks[g]} + state.starts[g];
      if (state.walks[g] == 0) continue;
      // A group whose PEs were all idle starts again in cycle E + 1 (G counts one higher).
      timing_.group_cycles += state.latest[g] - std::max<std::uint64_t>(before[g], e + 1);
    }
  }

  void count_bit_ops() {
    const auto pes = static_cast<std::size_t>(request_.pes);
    for (std::size_t r = 0; r < static_cast<std::size_t>(request_.rows); ++r)
      for (std::size_t g = 0; g < groups; ++g) {
        const std::uint64_t map = acts_.nonzero[r / static_cast<std::size_t>(request_.planes) * groups + g];
        if (map == 0) continue;
        for (std::size_t pe = 0; pe < pes; ++pe)
          timing_.bit_ops += static_cast<std::uint64_t>(std::popcount(rows_.mask[r * pes + pe] & map));
      }
  }

  void trace_row(const std::vector<Mask>& walk, const std::vector<Mask>& nonzero) {
    timing_.pe_walks.resize(walk.size() * groups);
    for (std::size_t g = 0; g < groups; ++g)
      for (std::size_t pe = 0; pe < walk.size(); ++pe)
        timing_.pe_walks[g * walk.size() + pe] +=
            static_cast<std::uint32_t>(std::popcount(static_cast<Mask>(walk[pe] & nonzero[g])));
  }

  void finish_trace(const std::vector<Mask>& finish, const std::vector<std::uint64_t>& issue) {
    const auto pes = static_cast<std::size_t>(request_.pes);
    timing_.pe_last.assign(pes * groups, 0);
    for (std::size_t g = 0; g < groups; ++g)
      for (std::size_t pe = 0; pe < pes; ++pe)
        if (finish[pe * groups + g] > 0)
          timing_.pe_last[g * pes + pe] = static_cast<std::uint32_t>(finish[pe * groups + g] - 1);
    timing_.row_issue.assign(issue.begin(), issue.end());
  }

  const WalkerRequest& request_;
  const TileRows& rows_;
  const TileActs& acts_;
  WalkerTiming timing_;
};

}  // namespace

WalkerTiming time_walkers(const WalkerRequest& request, const TileRows& rows, const TileActs& acts,
                         int chunk) {
  WD_ASSERT(acts.words.size() * static_cast<std::size_t>(request.planes) ==
            static_cast<std::size_t>(request.rows) * groups);
  // 16-bit times are enough when even the slowest tile stays below 2^16: a row takes at most `chunk`
  // positions or the 2 + sub_reads cycles of issue, fetch and slot release.
  const std::uint64_t bound =
      static_cast<std::uint64_t>(request.rows) * static_cast<std::uint64_t>(chunk + request.sub_reads + 4);
  if (chunk == 16 && bound < 65000) return Timer<std::uint16_t>(request, rows, acts).run();
  return Timer<std::uint64_t>(request, rows, acts).run();
}

}  // namespace wd::sim::fast
