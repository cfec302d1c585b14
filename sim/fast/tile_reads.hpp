// SPDX-License-Identifier: Apache-2.0
// The cycles in which tiles read banks of the activation buffer: what a STORE_TENSOR beside them has to know.
//
// Not       how often: counters come from elsewhere.
// Test      testbench/ (against SystemC and RTL cycles)
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sim/fast/burst_times.hpp"
#include "sim/fast/organisation.hpp"

namespace wd::sim::fast {

/// In which RUN cycles a CONV's tile starts to fetch its chunks: each when the one before is consumed.
std::vector<std::uint32_t> fetch_starts(const RowTimes& times, const arch::Instr& conv,
                                        const arch::Arch& arch);

/// A tile's operand fetches. @param run its first RUN cycle @param starts of each chunk's fetch, in RUN cycles
void tell_fetches(BurstTimes& bursts, const arch::Instr& instr, int tile, std::uint64_t run,
                  std::span<const std::uint32_t> starts, const arch::Arch& arch);

/// A tile's reads in POST: of an ELEMENTWISE's input and the residual. @param post its first POST cycle
void tell_post_reads(BurstTimes& bursts, const arch::Instr& instr, int tile, int blocks, std::uint64_t post,
                     const arch::Arch& arch);

}  // namespace wd::sim::fast
