// SPDX-License-Identifier: Apache-2.0
// One layer's weights: frozen random numbers under a learned mask, or trained ones.
//
// Shape     arrays are taps x I x O while training; what is exported is O x KH x KW x I.
// Units     weights and their gradient are in units of sigma, which joins the norm: a masked weight is sign *
//           level (times a normal number for kaiming_normal), level = number of coats that keep it. Dense:
//           sigma is 1.
// Numerics  straight-through gradients, D = dweight, factor = coats or 1: random weight w: ds = factor * D *
//           w * sgn(s); learned signs: ds = factor * D; dense: ds = D. sgn is the sign bit. Every score has a
//           gradient, frozen ones too. A frozen weight's level is 0 (pruned) or that of all coats (locked).
// Source    Ramanujan et al. 2020, Okoshi et al. 2022, Koster et al. 2022, Otsuka et al. 2025. Seeds:
//           random_bits(seed, signs, layer) for signs, upper index 1 for freezing and 2 for normal weights.
// Test      supermask_test.cpp
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "algo/graph/graph.hpp"
#include "algo/optimize/parameter.hpp"
#include "algo/supermask/distribution.hpp"
#include "algo/supermask/mask_config.hpp"
#include "algo/supermask/score_kernels.hpp"
#include "algo/supermask/threshold.hpp"
#include "base/parallel.hpp"

namespace wd::algo {

/// What a network's configuration means for one layer.
struct LayerPlan {
  MaskMethod method = MaskMethod::supermask;
  std::vector<double> pruned;  // of the coats in effect
  LayerFreeze freeze;
};

class Supermask {
 public:
  /// @param layer its place in the network: picks the random streams. Call refresh() before weights().
  Supermask(const WeightShape& shape, const MaskConfig& config, const LayerPlan& plan, std::uint64_t seed,
            std::uint32_t layer, ThreadPool* pool = nullptr);

  const std::string& name() const { return shape_.name; }
  const WeightShape& shape() const { return shape_; }
  std::size_t count() const { return scores.count(); }
  bool dense() const { return plan_.method == MaskMethod::dense; }
  /// Coats in effect; 0 for dense.
  int coats() const { return static_cast<int>(plan_.pruned.size()); }
  const std::vector<double>& pruned() const { return plan_.pruned; }
  void set_pruned(const std::vector<double>& pruned) { plan_.pruned = pruned; }

  /// Recomputes thresholds (over this layer alone) and weights from the scores; call after changing them.
  void refresh();
  void refresh(const std::vector<float>& thresholds);
  /// scores.gradient from dweight.
  void score_gradient();
  void zero_gradient() { dweight.fill(0); }

  const float* weights() const { return dense() ? scores.value.data() : weights_.data(); }
  double sigma() const { return sigma_; }
  const std::vector<float>& thresholds() const { return thresholds_; }
  /// Weights that are not 0, of the last refresh.
  std::size_t kept() const { return kept_; }

  /// O x KH x KW x I: 0 .. coats; not for dense.
  std::vector<std::uint8_t> levels() const;
  /// O x KH x KW x I, 1 = negative: of the random signs (all weights); empty without them.
  std::vector<std::uint8_t> signs() const;
  /// The same of learned signs, 0 where the level is 0; empty without them.
  std::vector<std::uint8_t> learned_signs() const;
  bool has_learned_signs() const { return !dense() && config_.signs == MaskSigns::learned; }
  /// Of the weight at `at` in taps x I x O.
  int level(std::size_t at) const;
  bool negative(std::size_t at) const;
  std::uint8_t flags(std::size_t at) const { return flags_.size() > 0 ? flags_[at] : std::uint8_t{0}; }

  /// Whether the hardware has such weights; the reason if not.
  bool exportable(std::string* reason = nullptr) const;
  /// The least coats of the hardware (1, 3 or 7) that hold the levels.
  int hardware_coats() const { return coats() <= 1 ? 1 : coats() <= 3 ? 3 : 7; }
  std::uint64_t sign_seed() const { return sign_seed_; }
  std::uint64_t freeze_seed() const { return freeze_seed_; }
  std::uint32_t freeze_pruned() const {
    return freeze_pruned_;
  }  // in 1/65536: hw/formats/stream/freeze_generator.hpp
  std::uint32_t freeze_locked() const { return freeze_locked_; }

  /// For MaskSet, which works in parts: begin and count in taps x I x O.
  ScoreSegment segment() const;
  /// The thresholds of method signed_threshold.
  std::vector<float> fixed_thresholds() const;
  void gradient_block(std::size_t begin, std::size_t count, float* gradient) const;
  std::size_t apply_block(std::size_t begin, std::size_t count, const std::vector<float>& thresholds);
  void finish_refresh(const std::vector<float>& thresholds, std::size_t kept);

  Parameter scores;  // dense: the weights
  Buffer dweight;    // gradient with respect to weights(), summed over all uses

 private:
  void fill_scores(std::uint64_t seed, std::uint32_t layer, ThreadPool& pool);
  void fill_flags(ThreadPool& pool);
  std::size_t flat_index(std::size_t at) const;
  MaskRule rule(std::size_t begin) const;

  WeightShape shape_;
  MaskConfig config_;
  LayerPlan plan_;
  double sigma_ = 1, base_sigma_ = 1;
  std::uint64_t sign_seed_, freeze_seed_, weight_seed_;
  std::uint32_t freeze_pruned_ = 0, freeze_locked_ = 0;
  std::size_t pruned_count_ = 0, locked_count_ = 0;
  Array<std::uint8_t> flags_;  // weight_flags.hpp
  Buffer normals_, weights_;   // normals: kaiming_normal only
  std::vector<float> thresholds_;
  std::size_t kept_ = 0;
};

}  // namespace wd::algo
