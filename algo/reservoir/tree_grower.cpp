// SPDX-License-Identifier: Apache-2.0
#include "algo/reservoir/tree_grower.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "algo/data/counter_random.hpp"
#include "algo/reservoir/sample_words.hpp"
#include "base/error.hpp"

namespace wd::algo {
namespace {

/// Relative; splits that are equally good in exact arithmetic are then ties in floating point, too.
constexpr double equal_scores = 1e-13;

/// A node that waits for its split; its samples are the last ones on the stack when its turn comes.
struct OpenNode {
  std::size_t begin = 0;
  int depth = 0;
  std::uint32_t parent = 0;
  unsigned side = 0;
};

class TreeGrower {
 public:
  TreeGrower(const ForestConfig& config, std::uint64_t seed, std::uint32_t number,
             const FeatureColumns& columns)
      : config_(config), seed_(seed), number_(number), columns_(columns), order_(columns.features) {
    std::iota(order_.begin(), order_.end(), 0u);
    per_node_ = draws_per_node(config, columns.features);
  }

  GrownTree grow() {
    draw_bootstrap();
    open_.push_back({});
    while (!open_.empty()) {
      const OpenNode node = open_.back();
      open_.pop_back();
      const TreeChild made = finish(node);
      // Inner node 0 and the leaf of a tree without inner nodes are nobody's children.
      if (grown_.tree.nodes.empty() || made == 0)
        grown_.tree.root = made;
      else
        grown_.tree.nodes[node.parent].child[node.side] = made;
    }
    return std::move(grown_);
  }

 private:
  void draw_bootstrap() {
    std::vector<std::uint8_t> times(64 * columns_.words);
    for (std::size_t i = 0; i < columns_.samples; ++i) {
      const std::uint64_t bits = random_bits(seed_, RandomStream::bootstrap, random_index(number_, i));
      std::uint8_t& drawn = times[columns_.slots[bits % columns_.samples]];
      WD_ASSERT(drawn < 255);
      ++drawn;
    }
    for (std::size_t w = 0; w < columns_.words; ++w)
      for (unsigned digit = 0; digit < 8; ++digit) {
        std::uint64_t mask = 0;
        for (std::size_t i = 0; i < 64; ++i) mask |= (std::uint64_t{times[64 * w + i]} >> digit & 1) << i;
        if (mask != 0) samples_.push(static_cast<std::uint32_t>(w), mask, static_cast<std::uint8_t>(digit));
      }
  }

  /// Makes the leaf or the inner node, and opens the latter's children.
  TreeChild finish(const OpenNode& node) {
    find_class_runs(samples_, node.begin, columns_, runs_);
    all_.resize(runs_.size());
    count_all(samples_, runs_, all_.data());
    const bool deep = config_.max_depth != 0 && node.depth >= config_.max_depth;
    std::uint32_t feature = 0;
    if (runs_.size() == 1 || deep || !find_split(feature)) {
      samples_.shrink(node.begin);
      return make_leaf();
    }
    const auto index = static_cast<std::uint32_t>(grown_.tree.nodes.size());
    WD_ASSERT(index < leaf_flag);
    grown_.tree.nodes.push_back({feature, {0, 0}});
    const std::size_t middle = part(node.begin, columns_.column(feature));
    // The side of 0 comes last onto both stacks, so its subtree follows its parent: preorder.
    open_.push_back({node.begin, node.depth + 1, index, 1});
    open_.push_back({middle, node.depth + 1, index, 0});
    return index;
  }

  /// Moves the samples of bit 1 to the front. @return where those of bit 0 begin
  std::size_t part(std::size_t begin, const std::uint64_t* column) {
    zeros_.shrink(0);
    std::size_t end = begin;
    for (std::size_t i = begin; i < samples_.size(); ++i) {
      const std::uint32_t word = samples_.words[i];
      const std::uint64_t ones = samples_.masks[i] & column[word], zeros = samples_.masks[i] & ~column[word];
      const std::uint8_t digit = samples_.digits[i];
      if (zeros != 0) zeros_.push(word, zeros, digit);
      if (ones == 0) continue;
      samples_.words[end] = word;
      samples_.masks[end] = ones;
      samples_.digits[end++] = digit;
    }
    samples_.shrink(end);
    for (std::size_t i = 0; i < zeros_.size(); ++i)
      samples_.push(zeros_.words[i], zeros_.masks[i], zeros_.digits[i]);
    return end;
  }

  bool find_split(std::uint32_t& feature) {
    ones_.resize(runs_.size());
    bool found = false;
    double best = 0;
    std::size_t ready = 0;
    for (std::size_t drawn = 0; drawn < order_.size() && (drawn < per_node_ || !found); ++drawn) {
      // What is drawn does not depend on the scores, so it can be known, and on its way from memory, early.
      const std::size_t wanted = std::max(drawn + 1, std::min({drawn + 8, per_node_, order_.size()}));
      for (; ready < wanted; ++ready) draw(ready);
      count_ones(samples_, runs_, columns_.column(order_[drawn]), ones_.data());
      double score = 0;
      if (!rate(score) || (found && score <= best + equal_scores * std::abs(best))) continue;
      found = true;
      best = score;
      feature = order_[drawn];
    }
    return found;
  }

  /// Draws candidate number `at` of a node without replacement.
  void draw(std::size_t at) {
    constexpr std::uint32_t small_node = 64;  // larger ones read a column front to back
    const std::uint64_t bits = random_bits(seed_, RandomStream::candidates, random_index(number_, draws_++));
    std::swap(order_[at], order_[at + bits % (order_.size() - at)]);
    const std::uint64_t* column = columns_.column(order_[at]);
    const std::uint32_t begin = runs_.front().begin, end = runs_.back().end;
    if (end - begin > small_node) return;
    for (std::uint32_t i = begin; i < end; ++i) __builtin_prefetch(column + samples_.words[i]);
  }

  /// @param score the higher, the less impure are the two sides. @return whether both have enough samples
  bool rate(double& score) const {
    std::uint64_t total = 0, right = 0;
    for (std::size_t r = 0; r < runs_.size(); ++r) {
      total += all_[r];
      right += ones_[r];
    }
    const std::uint64_t left = total - right, least = static_cast<std::uint64_t>(config_.min_leaf);
    if (left < least || right < least) return false;
    score = config_.criterion == SplitCriterion::gini ? rate_gini(left, right) : rate_entropy(left, right);
    return true;
  }

  /// Sum over sides of n (1 - Gini impurity).
  double rate_gini(std::uint64_t left, std::uint64_t right) const {
    std::uint64_t left_squares = 0, right_squares = 0;
    for (std::size_t r = 0; r < runs_.size(); ++r) {
      const std::uint64_t one = ones_[r], zero = all_[r] - one;
      left_squares += zero * zero;
      right_squares += one * one;
    }
    return static_cast<double>(left_squares) / static_cast<double>(left) +
           static_cast<double>(right_squares) / static_cast<double>(right);
  }

  /// Minus the sum over sides of n (entropy).
  double rate_entropy(std::uint64_t left, std::uint64_t right) const {
    const auto term = [](std::uint64_t n) {
      return n == 0 ? 0.0 : static_cast<double>(n) * std::log(static_cast<double>(n));
    };
    double score = -term(left) - term(right);
    for (std::size_t r = 0; r < runs_.size(); ++r) score += term(ones_[r]) + term(all_[r] - ones_[r]);
    return score;
  }

  TreeChild make_leaf() {
    const auto classes = static_cast<std::size_t>(columns_.classes);
    const std::size_t row = grown_.votes.size() / classes;
    WD_ASSERT(row < leaf_flag);
    grown_.votes.resize(grown_.votes.size() + classes, 0);
    std::uint8_t* votes = grown_.votes.data() + row * classes;
    std::uint64_t total = 0;
    std::size_t most = 0;
    for (std::size_t r = 0; r < runs_.size(); ++r) {
      total += all_[r];
      if (all_[r] > all_[most]) most = r;
    }
    if (config_.voting == Voting::majority)
      votes[runs_[most].label] = 1;
    else
      for (std::size_t r = 0; r < runs_.size(); ++r)
        votes[runs_[r].label] =
            static_cast<std::uint8_t>((510 * std::uint64_t{all_[r]} + total) / (2 * total));
    return static_cast<TreeChild>(row) | leaf_flag;
  }

  const ForestConfig& config_;
  const std::uint64_t seed_;
  const std::uint32_t number_;
  const FeatureColumns& columns_;
  std::vector<std::uint32_t> order_;  // a permutation of the features
  std::size_t per_node_ = 0;
  std::uint32_t draws_ = 0;
  SampleWords samples_, zeros_;
  std::vector<OpenNode> open_;
  std::vector<ClassRun> runs_;             // of the node in work
  std::vector<std::uint32_t> all_, ones_;  // per run
  GrownTree grown_;
};

}  // namespace

GrownTree grow_tree(const ForestConfig& config, std::uint64_t seed, std::uint32_t number,
                    const FeatureColumns& columns) {
  WD_ASSERT(columns.samples > 0 && columns.features > 0);
  return TreeGrower(config, seed, number, columns).grow();
}

}  // namespace wd::algo
