// SPDX-License-Identifier: Apache-2.0
// When bursts start and end: one after another, in order, at most arch::burst_queue waiting or in progress.
//
// Timing    start(j) = max(exec(j), end(j - 1) + 1)           end(j) = start(j) + MemoryLatency + count(j)
//           exec(j) >= end(j - burst_queue) + 1                exec of WAIT tag >= the end of the tag's last burst + 1
//           exec: an instruction's last EXEC cycle. end: the burst's last cycle.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "hw/arch/arch.hpp"

namespace wd::sim::fast {

class BurstTimes {
 public:
  explicit BurstTimes(int memory_latency) : memory_latency_(memory_latency) {}

  /// @param exec first EXEC cycle @return the last one
  std::uint64_t queue(std::uint64_t exec, const arch::Instr& burst) {
    std::uint64_t& oldest = free_[bursts_++ % free_.size()];
    exec = std::max(exec, oldest);
    free_at_ = std::max(exec, free_at_) + static_cast<std::uint64_t>(memory_latency_ + burst.count) + 1;
    oldest = tag_[static_cast<std::size_t>(burst.tag)] = free_at_;
    return exec;
  }
  /// @param exec first EXEC cycle of a WAIT @return the last one
  std::uint64_t wait(std::uint64_t exec, int tag) const {
    return std::max(exec, tag_[static_cast<std::size_t>(tag)]);
  }

 private:
  int memory_latency_;
  std::uint64_t free_at_ = 0;  // first cycle behind the last burst
  std::uint64_t bursts_ = 0;
  std::array<std::uint64_t, arch::burst_queue> free_{};  // of the last bursts, the same
  std::array<std::uint64_t, std::size_t{1} << arch::field_bits::tag>
      tag_{};  // of each tag's last burst, the same
};

}  // namespace wd::sim::fast
