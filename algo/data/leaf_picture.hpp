// SPDX-License-Identifier: Apache-2.0
// Makes pictures that have the statistics of photographs, as many as one asks for: leaves of all sizes that fall
// on one another, with a camera's noise.
//
// Shape     most are 500 pixels by 333 to 375 or the other way round, some small, some large, as ImageNet's.
// Numerics  functions of the picture's number; the class decides the colours that its leaves are near to.
// Source    dead leaves: Lee, Mumford and Huang, "Occlusion models for natural images", IJCV 41, 2001
// Test      leaf_picture_test.cpp
#pragma once

#include "algo/data/jpeg.hpp"

namespace wd::algo {

/// Of the files, whose pixels then take as many bytes as those of ImageNet's.
inline constexpr int leaf_jpeg_quality = 95;

Picture leaf_picture(std::uint64_t number, int label);

}  // namespace wd::algo
