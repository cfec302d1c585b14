// SPDX-License-Identifier: Apache-2.0
// Small random programs that visit the corners of the core: shapes, strides, loops, tiles, switches.
#pragma once

#include <cstdint>

#include "hw/formats/program/program.hpp"

namespace wd::testbench {

struct RandomProgram {
  program::Program program;
  std::vector<std::uint8_t> input;
  arch::Switches switches;
};

/// A pure function of seed and architecture.
RandomProgram random_program(std::uint64_t seed, const arch::Arch& arch);

}  // namespace wd::testbench
