// SPDX-License-Identifier: Apache-2.0
// Whether a chip can execute what stands in its instruction memory.
//
// What      the checker of program files wants to know where input, scores and scratch memory lie; here that follows from the instructions.
//           Instructions that are none, and a memory without a last HALT, are faults when they are met: up to there it must be a program.
// Errors    as program::check: wd::Error.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "hw/formats/program/program.hpp"

namespace whitedwarf {

/// Reads bytes from a beat of the program's memory on. @return whether it could
using PeekMemory = std::function<bool(std::uint64_t first, std::span<std::uint8_t> bytes)>;

/// Does nothing where memory cannot be looked at.
void check_program(const wd::arch::Arch& arch, const std::vector<wd::arch::Instr>& instrs,
                   const PeekMemory& peek);

}  // namespace whitedwarf
