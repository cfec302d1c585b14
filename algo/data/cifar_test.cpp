// SPDX-License-Identifier: Apache-2.0
#include "algo/data/cifar.hpp"

#include <catch2/catch.hpp>

#include "algo/data/temporary_folder.hpp"
#include "base/error.hpp"
#include "base/files.hpp"

using namespace wd;
using namespace wd::algo;
using Catch::Contains;

namespace {

/// The byte that the tests' files have at a place.
std::uint8_t value_at(std::size_t image, std::size_t channel, std::size_t y, std::size_t x) {
  return static_cast<std::uint8_t>(image * 89 + channel * 131 + y * 7 + x * 3);
}

Bytes batch_of(const std::vector<std::vector<std::uint8_t>>& labels) {
  Bytes bytes;
  for (std::size_t n = 0; n < labels.size(); ++n) {
    bytes.insert(bytes.end(), labels[n].begin(), labels[n].end());
    for (std::size_t c = 0; c < 3; ++c)
      for (std::size_t y = 0; y < 32; ++y)
        for (std::size_t x = 0; x < 32; ++x) bytes.push_back(value_at(n, c, y, x));
  }
  return bytes;
}

/// The official layout, but of three images per file.
CifarLayout shortened(CifarLayout layout) {
  layout.images_per_file = 3;
  return layout;
}

}  // namespace

TEST_CASE("cifar10: five files, planes become interleaved channels", "[data][oracle]") {
  const TemporaryFolder folder;
  for (int batch = 1; batch <= 5; ++batch) {
    const auto label = static_cast<std::uint8_t>(batch);
    write_file(folder.path / ("data_batch_" + std::to_string(batch) + ".bin"), batch_of({{label}, {0}, {9}}));
  }
  const ImageSet set = load_cifar(folder.path, shortened(cifar10_layout(true)));
  REQUIRE(set.count() == 15);
  CHECK(set.height == 32);
  CHECK(set.width == 32);
  CHECK(set.channels == 3);
  CHECK(set.classes == 10);
  for (std::size_t n = 0; n < 15; ++n) {
    CHECK(set.labels[n] == (n % 3 == 0 ? n / 3 + 1 : n % 3 == 1 ? 0 : 9));
    std::size_t wrong = 0;
    for (std::size_t y = 0; y < 32; ++y)
      for (std::size_t x = 0; x < 32; ++x)
        for (std::size_t c = 0; c < 3; ++c)
          wrong += set.image(n)[(y * 32 + x) * 3 + c] != value_at(n % 3, c, y, x);
    CHECK(wrong == 0);
  }
}

TEST_CASE("cifar100: the fine label is taken", "[data]") {
  const TemporaryFolder folder;
  write_file(folder.path / "train.bin", batch_of({{19, 99}, {0, 42}, {7, 0}}));
  const ImageSet set = load_cifar(folder.path, shortened(cifar100_layout(true)));
  CHECK(set.labels == std::vector<std::uint16_t>{99, 42, 0});
  CHECK(set.classes == 100);
  CHECK(set.image(1)[3 * 33 + 1] == value_at(1, 1, 1, 1));
}

TEST_CASE("cifar: bad files are refused by name, image and value", "[data][bad-input]") {
  const TemporaryFolder folder;
  const CifarLayout ten = shortened(cifar10_layout(false)), hundred = shortened(cifar100_layout(false));
  CHECK_THROWS_WITH(load_cifar(folder.path / "none", ten), Contains("none: no such folder"));
  CHECK_THROWS_WITH(load_cifar(folder.path, ten),
                    Contains("test_batch.bin: no such file") && Contains("fetch_cifar10.sh"));
  CHECK_THROWS_WITH(load_cifar(folder.path, hundred), Contains("cifar-100-binary.tar.gz"));
  Bytes bytes = batch_of({{1}, {2}, {3}});
  for (const std::size_t length : {bytes.size() - 1, bytes.size() - 3073, bytes.size() + 1, std::size_t{0}}) {
    Bytes other = bytes;
    other.resize(length);
    write_file(folder.path / "test_batch.bin", other);
    CHECK_THROWS_WITH(load_cifar(folder.path, ten), Contains(text("has ", length, " bytes, must have 9219")));
  }
  write_file(folder.path / "test_batch.bin", batch_of({{1}, {2}, {10}}));
  CHECK_THROWS_WITH(load_cifar(folder.path, ten), Contains("test_batch.bin: label 2 is 10, must be 0 to 9"));
  write_file(folder.path / "test.bin", batch_of({{0, 1}, {20, 1}, {0, 1}}));
  CHECK_THROWS_WITH(load_cifar(folder.path, hundred), Contains("coarse label 1 is 20, must be 0 to 19"));
  write_file(folder.path / "test.bin", batch_of({{0, 100}, {0, 1}, {0, 1}}));
  CHECK_THROWS_WITH(load_cifar(folder.path, hundred), Contains("label 0 is 100, must be 0 to 99"));
}

TEST_CASE("cifar: the official files' lengths are required", "[data][bad-input]") {
  CHECK(cifar10_layout(true).files.size() == 5);
  CHECK(cifar10_layout(true).images_per_file == 10000);
  CHECK(cifar100_layout(true).images_per_file == 50000);
  CHECK(cifar100_layout(false).images_per_file == 10000);
  const TemporaryFolder folder;
  write_file(folder.path / "test_batch.bin", batch_of({{1}, {2}, {3}}));
  CHECK_THROWS_WITH(load_cifar(folder.path, cifar10_layout(false)), Contains("must have 30730000"));
}
