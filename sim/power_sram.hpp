// SPDX-License-Identifier: Apache-2.0
// Energy of the chip's memories by a table's closed form, with sizes and ports from the architecture.
//
// Units     KB of 1024 bytes, fJ.
// Test      power_model_test.cpp
#pragma once

#include <string>
#include <vector>

#include "sim/power_blocks.hpp"
#include "sim/power_table.hpp"

namespace wd::sim {

/// An access to `bits` of a memory that is made of macros as wide as they may be.
double access_fj(const SramForm& form, const AccessForm& access, double kilobytes, int bits);

struct MemoryEnergy {
  const char* name;
  double accesses_fj = 0, leakage_nw = 0;
};

/// At the form's own voltage.
std::vector<MemoryEnergy> memory_energies(const SramForm& form, const CounterAmounts& n,
                                          const arch::Arch& arch);

/// A memory as macros of the form's widest words.
struct MemoryMacros {
  const char* name;
  int count = 0;         // of the chip
  double kilobytes = 0;  // each
};

/// Weights, activations, norms, instructions; the scores are flops.
std::vector<MemoryMacros> memory_macros(const SramForm& form, const arch::Arch& arch);

/// Memories whose macros are smaller or larger than those that the form was fitted to, as texts.
std::vector<std::string> beyond_form(const SramForm& form, const arch::Arch& arch);

}  // namespace wd::sim
