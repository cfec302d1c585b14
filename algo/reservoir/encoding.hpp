// SPDX-License-Identifier: Apache-2.0
// Turns the pixels of a grey image into bit planes, the initial states of the automata.
//
// Codes     threshold: one plane, pixel >= level; binary, gray: the top n bits of the value v or of
//           v XOR (v >> 1), most significant plane first; thermometer: n planes, plane k (from 1) is
//           pixel >= 256 k / (n + 1), rounded down.
// Test      encoding_test.cpp
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "algo/reservoir/automaton.hpp"

namespace wd::algo {

enum class PixelCode { threshold, binary, gray, thermometer };

inline constexpr int max_planes = 32;

struct EncodingConfig {
  PixelCode code = PixelCode::thermometer;
  int planes = 8;   // 1 for threshold; 1 to 8 for binary and gray; 1 to max_planes for thermometer
  int level = 128;  // threshold: 1 to 255
  bool operator==(const EncodingConfig&) const = default;
};

class Encoding {
 public:
  explicit Encoding(const EncodingConfig& config);
  int planes() const { return planes_; }
  bool bit(int plane, std::uint8_t pixel) const { return planes_of_[pixel] >> plane & 1; }
  /// @param image height x width pixels, row-major; `out` has planes() planes of that shape.
  void encode(std::span<const std::uint8_t> image, std::vector<BitPlane>& out) const;

 private:
  int planes_;
  std::array<std::uint32_t, 256> planes_of_{};  // bit k: plane k
};

}  // namespace wd::algo
