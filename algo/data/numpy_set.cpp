// SPDX-License-Identifier: Apache-2.0
#include "algo/data/numpy_set.hpp"

#include <algorithm>
#include <cmath>

#include "algo/data/npy.hpp"
#include "base/error.hpp"

namespace wd::algo {
namespace {

constexpr std::uint64_t most_side = 1024, most_label = 65534;
constexpr std::uint64_t most_images = std::uint64_t{1} << 32;

std::string shape_text(const NpyArray& array) {
  std::string out;
  for (const std::uint64_t size : array.shape) out += (out.empty() ? "" : ", ") + std::to_string(size);
  return "(" + out + ")";
}

std::filesystem::path file_of(const std::filesystem::path& folder, bool train, const char* what) {
  const std::filesystem::path path = folder / text(train ? "train_" : "test_", what, ".npy");
  WD_REQUIRE(
      std::filesystem::exists(path), path.string(), ": no such file; ", folder.string(),
      " must hold train_images.npy, train_labels.npy, test_images.npy and test_labels.npy (numpy.save)");
  return path;
}

std::vector<std::uint16_t> labels_of(const std::filesystem::path& path) {
  const NpyArray array = read_npy(path);
  WD_REQUIRE(array.shape.size() == 1 && array.shape[0] > 0, path.string(), ": 'shape' is ", shape_text(array),
             ", must be (N,), a label for each image; save labels.reshape(-1)");
  std::vector<std::uint16_t> labels;
  for (std::uint64_t i = 0; i < array.shape[0]; ++i)
    labels.push_back(static_cast<std::uint16_t>(whole_element(array, i, most_label, path.string())));
  return labels;
}

int classes_of(const std::vector<std::uint16_t>& labels) {
  return 1 + *std::max_element(labels.begin(), labels.end());
}

std::vector<std::uint8_t> pixels_from(NpyArray& array, const std::string& origin) {
  if (array.type == "|u1") return std::move(array.bytes);
  WD_REQUIRE(array.type == "<f4", origin, ": 'descr' is '", array.type,
             "', must be |u1 or <f4; save images.astype(numpy.uint8)");
  std::vector<std::uint8_t> pixels(array.count());
  for (std::uint64_t i = 0; i < pixels.size(); ++i) {
    const float value = real_element(array, i);
    WD_REQUIRE(value >= 0 && value <= 1, origin, ": image ", i / (pixels.size() / array.shape[0]),
               " has the value ", value,
               ", must be 0 to 1; divide by the greatest value, or save images.astype(numpy.uint8)");
    pixels[i] = static_cast<std::uint8_t>(std::lround(255 * value));
  }
  return pixels;
}

}  // namespace

ImageSet load_numpy(const std::filesystem::path& folder, bool train) {
  const std::filesystem::path path = file_of(folder, train, "images"),
                              labels = file_of(folder, train, "labels");
  NpyArray array = read_npy(path);
  const std::vector<std::uint64_t>& shape = array.shape;
  const bool good = (shape.size() == 3 || (shape.size() == 4 && (shape[3] == 1 || shape[3] == 3))) &&
                    shape[0] > 0 && shape[0] < most_images && shape[1] >= 1 && shape[1] <= most_side &&
                    shape[2] >= 1 && shape[2] <= most_side;
  WD_REQUIRE(good, path.string(), ": 'shape' is ", shape_text(array),
             ", must be (N, H, W) or (N, H, W, C) with C 1 or 3 ", "and sides of 1 to ", most_side,
             "; save images with the channels last (numpy.moveaxis)");
  ImageSet set{static_cast<int>(shape[1]), static_cast<int>(shape[2])};
  set.channels = shape.size() == 4 ? static_cast<int>(shape[3]) : 1;
  set.labels = labels_of(labels);
  WD_REQUIRE(set.labels.size() == shape[0], labels.string(), ": has ", set.labels.size(), " labels for ",
             shape[0], " images in ", path.string(), "; the two files must be of the same set");
  set.pixels = pixels_from(array, path.string());
  const int least = *std::min_element(set.labels.begin(), set.labels.end());
  WD_REQUIRE(!train || least == 0, labels.string(), ": has labels from ", least, " to ",
             classes_of(set.labels) - 1, ", none is 0; number the classes from 0 (labels - ", least, ")");
  set.classes = classes_of(set.labels);
  const std::filesystem::path others = folder / "train_labels.npy";
  if (train || !std::filesystem::exists(others)) return set;
  const int known = classes_of(labels_of(others));
  WD_REQUIRE(set.classes <= known, labels.string(), ": has label ", set.classes - 1, ", ", others.string(),
             " only labels to ", known - 1, "; both halves must have the same classes");
  set.classes = known;
  return set;
}

}  // namespace wd::algo
