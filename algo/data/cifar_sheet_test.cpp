// SPDX-License-Identifier: Apache-2.0
#include "algo/data/cifar_sheet.hpp"

#include <png.h>

#include <catch2/catch.hpp>

#include "algo/data/temporary_folder.hpp"
#include "base/error.hpp"

using namespace wd;
using namespace wd::algo;
using Catch::Contains;

namespace {

struct Folder : TemporaryFolder {
  std::filesystem::path sheet = path / "sheet.png", labels = path / "labels.json";

  /// Byte n of the sheet is n mod 251.
  void write_sheet(std::uint32_t width, std::uint32_t height, std::uint32_t format = PNG_FORMAT_RGB) const {
    Bytes pixels(std::size_t{width} * height * PNG_IMAGE_PIXEL_SIZE(format));
    for (std::size_t n = 0; n < pixels.size(); ++n) pixels[n] = static_cast<std::uint8_t>(n % 251);
    png_image image{};
    image.version = PNG_IMAGE_VERSION;
    image.width = width;
    image.height = height;
    image.format = format;
    REQUIRE(png_image_write_to_file(&image, sheet.c_str(), 0, pixels.data(), 0, nullptr) != 0);
  }
};

}  // namespace

TEST_CASE("cifar sheet: rows become records of a label and three planes", "[data][oracle]") {
  const Folder folder;
  folder.write_sheet(1024, 3);
  const Bytes labels{7, 0, 9}, batch = read_cifar_sheet(folder.sheet, labels);
  REQUIRE(batch.size() == 3 * 3073);
  std::size_t wrong = 0;
  for (std::size_t n = 0; n < 3; ++n) {
    wrong += batch[n * 3073] != labels[n];
    for (std::size_t c = 0; c < 3; ++c)
      for (std::size_t at = 0; at < 1024; ++at)
        wrong += batch[n * 3073 + 1 + c * 1024 + at] != ((n * 1024 + at) * 3 + c) % 251;
  }
  CHECK(wrong == 0);
}

TEST_CASE("cifar sheet: other, truncated and damaged images are refused", "[data][bad-input]") {
  const Folder folder;
  const Bytes labels{7, 0, 9};
  CHECK_THROWS_WITH(read_cifar_sheet(folder.sheet, labels), Contains("sheet.png: cannot be opened"));
  write_file(folder.sheet, "no image at all");
  CHECK_THROWS_WITH(read_cifar_sheet(folder.sheet, labels), Contains("sheet.png: no valid PNG"));
  folder.write_sheet(1024, 4);
  CHECK_THROWS_WITH(read_cifar_sheet(folder.sheet, labels), Contains("is 1024 x 4 pixels, must be 1024 x 3"));
  folder.write_sheet(1023, 3);
  CHECK_THROWS_WITH(read_cifar_sheet(folder.sheet, labels), Contains("is 1023 x 3 pixels"));
  const std::uint32_t format = GENERATE(as<std::uint32_t>{}, PNG_FORMAT_GRAY, PNG_FORMAT_RGBA);
  folder.write_sheet(1024, 3, format);
  CHECK_THROWS_WITH(read_cifar_sheet(folder.sheet, labels), Contains("is not an 8-bit RGB image"));
}

TEST_CASE("cifar sheet: no cut and no flipped bit of the pixels gets through", "[data][bad-input]") {
  const Folder folder;
  folder.write_sheet(1024, 3);
  const Bytes whole = read_file(folder.sheet), labels{7, 0, 9};
  const Bytes expected = read_cifar_sheet(folder.sheet, labels);
  for (std::size_t kept = 0; kept + 12 < whole.size(); kept += 5) {  // up to the last chunk, which is empty
    write_file(folder.sheet, std::span(whole).first(kept));
    INFO(kept << " of " << whole.size() << " bytes");
    CHECK_THROWS_AS(read_cifar_sheet(folder.sheet, labels), Error);
  }
  for (std::size_t at = 0; at < whole.size(); at += 3) {
    Bytes damaged = whole;
    damaged[at] ^= 0x10;
    write_file(folder.sheet, damaged);
    INFO("byte " << at);
    bool unnoticed = false;
    try {
      unnoticed = read_cifar_sheet(folder.sheet, labels) != expected;
    } catch (const Error&) {
    }
    CHECK_FALSE(unnoticed);
  }
}

TEST_CASE("cifar sheet: labels that are no list of 0 to 9 are refused", "[data][bad-input]") {
  const Folder folder;
  write_file(folder.labels, "[3,0,9]");
  CHECK(read_cifar_labels(folder.labels, 3) == Bytes{3, 0, 9});
  CHECK_THROWS_WITH(read_cifar_labels(folder.labels, 4), Contains("has 3 labels, must have 4"));
  for (const char* label : {"10", "-1", "1.5", "\"1\"", "null", "99999999999999999999"}) {
    write_file(folder.labels, text("[3,", label, ",9]"));
    CHECK_THROWS_WITH(read_cifar_labels(folder.labels, 3),
                      Contains("label 1 is ") && Contains("must be 0 to 9"));
  }
  for (const char* other : {"{}", "3"}) {
    write_file(folder.labels, other);
    CHECK_THROWS_WITH(read_cifar_labels(folder.labels, 3), Contains("is not a JSON list of labels"));
  }
  for (const char* other : {"[3,0", ""}) {
    write_file(folder.labels, other);
    CHECK_THROWS_WITH(read_cifar_labels(folder.labels, 3), Contains("is not JSON"));
  }
}

TEST_CASE("convert: a folder without the package or the files is refused", "[data][bad-input]") {
  const Folder folder;
  CHECK_THROWS_WITH(convert_cifar10(folder.path / "none", folder.path), Contains("none: no such folder"));
  CHECK_THROWS_WITH(convert_cifar10(folder.path, folder.path),
                    Contains("train_lables.json: cannot be opened"));
  CHECK_THROWS_WITH(verify_cifar10(folder.path), Contains("data_batch_1.bin: no such file"));
  write_file(folder.path / "data_batch_1.bin", "x");
  CHECK_THROWS_WITH(verify_cifar10(folder.path),
                    Contains("data_batch_1.bin: md5 is 9dd4e461268c8034f5c8564e155c67a6,"
                             " must be 5dd7e06a14cb22eb9f671a540d1b7c25"));
}
