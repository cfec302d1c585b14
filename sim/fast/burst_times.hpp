// SPDX-License-Identifier: Apache-2.0
// When bursts start and end: one after another, in order, at most arch::burst_queue waiting or in progress.
//
// Timing    start(j) = max(exec(j), end(j - 1) + 1)           exec(j) >= end(j - burst_queue) + 1
//           end(j) = start(j) + MemoryLatency + cycles(j): a beat's each, or a coded burst's; of a STORE_TENSOR r(count - 1) + 1, r(i) the first cycle from
//           max(start(j) + MemoryLatency, r(i - 1) + 1) on in which tiles do not read its word's bank.
//           Where memory has times of its own, a store's first word may have to wait before it is sent; the second is read in that cycle or later.
//           exec of WAIT tag >= the end of the tag's last burst + 1. exec: an instruction's last EXEC cycle. end: the burst's last cycle.
// How       a store is followed as tiles tell of their reads; until its end is known, the bursts behind it wait here, too.
// Test      burst_times_test.cpp (against a plain model that steps cycles)
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <utility>

#include "hw/arch/arch.hpp"

namespace wd::sim::fast {

/// Whoever moves the bursts' data where memory has times of its own.
class BurstMover {
 public:
  virtual ~BurstMover() = default;
  /// A load starts. @return its last cycle: in which its last beat comes, or a coded burst's last row is written
  virtual std::uint64_t load(const arch::Instr& burst, int iteration, std::uint64_t start) = 0;
  /// Words of a store have been sent, from one on, the first of them in cycle `sent`, the others in the next ones.
  virtual void store(const arch::Instr& burst, int iteration, std::uint64_t word, std::uint64_t words,
                     std::uint64_t sent) = 0;
  /// The first cycle in which a store's first word may be sent, if all stores before it have been.
  virtual std::uint64_t accepts_from() = 0;
};

/// When a burst was in progress: requested in cycle `start`, with beats, or cycles of decoding, from start + MemoryLatency + 1 to the cycle before `end`.
struct BurstSpan {
  const arch::Instr* burst = nullptr;
  int iteration = 0;
  std::uint64_t start = 0, end = 0;
};

class BurstTimes {
 public:
  /// @param mover null where memory is ideal
  explicit BurstTimes(int memory_latency, BurstMover* mover = nullptr)
      : latency_(static_cast<std::uint64_t>(memory_latency)), mover_(mover) {}

  /// @param exec first EXEC cycle @param cycles from its first beat to its end, where memory is ideal @return the last one
  std::uint64_t queue(std::uint64_t exec, const arch::Instr& burst, std::uint64_t cycles, int iteration = 0);
  std::uint64_t queue(std::uint64_t exec, const arch::Instr& burst) {
    return queue(exec, burst, static_cast<std::uint64_t>(burst.count));
  }
  /// @param exec first EXEC cycle of a WAIT @return the last one
  std::uint64_t wait(std::uint64_t exec, int tag);

  /// Called for each burst whose end is known, in their order; an empty function stops.
  void set_told(std::function<void(const BurstSpan&)> told) { told_ = std::move(told); }

  /// Tiles read nothing any more. @return the first cycle behind the last burst
  std::uint64_t finish_all();

  /// Whether a store is not at its end as far as is known: then it has to be told of the tiles' reads.
  bool store_pending() const { return !waiting_.empty(); }
  /// In a cycle tiles read these banks. Cycles come in ascending order; in those that are left out tiles read nothing.
  void tiles_read(std::uint64_t cycle, std::uint32_t banks);

 private:
  struct Burst {
    std::uint64_t number = 0, exec = 0;
    int tag = 0;
    bool started = false;
    std::uint64_t start = 0;
    std::uint64_t left = 0;  // beats, or cycles from the first one on
    // of a STORE_TENSOR
    bool store = false;
    std::uint64_t next = 0;   // the cycle in which its next word is read, if nothing else reads its bank
    std::uint64_t ready = 0;  // the first cycle in which its first word may be sent
    std::uint64_t pixel = 0, pixels = 1;  // of a channel block: the next word's, and how many
    // for the mover
    const arch::Instr* instr = nullptr;
    int iteration = 0;
    bool out = false;  // to memory
  };

  /// Follows bursts through all cycles before one.
  void follow(std::uint64_t until);
  /// The array is idle until a burst has ended.
  void finish(std::uint64_t number);
  /// Follows the first burst; @return whether that was to its end
  bool follow_first(std::uint64_t until);

  std::uint64_t latency_;
  BurstMover* mover_;
  std::function<void(const BurstSpan&)> told_;
  std::uint64_t free_at_ = 0;  // first cycle behind the last burst whose end is known
  std::uint64_t bursts_ = 0;   // queued so far
  std::deque<Burst> waiting_;  // whose ends are not known: the first one is a store
  std::array<std::uint64_t, arch::burst_queue> free_{};  // of the last bursts, the first cycle behind them
  std::array<std::uint64_t, std::size_t{1} << arch::field_bits::tag>
      tag_{};  // of each tag's last burst, the same
};

}  // namespace wd::sim::fast
