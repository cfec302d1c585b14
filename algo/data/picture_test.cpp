// SPDX-License-Identifier: Apache-2.0
// Pictures of all kinds against their pixels, and a folder that mixes them.
#include "algo/data/picture.hpp"

#include <png.h>

#include <catch2/catch.hpp>

#include "algo/data/dataset.hpp"
#include "algo/data/encode_jpeg.hpp"
#include "algo/data/temporary_folder.hpp"
#include "base/error.hpp"
#include "base/files.hpp"

using namespace wd;
using namespace wd::algo;
using Catch::Contains;

namespace {

Bytes bytes_of(const std::string& text) { return {text.begin(), text.end()}; }

Bytes png(std::uint32_t format, std::uint32_t width, std::uint32_t height, const Bytes& pixels) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = width;
  image.height = height;
  image.format = format;
  png_alloc_size_t size = 0;
  REQUIRE(png_image_write_get_memory_size(image, size, 0, pixels.data(), 0, nullptr) != 0);
  Bytes out(size);
  REQUIRE(png_image_write_to_memory(&image, out.data(), &size, 0, pixels.data(), 0, nullptr) != 0);
  out.resize(size);
  return out;
}

}  // namespace

TEST_CASE("picture: PNG, PPM and PGM are decoded to RGB by what they are", "[data][oracle]") {
  const Bytes colours{255, 0, 0, 0, 255, 0, 1, 2, 3, 4, 5, 6};
  for (const Bytes& file : {png(PNG_FORMAT_RGB, 2, 2, colours), bytes_of("P6\n# a comment\n2 2\n255\n")}) {
    Bytes whole = file;
    if (file[0] == 'P') whole.insert(whole.end(), colours.begin(), colours.end());
    const Picture picture = decode_picture(whole, "x");
    CHECK((picture.height == 2 && picture.width == 2));
    CHECK(picture.pixels == colours);
  }
  CHECK(decode_picture(png(PNG_FORMAT_GRAY, 1, 2, {9, 200}), "x").pixels == Bytes{9, 9, 9, 200, 200, 200});
  Bytes grey = bytes_of("P5 1 2 255 ");
  grey.insert(grey.end(), {9, 200});
  CHECK(decode_picture(grey, "x").pixels == Bytes{9, 9, 9, 200, 200, 200});
  CHECK(decode_picture(png(PNG_FORMAT_RGBA, 2, 1, {10, 20, 30, 255, 10, 20, 30, 0}), "x").pixels ==
        Bytes{10, 20, 30, 0, 0, 0});
  const Bytes jpeg = encode_jpeg(3, 2, Bytes(18, 128));
  CHECK(decode_picture(jpeg, "x").pixels == decode_jpeg(jpeg, "x").pixels);
}

TEST_CASE("picture: damaged and foreign files are refused by name", "[data][bad-input]") {
  const auto refused = [](const Bytes& file, const std::string& why) {
    CHECK_THROWS_WITH(decode_picture(file, "a.png"), Contains("a.png: ") && Contains(why));
  };
  refused({}, "is neither JPEG nor PNG, nor a binary PPM or PGM; convert or remove it");
  refused(bytes_of("GIF89a"), "is neither JPEG nor PNG");
  refused(bytes_of("P3\n1 1\n255\n1 2 3"), "is neither JPEG nor PNG");
  Bytes good = png(PNG_FORMAT_RGB, 2, 2, Bytes(12, 7));
  good.resize(good.size() - 20);
  refused(good, "no valid PNG (");
  refused(bytes_of("P6 2 2 255 123"), "has 14 bytes, its header says 23; it is cut off");
  refused(bytes_of("P6 2 x"), "its header has no number at byte 5");
  refused(bytes_of("P6 2 2 65535 "), "its greatest value is 65535, must be 255");
  CHECK_THROWS_WITH(read_picture("/nonexistent/b.jpg"), Contains("/nonexistent/b.jpg: cannot be opened"));
  refused(bytes_of("P6 0 2 255 "), "is 0 x 2, must have 1 to");
  refused(bytes_of("P6 65000 65000 255 "), "is 65000 x 65000, must have 1 to 67108864 pixels");
}

TEST_CASE("own pictures: a folder of classes with files of all kinds, tests in test or val", "[data]") {
  const TemporaryFolder folder;
  for (const char* half : {"train", "test"})
    for (const char* name : {"cat", "dog"}) std::filesystem::create_directories(folder.path / half / name);
  const auto put = [&](const char* name, const Bytes& bytes) { write_file(folder.path / name, bytes); };
  Bytes ppm = bytes_of("P6 8 8 255 ");
  ppm.insert(ppm.end(), 192, 100);
  put("train/cat/a.png", png(PNG_FORMAT_RGB, 8, 8, Bytes(192, 50)));
  put("train/cat/b.ppm", ppm);
  put("train/dog/c.jpg", encode_jpeg(8, 8, Bytes(192, 200)));
  put("test/cat/d.PNG", png(PNG_FORMAT_RGB, 8, 8, Bytes(192, 60)));
  put("test/dog/e.pgm", [] {
    Bytes pgm = bytes_of("P5 8 8 255 ");
    pgm.insert(pgm.end(), 64, 70);
    return pgm;
  }());
  const Dataset set = open_dataset("folder", folder.path, true, customary_size(7));
  CHECK(set.train.labels == std::vector<std::uint16_t>{0, 0, 1});
  CHECK(set.test.labels == std::vector<std::uint16_t>{0, 1});
  CHECK((set.train.height == 7 && set.train.channels == 3 && set.train.classes == 2));
  CHECK(set.train.image(0)[0] == 50);
  CHECK(set.train.image(1)[146] == 100);
  CHECK(set.test.image(1)[5] == 70);
  CHECK_THROWS_WITH(open_dataset("folder", folder.path), Contains("data set folder needs an image size"));
  put("train/dog/f.gif", bytes_of("GIF89a"));
  CHECK_THROWS_WITH(open_dataset("folder", folder.path, true, customary_size(7)),
                    Contains("train/dog/f.gif: is no .jpg or .jpeg file, nor .png, .ppm or .pgm; convert"));
}
