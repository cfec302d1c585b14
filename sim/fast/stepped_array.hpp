// SPDX-License-Identifier: Apache-2.0
// The plain array that the recurrences are held to: steps RUN of docs/organisations/walker_sets.md cycle by cycle, with
// registers as hardware would have them.
//
// Not       a recurrence, a walk map or anything else of the fast simulator.
// Test      walker_sets_test.cpp (its sums against those of the definition)
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "hw/arch/arch.hpp"
#include "hw/numerics/fp8.hpp"

namespace wd::sim::fast {

/// A tile's operands as plain numbers.
struct PlainTile {
  int chunks = 1, planes = 1, channels = 16;
  std::uint32_t inside = 0;
  std::vector<int> weights;         // [reduction][pe]
  std::vector<std::uint8_t> codes;  // [chunk][group][position]
  std::vector<std::uint8_t> fetch;  // [chunk] sub-reads
};

class SteppedArray {
 public:
  static constexpr int groups = 16;

  std::uint64_t run_cycles = 0;
  arch::Counters counters;
  std::vector<std::uint32_t> row_issue, walks, operands, last_walk;
  std::vector<std::int64_t> sums;  // [group][pe]

  SteppedArray(const arch::Arch& arch, const arch::Switches& switches, const PlainTile& tile)
      : row_issue(),
        walks(static_cast<std::size_t>(arch.walkers()), 0),
        operands(static_cast<std::size_t>(arch.pes()), 0),
        last_walk(walks),
        sums(operands.size(), 0),
        arch_(arch),
        switches_(switches),
        tile_(tile),
        rows_per_chunk_((tile.planes + arch.planes_per_row - 1) / arch.planes_per_row),
        rows_(tile.chunks * rows_per_chunk_),
        window_(switches.window == 0 ? arch.window : switches.window),
        walkers_(walks.size()),
        pes_(operands.size()),
        entries_(static_cast<std::size_t>(arch.entries), -1) {
    counters.rows_issued = static_cast<std::uint64_t>(tile.chunks * tile.planes);
    counters.chunks_issued = static_cast<std::uint64_t>(tile.chunks);
    while (!step()) ++now_;
    run_cycles = static_cast<std::uint64_t>(now_) + 1;
  }

 private:
  struct Pick {
    bool valid = false;
    int position = 0, entry = 0, weight = 0;  // the signed weight in the row's planes, at their place
  };
  struct Walker {
    std::vector<int> rem;  // positions that are left
    int row = -1;          // that they belong to
    int next = 0;          // rows before this one were taken or were empty
    Pick pick;
  };
  struct Pe {
    std::int64_t operand = 0, addend = 0;  // registers
    bool adds = false;                     // the operand register holds one
  };

  int chunk_of(int row) const { return row / rows_per_chunk_; }
  std::uint8_t code(int chunk, int group, int position) const {
    return tile_.codes[static_cast<std::size_t>((chunk * groups + group) * arch_.chunk + position)];
  }
  bool inside(int group) const { return tile_.inside >> group & 1; }

  /// What the row's planes hold of a weight, signed.
  int part(int row, int pe, int position) const {
    const int w = tile_.weights[static_cast<std::size_t>(
        (chunk_of(row) * arch_.chunk + position) * arch_.pes_per_group + pe)];
    const int low = row % rows_per_chunk_ * arch_.planes_per_row;
    const int high = std::min(tile_.planes, low + arch_.planes_per_row);
    const int magnitude = std::abs(w) % (1 << high) / (1 << low) * (1 << low);
    return w < 0 ? -magnitude : magnitude;
  }

  std::vector<int> work(int row, int set, int pe) const {
    std::vector<int> positions;
    for (int i = 0; i < arch_.chunk && pe < tile_.channels; ++i) {
      const int w = tile_.weights[static_cast<std::size_t>(
          (chunk_of(row) * arch_.chunk + i) * arch_.pes_per_group + pe)];
      bool walk = switches_.skip_zero_bits ? part(row, pe, i) != 0 : w != 0;
      if (!switches_.skip_zero_weights && w == 0)
        walk = !switches_.skip_zero_bits || row % rows_per_chunk_ == 0;
      bool active = false;
      for (int g = set * arch_.groups_per_walker; g < (set + 1) * arch_.groups_per_walker; ++g)
        active =
            active || (switches_.skip_zero_activations ? (code(chunk_of(row), g, i) & 0x7f) != 0 : inside(g));
      if (walk && active) positions.push_back(i);
    }
    return positions;
  }

  /// Issued at least 2 cycles ago, and nothing was left of it after the last cycle.
  bool is_free(int row) const {
    return row < 0 || (now_ >= long{row_issue[static_cast<std::size_t>(row)]} + 2 &&
                       !was_left_[static_cast<std::size_t>(row)]);
  }
  bool chunk_is_free(int chunk) const {
    bool all = true;
    for (int j = 0; j < rows_per_chunk_ && chunk >= 0; ++j) all = all && is_free(chunk * rows_per_chunk_ + j);
    return all;
  }

  /// A cycle; whether it was the last one.
  bool step() {
    const int issued = static_cast<int>(row_issue.size());
    bool idle = issued == rows_;
    for (int row = 0; row < issued; ++row) idle = idle && is_free(row);
    const bool flush = idle_cycles_ >= 2, done = idle_cycles_ == 3;
    idle_cycles_ = idle ? idle_cycles_ + 1 : 0;
    const bool issue = may_issue(issued);
    step_pes(flush);
    std::vector<bool> left(static_cast<std::size_t>(issued + issue), false);
    if (issue) left.back() = true;  // not visible yet: E + 2 guards it
    step_walkers(issued, left);
    was_left_ = left;
    if (issue) load(issued);
    return done;
  }

  bool may_issue(int row) const {
    if (row == rows_ || now_ < readable_ || !is_free(row - window_)) return false;
    if (row % rows_per_chunk_ != 0) return true;
    const int chunk = chunk_of(row);
    return now_ > fetch_start_ + tile_.fetch[static_cast<std::size_t>(chunk)] &&
           chunk_is_free(chunk - arch_.entries);
  }

  void load(int row) {
    row_issue.push_back(static_cast<std::uint32_t>(now_));
    readable_ = now_ + 1;
    if (row % rows_per_chunk_ != 0) return;
    fetch_start_ = now_;
    entries_[static_cast<std::size_t>(chunk_of(row) % arch_.entries)] = chunk_of(row);
  }

  void step_pes(bool flush) {
    for (int g = 0; g < groups; ++g)
      for (int p = 0; p < arch_.pes_per_group; ++p) {
        const auto at = static_cast<std::size_t>(g * arch_.pes_per_group + p);
        Pe& pe = pes_[at];
        if (pe.adds || flush) {
          sums[at] += pe.addend;
          pe.addend = pe.operand;
        }
        if (flush && inside(g) && p < tile_.channels && arch_.sum_segment != 0) ++counters.flush_ops;
        const Pick& pick =
            walkers_[static_cast<std::size_t>(g / arch_.groups_per_walker * arch_.pes_per_group + p)].pick;
        const int chunk = entries_[static_cast<std::size_t>(pick.entry)];
        const int act = pick.valid ? code(chunk, g, pick.position) : 0;
        pe.operand = pick.weight * numerics::fp8_units(static_cast<std::uint8_t>(act));
        pe.adds = pick.valid && (switches_.skip_zero_activations ? (act & 0x7f) != 0 : inside(g));
        if (!pe.adds) {
          pe.operand = 0;
          continue;
        }
        ++counters.bit_ops;
        ++operands[at];
      }
  }

  void step_walkers(int issued, std::vector<bool>& left) {
    for (int s = 0; s < groups / arch_.groups_per_walker; ++s) {
      bool active = false;
      for (int p = 0; p < arch_.pes_per_group; ++p)
        if (step_walker(s, p, issued, left)) active = true;
      for (int g = s * arch_.groups_per_walker; g < (s + 1) * arch_.groups_per_walker; ++g)
        counters.group_cycles += active && inside(g);
    }
  }

  bool step_walker(int set, int p, int issued, std::vector<bool>& left) {
    const auto at = static_cast<std::size_t>(set * arch_.pes_per_group + p);
    Walker& walker = walkers_[at];
    walker.pick.valid = false;
    const bool walked = !walker.rem.empty();
    if (walked) {
      walker.pick.position = walker.rem.front();
      walker.pick.entry = chunk_of(walker.row) % arch_.entries;
      walker.pick.weight = part(walker.row, p, walker.pick.position);
      walker.pick.valid = walker.pick.weight != 0;
      walker.rem.erase(walker.rem.begin());
      ++counters.walk_ops;
      ++walks[at];
      last_walk[at] = static_cast<std::uint32_t>(now_);
    }
    bool taken = false;
    if (walker.rem.empty()) {
      while (walker.next < issued && work(walker.next, set, p).empty()) ++walker.next;
      taken = walker.next < issued;
      if (taken) {
        walker.row = walker.next++;
        walker.rem = work(walker.row, set, p);
      }
    }
    if (!walker.rem.empty()) left[static_cast<std::size_t>(walker.row)] = true;
    for (int row = walker.next; row < issued; ++row)
      if (!work(row, set, p).empty()) left[static_cast<std::size_t>(row)] = true;
    counters.walker_cycles += walked || taken;
    return walked || taken;
  }

  const arch::Arch& arch_;
  const arch::Switches& switches_;
  const PlainTile& tile_;
  const int rows_per_chunk_, rows_, window_;
  long now_ = 0, fetch_start_ = 0, readable_ = 1;
  int idle_cycles_ = 0;  // nothing was left to walk
  std::vector<bool> was_left_;
  std::vector<Walker> walkers_;
  std::vector<Pe> pes_;
  std::vector<int> entries_;  // the chunk that each holds
};

}  // namespace wd::sim::fast
