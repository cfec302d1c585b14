// SPDX-License-Identifier: Apache-2.0
#include "algo/data/batch.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <numeric>

#include "algo/data/counter_random.hpp"
#include "algo/data/encode_jpeg.hpp"
#include "algo/data/image_folder.hpp"
#include "algo/data/picture.hpp"
#include "algo/data/temporary_folder.hpp"
#include "algo/kernels/bfloat16.hpp"
#include "base/error.hpp"
#include "hw/formats/model/input_image.hpp"
#include "hw/numerics/fp8.hpp"

using namespace wd;
using namespace wd::algo;
using Catch::Contains;

namespace {

ImageSet noise_images(int height, int width, int channels, std::size_t count) {
  ImageSet set{height, width};
  set.channels = channels;
  for (std::size_t n = 0; n < count; ++n) set.labels.push_back(static_cast<std::uint16_t>(n * 7 % 10));
  for (std::size_t at = 0; at < count * set.image_bytes(); ++at)
    set.pixels.push_back(static_cast<std::uint8_t>(random_bits(11, RandomStream::shuffle, at)));
  return set;
}

InputLayout layout_of(int patch, bool split, int channels) {
  InputLayout layout{patch, split, {}, {}};
  for (int c = 0; c < channels; ++c) {
    layout.mean.push_back(0.48 - 0.03 * c);
    layout.deviation.push_back(0.25 + 0.01 * c);
  }
  return layout;
}

/// A batch's definition, pixel by pixel.
struct Plain {
  const ImageSet& images;
  const BatchRequest& request;
  const InputLayout& layout;
  int scale_exp;
  bool quantized;

  double one(std::size_t b, int y, int x, int c) const {
    const Augmentation& a = request.augmentation;
    const std::uint32_t index = request.indices[b];
    const View view = view_of(a, request.seed, request.epoch, index, images.height, images.width);
    if (y >= view.cut_top && y < view.cut_top + a.cutout && x >= view.cut_left &&
        x < view.cut_left + a.cutout)
      return 0;
    const int from_y = y - view.dy, turned = x - view.dx;
    double pixel = 0;
    if (from_y >= 0 && from_y < images.height && turned >= 0 && turned < images.width) {
      const int from_x = view.flip ? images.width - 1 - turned : turned;
      pixel = images.image(
          index)[static_cast<std::size_t>((from_y * images.width + from_x) * images.channels + c)];
    }
    const auto channel = static_cast<std::size_t>(c);
    return (pixel / 255 - layout.mean[channel]) / layout.deviation[channel];
  }

  static double fp8(double value) {
    return numerics::fp8_to_float(numerics::fp8_from_float(static_cast<float>(value)));
  }

  std::pair<float, float> value(std::size_t b, int y, int x, int c) const {
    double exact = one(b, y, x, c);
    if (request.augmentation.mixup != 0) {
      const auto lambda = static_cast<float>(
          mixup_lambda(request.augmentation.mixup, request.seed, request.epoch, request.batch));
      const std::size_t partner = b == 0 ? request.indices.size() - 1 : b - 1;
      exact = lambda * static_cast<float>(exact) + (1 - lambda) * static_cast<float>(one(partner, y, x, c));
    }
    const double scaled = std::ldexp(exact, scale_exp), near = fp8(scaled);
    const double coarse = quantized || layout.split ? std::ldexp(near, -scale_exp) : exact;
    return {static_cast<float>(coarse), static_cast<float>(std::ldexp(fp8(scaled - near), -scale_exp))};
  }

  std::vector<float> input() const {
    const auto patch = static_cast<std::size_t>(layout.patch), channels = layout.mean.size();
    const std::size_t plane = patch * patch * channels;
    const std::size_t stored = (plane * (layout.split ? 2 : 1) + 15) / 16 * 16,
                      batch = request.indices.size();
    std::vector<float> all(images.image_bytes() / plane * batch * stored, 0.0f);
    for (std::size_t b = 0; b < batch; ++b)
      for (int y = 0; y < images.height; ++y)
        for (int x = 0; x < images.width; ++x)
          for (int c = 0; c < images.channels; ++c) {
            const int p = layout.patch, position = y / p * (images.width / p) + x / p;
            const std::size_t at = (static_cast<std::size_t>(position) * batch + b) * stored +
                                   static_cast<std::size_t>((y % p * p + x % p) * images.channels + c);
            const auto [coarse, fine] = value(b, y, x, c);
            all[at] = coarse;
            if (layout.split) all[at + plane] = fine;
          }
    return all;
  }
};

std::vector<float> filled(unsigned threads, const ImageSet& images, const BatchRequest& request,
                          const PixelValues& values) {
  const std::size_t positions = images.image_bytes() / values.layout().patch_channels();
  std::vector<float> input(positions * request.indices.size() * values.layout().stored_channels(),
                           std::numeric_limits<float>::quiet_NaN());
  ThreadPool pool(threads);
  fill_batch(pool, images, request, values, input.data());
  return input;
}

std::vector<std::uint32_t> some_indices(std::size_t batch, std::size_t count) {
  std::vector<std::uint32_t> indices = shuffled_order(5, 2, count);
  indices.resize(batch);
  return indices;
}

}  // namespace

TEST_CASE("shuffle: a permutation that depends on seed and epoch", "[data]") {
  std::vector<std::uint32_t> order = shuffled_order(3, 7, 1000);
  CHECK(order == shuffled_order(3, 7, 1000));
  CHECK(order != shuffled_order(3, 8, 1000));
  CHECK(order != shuffled_order(4, 7, 1000));
  std::sort(order.begin(), order.end());
  std::vector<std::uint32_t> all(1000);
  std::iota(all.begin(), all.end(), 0u);
  CHECK(order == all);
}

TEST_CASE("layout: stored channels are a multiple of 16", "[data]") {
  CHECK(layout_of(1, false, 3).stored_channels() == 16);
  CHECK(layout_of(4, false, 1).stored_channels() == 16);
  CHECK(layout_of(4, true, 1).stored_channels() == 32);
  CHECK(layout_of(2, true, 3).used_channels() == 24);
  CHECK(layout_of(2, true, 3).stored_channels() == 32);
  CHECK(layout_of(4, false, 3).stored_channels() == 48);
}

TEST_CASE("batch: equals plain loops per pixel, at any thread count", "[data][oracle]") {
  const int channels = GENERATE(1, 2, 3), patch = GENERATE(1, 2, 4);
  const bool split = GENERATE(false, true), quantized = GENERATE(false, true);
  const ImageSet images = noise_images(8, 12, channels, 40);
  const InputLayout layout = layout_of(patch, split, channels);
  constexpr int scale_exp = 4;
  const PixelValues values(layout, scale_exp, quantized);
  const std::vector<std::uint32_t> indices = some_indices(35, 40);  // two whole groups and a rest
  for (const Augmentation& augmentation :
       {Augmentation{}, Augmentation{true, 0, 0, 0}, Augmentation{true, 3, 0, 0},
        Augmentation{false, 7, 5, 0}, Augmentation{true, 2, 4, 0.4}}) {
    const BatchRequest request{indices, 77, 3, augmentation, 12};
    const std::vector<float> expected = Plain{images, request, layout, scale_exp, quantized}.input();
    for (const unsigned threads : {1u, 2u, 8u}) CHECK(filled(threads, images, request, values) == expected);
  }
}

TEST_CASE("batch: FP8 pixels equal the host's input tensor", "[data][oracle]") {
  const bool split = GENERATE(false, true);
  const int channels = GENERATE(1, 3);
  const ImageSet images = noise_images(8, 12, channels, 3);
  const InputLayout layout = layout_of(4, split, channels);
  constexpr int scale_exp = 5;
  const model::InputImage host({8, 12, 4, split, layout.mean, layout.deviation}, scale_exp);
  const std::vector<std::uint32_t> indices{2, 0, 1};
  const std::vector<float> input = filled(1, images, {indices}, PixelValues(layout, scale_exp, true));
  std::vector<std::uint8_t> codes(6 * host.channels());
  for (std::size_t b = 0; b < 3; ++b) {
    host.convert(images.image(indices[b]), codes);
    std::size_t wrong = 0;
    for (std::size_t p = 0; p < 6; ++p)
      for (std::size_t c = 0; c < host.channels(); ++c)
        wrong += input[(p * 3 + b) * layout.stored_channels() + c] !=
                 std::ldexp(numerics::fp8_to_float(codes[p * host.channels() + c]), -scale_exp);
    CHECK(wrong == 0);
  }
}

TEST_CASE("batch: bfloat16 inputs are the floats, rounded", "[data]") {
  const ImageSet images = noise_images(8, 8, 3, 20);
  const PixelValues values(layout_of(2, true, 3), 4, false);
  const std::vector<std::uint32_t> indices = some_indices(18, 20);
  const BatchRequest request{indices, 1, 1, {true, 2, 3, 1.0}, 0};
  const std::vector<float> floats = filled(1, images, request, values);
  std::vector<BFloat16> rounded(floats.size(), BFloat16(7.0f));
  ThreadPool pool(2);
  fill_batch(pool, images, request, values, rounded.data());
  std::size_t wrong = 0;
  for (std::size_t at = 0; at < floats.size(); ++at) wrong += rounded[at].bits != BFloat16(floats[at]).bits;
  CHECK(wrong == 0);
}

TEST_CASE("batch: an image's part does not depend on its neighbours", "[data]") {
  const ImageSet images = noise_images(8, 8, 1, 20);
  const PixelValues values(layout_of(4, false, 1), 0, false);
  const std::vector<std::uint32_t> many = some_indices(20, 20), one{many[13]};
  const Augmentation augmentation{true, 3, 4, 0};
  const std::vector<float> together = filled(1, images, {many, 1, 1, augmentation, 0}, values);
  const std::vector<float> alone = filled(1, images, {one, 1, 1, augmentation, 5}, values);
  for (std::size_t p = 0; p < 4; ++p)
    for (std::size_t c = 0; c < 16; ++c) CHECK(alone[p * 16 + c] == together[(p * 20 + 13) * 16 + c]);
}

TEST_CASE("batch: labels, and with mixup the labels of the images before", "[data]") {
  const ImageSet images = noise_images(4, 4, 1, 6);  // labels 0 7 4 1 8 5
  const PixelValues values(layout_of(1, false, 1), 0, false);
  const std::vector<std::uint32_t> indices{4, 1, 2};
  std::vector<float> input(16 * 3 * 16);
  ThreadPool pool(1);
  const BatchLabels plain = fill_batch(pool, images, {indices, 1, 1, {}, 0}, values, input.data());
  CHECK(plain.labels == std::vector<std::uint16_t>{8, 7, 4});
  CHECK(plain.partners.empty());
  CHECK(plain.lambda == 1);
  const BatchLabels mixed =
      fill_batch(pool, images, {indices, 1, 1, {false, 0, 0, 0.7}, 9}, values, input.data());
  CHECK(mixed.labels == plain.labels);
  CHECK(mixed.partners == std::vector<std::uint16_t>{4, 8, 7});
  CHECK(mixed.lambda == static_cast<float>(mixup_lambda(0.7, 1, 1, 9)));
}

TEST_CASE("batch: a set decoded on demand gives the batches, splits and statistics of one in memory",
          "[data]") {
  const TemporaryFolder folder;
  for (int n = 0; n < 6; ++n) {
    const std::filesystem::path place = folder.path / "train" / (n % 2 ? "a" : "b");
    std::filesystem::create_directories(place);
    write_file(place / (std::to_string(n) + ".jpg"), encode_jpeg(12, 10 + n, smooth_picture(12, 10 + n, n)));
  }
  const auto files = std::make_shared<ImageFolder>(folder.path, true, FolderImageSize{8, 10});
  ThreadPool pool(2);
  const ImageSet images = load_image_folder(pool, files), lazy = image_set_of(files);
  const PixelValues values(layout_of(2, false, 3), 3, true);
  const std::vector<std::uint32_t> indices{5, 0, 3, 3};
  const BatchRequest request{indices, 4, 5, {true, 2, 3, 0.5}, 6};
  const std::vector<float> expected = filled(1, images, request, values);
  std::vector<float> input(expected.size());
  const BatchLabels labels = fill_batch(pool, lazy, request, values, input.data());
  CHECK(input == expected);
  CHECK(labels.labels == std::vector<std::uint16_t>{1, 0, 1, 1});
  CHECK(pixel_statistics(lazy).mean == pixel_statistics(images).mean);
  const ValidationSplit in_memory = split_validation(images, 0.34, 1),
                        on_demand = split_validation(lazy, 0.34, 1);
  REQUIRE(in_memory.validation.count() == on_demand.validation.count());
  for (std::size_t i = 0; i < in_memory.validation.count(); ++i)
    CHECK(pixels_of(in_memory.validation, i) == pixels_of(on_demand.validation, i));
}

TEST_CASE("batch: resized crops are boxes of the files, at any thread count and wherever the images are",
          "[data][oracle]") {
  const TemporaryFolder folder;
  for (int n = 0; n < 5; ++n) {
    const std::filesystem::path place = folder.path / "train" / (n % 2 ? "a" : "b");
    std::filesystem::create_directories(place);
    const int height = 30 + 4 * n, width = 44 - 3 * n;
    write_file(place / (std::to_string(n) + ".jpg"),
               encode_jpeg(height, width, smooth_picture(height, width, n)));
  }
  const auto files = std::make_shared<ImageFolder>(folder.path, true, FolderImageSize{8, 10});
  ThreadPool pool(2);
  const ImageSet in_memory = load_image_folder(pool, files), on_demand = image_set_of(files);
  CHECK(on_demand.on_demand());
  CHECK_FALSE(in_memory.on_demand());
  const InputLayout layout = layout_of(2, false, 3);
  const PixelValues values(layout, 3, false);
  const std::vector<std::uint32_t> indices{4, 0, 3, 3, 1};
  const BatchRequest request{indices, 4, 5, {true, 0, 3, 0.5, 0.08}, 6};

  // The same set, as if the files had been cropped before: what it then takes is tested above.
  ImageSet cropped = image_set_of(files);
  cropped.source.reset();
  for (std::uint32_t i = 0; i < 5; ++i) {
    const Picture picture = read_picture(files->file(i));
    std::vector<std::uint8_t> image(192);
    resize_box(picture, resized_crop_of(0.08, 4, 5, i, picture.height, picture.width), 8, image);
    cropped.pixels.insert(cropped.pixels.end(), image.begin(), image.end());
  }
  const Augmentation rest{true, 0, 3, 0.5};
  const std::vector<float> expected = Plain{cropped, {indices, 4, 5, rest, 6}, layout, 3, false}.input();
  for (const unsigned threads : {1u, 2u, 8u}) {
    CHECK(filled(threads, in_memory, request, values) == expected);
    CHECK(filled(threads, on_demand, request, values) == expected);
  }
  CHECK(filled(1, in_memory, {indices, 4, 6, request.augmentation, 6}, values) != expected);
  const ImageSet split = split_validation(in_memory, 0.34, 1).train;
  const ImageSet lazy_split = split_validation(on_demand, 0.34, 1).train;
  const std::vector<std::uint32_t> first{0, 2};
  CHECK(filled(2, split, {first, 4, 5, request.augmentation, 6}, values) ==
        filled(2, lazy_split, {first, 4, 5, request.augmentation, 6}, values));
}

TEST_CASE("batch: what does not fit the images is refused by key and range", "[data][bad-input]") {
  const ImageSet images = noise_images(8, 12, 1, 2);
  const std::vector<std::uint32_t> indices{0, 1};
  const auto fill = [&](int patch, const Augmentation& augmentation) {
    filled(1, images, {indices, 1, 1, augmentation, 0}, PixelValues(layout_of(patch, false, 1), 0, false));
  };
  CHECK_THROWS_WITH(fill(3, {}), Contains("'patch' is 3, must divide the images' 8 x 12"));
  CHECK_THROWS_WITH(fill(1, {false, 8, 0, 0}), Contains("'crop' is 8, must be 0 to 7 for images of 8 x 12"));
  CHECK_THROWS_WITH(fill(1, {false, -1, 0, 0}), Contains("'crop' is -1"));
  CHECK_THROWS_WITH(fill(1, {false, 0, 13, 0}), Contains("'cutout' is 13, must be 0 to 12"));
  CHECK_THROWS_WITH(fill(1, {false, 0, 0, -1}), Contains("'mixup' is -1, must be 0 or 0.001 to 100"));
  CHECK_THROWS_WITH(fill(1, {false, 0, 0, std::nan("")}), Contains("'mixup' is nan"));
  CHECK_THROWS_WITH(fill(1, {false, 0, 0, 0, 1.5}),
                    Contains("'resized_crop' is 1.5, must be 0 or 0.01 to 1"));
  CHECK_THROWS_WITH(fill(1, {false, 0, 0, 0, 0.08}),
                    Contains("'resized_crop' is 0.08, but the images of") && Contains("use 'crop'"));
}
