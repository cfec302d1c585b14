// SPDX-License-Identifier: Apache-2.0
// Breiman's random forest for binary features: a node is one bit test, a leaf one row of votes.
//
// Shape     a tree's inner nodes are in preorder; votes: leaf rows x classes bytes, shared by all trees.
// Numerics  soft leaves vote round(255 share) of their bootstrap samples for each class, majority leaves 1
//           for their most frequent class (the lowest of several). The class of the highest sum wins, the
//           lowest of several. The same forest for any number of threads.
// Errors    forest_from and read_forest refuse every file that no training wrote: wd::Error.
// Source    Breiman, Machine Learning 45 (2001) 5
// Test      random_forest_test.cpp, forest_file_test.cpp
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <vector>

#include "algo/reservoir/feature_columns.hpp"
#include "base/container.hpp"
#include "base/parallel.hpp"

namespace wd::algo {

enum class SplitCriterion { gini, entropy };
enum class Voting { soft, majority };

struct ForestConfig {
  int trees = 100;
  int features_per_node = 0;  // 0: floor of the square root of their number
  SplitCriterion criterion = SplitCriterion::gini;
  int max_depth = 0;  // bit tests on a path; 0: any
  int min_leaf = 1;   // bootstrap samples
  Voting voting = Voting::soft;
  bool operator==(const ForestConfig&) const = default;
};

/// How many features a node draws.
std::size_t draws_per_node(const ForestConfig& config, std::size_t features);

/// An inner node, or with the flag a row of votes.
using TreeChild = std::uint32_t;
inline constexpr TreeChild leaf_flag = 0x80000000;

struct TreeNode {
  std::uint32_t feature = 0;
  TreeChild child[2] = {0, 0};  // for a bit of 0 and of 1
  bool operator==(const TreeNode&) const = default;
};

struct Tree {
  TreeChild root = leaf_flag;  // inner node 0, or a leaf if there is none
  std::vector<TreeNode> nodes;
  bool operator==(const Tree&) const = default;
};

struct Forest {
  std::size_t features = 0;
  int classes = 0;
  std::vector<Tree> trees;
  std::vector<std::uint8_t> votes;

  std::size_t leaf_rows() const { return votes.size() / static_cast<std::size_t>(classes); }
  bool operator==(const Forest&) const = default;
};

struct ForestOptions {
  const std::atomic<bool>* stop = nullptr;      // ends early with fewer trees than asked for
  std::function<void(std::size_t)> progress{};  // trees finished; called by one thread at a time
};

Forest train_forest(ThreadPool& pool, const ForestConfig& config, std::uint64_t seed,
                    const FeatureColumns& columns, const ForestOptions& options = {});

/// Adds all trees' votes of a sample. @param bit callable: feature -> bool
template <typename Bit>
void add_votes(const Forest& forest, Bit&& bit, std::span<std::uint32_t> sums) {
  for (const Tree& tree : forest.trees) {
    TreeChild at = tree.root;
    while (!(at & leaf_flag)) {
      const TreeNode& node = tree.nodes[at];
      at = node.child[bit(node.feature) ? 1 : 0];
    }
    const std::uint8_t* row = forest.votes.data() + std::size_t{at & ~leaf_flag} * sums.size();
    for (std::size_t c = 0; c < sums.size(); ++c) sums[c] += row[c];
  }
}

/// @return the class
template <typename Bit>
int classify(const Forest& forest, Bit&& bit) {
  std::vector<std::uint32_t> sums(static_cast<std::size_t>(forest.classes));
  add_votes(forest, bit, sums);
  return static_cast<int>(std::max_element(sums.begin(), sums.end()) - sums.begin());
}

struct ForestSize {
  std::uint64_t inner_nodes = 0, leaves = 0, leaf_rows = 0;
  int depth = 0;  // bit tests on the longest path
  /// Sum over trees of nodes (ceil(log2 features) + 2 ceil(log2 nodes) + ceil(log2 leaf rows)), inner nodes
  /// and leaves alike, plus 8 bits per vote.
  std::uint64_t formula_bits = 0;
  std::uint64_t packed_bits = 0;  // node records and vote rows of the file, without its envelope
};
ForestSize measure(const Forest& forest);

inline constexpr FileKind forest_kind{{'W', 'D', 'F', '1'}, 1, "forest"};

Container to_container(const Forest& forest);
Forest forest_from(const Container& container);
void write_forest(const Forest& forest, const std::filesystem::path& path);
Forest read_forest(const std::filesystem::path& path);

}  // namespace wd::algo
