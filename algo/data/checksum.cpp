// SPDX-License-Identifier: Apache-2.0
#include "algo/data/checksum.hpp"

#include "algo/data/md5.hpp"
#include "base/error.hpp"

namespace wd::algo {
namespace {

struct Known {
  std::string_view set, file, md5;
};

constexpr Known published[] = {
    {"fashion-mnist", "train-images-idx3-ubyte.gz", "cf8536b0aa1a6ac5fa3f23001093305c"},
    {"fashion-mnist", "train-labels-idx1-ubyte.gz", "10bea18fdb374794d4bb42e356e600c9"},
    {"fashion-mnist", "t10k-images-idx3-ubyte.gz", "f78720b4224f21cce2f2ccf2d7a94c9a"},
    {"fashion-mnist", "t10k-labels-idx1-ubyte.gz", "0d30e22e447f3c33dab9ed536400ac01"},
    {"fashion-mnist", "train-images-idx3-ubyte", "f4a8712d7a061bf5bd6d2ca38dc4d50a"},
    {"fashion-mnist", "train-labels-idx1-ubyte", "9018921c3c673c538a1fc5bad174d6f9"},
    {"fashion-mnist", "t10k-images-idx3-ubyte", "8181f5470baa50b63fa0f6fddb340f0a"},
    {"fashion-mnist", "t10k-labels-idx1-ubyte", "15d484375f8d13e6eb1aabb0c3f46965"},
    {"mnist", "train-images-idx3-ubyte.gz", "f68b3c2dcbeaaa9fbdd348bbdeb94873"},
    {"mnist", "train-labels-idx1-ubyte.gz", "d53e105ee54ea40749a09fcbcd1e9432"},
    {"mnist", "t10k-images-idx3-ubyte.gz", "9fb629c4189551a2d022fa330f9573f3"},
    {"mnist", "t10k-labels-idx1-ubyte.gz", "ec29112dd5afa0611ce80d1b7f02629c"},
    {"cifar10", "data_batch_1.bin", "5dd7e06a14cb22eb9f671a540d1b7c25"},
    {"cifar10", "data_batch_2.bin", "5ea93a67294ea407fff1d09f752e9692"},
    {"cifar10", "data_batch_3.bin", "942cd6a4bcdd0dd3c604fbe906cb4421"},
    {"cifar10", "data_batch_4.bin", "ae636b3ba5c66a11e91e8cb52e771fcb"},
    {"cifar10", "data_batch_5.bin", "53f37980c15c3d472c316c40844f3f0d"},
    {"cifar10", "test_batch.bin", "803d5f7f4d78ea53de84dbe85f74fb6d"},
};

}  // namespace

std::string_view known_md5(std::string_view set, std::string_view file_name) {
  for (const Known& entry : published)
    if (entry.set == set && entry.file == file_name) return entry.md5;
  return {};
}

bool verify_md5(std::string_view set, const std::filesystem::path& file) {
  const std::string_view expected = known_md5(set, file.filename().string());
  if (expected.empty()) return false;
  const std::string found = md5_of_file(file);
  WD_REQUIRE(found == expected, file.string(), ": md5 is ", found, ", must be ", expected, " for ", set,
             "; the file is damaged or of another set: fetch it again, or name the set that it belongs to");
  return true;
}

}  // namespace wd::algo
