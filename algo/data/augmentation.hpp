// SPDX-License-Identifier: Apache-2.0
// Decides by chance how an image of a batch is mirrored, cropped, cut out and mixed.
//
// Numerics  functions of (seed, epoch, image) and, for mixup, (seed, epoch, batch): the same at any thread
//           count, batch size and order.
// Errors    amounts that do not fit the images: wd::Error naming the key and its range.
// Source    crop and flip: He et al., arXiv 1512.03385, section 4.2; cutout: DeVries and Taylor, arXiv
//           1708.04552; resized crop: Szegedy et al., arXiv 1409.4842, section 6, drawn as torchvision's
//           RandomResizedCrop; mixup: Zhang et al., arXiv 1710.09412; gamma variates: Marsaglia and Tsang,
//           2000
// Test      augmentation_test.cpp, batch_test.cpp
#pragma once

#include <cstdint>

#include "algo/data/resize.hpp"

namespace wd::algo {

struct Augmentation {
  bool flip = false;  // mirror left to right, every second image
  int crop = 0;       // pixels of padding per side, of which a random part of the image's size is cropped
  int cutout = 0;     // side of a square that is set to the mean, at a random centre
  double mixup = 0;   // alpha of Beta(alpha, alpha), the share of each image in its mixture; 0: none
  double resized_crop = 0;  // least share of the file's picture that is stretched to the image; 0: none
};

void require_valid(const Augmentation& augmentation, int height, int width);

/// Result pixel (x, y) is pixel (x - dx, y - dy) of the image, mirrored first where `flip`; then the cut.
struct View {
  bool flip = false;
  int dx = 0, dy = 0;
  int cut_left = 0, cut_top = 0;  // of the square; may lie outside
};

View view_of(const Augmentation& augmentation, std::uint64_t seed, std::uint32_t epoch, std::uint32_t image,
             int height, int width);

/// Part of a picture of `height` x `width`: of a share of its area from `least_share` to 1 and an aspect
/// ratio from 3/4 to 4/3 (of which the logarithm is uniform), rounded to pixels, at any place. After ten
/// draws that do not fit into the picture: the middle, as large as the ratios allow.
CropBox resized_crop_of(double least_share, std::uint64_t seed, std::uint32_t epoch, std::uint32_t image,
                        int height, int width);

/// A Beta(alpha, alpha) variate, one per batch.
double mixup_lambda(double alpha, std::uint64_t seed, std::uint32_t epoch, std::uint32_t batch);

}  // namespace wd::algo
