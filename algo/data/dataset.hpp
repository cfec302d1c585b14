// SPDX-License-Identifier: Apache-2.0
// Opens a data set by its name, and compares its files with their published checksums.
//
// Shape     fashion-mnist, mnist: 28 x 28 x 1, 10 classes; cifar10, cifar100: 32 x 32 x 3, 10 and 100
//           classes; imagenet: a folder of JPEG files, its classes, its size chosen by the caller.
//           folder: the same of own pictures (image_folder.hpp); numpy: own arrays, which say it all (numpy_set.hpp).
// Errors    an unknown name, files that are missing, damaged, changed or of another set or size: wd::Error
//           naming the file, what was found, what was expected and the remedy.
// Numerics  an imagenet half of more than 2 GiB is decoded on demand, batch by batch.
// Test      dataset_test.cpp
#pragma once

#include <string>

#include "algo/data/image_folder.hpp"
#include "algo/data/image_set.hpp"

namespace wd::algo {

struct DatasetInfo {
  std::string name;
  int height, width, channels, classes;  // 0: the folder and the caller say
  std::string default_folder;            // empty: the caller names one
};

/// @param set one of dataset_names().
const DatasetInfo& dataset_info(const std::string& set);
std::vector<std::string> dataset_names();

struct Dataset {
  ImageSet train, test;
  /// False where a checksum is not known or not asked for.
  bool verified() const { return train.verified && test.verified; }
};

/// @param folder empty takes the set's default folder.
/// @param size   imagenet and folder only, where it is required.
Dataset open_dataset(const std::string& set, const std::filesystem::path& folder,
                     bool verify_checksums = true, const FolderImageSize& size = {});

/// One half alone: the training images, or else the test images (imagenet: val).
ImageSet open_split(const std::string& set, const std::filesystem::path& folder, bool train,
                    bool verify_checksums = true, const FolderImageSize& size = {});

}  // namespace wd::algo
