// SPDX-License-Identifier: Apache-2.0
#include "algo/reservoir/random_forest.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <numeric>

#include "algo/data/counter_random.hpp"
#include "algo/reservoir/forest_records.hpp"
#include "base/error.hpp"

using namespace wd;
using namespace wd::algo;
using Catch::Contains;

namespace {

struct Samples {
  std::size_t features = 0;
  std::vector<std::vector<bool>> rows;
  std::vector<std::uint16_t> labels;
  int classes = 0;
};

/// Random bits; the label is the number formed by the first bits, wrong for one sample in `noise`.
Samples random_samples(std::size_t count, std::size_t features, int classes, std::uint64_t noise) {
  Samples samples{features, {}, {}, classes};
  for (std::size_t i = 0; i < count; ++i) {
    std::vector<bool> row;
    for (std::size_t f = 0; f < features; ++f)
      row.push_back(random_bits(7, RandomStream::shuffle, random_index(i, f)) & 1);
    std::uint64_t label = 4 * std::uint64_t{row[0]} + 2 * std::uint64_t{row[1]} + row[2];
    const std::uint64_t extra = random_bits(7, RandomStream::scores, i);
    if (extra % noise == 0) label = extra >> 20;
    samples.labels.push_back(static_cast<std::uint16_t>(label % static_cast<std::uint64_t>(classes)));
    samples.rows.push_back(std::move(row));
  }
  return samples;
}

FeatureColumns columns_of(ThreadPool& pool, const Samples& samples) {
  return make_feature_columns(pool, samples.features, samples.labels, samples.classes,
                              [&](std::size_t i, std::span<std::uint64_t> bits) {
                                for (std::size_t f = 0; f < samples.features; ++f)
                                  bits[f / 64] |= std::uint64_t{samples.rows[i][f]} << f % 64;
                              });
}

/// The definition of a tree on a list of samples, node by node, with the grower's random numbers.
class PlainGrower {
 public:
  PlainGrower(const Samples& samples, const ForestConfig& config, std::uint64_t seed, std::uint64_t number)
      : samples_(samples), config_(config), seed_(seed), number_(number), order_(samples.features) {
    std::iota(order_.begin(), order_.end(), 0u);
    const std::size_t count = samples.rows.size();
    std::vector<std::size_t> drawn;
    for (std::size_t i = 0; i < count; ++i)
      drawn.push_back(random_bits(seed, RandomStream::bootstrap, random_index(number, i)) % count);
    tree.root = grow(drawn, 0);
  }

  Tree tree;                                // leaves are numbered in the order of `leaves`
  std::vector<std::vector<double>> leaves;  // shares of the classes

 private:
  using List = std::vector<std::size_t>;

  std::vector<double> shares(const List& list) const {
    std::vector<double> out(static_cast<std::size_t>(samples_.classes));
    for (std::size_t i : list) out[samples_.labels[i]] += 1.0 / static_cast<double>(list.size());
    return out;
  }
  double impurity(const List& list) const {
    double sum = 0;
    for (double p : shares(list))
      sum += config_.criterion == SplitCriterion::gini ? p * (1 - p) : p > 0 ? -p * std::log(p) : 0;
    return sum * static_cast<double>(list.size());
  }

  TreeChild grow(const List& list, int depth) {
    const std::vector<double> share = shares(list);
    const bool pure = *std::max_element(share.begin(), share.end()) > 1 - 1e-9;
    const bool deep = config_.max_depth != 0 && depth == config_.max_depth;
    std::size_t wanted = static_cast<std::size_t>(config_.features_per_node);
    if (wanted == 0) wanted = static_cast<std::size_t>(std::sqrt(static_cast<double>(samples_.features)));
    bool found = false;
    double best = 0;
    std::uint32_t feature = 0;
    List sides[2];
    for (std::size_t n = 0; !pure && !deep && n < order_.size() && (n < wanted || !found); ++n) {
      const std::uint64_t bits =
          random_bits(seed_, RandomStream::candidates, random_index(number_, draws_++));
      std::swap(order_[n], order_[n + bits % (order_.size() - n)]);
      List parts[2];
      for (std::size_t i : list) parts[samples_.rows[i][order_[n]]].push_back(i);
      if (std::min(parts[0].size(), parts[1].size()) < static_cast<std::size_t>(config_.min_leaf)) continue;
      const double left = impurity(parts[0]) + impurity(parts[1]);
      if (found && left > best - 1e-10) continue;
      found = true;
      best = left;
      feature = order_[n];
      sides[0] = parts[0];
      sides[1] = parts[1];
    }
    if (!found) {
      leaves.push_back(share);
      return static_cast<TreeChild>(leaves.size() - 1) | leaf_flag;
    }
    const auto index = static_cast<std::uint32_t>(tree.nodes.size());
    tree.nodes.push_back({feature, {0, 0}});
    for (unsigned side = 0; side < 2; ++side) {
      const TreeChild child = grow(sides[side], depth + 1);
      tree.nodes[index].child[side] = child;
    }
    return index;
  }

  const Samples& samples_;
  const ForestConfig& config_;
  std::uint64_t seed_, number_, draws_ = 0;
  std::vector<std::uint32_t> order_;
};

/// Counts the places where a tree differs from the plain one, votes included.
int differences(const Forest& forest, const Tree& tree, const PlainGrower& plain) {
  if (tree.nodes.size() != plain.tree.nodes.size()) return 1 << 20;
  int wrong = 0;
  const auto compare = [&](TreeChild made, TreeChild expected) {
    if (!(expected & leaf_flag) || !(made & leaf_flag)) {
      wrong += made != expected;
      return;
    }
    for (std::size_t c = 0; c < static_cast<std::size_t>(forest.classes); ++c) {
      const double vote = 255 * plain.leaves[expected & ~leaf_flag][c];
      const std::size_t at = std::size_t{made & ~leaf_flag} * static_cast<std::size_t>(forest.classes) + c;
      wrong += std::abs(forest.votes[at] - vote) > 0.5 + 1e-9;
    }
  };
  compare(tree.root, plain.tree.root);
  for (std::size_t i = 0; i < tree.nodes.size(); ++i) {
    wrong += tree.nodes[i].feature != plain.tree.nodes[i].feature;
    for (std::size_t side = 0; side < 2; ++side)
      compare(tree.nodes[i].child[side], plain.tree.nodes[i].child[side]);
  }
  return wrong;
}

double share_right(const Forest& forest, const Samples& samples) {
  int right = 0;
  for (std::size_t i = 0; i < samples.rows.size(); ++i)
    right += classify(forest, [&](std::size_t f) { return samples.rows[i][f]; }) == samples.labels[i];
  return right / static_cast<double>(samples.rows.size());
}

}  // namespace

TEST_CASE("feature columns: every bit is where its sample's slot says", "[algo][oracle]") {
  ThreadPool pool(2);
  const Samples samples = random_samples(1500, 131, 5, 3);
  const FeatureColumns columns = columns_of(pool, samples);
  std::vector<std::uint64_t> expected(columns.bits.size());
  int wrong = 0;
  for (std::size_t i = 0; i < samples.rows.size(); ++i) {
    const std::size_t slot = columns.slots[i];
    wrong += columns.word_class[slot / 64] != samples.labels[i];
    for (std::size_t f = 0; f < samples.features; ++f)
      expected[f * columns.words + slot / 64] |= std::uint64_t{samples.rows[i][f]} << slot % 64;
  }
  CHECK(wrong == 0);
  CHECK(columns.bits == expected);
  std::vector<std::uint32_t> slots = columns.slots;
  std::sort(slots.begin(), slots.end());
  CHECK(std::adjacent_find(slots.begin(), slots.end()) == slots.end());
}

TEST_CASE("feature columns: too many are refused before memory is taken", "[algo][bad-input][message]") {
  ThreadPool pool(1);
  const std::vector<std::uint16_t> labels(60000, 0);
  CHECK_THROWS_WITH(make_feature_columns(pool, 1000000, labels, 1, {}),
                    Contains("1000000 features of 60032 samples take 7156 MiB, the limit is 4096 MiB") &&
                        Contains("use fewer planes"));
}

TEST_CASE("transpose: rows become columns", "[algo][oracle]") {
  std::array<std::uint64_t, 64> block{}, turned{};
  for (std::size_t i = 0; i < 64; ++i) turned[i] = block[i] = random_bits(1, RandomStream::signs, i);
  transpose_bits(turned);
  int wrong = 0;
  for (std::size_t i = 0; i < 64; ++i)
    for (std::size_t j = 0; j < 64; ++j) wrong += (block[i] >> j & 1) != (turned[j] >> i & 1);
  CHECK(wrong == 0);
}

TEST_CASE("forest: trees equal the definition, node by node", "[algo][oracle]") {
  ThreadPool pool(2);
  const Samples samples = random_samples(700, 40, 6, 4);
  const FeatureColumns columns = columns_of(pool, samples);
  ForestConfig config;
  config.trees = 6;
  config.criterion = GENERATE(SplitCriterion::gini, SplitCriterion::entropy);
  const auto [per_node, depth, leaf] =
      GENERATE(table<int, int, int>({{0, 0, 1}, {1, 0, 1}, {40, 5, 1}, {9, 0, 7}}));
  config.features_per_node = per_node;
  config.max_depth = depth;
  config.min_leaf = leaf;
  const Forest forest = train_forest(pool, config, 3, columns);
  REQUIRE(forest.trees.size() == 6);
  for (std::size_t t = 0; t < forest.trees.size(); ++t) {
    const PlainGrower plain(samples, config, 3, t);
    INFO("tree " << t << " with " << forest.trees[t].nodes.size() << " nodes");
    CHECK(differences(forest, forest.trees[t], plain) == 0);
  }
}

TEST_CASE("forest: the same for any number of threads, another for another seed", "[algo]") {
  const Samples samples = random_samples(900, 60, 4, 5);
  ForestConfig config;
  config.trees = 12;
  config.voting = GENERATE(Voting::soft, Voting::majority);
  ThreadPool one(1), two(2), eight(8);
  const Forest forest = train_forest(one, config, 5, columns_of(one, samples));
  CHECK(forest == train_forest(two, config, 5, columns_of(two, samples)));
  CHECK(forest == train_forest(eight, config, 5, columns_of(eight, samples)));
  CHECK_FALSE(forest == train_forest(one, config, 6, columns_of(one, samples)));
}

TEST_CASE("forest: learns the rule behind the labels", "[algo]") {
  ThreadPool pool(2);
  const Samples samples = random_samples(3000, 30, 8, 1000000);
  ForestConfig config;
  config.trees = 40;
  const Forest forest = train_forest(pool, config, 1, columns_of(pool, samples));
  CHECK(share_right(forest, samples) > 0.999);
}

TEST_CASE("forest: equal rows with different labels end in one leaf with both shares", "[algo]") {
  ThreadPool pool(1);
  Samples samples{3, {}, {}, 3};
  for (std::size_t i = 0; i < 300; ++i) {
    samples.rows.push_back({true, false, true});
    samples.labels.push_back(static_cast<std::uint16_t>(i % 3 == 0 ? 2 : 0));
  }
  ForestConfig config;
  config.trees = 1;
  const Forest soft = train_forest(pool, config, 1, columns_of(pool, samples));
  REQUIRE(soft.trees[0].nodes.empty());
  REQUIRE(soft.leaf_rows() == 1);
  CHECK(soft.votes[0] + soft.votes[2] == 255);
  CHECK(std::abs(soft.votes[2] - 85) < 25);
  config.voting = Voting::majority;
  CHECK(train_forest(pool, config, 1, columns_of(pool, samples)).votes == std::vector<std::uint8_t>{1, 0, 0});
}

TEST_CASE("forest: a stop leaves the trees that are finished", "[algo]") {
  ThreadPool pool(1);
  std::atomic<bool> stop{false};
  const Samples samples = random_samples(300, 20, 3, 5);
  ForestConfig config;
  config.trees = 50;
  ForestOptions options{&stop, [&](std::size_t done) { stop = done == 3; }};
  CHECK(train_forest(pool, config, 1, columns_of(pool, samples), options).trees.size() == 3);
}

TEST_CASE("forest: votes add up over trees and ties go to the lowest class", "[algo]") {
  Forest forest{4, 3, {}, {0, 0, 255, 200, 55, 0, 55, 200, 0}};
  forest.trees.push_back({0, {{1, {0 | leaf_flag, 1}}, {3, {1 | leaf_flag, 2 | leaf_flag}}}});
  forest.trees.push_back({2 | leaf_flag, {}});
  const auto votes_of = [&](std::vector<bool> bits) {
    std::vector<std::uint32_t> sums(3);
    add_votes(
        forest, [&](std::size_t f) { return bits[f]; }, sums);
    return sums;
  };
  CHECK(votes_of({false, false, false, true}) == std::vector<std::uint32_t>{55, 200, 255});
  CHECK(votes_of({false, true, false, false}) == std::vector<std::uint32_t>{255, 255, 0});
  CHECK(votes_of({false, true, false, true}) == std::vector<std::uint32_t>{110, 400, 0});
  CHECK(classify(forest, [](std::size_t f) { return f == 1; }) == 0);
}

TEST_CASE("forest: sizes follow the formulas", "[algo][oracle]") {
  Forest forest{1000, 10, {}, std::vector<std::uint8_t>(50)};
  // Three inner nodes and four leaves; then a single leaf.
  forest.trees.push_back(
      {0, {{5, {1, 2}}, {6, {0 | leaf_flag, 1 | leaf_flag}}, {999, {2 | leaf_flag, 4 | leaf_flag}}}});
  forest.trees.push_back({3 | leaf_flag, {}});
  const ForestSize size = measure(forest);
  CHECK(size.inner_nodes == 3);
  CHECK(size.leaves == 5);
  CHECK(size.leaf_rows == 5);
  CHECK(size.depth == 2);
  // ceil(log2) of 1000 is 10, of 7 nodes 3, of 1 node 0, of 5 rows 3.
  CHECK(size.formula_bits == 7 * (10 + 2 * 3 + 3) + 1 * (10 + 0 + 3) + 8 * 50);
  // A record: 10 bits, twice a flag and max(2 bits for 3 nodes, 3 bits for 5 rows).
  CHECK(size.packed_bits == 3 * (10 + 2 * (1 + 3)) + 8 * 50);
  CHECK(index_bits(1) == 0);
  CHECK(index_bits(2) == 1);
  CHECK(index_bits(64) == 6);
  CHECK(index_bits(65) == 7);
}
