// SPDX-License-Identifier: Apache-2.0
#include "algo/data/image_set.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <set>

#include "algo/data/counter_random.hpp"
#include "base/error.hpp"

using namespace wd;
using namespace wd::algo;
using Catch::Contains;

namespace {

/// Classes 0 to 3 with 40, 30, 20 and 10 images, in mixed order; the first two bytes tell the image's number.
ImageSet numbered_images() {
  ImageSet set{2, 2};
  set.channels = 3;
  set.classes = 4;
  set.name = "numbered";
  for (std::size_t n = 0; n < 100; ++n) {
    const std::size_t place = n * 37 % 100;
    set.labels.push_back(place < 40 ? 0 : place < 70 ? 1 : place < 90 ? 2 : 3);
    set.pixels.push_back(static_cast<std::uint8_t>(n));
    for (std::size_t at = 1; at < 12; ++at)
      set.pixels.push_back(static_cast<std::uint8_t>(random_bits(7, RandomStream::shuffle, n * 12 + at)));
  }
  return set;
}

std::vector<int> numbers_of(const ImageSet& set) {
  std::vector<int> numbers;
  for (std::size_t i = 0; i < set.count(); ++i) numbers.push_back(set.image(i)[0]);
  return numbers;
}

}  // namespace

TEST_CASE("random: streams differ, numbers are spread as they should", "[data]") {
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

TEST_CASE("image set: positional fields, images in place", "[data]") {
  const ImageSet set{1, 2, {1, 2, 3, 4}, {7, 8}};
  CHECK(set.channels == 1);
  CHECK(set.classes == 10);
  CHECK_FALSE(set.verified);
  CHECK(set.count() == 2);
  CHECK(set.image(1)[0] == 3);
  CHECK(numbered_images().image_bytes() == 12);
}

TEST_CASE("pixel statistics: per channel, as two passes in FP64 give them", "[data][oracle]") {
  const ImageSet set = numbered_images();
  const PixelStatistics statistics = pixel_statistics(set);
  REQUIRE(statistics.mean.size() == 3);
  for (std::size_t c = 0; c < 3; ++c) {
    double mean = 0, variance = 0;
    for (std::size_t at = c; at < set.pixels.size(); at += 3) mean += set.pixels[at] / 255.0 / 400;
    for (std::size_t at = c; at < set.pixels.size(); at += 3)
      variance += std::pow(set.pixels[at] / 255.0 - mean, 2) / 400;
    CHECK(statistics.mean[c] == Approx(mean).epsilon(1e-12));
    CHECK(statistics.deviation[c] == Approx(std::sqrt(variance)).epsilon(1e-12));
  }
}

TEST_CASE("pixel statistics: a constant channel and an empty set are refused", "[data][bad-input]") {
  ImageSet set = numbered_images();
  for (std::size_t at = 2; at < set.pixels.size(); at += 3) set.pixels[at] = 9;
  CHECK_THROWS_WITH(pixel_statistics(set),
                    Contains("channel 2 of the training images numbered is of one value"));
  CHECK_THROWS_WITH(pixel_statistics(ImageSet{2, 2}), Contains("no images"));
}

TEST_CASE("validation split: each class gives its share, nothing is lost, the order stays", "[data]") {
  const ImageSet set = numbered_images();
  const ValidationSplit split = split_validation(set, 0.25, 3);
  const int expected[4] = {10, 8, 5, 3};  // 10, 7.5, 5 and 2.5, halves rounded up
  for (std::uint16_t label = 0; label < 4; ++label) {
    const auto& labels = split.validation.labels;
    CHECK(std::count(labels.begin(), labels.end(), label) == expected[label]);
  }
  const std::vector<int> train = numbers_of(split.train), validation = numbers_of(split.validation);
  CHECK(std::is_sorted(train.begin(), train.end()));
  CHECK(std::is_sorted(validation.begin(), validation.end()));
  std::set<int> all(train.begin(), train.end());
  all.insert(validation.begin(), validation.end());
  CHECK(all.size() == 100);
  CHECK(train.size() + validation.size() == 100);
  for (std::size_t i = 0; i < validation.size(); ++i) {
    const auto number = static_cast<std::size_t>(validation[i]);
    CHECK(split.validation.labels[i] == set.labels[number]);
    CHECK(std::ranges::equal(split.validation.image(i), set.image(number)));
  }
  CHECK(split.train.channels == 3);
  CHECK(split.train.classes == 4);
  CHECK(split.train.name == "numbered");
}

TEST_CASE("validation split: the seed decides, and nothing else", "[data]") {
  const ImageSet set = numbered_images();
  CHECK(numbers_of(split_validation(set, 0.3, 1).validation) ==
        numbers_of(split_validation(set, 0.3, 1).validation));
  CHECK(numbers_of(split_validation(set, 0.3, 1).validation) !=
        numbers_of(split_validation(set, 0.3, 2).validation));
}

TEST_CASE("validation split: fractions that leave one side empty are refused", "[data][bad-input]") {
  const ImageSet set = numbered_images();
  const double outside = GENERATE(0.0, 1.0, -0.5, std::nan(""));
  CHECK_THROWS_WITH(split_validation(set, outside, 1), Contains("must be above 0 and below 1"));
  CHECK_THROWS_WITH(split_validation(set, 0.001, 1), Contains("takes 0 of 100 images, numbered"));
  CHECK_THROWS_WITH(split_validation(set, 0.999, 1), Contains("takes 100 of 100 images"));
}
