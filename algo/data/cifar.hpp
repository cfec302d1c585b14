// SPDX-License-Identifier: Apache-2.0
// Reads CIFAR-10 and CIFAR-100 in their official binary layout.
//
// Shape     per image: the label bytes (CIFAR-10: one; CIFAR-100: coarse, then fine), then 1024 red, 1024
//           green, 1024 blue, rows first. Result: count x 32 x 32 x 3; CIFAR-100's labels are the fine ones.
// Errors    files that are missing or not of the official length, labels out of range: wd::Error naming the
//           file, the image and the value.
// Source    Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009; his page cifar.html
// Test      cifar_test.cpp
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "algo/data/image_set.hpp"

namespace wd::algo {

struct CifarLayout {
  std::vector<std::string> files;
  std::size_t images_per_file;
  std::vector<int> label_limits;  // per label byte; the last one is the label
  std::string remedy;             // where a file is missing
};

/// data_batch_1.bin to data_batch_5.bin of 10,000 images each, or test_batch.bin.
CifarLayout cifar10_layout(bool train);
/// train.bin of 50,000 images, or test.bin of 10,000.
CifarLayout cifar100_layout(bool train);

ImageSet load_cifar(const std::filesystem::path& folder, const CifarLayout& layout);

}  // namespace wd::algo
