// SPDX-License-Identifier: Apache-2.0
#include "algo/data/dataset.hpp"

#include "algo/data/checksum.hpp"
#include "algo/data/cifar.hpp"
#include "algo/data/idx.hpp"
#include "algo/data/numpy_set.hpp"
#include "base/error.hpp"

namespace wd::algo {
namespace {

constexpr std::uint64_t decode_on_demand_above_bytes = std::uint64_t{2} << 30;

const std::vector<DatasetInfo> sets{
    {"fashion-mnist", 28, 28, 1, 10, fashion_mnist_folder},
    {"mnist", 28, 28, 1, 10, ""},
    {"cifar10", 32, 32, 3, 10, ""},
    {"cifar100", 32, 32, 3, 100, ""},
    {"imagenet", 0, 0, 3, 0, ""},
    {"folder", 0, 0, 3, 0, ""},
    {"numpy", 0, 0, 0, 0, ""},
};

bool verify_all(const std::string& set, const std::vector<std::filesystem::path>& files) {
  bool known = true;
  for (const std::filesystem::path& file : files) known &= verify_md5(set, file);
  return known;
}

ImageSet open_idx(const DatasetInfo& info, const std::filesystem::path& folder, bool train, bool verify) {
  const std::string remedy = info.name == "fashion-mnist"
                                 ? "install Debian's dataset-fashion-mnist or name the data set's folder"
                                 : "put MNIST's four IDX files there or name the data set's folder";
  const IdxFiles files = find_idx_files(folder, train, remedy);
  const bool verified = verify && verify_all(info.name, {files.images, files.labels});
  ImageSet images = load_idx(files);
  WD_REQUIRE(images.height == info.height && images.width == info.width, files.images.string(),
             ": images are ", images.height, " x ", images.width, ", must be ", info.height, " x ",
             info.width, " for ", info.name, "; this is another set");
  images.verified = verified;
  return images;
}

ImageSet open_cifar(const DatasetInfo& info, const std::filesystem::path& folder, bool train, bool verify) {
  const CifarLayout layout = info.name == "cifar10" ? cifar10_layout(train) : cifar100_layout(train);
  ImageSet images = load_cifar(folder, layout);
  std::vector<std::filesystem::path> files;
  for (const std::string& file : layout.files) files.push_back(folder / file);
  images.verified = verify && verify_all(info.name, files);
  return images;
}

ImageSet open_folder(const std::string& set, const std::filesystem::path& folder, bool train,
                     const FolderImageSize& size) {
  WD_REQUIRE(size.side > 0, "data set ", set, " needs an image size, such as 224; its files are of any size");
  auto images =
      std::make_shared<ImageFolder>(folder, train, size, set == "folder" ? Pictures::any : Pictures::jpeg);
  if (std::uint64_t{images->count()} * images->image_bytes() > decode_on_demand_above_bytes)
    return image_set_of(std::move(images));
  ThreadPool pool;
  return load_image_folder(pool, std::move(images));
}

}  // namespace

std::vector<std::string> dataset_names() {
  std::vector<std::string> names;
  for (const DatasetInfo& info : sets) names.push_back(info.name);
  return names;
}

const DatasetInfo& dataset_info(const std::string& set) {
  std::string known;
  for (const DatasetInfo& info : sets) {
    if (info.name == set) return info;
    known += (known.empty() ? "" : ", ") + info.name;
  }
  fail("data set '", set, "' is unknown; known ones are ", known);
}

ImageSet open_split(const std::string& set, const std::filesystem::path& folder, bool train,
                    bool verify_checksums, const FolderImageSize& size) {
  const DatasetInfo& info = dataset_info(set);
  const std::filesystem::path from = folder.empty() ? std::filesystem::path(info.default_folder) : folder;
  WD_REQUIRE(!from.empty(), "data set ", set, " needs the name of the folder that holds it");
  ImageSet images = set == "numpy"       ? load_numpy(from, train)
                    : info.classes == 0  ? open_folder(set, from, train, size)
                    : info.channels == 1 ? open_idx(info, from, train, verify_checksums)
                                         : open_cifar(info, from, train, verify_checksums);
  images.name = set;
  return images;
}

Dataset open_dataset(const std::string& set, const std::filesystem::path& folder, bool verify_checksums,
                     const FolderImageSize& size) {
  return {open_split(set, folder, true, verify_checksums, size),
          open_split(set, folder, false, verify_checksums, size)};
}

}  // namespace wd::algo
