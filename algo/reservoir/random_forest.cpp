// SPDX-License-Identifier: Apache-2.0
#include "algo/reservoir/random_forest.hpp"

#include <cmath>
#include <map>
#include <mutex>
#include <string>

#include "algo/reservoir/forest_records.hpp"
#include "algo/reservoir/tree_grower.hpp"
#include "base/error.hpp"

namespace wd::algo {
namespace {

using Row = std::string;  // a row's bytes, as a key

/// Appends a tree, its leaves pointing to the forest's rows; equal rows are kept once.
void append(Forest& forest, std::map<Row, std::uint32_t>& rows, GrownTree grown) {
  const auto classes = static_cast<std::size_t>(forest.classes);
  const auto share = [&](TreeChild& child) {
    if (!(child & leaf_flag)) return;
    const auto* first = grown.votes.data() + std::size_t{child & ~leaf_flag} * classes;
    const auto next = static_cast<std::uint32_t>(rows.size());
    const auto [found, fresh] = rows.emplace(Row(first, first + classes), next);
    if (fresh) forest.votes.insert(forest.votes.end(), first, first + classes);
    child = found->second | leaf_flag;
  };
  share(grown.tree.root);
  for (TreeNode& node : grown.tree.nodes)
    for (TreeChild& child : node.child) share(child);
  forest.trees.push_back(std::move(grown.tree));
}

int depth_of(const Tree& tree) {
  std::vector<int> depth(tree.nodes.size(), 0);
  int most = 0;
  for (std::size_t i = 0; i < tree.nodes.size(); ++i) {
    most = std::max(most, depth[i] + 1);
    for (TreeChild child : tree.nodes[i].child)
      if (!(child & leaf_flag)) depth[child] = depth[i] + 1;
  }
  return most;
}

}  // namespace

std::size_t draws_per_node(const ForestConfig& config, std::size_t features) {
  if (config.features_per_node != 0)
    return std::min(features, static_cast<std::size_t>(config.features_per_node));
  return static_cast<std::size_t>(std::sqrt(static_cast<double>(features)));
}

Forest train_forest(ThreadPool& pool, const ForestConfig& config, std::uint64_t seed,
                    const FeatureColumns& columns, const ForestOptions& options) {
  std::vector<GrownTree> grown(static_cast<std::size_t>(config.trees));
  std::vector<char> done(grown.size(), 0);
  std::mutex mutex;
  std::size_t finished = 0;
  pool.run(grown.size(), [&](std::size_t number) {
    if (options.stop && *options.stop) return;
    grown[number] = grow_tree(config, seed, static_cast<std::uint32_t>(number), columns);
    done[number] = 1;
    const std::lock_guard lock(mutex);
    ++finished;
    if (options.progress) options.progress(finished);
  });
  Forest forest;
  forest.features = columns.features;
  forest.classes = columns.classes;
  std::map<Row, std::uint32_t> rows;
  for (std::size_t number = 0; number < grown.size(); ++number)
    if (done[number]) append(forest, rows, std::move(grown[number]));
  return forest;
}

ForestSize measure(const Forest& forest) {
  ForestSize size;
  size.leaf_rows = forest.leaf_rows();
  const std::uint64_t vote_bits = 8 * std::uint64_t{forest.votes.size()};
  size.formula_bits = size.packed_bits = vote_bits;
  for (const Tree& tree : forest.trees) {
    const std::uint64_t inner = tree.nodes.size(), nodes = 2 * inner + 1;
    size.inner_nodes += inner;
    size.leaves += inner + 1;
    size.depth = std::max(size.depth, depth_of(tree));
    size.formula_bits +=
        nodes * (index_bits(forest.features) + 2 * index_bits(nodes) + index_bits(forest.leaf_rows()));
    size.packed_bits += inner * record_bits(forest.features, inner, forest.leaf_rows());
  }
  return size;
}

}  // namespace wd::algo
