// SPDX-License-Identifier: Apache-2.0
// Packs the memory image: each part's weight rows in the order of the schedule's parts, then all normalization rows and tables.
//
// Units     addresses in beats.
// Errors    a gamma that cannot be scaled: wd::Error naming layer and channel.
// Test      pack_test.cpp
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "compiler/compile.hpp"
#include "compiler/lowering.hpp"
#include "compiler/schedule.hpp"

namespace wd::compiler {

/// A part's weight rows in memory, in the form that choose_forms() took.
struct Burst {
  std::int64_t addr = 0;
  int beats = 0;
  bool coded = false;
};

struct PackedMemory {
  Bytes memory;
  std::vector<std::vector<Burst>> parts;    // of each step
  std::vector<std::vector<int>> norm_rows;  // each convolution's first one of all, by step
  std::map<int, std::int64_t> tables;       // addresses of those of GELU, by the results' scale_exp
  std::int64_t norm_addr = 0;
  int norm_count = 0;
};

/// @param acc_shifts of each step's convolutions
PackedMemory pack_memory(const std::vector<LoweredStep>& steps, const Schedule& schedule,
                         const std::vector<std::vector<int>>& acc_shifts, const Options& options);

}  // namespace wd::compiler
