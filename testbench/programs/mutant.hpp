// SPDX-License-Identifier: Apache-2.0
// Programs with one or two small mistakes, as a compiler might make them, for the checker to find or the engines to agree on.
#pragma once

#include <cstdint>

#include "testbench/programs/random_program.hpp"

namespace wd::testbench {

/// A random program with instructions dropped, moved, doubled or swapped, or with fields changed. A pure function of the seed.
/// It may break every rule of program::check.
RandomProgram mutant(std::uint64_t seed, const arch::Arch& arch);

}  // namespace wd::testbench
