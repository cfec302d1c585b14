// SPDX-License-Identifier: Apache-2.0
#include "sim/dram/memory_timing.hpp"

#include <algorithm>

namespace wd::sim {

MemoryTiming::MemoryTiming(std::uint64_t period_ps, std::uint64_t read_latency, std::optional<DramPart> part)
    : period_ps_(period_ps), latency_ps_(read_latency * period_ps) {
  if (part) dram_.emplace(std::move(*part));
}

std::uint64_t MemoryTiming::answer(std::uint64_t at_ps, std::uint64_t address, std::uint64_t bytes,
                                   bool write) {
  const std::uint64_t beats = (bytes + beat_bytes - 1) / beat_bytes;
  if (!dram_) return whole_cycles(write ? at_ps : at_ps + latency_ps_);
  const auto clock_ps = static_cast<std::uint64_t>(dram_->part().clock_ps);
  const auto granule = static_cast<std::uint64_t>(dram_->part().access_bytes());
  const std::uint64_t arrival = (at_ps + clock_ps - 1) / clock_ps;
  std::uint64_t first = write ? 0 : port_free_, end = 0;
  for (std::uint64_t at = address / granule * granule; at < address + bytes; at += granule) {
    end = dram_->access(arrival, at, write) * clock_ps;
    if (write) continue;
    // The access's first beat cannot pass earlier; those before it take a cycle each.
    const std::uint64_t beat = at <= address ? 0 : (at - address) / beat_bytes;
    const std::uint64_t passes = whole_cycles(end + latency_ps_);
    first = std::max(first, passes - std::min(passes, beat * period_ps_));
  }
  if (write) return whole_cycles(end);
  port_free_ = first + beats * period_ps_;
  return first;
}

}  // namespace wd::sim
