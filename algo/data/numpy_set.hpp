// SPDX-License-Identifier: Apache-2.0
// Own images as NumPy arrays.
//
// Shape     FOLDER/train_images.npy, train_labels.npy, test_images.npy, test_labels.npy. Images: N x H x W (grey) or N x H x W x C with C of 1
//           or 3; bytes, or FP32 from 0 to 1, which become the nearest of 255 steps. Labels: N whole numbers from 0.
// Errors    those of npy.hpp; shapes that do not fit, values out of range, halves of different sizes: wd::Error naming file and remedy.
// Test      numpy_set_test.cpp, cli/own_data_test.sh
#pragma once

#include "algo/data/image_set.hpp"

namespace wd::algo {

/// One half; its classes are those of the training labels where that file is there, else its own.
ImageSet load_numpy(const std::filesystem::path& folder, bool train);

}  // namespace wd::algo
