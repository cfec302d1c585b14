// SPDX-License-Identifier: Apache-2.0
#include "algo/data/idx.hpp"

#include <zlib.h>

#include <catch2/catch.hpp>

#include "algo/data/temporary_folder.hpp"
#include "base/error.hpp"
#include "base/files.hpp"

using namespace wd;
using namespace wd::algo;
using Catch::Contains;

namespace {

struct Folder : TemporaryFolder {
  void write(const std::string& name, std::uint32_t magic, std::vector<std::uint32_t> sizes,
             std::size_t payload, std::uint8_t fill = 3) const {
    Bytes bytes;
    sizes.insert(sizes.begin(), magic);
    for (std::uint32_t word : sizes)
      for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(static_cast<std::uint8_t>(word >> shift));
    bytes.resize(bytes.size() + payload, fill);
    write_file(path / name, bytes);
  }
  void images(std::uint32_t count) const {
    write("t10k-images-idx3-ubyte", 0x803, {count, 4, 4}, count * 16);
  }
  void labels(std::uint32_t count, std::uint8_t fill = 3) const {
    write("t10k-labels-idx1-ubyte", 0x801, {count}, count, fill);
  }
  /// Replaces a file by its compressed form.
  void compress(const std::string& name) const {
    const Bytes bytes = read_file(path / name);
    gzFile file = gzopen((path / (name + ".gz")).c_str(), "wb");
    REQUIRE(gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size())) ==
            static_cast<int>(bytes.size()));
    REQUIRE(gzclose(file) == Z_OK);
    std::filesystem::remove(path / name);
  }
  ImageSet load() const { return load_fashion_mnist(path, false); }
};

}  // namespace

TEST_CASE("idx: plain and compressed files are read", "[data][round-trip]") {
  const Folder folder;
  folder.images(5);
  folder.labels(5, 9);
  if (GENERATE(false, true)) {
    folder.compress("t10k-images-idx3-ubyte");
    folder.compress("t10k-labels-idx1-ubyte");
  }
  const ImageSet set = folder.load();
  CHECK(set.count() == 5);
  CHECK(set.height == 4);
  CHECK(set.image(4).size() == 16);
  CHECK(set.pixels == std::vector<std::uint8_t>(80, 3));
  CHECK(set.labels[4] == 9);
  CHECK(set.channels == 1);
  CHECK(set.classes == 10);
}

TEST_CASE("idx: bad files are refused by name, field and value", "[data][bad-input]") {
  const Folder folder;
  CHECK_THROWS_WITH(load_fashion_mnist(folder.path / "none", true), Contains("no such folder"));
  CHECK_THROWS_WITH(folder.load(), Contains("t10k-images-idx3-ubyte: no such file"));
  folder.images(5);
  CHECK_THROWS_WITH(folder.load(), Contains("t10k-labels-idx1-ubyte: no such file"));
  folder.labels(4);
  CHECK_THROWS_WITH(folder.load(), Contains("has 4 labels for 5 images"));
  folder.labels(5, 10);
  CHECK_THROWS_WITH(folder.load(), Contains("label 0 is 10, must be 0 to 9"));
  folder.labels(5);
  folder.write("t10k-images-idx3-ubyte", 0x801, {5, 4, 4}, 80);
  CHECK_THROWS_WITH(folder.load(), Contains("'magic' is 2049, must be 2051"));
  folder.write("t10k-images-idx3-ubyte", 0x803, {5, 4, 4}, 79);
  CHECK_THROWS_WITH(folder.load(), Contains("has 95 bytes, its header says 96"));
  folder.write("t10k-images-idx3-ubyte", 0x803, {5, 4, 4}, 81);
  CHECK_THROWS_WITH(folder.load(), Contains("has at least 97 bytes, its header says 96"));
  folder.write("t10k-images-idx3-ubyte", 0x803, {5}, 0);
  CHECK_THROWS_WITH(folder.load(), Contains("truncated: 8 bytes, the header alone has 16"));
}

TEST_CASE("idx: dimensions that lie are refused before anything is allocated", "[data][bad-input]") {
  const Folder folder;
  folder.labels(5);
  folder.write("t10k-images-idx3-ubyte", 0x803, {5, 4, 4000}, 80);
  CHECK_THROWS_WITH(folder.load(), Contains("dimension 2 is 4000, must be 1 to 255"));
  folder.write("t10k-images-idx3-ubyte", 0x803, {0xffffffff, 4, 4}, 80);
  CHECK_THROWS_WITH(folder.load(), Contains("dimension 0 is 4294967295"));
  folder.write("t10k-images-idx3-ubyte", 0x803, {0, 4, 4}, 0);
  CHECK_THROWS_WITH(folder.load(), Contains("dimension 0 is 0"));
  folder.write("t10k-images-idx3-ubyte", 0x803, {1 << 20, 255, 255}, 80);
  CHECK_THROWS_WITH(folder.load(),
                    Contains("its header says 68183654400 bytes of images, at most 264241152"));
  folder.write("t10k-images-idx3-ubyte", 0x803, {4000, 255, 255}, 80);
  CHECK_THROWS_WITH(folder.load(), Contains("has 96 bytes, its header says 260100016"));
}

TEST_CASE("idx: truncated and corrupted gzip data are refused", "[data][bad-input]") {
  const Folder folder;
  folder.images(5);
  folder.labels(5);
  folder.compress("t10k-images-idx3-ubyte");
  const std::filesystem::path file = folder.path / "t10k-images-idx3-ubyte.gz";
  const Bytes whole = read_file(file);
  for (std::size_t kept = 1; kept < whole.size(); ++kept) {
    write_file(file, std::span(whole).first(kept));
    INFO(kept << " of " << whole.size() << " bytes");
    CHECK_THROWS_AS(folder.load(), Error);
  }
  write_file(file, std::span(whole).first(whole.size() - 4));
  CHECK_THROWS_WITH(folder.load(), Contains("truncated or corrupted gzip data"));
  Bytes damaged = whole;
  damaged[damaged.size() - 6] ^= 1;  // of the checksum
  write_file(file, damaged);
  CHECK_THROWS_WITH(folder.load(), Contains("truncated or corrupted gzip data"));
}
