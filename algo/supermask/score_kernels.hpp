// SPDX-License-Identifier: Apache-2.0
// The inner loops of supermasks, compiled three times (AVX-512, AVX2, SSE2) and chosen at run time.
//
// Numerics  FP32; magnitudes compare as the integers of their bits (a NaN is largest), a sign is the sign
//           bit. All instruction sets agree bit for bit.
// Not       no threads (MaskSet splits the work), no checks of arguments.
// Test      score_kernels_test.cpp (each instruction set against plain loops)
#pragma once

#include <cstddef>
#include <cstdint>

namespace wd::algo {

inline constexpr std::size_t most_coats = 7;

/// How scores become weights; arrays of one part of a layer.
struct MaskRule {
  const std::uint8_t* flags = nullptr;  // weight_flags.hpp; null: nothing is frozen and the signs are learned
  const float* normals = nullptr;       // instead of the signs: one random number per weight
  bool learned_signs = false;
  bool frozen = false;  // whether flags freeze any
};

/// Where a threshold is expected.
struct Bracket {
  float low = 0, high = 0;
};

/// What a part of the scores says about one bracket.
struct Gathered {
  std::size_t below = 0, inside = 0;  // free scores under low, free scores in [low, high]
  std::uint32_t* values = nullptr;    // the magnitudes inside
  std::size_t capacity = 0;  // of values; gathering stops 16 short of it, and inside is then this capacity
};

struct ScoreKernels {
  const char* name;

  /// gradient = dweight * factor * sgn(s) * w; for learned signs dweight * factor.
  void (*gradient)(std::size_t count, const MaskRule& rule, float factor, const float* dweight,
                   const float* scores, float* gradient);
  /// weights = sign (or normal) * number of thresholds that |s| reaches; returns how many are not 0.
  std::size_t (*apply)(std::size_t count, const MaskRule& rule, std::size_t coats, const float* thresholds,
                       const float* scores, float* weights);
  /// Adds to `found`.
  void (*gather)(std::size_t count, const float* scores, const std::uint8_t* flags, const Bracket& bracket,
                 Gathered& found);
};

enum class ScoreInstructions { sse2, avx2, avx512 };

/// The best of this machine.
const ScoreKernels& score_kernels();
/// A given set, or null where the machine lacks it (for tests).
const ScoreKernels* score_kernels_for(ScoreInstructions set);

}  // namespace wd::algo
