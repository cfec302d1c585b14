// SPDX-License-Identifier: Apache-2.0
// The width of a tree node in a forest file and in the size figures.
//
// A record is the feature's number and two children; a child is one flag bit (1: leaf) and a number, wide
// enough for the tree's inner nodes and the forest's vote rows.
// Test      forest_file_test.cpp
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

namespace wd::algo {

/// Bits of an index below `count`: ceil(log2(count)).
constexpr unsigned index_bits(std::uint64_t count) {
  return count <= 1 ? 0 : static_cast<unsigned>(std::bit_width(count - 1));
}

constexpr unsigned child_bits(std::uint64_t inner_nodes, std::uint64_t leaf_rows) {
  return 1 + std::max(index_bits(inner_nodes), index_bits(leaf_rows));
}

constexpr unsigned record_bits(std::uint64_t features, std::uint64_t inner_nodes, std::uint64_t leaf_rows) {
  return index_bits(features) + 2 * child_bits(inner_nodes, leaf_rows);
}

}  // namespace wd::algo
