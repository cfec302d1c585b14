// SPDX-License-Identifier: Apache-2.0
// Resizes a picture to a shorter side and cuts the middle
// square out of it, or resizes a box of it to a square.
//
// Shape     H x W x 3 in; side x side x 3 out. The longer side becomes floor(shorter * longer side / shorter
//           side); the margin before the cut is half of the whole, to nearest even (as torchvision's).
// Numerics  bilinear with antialiasing: output pixel i is centred at (i + 0.5) * s, s = old / new, and weighs
//           pixels by a triangle of half width max(1, s), clipped at the border and normalised to 1 (what
//           Pillow's BILINEAR does). Sums in FP32, one rounding to nearest at the end.
// Test      resize_test.cpp (plain loops in FP64)
#pragma once

#include "algo/data/jpeg.hpp"

namespace wd::algo {

/// What a folder's images become: the shorter side resized, then a square cut from the middle.
struct FolderImageSize {
  int side = 0;
  int shorter_side = 0;  // at least `side`; 0 takes `side`. ImageNet's customary pair is 224 of 256.
};

/// A side, cut from what is a seventh larger: ImageNet's 224 of 256 at any size.
constexpr FolderImageSize customary_size(int side) { return {side, side * 8 / 7}; }

/// @param out side * side * 3 bytes.
void resize_and_crop(const Picture& picture, const FolderImageSize& size, std::span<std::uint8_t> out);

/// A part of a picture, in its pixels.
struct CropBox {
  int top = 0, left = 0, height = 0, width = 0;
  bool operator==(const CropBox&) const = default;
};

/// Stretches the box alone, as if it were the whole picture. @param out side * side * 3 bytes.
void resize_box(const Picture& picture, const CropBox& box, int side, std::span<std::uint8_t> out);

}  // namespace wd::algo
