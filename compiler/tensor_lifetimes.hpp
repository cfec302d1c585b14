// SPDX-License-Identifier: Apache-2.0
// Finds how long each tensor is needed, and gives tensors that never are at the same time the same activation rows.
//
// Units     lifetimes in steps of the network, of which a fold is one; rows of every activation bank.
// Errors    a tensor that is read before it is written, rows beyond the architecture's: wd::Error naming layer, need, limit
//           and remedy.
// Source    docs/decisions/0028-tensor-lifetimes.md
// Test      tensor_lifetimes_test.cpp, testbench/lifetimes_test.cpp
#pragma once

#include <vector>

#include "hw/arch/arch.hpp"
#include "hw/formats/model/network.hpp"

namespace wd::compiler {

/// From the first step that writes a tensor to the last one that reads or writes it, both included.
struct Lifetime {
  int first = -1, last = -1;

  bool used() const { return first >= 0; }
  bool meets(const Lifetime& other) const { return first <= other.last && other.first <= last; }
  bool operator==(const Lifetime&) const = default;
};

/// Of each tensor; the input is there from the first step on, a tensor that no step names is not used.
std::vector<Lifetime> tensor_lifetimes(const model::Network& network);

struct TensorRows {
  std::vector<int> first;  // of each tensor; 0 where it is not used
  int rows = 0;            // that all of them take together
  int unshared = 0;        // that they would take if none shared rows
};

/// @param share off: every tensor keeps its rows for good. @param batch images that each tensor holds
TensorRows assign_rows(const model::Network& network, const arch::Arch& arch, bool share = true,
                       int batch = 1);

/// Rows that assign_rows() needs.
int rows_needed(const model::Network& network, const arch::Arch& arch, bool share = true, int batch = 1);

}  // namespace wd::compiler
