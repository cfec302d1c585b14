// SPDX-License-Identifier: Apache-2.0
// Reads MNIST-format sets: four IDX files, compressed with gzip or not.
//
// Shape     grey images, H x W up to 255 x 255; labels 0 to 9.
// Errors    missing, truncated, corrupted or foreign files, labels above 9, counts that differ: wd::Error.
// Source    http://yann.lecun.com/exdb/mnist (the IDX format); Xiao et al., arXiv 1708.07747
// Test      idx_test.cpp
#pragma once

#include <filesystem>
#include <string>

#include "algo/data/image_set.hpp"

namespace wd::algo {

/// A half's two files; each with .gz where that is there, else without.
struct IdxFiles {
  std::filesystem::path images, labels;
};

/// @param remedy what to do where a file is missing, "install ...".
IdxFiles find_idx_files(const std::filesystem::path& folder, bool train, const std::string& remedy);

ImageSet load_idx(const IdxFiles& files);

}  // namespace wd::algo
