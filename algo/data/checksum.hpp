// SPDX-License-Identifier: Apache-2.0
// Compares a data set's file with its published MD5.
//
// Errors    a file that differs: wd::Error naming it, the MD5 found, the one expected and the remedy.
// Source    fashion-mnist: Xiao et al., the set's read-me file; its unpacked files: computed from the
//           verified ones. mnist: torchvision's datasets/mnist.py. cifar10: the files of
//           cifar-10-binary.tar.gz. For cifar100 only the archive's MD5 is published, so its files are
//           unverified.
// Test      dataset_test.cpp
#pragma once

#include <filesystem>
#include <string_view>

namespace wd::algo {

/// @return 32 hexadecimal digits, or nothing where no checksum is known.
std::string_view known_md5(std::string_view set, std::string_view file_name);

/// @return whether a checksum is known (and therefore holds).
bool verify_md5(std::string_view set, const std::filesystem::path& file);

}  // namespace wd::algo
