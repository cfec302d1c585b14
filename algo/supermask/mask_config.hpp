// SPDX-License-Identifier: Apache-2.0
// Which weights a network may have: how masks, signs, coats, frozen parts and their first values are chosen.
//
// Units     `pruned` are fractions of a layer's weights (of all weights where scope is global), ascending,
//           one per coat; they count frozen weights. `threshold` is in units of the scores.
// Numerics  schedules: uniform: coats keep (1 - first)(N - n + 1)/N; literal: 0.7, 0.9212, 0.9685; linear:
//           the literal's shares rescaled, continued beyond coat 3 as a power law; adaptive: one coat until
//           MaskSet::adapt() reads the shares at multiples of its threshold. Sparsity warm-up: distribution.hpp.
// Errors    unknown keys (also of another method), wrong types, values out of range or contradicting:
//           wd::Error.
// Source    arXiv 1911.13299 (edge-popup), Multicoated Supermasks (ICML 2022), 2201.13361 (signed supermask),
//           2402.14029 (freezing)
// Test      mask_config_test.cpp
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace wd::algo {

enum class MaskMethod {
  dense,             // trained weights, no mask
  supermask,         // top-k coats over frozen random weights; learned signs: v = sgn(s) * sum_n [|s| >= t_n]
  signed_threshold,  // v = sgn(s) [|s| > threshold]: sparsity emerges
};
enum class MaskSigns { random, learned };
enum class CoatSchedule { list, literal, uniform, linear, adaptive };
enum class MaskScope { layer, global };
enum class WeightInit { signed_constant, kaiming_normal };
enum class ScoreInit { kaiming_uniform, kaiming_normal_fan_in, kaiming_normal_fan_out, xavier_uniform };
enum class ScoreGradient { per_coat, once };  // times the number of coats (as the reference code), or not
enum class Distribution { uniform, erk, equal_per_layer };

/// Weights that the scores do not decide: fractions of all weights.
struct FreezeConfig {
  double pruned = 0, locked = 0;
  double balanced = 0;  // instead: this fraction frozen, split so that half of the free weights are kept
  Distribution distribution = Distribution::uniform;

  bool any() const { return pruned > 0 || locked > 0 || balanced > 0; }
  bool operator==(const FreezeConfig&) const = default;
};

/// The first coat's pruned fraction rises from `start` to its own over the first `epochs`; the other coats keep their shares
/// of what it keeps. Frozen weights stay as they are.
struct SparsityWarmup {
  double epochs = 0;
  double start = 0;

  bool any() const { return epochs > 0; }
  bool operator==(const SparsityWarmup&) const = default;
};

struct MaskConfig {
  MaskMethod method = MaskMethod::supermask;
  MaskSigns signs = MaskSigns::random;
  int coats = 3;
  CoatSchedule schedule = CoatSchedule::list;
  std::vector<double> pruned{0.7, 0.9212, 0.9685};  // of any schedule; adaptive: the coats to start from
  SparsityWarmup sparsity_warmup;
  MaskScope scope = MaskScope::layer;                 // of the ranking
  Distribution distribution = Distribution::uniform;  // of the kept weights over the layers (scope layer)
  WeightInit init = WeightInit::signed_constant;
  bool scaled = true;           // sigma counts only the inputs that the first coat keeps (after a warm-up)
  bool dynamic_scaled = false;  // the same by the measured sparsity, at each refresh
  double gain = 1;              // factor of sigma
  ScoreInit scores = ScoreInit::kaiming_normal_fan_in;
  FreezeConfig freeze;
  double threshold = 0.01;  // of signed_threshold
  ScoreGradient score_gradient = ScoreGradient::per_coat;
  bool dense_first = false, dense_last = false;  // the first or last layer is trained without mask

  bool operator==(const MaskConfig&) const = default;
};

/// The pruned fractions of a schedule. @param first of the first coat.
std::vector<double> coat_fractions(CoatSchedule schedule, int coats, double first);

/// Missing keys keep their defaults. @param origin the name in messages.
MaskConfig mask_config_from_json(const nlohmann::json& value, const std::string& origin);
/// All keys that its method has.
nlohmann::json to_json(const MaskConfig& config);

}  // namespace wd::algo
