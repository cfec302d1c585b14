// SPDX-License-Identifier: Apache-2.0
#include "algo/data/cifar.hpp"

#include "base/error.hpp"
#include "base/files.hpp"

namespace wd::algo {
namespace {

constexpr std::size_t plane = 1024, image_bytes = 3 * plane;

/// The length is compared before anything is allocated.
Bytes read_exactly(const std::filesystem::path& path, std::size_t bytes, const std::string& remedy) {
  WD_REQUIRE(std::filesystem::is_regular_file(path), path.string(), ": no such file; ", remedy);
  const std::uintmax_t found = std::filesystem::file_size(path);
  WD_REQUIRE(found == bytes, path.string(), ": has ", found, " bytes, must have ", bytes,
             "; the file is truncated or of another kind, fetch it again");
  return read_file(path);
}

void append_file(ImageSet& set, const std::filesystem::path& path, const CifarLayout& layout) {
  const std::size_t labels = layout.label_limits.size(), record = labels + image_bytes;
  const Bytes bytes = read_exactly(path, layout.images_per_file * record, layout.remedy);
  for (std::size_t i = 0; i < layout.images_per_file; ++i) {
    const std::uint8_t* at = bytes.data() + i * record;
    for (std::size_t k = 0; k < labels; ++k)
      WD_REQUIRE(at[k] < layout.label_limits[k], path.string(), ": ",
                 k + 1 < labels ? "coarse label " : "label ", i, " is ", int{at[k]}, ", must be 0 to ",
                 layout.label_limits[k] - 1, "; the file is corrupted or of another set, fetch it again");
    set.labels.push_back(at[labels - 1]);
    const std::size_t first = set.pixels.size();
    set.pixels.resize(first + image_bytes);
    std::uint8_t* out = set.pixels.data() + first;
    for (std::size_t p = 0; p < plane; ++p)
      for (std::size_t c = 0; c < 3; ++c) out[3 * p + c] = at[labels + c * plane + p];
  }
}

}  // namespace

CifarLayout cifar10_layout(bool train) {
  CifarLayout layout{
      {}, 10000, {10}, "run scripts/fetch_cifar10.sh FOLDER, or unpack cifar-10-binary.tar.gz into it"};
  if (train)
    for (int batch = 1; batch <= 5; ++batch)
      layout.files.push_back("data_batch_" + std::to_string(batch) + ".bin");
  else
    layout.files.push_back("test_batch.bin");
  return layout;
}

CifarLayout cifar100_layout(bool train) {
  return {{train ? "train.bin" : "test.bin"},
          train ? 50000u : 10000u,
          {20, 100},
          "unpack cifar-100-binary.tar.gz into the folder"};
}

ImageSet load_cifar(const std::filesystem::path& folder, const CifarLayout& layout) {
  WD_REQUIRE(std::filesystem::is_directory(folder), folder.string(), ": no such folder; ", layout.remedy);
  ImageSet set{32, 32};
  set.channels = 3;
  set.classes = layout.label_limits.back();
  for (const std::string& file : layout.files)
    WD_REQUIRE(std::filesystem::is_regular_file(folder / file), (folder / file).string(), ": no such file; ",
               layout.remedy);
  set.pixels.reserve(layout.files.size() * layout.images_per_file * image_bytes);
  for (const std::string& file : layout.files) append_file(set, folder / file, layout);
  return set;
}

}  // namespace wd::algo
