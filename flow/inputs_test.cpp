// SPDX-License-Identifier: Apache-2.0
#include "flow/inputs.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <numeric>
#include <set>

#include "algo/data/temporary_folder.hpp"
#include "algo/interchange/safetensors.hpp"
#include "base/error.hpp"

using namespace wd;
using namespace wd::flow;
using Catch::Contains;

namespace {

model::InputTransform transform(int height, int width, int channels) {
  const auto n = static_cast<std::size_t>(channels);
  return {height, width, 1, false, std::vector(n, 0.5), std::vector(n, 0.25)};
}

Inputs open(const InputOptions& options, std::size_t count = 3,
            const model::InputTransform& t = transform(5, 4, 3), const std::string& dataset = "none") {
  const std::atomic<bool> stop{false};
  Context context(stop);
  return open_inputs(options, dataset, t, count, context);
}

algo::NamedTensor bytes_of(algo::Dims shape, const std::vector<std::uint8_t>& values) {
  const auto storage = std::make_shared<std::vector<std::uint8_t>>(values);
  return {algo::DType::u8, std::move(shape), *storage, storage};
}

/// Writes a file of these tensors and opens it.
Inputs open_file(const algo::NamedTensors& tensors) {
  const algo::TemporaryFolder folder;
  InputOptions options;
  options.inputs = folder.path / "images.safetensors";
  algo::write_safetensors(tensors, options.inputs);
  return open(options);
}

}  // namespace

TEST_CASE("inputs: random images depend on seed and number only, and on nothing before", "[flow]") {
  InputOptions options;
  options.data.data = "random";
  const Inputs few = open(options, 2), many = open(options, 40);
  CHECK_FALSE(few.labelled);
  CHECK(few.source == "random images of seed 1");
  CHECK(few.images->count() == 2);
  CHECK(many.images->count() == 40);
  CHECK(few.images->image_bytes() == 60);
  std::set<std::vector<std::uint8_t>> different;
  for (std::size_t i = 0; i < 40; ++i) {
    const auto image = many.images->image(i);
    different.insert({image.begin(), image.end()});
    if (i < 2) CHECK(std::equal(image.begin(), image.end(), few.images->image(i).begin()));
  }
  CHECK(different.size() == 40);
  // 2400 even bytes: mean 127.5 +- 4.5 standard deviations of 73.9 / sqrt(2400), a third of each range.
  const auto& pixels = many.images->pixels;
  const double mean = std::accumulate(pixels.begin(), pixels.end(), 0.0) / static_cast<double>(pixels.size());
  CHECK(mean == Approx(127.5).margin(6.8));
  CHECK(std::count_if(pixels.begin(), pixels.end(), [](int p) { return p < 85; }) == Approx(800).margin(105));
  options.seed = 2;
  const Inputs other = open(options, 2);
  CHECK(other.source == "random images of seed 2");
  CHECK(other.images->pixels != few.images->pixels);
}

TEST_CASE("inputs: images of a file, with labels or without", "[flow][round-trip]") {
  std::vector<std::uint8_t> pixels(2 * 5 * 4 * 3);
  std::iota(pixels.begin(), pixels.end(), 7);
  algo::NamedTensors tensors;
  tensors.add("images", bytes_of({2, 5, 4, 3}, pixels));
  const Inputs plain = open_file(tensors);
  CHECK_FALSE(plain.labelled);
  CHECK_THAT(plain.source, Contains("images of ") && Contains("images.safetensors"));
  CHECK(plain.images->count() == 2);
  CHECK(plain.images->pixels == pixels);
  tensors.add("labels", algo::NamedTensor::of_integers({2}, {9, 4}));
  const Inputs labelled = open_file(tensors);
  CHECK(labelled.labelled);
  CHECK(labelled.images->labels == std::vector<std::uint16_t>{9, 4});
}

TEST_CASE("inputs: what is wrong with a file is named", "[flow][bad-input][message]") {
  const auto refused = [](const algo::NamedTensors& tensors, const std::string& message) {
    CHECK_THROWS_WITH(open_file(tensors), Contains("images.safetensors") && Contains(message));
  };
  const auto images = [](algo::Dims shape) {
    algo::NamedTensors tensors;
    std::size_t count = 1;
    for (std::int64_t n : shape) count *= static_cast<std::size_t>(n);
    tensors.add("images", bytes_of(std::move(shape), std::vector<std::uint8_t>(count)));
    return tensors;
  };
  refused({}, "images");
  refused(images({2, 4, 5, 3}), "'images' is U8 [2, 4, 5, 3], the program takes U8 [N, 5, 4, 3]");
  refused(images({2, 5, 4}), "is U8 [2, 5, 4], the program takes");
  refused(images({0, 5, 4, 3}), "is U8 [0, 5, 4, 3], the program takes");
  refused(images({}), "is U8 [], the program takes");
  algo::NamedTensors floats;
  floats.add("images", algo::NamedTensor::of_floats({1, 5, 4, 3}, std::vector<float>(60)));
  refused(floats, "is F32 [1, 5, 4, 3], the program takes U8");
  algo::NamedTensors more = images({1, 5, 4, 3});
  more.add("pictures", bytes_of({1}, {1}));
  refused(more, "holds tensor 'pictures'");
  algo::NamedTensors labels = images({1, 5, 4, 3});
  labels.add("labels", algo::NamedTensor::of_integers({2}, {1, 2}));
  refused(labels, "'labels' is I64 [2], must be whole numbers, [1]");
  algo::NamedTensors real = images({1, 5, 4, 3});
  real.add("labels", algo::NamedTensor::of_floats({1}, {1}));
  refused(real, "'labels' is F32 [1], must be whole numbers");
  algo::NamedTensors below = images({1, 5, 4, 3});
  below.add("labels", algo::NamedTensor::of_integers({1}, {-1}));
  refused(below, "'labels' has -1");
}

TEST_CASE("inputs: a seed without random images, too many images, no data set",
          "[flow][bad-input][message]") {
  InputOptions options;
  CHECK_THROWS_WITH(open(options), Contains("random masks has no data set; give --data random, or --inputs"));
  options.seed = 3;
  CHECK_THROWS_WITH(open(options), Contains("--seed is of random images; give --data random"));
  options.data.data = "random";
  CHECK_THROWS_WITH(open(options, 10000, transform(224, 224, 3)),
                    Contains("10000 images of 150528 bytes") && Contains("ask for at most 7133"));
  options = {};
  CHECK_THROWS_WITH(open(options, 1, transform(5, 4, 3), "fashion-mnist"),
                    Contains("images of 784 pixels, the program takes 60"));
}
