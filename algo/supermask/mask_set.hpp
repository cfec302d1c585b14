// SPDX-License-Identifier: Apache-2.0
// All weights of a network: ranks, masks and trains them in parallel.
//
// Numerics  the same at any number of threads. update() is score_gradients(), the optimizer's step, refresh()
//           and zero_gradients() in one pass over memory, bit for bit.
// Errors    a configuration that does not fit the layers: wd::Error. A layer whose weights are all 0 is no
//           error: collapsed() names it.
// Test      mask_set_test.cpp
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "algo/optimize/optimizer.hpp"
#include "algo/supermask/mask_stats.hpp"
#include "algo/supermask/supermask.hpp"
#include "base/parallel.hpp"

namespace wd::algo {

class MaskSet {
 public:
  /// Refreshed when made, with the coats of a finished warm-up. @param pool for the first values; null: this thread alone.
  MaskSet(const std::vector<WeightShape>& shapes, const MaskConfig& config, std::uint64_t seed,
          ThreadPool* pool = nullptr);
  ~MaskSet();
  MaskSet(MaskSet&&) noexcept;
  MaskSet& operator=(MaskSet&&) noexcept;

  std::size_t size() const { return masks_.size(); }
  Supermask& operator[](std::size_t layer) { return masks_[layer]; }
  const Supermask& operator[](std::size_t layer) const { return masks_[layer]; }
  std::vector<Supermask>& layers() { return masks_; }
  const std::vector<Supermask>& layers() const { return masks_; }
  const MaskConfig& config() const { return config_; }

  /// Thresholds and weights from the scores.
  void refresh(ThreadPool& pool);
  /// dweight -> scores.gradient.
  void score_gradients(ThreadPool& pool);
  void zero_gradients(ThreadPool& pool);
  /// One training step: dweight -> scores -> weights; leaves dweight 0 and scores.gradient as it was.
  void update(ThreadPool& pool, const Optimizer& optimizer, double rate, std::uint64_t step_number);

  /// Layers whose weights are all 0 since the last refresh.
  std::vector<std::string> collapsed() const;
  MaskStats stats(std::size_t layer) const { return mask_stats(masks_[layer]); }
  /// Over all layers that have a mask.
  MaskStats stats() const;

  /// Whether the schedule still waits for adapt().
  bool adaptive() const { return config_.schedule == CoatSchedule::adaptive && !adapted_; }
  /// Ends the adaptive schedule's one-coat phase: the coats' shares become those of the scores beyond the
  /// multiples of each layer's threshold, pooled over the layers. Refreshes.
  void adapt(ThreadPool& pool);
  /// Prunes from the next refresh on as the sparsity warm-up does so many epochs after the start.
  void warm_up(double epoch);
  /// Whether the coats in effect are still those of the warm-up.
  bool warming() const { return config_.sparsity_warmup.any() && pruned_ != config_.pruned; }
  /// The base fractions of the coats in effect (before the distribution over layers).
  const std::vector<double>& pruned() const { return pruned_; }

  /// The coats in effect, for checkpoints; restore() refreshes nothing.
  nlohmann::json state() const;
  void restore(const nlohmann::json& state, const std::string& origin);

 private:
  struct Work;
  std::vector<double> layer_pruned(std::size_t layer) const;
  void spread_coats();
  void set_coats(const std::vector<double>& pruned);
  void plan_work();
  std::vector<ScoreSegment> segments(const std::vector<std::size_t>& layers) const;
  void expect(ThreadPool& pool);
  void gather(std::size_t part, std::size_t begin, std::size_t count);
  void mask(ThreadPool& pool);
  void apply(ThreadPool& pool);

  MaskConfig config_;
  std::vector<double> pruned_;
  bool adapted_ = false;
  std::vector<double> densities_;  // of the layers' first coats
  std::vector<Supermask> masks_;
  std::unique_ptr<Work> work_;
};

}  // namespace wd::algo
