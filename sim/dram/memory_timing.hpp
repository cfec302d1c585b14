// SPDX-License-Identifier: Apache-2.0
// When a memory answers a transaction: at once after a latency ("ideal"), or as a DRAM behind a controller does.
//
// Units     picoseconds; a transaction's beats of 16 bytes pass the port of a DRAM's controller one each cycle. An ideal memory has ports enough.
// Timing    an answer's time is the start of the cycle of its first beat, the others follow in the next cycles; a write's is that in which all is
//           written. Answers are at whole cycles. A pure function of the sequence of transactions.
// Test      dram_test.cpp
#pragma once

#include <optional>

#include "sim/dram/dram.hpp"

namespace wd::sim {

class MemoryTiming {
 public:
  static constexpr std::uint64_t beat_bytes = 16;

  /// Without a part: ideal. @param read_latency cycles from a request to its answer, on top of a DRAM's own
  MemoryTiming(std::uint64_t period_ps, std::uint64_t read_latency, std::optional<DramPart> part);

  /// @return when the answer begins; times before the last request count as its
  std::uint64_t answer(std::uint64_t at_ps, std::uint64_t address, std::uint64_t bytes, bool write);

  const Dram* dram() const { return dram_ ? &*dram_ : nullptr; }
  Dram* dram() { return dram_ ? &*dram_ : nullptr; }
  std::uint64_t read_latency_ps() const { return latency_ps_; }

 private:
  std::uint64_t whole_cycles(std::uint64_t ps) const {
    return (ps + period_ps_ - 1) / period_ps_ * period_ps_;
  }

  const std::uint64_t period_ps_, latency_ps_;
  std::optional<Dram> dram_;
  std::uint64_t port_free_ = 0;  // behind the last beat that was read
};

}  // namespace wd::sim
