// SPDX-License-Identifier: Apache-2.0
#include "algo/data/image_folder.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>

#include "algo/data/encode_jpeg.hpp"
#include "algo/data/picture.hpp"
#include "algo/data/temporary_folder.hpp"
#include "base/error.hpp"

using namespace wd;
using namespace wd::algo;
using Catch::Contains;

namespace {

/// Both halves with the classes bird, cat and dog; 2, 3 and 4 images in each, of several shapes.
struct Folder : TemporaryFolder {
  Folder() {
    for (const char* half : {"train", "val"}) {
      int count = 2;
      for (const char* name : {"dog", "bird", "cat"}) {
        const int images = std::string(name) == "bird" ? 2 : std::string(name) == "cat" ? 3 : 4;
        for (int n = 0; n < images; ++n)
          write(text(half, "/", name, "/", n, n % 2 ? ".JPEG" : ".jpg"), ++count);
      }
    }
    write("train/cat/.hidden", 0);
  }
  void write(const std::string& name, int shade) const {
    std::filesystem::create_directories((path / name).parent_path());
    const int height = 20 + shade, width = 30 - shade;
    write_file(path / name, encode_jpeg(height, width, smooth_picture(height, width, shade)));
  }
  std::shared_ptr<const ImageFolder> shared() const {
    return std::make_shared<ImageFolder>(path, true, FolderImageSize{8, 0});
  }
  ImageFolder open(bool train = true, int side = 8) const { return ImageFolder(path, train, {side, 0}); }
};

}  // namespace

TEST_CASE("image folder: classes and files are sorted, labels follow the classes", "[data]") {
  const Folder folder;
  const ImageFolder images = folder.open();
  CHECK(images.classes() == std::vector<std::string>{"bird", "cat", "dog"});
  REQUIRE(images.count() == 9);
  const std::vector<std::uint16_t> labels{0, 0, 1, 1, 1, 2, 2, 2, 2};
  for (std::size_t i = 0; i < 9; ++i) CHECK(images.label(i) == labels[i]);
  CHECK(images.file(3) == folder.path / "train/cat/1.JPEG");
  CHECK(images.image_bytes() == 192);
}

TEST_CASE("image folder: an image is the file, decoded, resized and cropped", "[data]") {
  const Folder folder;
  const ImageFolder images(folder.path, false, {8, 10});
  for (const std::size_t i : {0u, 4u, 8u}) {
    std::vector<std::uint8_t> found(192), expected(192);
    images.load(i, found);
    resize_and_crop(read_picture(images.file(i)), {8, 10}, expected);
    CHECK(found == expected);
  }
}

TEST_CASE("image folder: names, classes and sizes of the files tell it from another", "[data]") {
  const Folder folder;
  const std::uint32_t before = folder.open().checksum();
  CHECK(Folder().open().checksum() == before);     // of another path
  CHECK(folder.open(false).checksum() == before);  // of the other half, with the same names and sizes
  CHECK(folder.open(true, 4).checksum() == before);
  const auto file = [&](const char* name) { return folder.path / "train" / name; };
  const auto after_moving = [&](const char* from, const char* to) {
    std::filesystem::rename(file(from), file(to));
    const std::uint32_t found = folder.open().checksum();
    std::filesystem::rename(file(to), file(from));
    return found;
  };
  CHECK(after_moving("cat/0.jpg", "cat/00.jpg") != before);  // the order stays
  CHECK(after_moving("dog/0.jpg", "cat/3.jpg") != before);
  CHECK(folder.open().checksum() == before);
  const Bytes whole = read_file(file("cat/0.jpg"));
  Bytes edited = whole;
  edited.push_back(0);
  write_file(file("cat/0.jpg"), edited);
  CHECK(folder.open().checksum() != before);
  write_file(file("cat/0.jpg"), whole);
  CHECK(folder.open().checksum() == before);
  std::filesystem::remove(file("cat/0.jpg"));
  CHECK(folder.open().checksum() != before);
}

TEST_CASE("image folder: a whole half, the same at any thread count", "[data]") {
  const Folder folder;
  const auto files = folder.shared();
  const ImageFolder& images = *files;
  ThreadPool one(1);
  const ImageSet set = load_image_folder(one, files);
  CHECK(set.count() == 9);
  CHECK(set.height == 8);
  CHECK(set.channels == 3);
  CHECK(set.classes == 3);
  CHECK_FALSE(set.on_demand());
  for (std::size_t i = 0; i < 9; ++i) {
    std::vector<std::uint8_t> alone(192);
    images.load(i, alone);
    CHECK(std::ranges::equal(set.image(i), alone));
    CHECK(set.labels[i] == images.label(i));
  }
  for (const unsigned threads : {2u, 8u}) {
    ThreadPool pool(threads);
    CHECK(load_image_folder(pool, files).pixels == set.pixels);
  }
}

TEST_CASE("image folder: a set above the memory bound is refused with the remedy", "[data][bad-input]") {
  const Folder folder;
  ThreadPool pool(1);
  CHECK_NOTHROW(load_image_folder(pool, folder.shared(), 9 * 192));
  CHECK_THROWS_WITH(load_image_folder(pool, folder.shared(), 9 * 192 - 1),
                    Contains("train: 9 images of 8 x 8 x 3 take 1728 bytes of memory, must be at most 1727; "
                             "choose an image size of at most 7"));
  CHECK(image_set_limit_bytes == 8589934592);
}

TEST_CASE("image folder: missing, empty and mixed folders are refused by name", "[data][bad-input]") {
  const Folder folder;
  CHECK_THROWS_WITH(ImageFolder(folder.path / "none", true, {8, 0}), Contains("none/train: no such folder"));
  std::filesystem::create_directories(folder.path / "train/ant");
  CHECK_THROWS_WITH(folder.open(), Contains("class 'ant' is in only one of"));
  CHECK_THROWS_WITH(folder.open(false), Contains("class 'ant' is in only one of"));
  std::filesystem::create_directories(folder.path / "val/ant");
  CHECK_THROWS_WITH(folder.open(), Contains("train/ant: has no images; fill or remove it"));
  std::filesystem::remove_all(folder.path / "val");
  std::filesystem::remove(folder.path / "train/ant");
  CHECK(folder.open().count() == 9);  // one half alone
  write_file(folder.path / "train/cat/x.png", "png");
  CHECK_THROWS_WITH(folder.open(), Contains("train/cat/x.png: is no .jpg or .jpeg file"));
  std::filesystem::rename(folder.path / "train/cat/x.png", folder.path / "train/x.txt");
  CHECK_THROWS_WITH(folder.open(), Contains("train/x.txt: is not a folder"));
  std::filesystem::create_directories(folder.path / "bare/train");
  CHECK_THROWS_WITH(ImageFolder(folder.path / "bare", true, {8, 0}), Contains("train: has no class folders"));
}

TEST_CASE("image folder: sizes out of range are refused", "[data][bad-input]") {
  const Folder folder;
  CHECK_THROWS_WITH(folder.open(true, 0), Contains("the image size is 0, must be 1 to 1024"));
  CHECK_THROWS_WITH(folder.open(true, 1025), Contains("the image size is 1025"));
  CHECK_THROWS_WITH(ImageFolder(folder.path, true, {8, 7}),
                    Contains("the shorter side is 7, must be 8 (the image"));
}

TEST_CASE("image folder: a file that is no JPEG is refused by name", "[data][bad-input]") {
  const Folder folder;
  const std::filesystem::path file = folder.path / "train/cat/1.JPEG";
  const Bytes whole = read_file(file);
  ThreadPool pool(2);
  write_file(file, std::span(whole).first(whole.size() / 2));
  CHECK_THROWS_WITH(load_image_folder(pool, folder.shared()),
                    Contains("train/cat/1.JPEG: is no whole JPEG file"));
  write_file(file, "text");
  CHECK_THROWS_WITH(load_image_folder(pool, folder.shared()),
                    Contains("train/cat/1.JPEG: is neither JPEG nor PNG"));
  write_file(file, "P6 3 2 255\n012345678901234567");  // what a file is is told by its content
  CHECK(load_image_folder(pool, folder.shared()).image(3)[0] >= '0');
  write_file(file, "");
  CHECK_THROWS_WITH(folder.open(), Contains("train/cat/1.JPEG: is empty; replace or remove it"));
  write_file(file, encode_jpeg(1, 65, Bytes(195, 1)));
  CHECK_THROWS_WITH(load_image_folder(pool, folder.shared()),
                    Contains("1.JPEG: is 65 x 1, its sides must differ"));
}
