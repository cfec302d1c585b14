// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <numeric>

#include "algo/data/batch.hpp"
#include "algo/data/counter_random.hpp"
#include "algo/data/synthetic_images.hpp"
#include "base/error.hpp"
#include "base/files.hpp"
#include "hw/model/input_image.hpp"
#include "hw/numerics/fp8.hpp"

using namespace wd;
using namespace wd::algo;
using Catch::Contains;

namespace {

struct Folder {
  std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("wd_data_test_" + std::to_string(::getpid()));
  Folder() { std::filesystem::create_directories(path); }
  ~Folder() { std::filesystem::remove_all(path); }

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
  ImageSet load() const { return load_fashion_mnist(path, false); }
};

}  // namespace

TEST_CASE("image set: IDX files are read", "[algo][round-trip]") {
  const Folder folder;
  folder.images(5);
  folder.labels(5, 9);
  const ImageSet set = folder.load();
  CHECK(set.count() == 5);
  CHECK(set.height == 4);
  CHECK(set.image(4).size() == 16);
  CHECK(set.labels[4] == 9);
}

TEST_CASE("image set: bad files are refused by name, field and value", "[algo][bad-input]") {
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
  folder.write("t10k-images-idx3-ubyte", 0x803, {5}, 0);
  CHECK_THROWS_WITH(folder.load(), Contains("truncated: 8 bytes, the header alone has 16"));
  folder.write("t10k-images-idx3-ubyte", 0x803, {5, 4, 4000}, 80);
  CHECK_THROWS_WITH(folder.load(), Contains("dimension 2 is 4000"));
  write_file(folder.path / "t10k-images-idx3-ubyte.gz", std::string_view("\x1f\x8b\x08\x00\x00\x00", 6));
  CHECK_THROWS_WITH(folder.load(), Contains("truncated or corrupted gzip data"));
}

TEST_CASE("random: streams differ, numbers are spread as they should", "[algo]") {
  CHECK(random_bits(1, RandomStream::signs, 0) != random_bits(1, RandomStream::scores, 0));
  CHECK(random_bits(1, RandomStream::signs, 0) != random_bits(2, RandomStream::signs, 0));
  double sum = 0, square = 0;
  constexpr int count = 100000;
  for (int i = 0; i < count; ++i) {
    const double x = random_normal(5, RandomStream::scores, static_cast<std::uint64_t>(i));
    sum += x;
    square += x * x;
  }
  CHECK(std::abs(sum / count) < 0.015);
  CHECK(std::abs(square / count - 1) < 0.02);
}

TEST_CASE("shuffle: a permutation that depends on seed and epoch", "[algo]") {
  std::vector<std::uint32_t> order = shuffled_order(3, 7, 1000);
  CHECK(order == shuffled_order(3, 7, 1000));
  CHECK(order != shuffled_order(3, 8, 1000));
  std::sort(order.begin(), order.end());
  std::vector<std::uint32_t> all(1000);
  std::iota(all.begin(), all.end(), 0u);
  CHECK(order == all);
}

TEST_CASE("batch: FP8 pixels equal the host's input tensor", "[algo][oracle]") {
  const bool split = GENERATE(false, true);
  const ImageSet images = synthetic_images(3, 1);
  const model::InputTransform transform{28, 28, 4, split, 0.28, 0.35};
  constexpr int scale_exp = 5;
  const model::InputImage host(transform, scale_exp);
  const std::size_t channels = host.channels();
  std::vector<float> input(49 * 3 * channels);
  const std::vector<std::uint32_t> indices{2, 0, 1};
  ThreadPool pool(1);
  fill_batch(pool, images, {indices, 0, 0, {}}, transform, PixelValues(transform, scale_exp, true),
             input.data());
  std::vector<std::uint8_t> codes(49 * channels);
  for (std::size_t b = 0; b < 3; ++b) {
    host.convert(images.image(indices[b]), codes);
    std::size_t wrong = 0;
    for (std::size_t p = 0; p < 49; ++p)
      for (std::size_t c = 0; c < channels; ++c)
        wrong += input[(p * 3 + b) * channels + c] !=
                 std::ldexp(numerics::fp8_to_float(codes[p * channels + c]), -scale_exp);
    CHECK(wrong == 0);
  }
}

TEST_CASE("batch: augmentation mirrors and shifts whole images", "[algo]") {
  const ImageSet images = synthetic_images(1, 4);
  const model::InputTransform transform{28, 28, 1, false, 0, 1};
  const PixelValues values(transform, 0, false);
  ThreadPool pool(1);
  std::vector<float> plain(784), moved(784);
  const std::vector<std::uint32_t> indices{0};
  fill_batch(pool, images, {indices, 0, 0, {}}, transform, values, plain.data());
  int matches = 0;
  fill_batch(pool, images, {indices, 9, 2, {true, 2}}, transform, values, moved.data());
  for (bool flip : {false, true})
    for (int dy = -2; dy <= 2; ++dy)
      for (int dx = -2; dx <= 2; ++dx) {
        bool same = true;
        for (int y = 2; y < 26; ++y)
          for (int x = 2; x < 26; ++x) {
            const int from = flip ? 27 - (x - dx) : x - dx;
            same &= moved[static_cast<std::size_t>(y * 28 + x)] ==
                    plain[static_cast<std::size_t>((y - dy) * 28 + from)];
          }
        matches += same;
      }
  CHECK(matches == 1);
}
