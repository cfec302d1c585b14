// SPDX-License-Identifier: Apache-2.0
// What every fuzz target is: a function that gives one reader the bytes of a file.
//
// A target is one <name>_fuzz.cpp that defines read(). fuzz_main.cpp makes a libFuzzer program of it, replay_main.cpp
// one that needs no libFuzzer and runs the seeds and mutations of them.
// Errors    wd::Error is the refusal that is expected. All else is a finding and ends the program: another exception,
//           a crash, a sanitizer's report, more memory than memory_limit().
// Test      fuzz.<name> in ctest, scripts/fuzz.sh
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace wd::fuzz {

/// Reads `data` as a file of the target's kind. Where the reader accepts it, it may go on to use what was read.
void read(std::span<const std::uint8_t> data);

/// Bytes that a reader may hold at once for a file of this size.
constexpr std::size_t memory_limit(std::size_t file_bytes) {
  return (std::size_t{256} << 20) + 1024 * file_bytes;
}

/// read() within memory_limit(). @return whether the reader accepted the data
bool try_read(std::span<const std::uint8_t> data);

}  // namespace wd::fuzz
