// SPDX-License-Identifier: Apache-2.0
#include "algo/data/dataset.hpp"

#include <catch2/catch.hpp>

#include "algo/data/checksum.hpp"
#include "algo/data/encode_jpeg.hpp"
#include "algo/data/temporary_folder.hpp"
#include "base/error.hpp"

using namespace wd;
using namespace wd::algo;
using Catch::Contains;

namespace {

struct Folder : TemporaryFolder {
  void idx(const std::string& stem, std::uint8_t side) const {
    Bytes images{0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, side, 0, 0, 0, side};
    images.resize(16 + 2u * side * side, 5);
    write_file(path / (stem + "-images-idx3-ubyte"), images);
    write_file(path / (stem + "-labels-idx1-ubyte"), Bytes{0, 0, 8, 1, 0, 0, 0, 2, 4, 9});
  }
  /// A file of zeros: images of class 0, all black.
  void zeros(const std::string& name, std::uintmax_t bytes) const {
    write_file(path / name, "");
    std::filesystem::resize_file(path / name, bytes);
  }
};

}  // namespace

TEST_CASE("dataset: names and shapes", "[data]") {
  CHECK(dataset_names() == std::vector<std::string>{"fashion-mnist", "mnist", "cifar10", "cifar100",
                                                    "imagenet", "folder", "numpy"});
  CHECK(dataset_info("cifar100").classes == 100);
  CHECK(dataset_info("cifar10").channels == 3);
  CHECK_THROWS_WITH(dataset_info("cifar-10"),
                    "data set 'cifar-10' is unknown; known ones are fashion-mnist, mnist, cifar10, cifar100, "
                    "imagenet, folder, numpy");
  CHECK_THROWS_WITH(open_split("svhn", "", true), Contains("'svhn' is unknown"));
  CHECK_THROWS_WITH(open_split("cifar10", "", true), Contains("cifar10 needs the name of the folder"));
}

TEST_CASE("dataset: Debian's Fashion-MNIST is complete and verified", "[data]") {
  if (!std::filesystem::is_directory(fashion_mnist_folder)) {
    WARN("skipped: dataset-fashion-mnist is not installed");
    return;
  }
  const ImageSet test = open_split("fashion-mnist", "", false);
  CHECK(test.count() == 10000);
  CHECK(test.height == 28);
  CHECK(test.name == "fashion-mnist");
  CHECK(test.verified);
  CHECK_FALSE(open_split("fashion-mnist", fashion_mnist_folder, false, false).verified);
}

TEST_CASE("dataset: a changed file is refused with both checksums and the remedy", "[data][bad-input]") {
  const Folder folder;
  folder.idx("t10k", 28);
  CHECK_THROWS_WITH(open_split("fashion-mnist", folder.path, false),
                    Contains("t10k-images-idx3-ubyte: md5 is ") &&
                        Contains("must be 8181f5470baa50b63fa0f6fddb340f0a for fashion-mnist") &&
                        Contains("fetch it again"));
  CHECK(open_split("fashion-mnist", folder.path, false, false).count() == 2);
  folder.zeros("test_batch.bin", 30730000);
  CHECK_THROWS_WITH(
      open_split("cifar10", folder.path, false),
      Contains("test_batch.bin: md5 is ") && Contains("must be 803d5f7f4d78ea53de84dbe85f74fb6d"));
  const ImageSet black = open_split("cifar10", folder.path, false, false);
  CHECK(black.count() == 10000);
  CHECK_FALSE(black.verified);
}

TEST_CASE("dataset: a set without known checksums says so", "[data]") {
  const Folder folder;
  folder.idx("train", 28);
  folder.idx("t10k", 28);
  const Dataset mnist = open_dataset("mnist", folder.path);  // only the compressed files' checksums are known
  CHECK(mnist.train.count() == 2);
  CHECK(mnist.test.labels == std::vector<std::uint16_t>{4, 9});
  CHECK_FALSE(mnist.verified());
  folder.zeros("test.bin", 30740000);
  const ImageSet hundred = open_split("cifar100", folder.path, false);
  CHECK(hundred.count() == 10000);
  CHECK(hundred.classes == 100);
  CHECK_FALSE(hundred.verified);
}

TEST_CASE("dataset: images of another size are refused", "[data][bad-input]") {
  const Folder folder;
  folder.idx("train", 27);
  CHECK_THROWS_WITH(open_split("mnist", folder.path, true),
                    Contains("images are 27 x 27, must be 28 x 28 for mnist"));
  folder.zeros("test_batch.bin", 30729999);
  CHECK_THROWS_WITH(open_split("cifar10", folder.path, false),
                    Contains("has 30729999 bytes, must have 30730000"));
}

TEST_CASE("dataset: imagenet takes a folder of JPEG files and a size", "[data]") {
  const Folder folder;
  for (const char* name : {"train/a", "train/b", "val/a", "val/b"}) {
    std::filesystem::create_directories(folder.path / name);
    write_file(folder.path / name / "1.jpg", encode_jpeg(20, 30, smooth_picture(20, 30, 9)));
  }
  CHECK_THROWS_WITH(open_dataset("imagenet", folder.path), Contains("needs an image size"));
  const Dataset set = open_dataset("imagenet", folder.path, true, {16, 18});
  CHECK(set.train.count() == 2);
  CHECK(set.test.classes == 2);
  CHECK(set.test.width == 16);
  CHECK(set.test.name == "imagenet");
  CHECK_FALSE(set.verified());
}

TEST_CASE("dataset: MNIST's published checksums", "[data]") {
  CHECK(known_md5("mnist", "train-images-idx3-ubyte.gz") == "f68b3c2dcbeaaa9fbdd348bbdeb94873");
  CHECK(known_md5("mnist", "t10k-labels-idx1-ubyte.gz") == "ec29112dd5afa0611ce80d1b7f02629c");
  CHECK(known_md5("mnist", "t10k-labels-idx1-ubyte").empty());
  CHECK(known_md5("cifar100", "train.bin").empty());
}
