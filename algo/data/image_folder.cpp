// SPDX-License-Identifier: Apache-2.0
#include "algo/data/image_folder.hpp"

#include <zlib.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "algo/data/picture.hpp"
#include "base/error.hpp"

namespace wd::algo {
namespace {

constexpr int max_image_side = 1024, max_shorter_side = 2048;

std::vector<std::string> names_in(const std::filesystem::path& folder) {
  std::error_code code;
  std::filesystem::directory_iterator at(folder, code);
  WD_REQUIRE(!code, folder.string(), ": cannot be listed (", code.message(), "); check its rights");
  std::vector<std::string> names;
  for (; at != std::filesystem::directory_iterator(); at.increment(code)) {
    const std::string name = at->path().filename().string();
    if (name[0] != '.') names.push_back(name);
  }
  WD_REQUIRE(!code, folder.string(), ": cannot be listed (", code.message(), "); check the medium");
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<std::string> classes_in(const std::filesystem::path& half) {
  std::vector<std::string> classes = names_in(half);
  for (const std::string& name : classes)
    WD_REQUIRE(std::filesystem::is_directory(half / name), (half / name).string(), ": is not a folder; ",
               half.string(), " must hold one folder per class and nothing else");
  WD_REQUIRE(!classes.empty(), half.string(), ": has no class folders; put images into ", half.string(),
             "/<class>/");
  WD_REQUIRE(classes.size() <= std::numeric_limits<std::uint16_t>::max(), half.string(), ": has ",
             classes.size(), " class folders, must have at most ", std::numeric_limits<std::uint16_t>::max());
  return classes;
}

/// A class that one half lacks would shift the labels of those behind it.
void require_same_classes(const std::vector<std::string>& classes, const std::filesystem::path& half,
                          const std::filesystem::path& other) {
  if (!std::filesystem::is_directory(other)) return;
  const std::vector<std::string> theirs = classes_in(other);
  std::vector<std::string> apart;
  std::set_symmetric_difference(classes.begin(), classes.end(), theirs.begin(), theirs.end(),
                                std::back_inserter(apart));
  WD_REQUIRE(apart.empty(), half.string(), ": class '", apart.front(), "' is in only one of ", half.string(),
             " and ", other.string(), "; both halves must have the same classes");
}

bool is_picture_name(const std::string& name, Pictures pictures) {
  std::string ending = std::filesystem::path(name).extension().string();
  for (char& c : ending) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (ending == ".jpg" || ending == ".jpeg") return true;
  return pictures == Pictures::any && (ending == ".png" || ending == ".ppm" || ending == ".pgm");
}

/// Own sets may call the half for tests what they like better.
std::filesystem::path half_of(const std::filesystem::path& root, bool train, Pictures pictures) {
  if (train) return root / "train";
  return root / (pictures == Pictures::any && std::filesystem::is_directory(root / "test") ? "test" : "val");
}

std::uint32_t extended(std::uint32_t checksum, const std::string& line) {
  return static_cast<std::uint32_t>(
      crc32_z(checksum, reinterpret_cast<const Bytef*>(line.data()), line.size()));
}

void require_size(const FolderImageSize& size) {
  WD_REQUIRE(size.side >= 1 && size.side <= max_image_side, "the image size is ", size.side,
             ", must be 1 to ", max_image_side, " for a folder of images");
  WD_REQUIRE(
      size.shorter_side == 0 || (size.shorter_side >= size.side && size.shorter_side <= max_shorter_side),
      "the shorter side is ", size.shorter_side, ", must be ", size.side, " (the image size) to ",
      max_shorter_side);
}

}  // namespace

ImageFolder::ImageFolder(const std::filesystem::path& root, bool train, const FolderImageSize& size,
                         Pictures pictures)
    : half_(half_of(root, train, pictures)), size_(size), pictures_(pictures) {
  require_size(size);
  const bool any = pictures == Pictures::any;
  WD_REQUIRE(std::filesystem::is_directory(half_), half_.string(), ": no such folder; ", root.string(),
             " must hold train/<class>/ and ", any ? "test/<class>/ (or val/<class>/)" : "val/<class>/",
             " with .jpg", any ? ", .png, .ppm or .pgm" : "", " files");
  WD_REQUIRE(
      !any || !std::filesystem::is_directory(root / "test") || !std::filesystem::is_directory(root / "val"),
      root.string(), ": has both test and val; rename the one that is not to be taken");
  classes_ = classes_in(half_);
  require_same_classes(classes_, half_, half_of(root, !train, pictures));
  for (std::size_t label = 0; label < classes_.size(); ++label) {
    const std::filesystem::path folder = half_ / classes_[label];
    const std::vector<std::string> names = names_in(folder);
    WD_REQUIRE(!names.empty(), folder.string(), ": has no images; fill or remove it");
    for (const std::string& name : names) {
      std::error_code code;
      const std::uintmax_t bytes =
          std::filesystem::file_size(folder / name, code);  // none but a regular file has one
      WD_REQUIRE(is_picture_name(name, pictures) && !code, (folder / name).string(),
                 ": is no .jpg or .jpeg file", pictures == Pictures::any ? ", nor .png, .ppm or .pgm" : "",
                 "; convert, move or remove it");
      WD_REQUIRE(bytes > 0, (folder / name).string(), ": is empty; replace or remove it");
      checksum_ = extended(checksum_, text(classes_[label], "/", name, " ", bytes, "\n"));
    }
    names_.insert(names_.end(), names.begin(), names.end());
    labels_.insert(labels_.end(), names.size(), static_cast<std::uint16_t>(label));
  }
  WD_REQUIRE(count() <= std::numeric_limits<std::uint32_t>::max(), half_.string(), ": has ", count(),
             " images, must have at most ", std::numeric_limits<std::uint32_t>::max());
}

Picture ImageFolder::decode(std::size_t i) const {
  const std::string name = file(i).string();
  Picture picture = read_picture(name);
  const auto [least, most] = std::minmax(picture.height, picture.width);
  WD_REQUIRE(least > 0 && most / least <= 64, name, ": is ", picture.width, " x ", picture.height,
             ", its sides must differ by a factor of at most 64; crop or remove it");
  return picture;
}

void ImageFolder::load(std::size_t i, std::span<std::uint8_t> out) const {
  resize_and_crop(decode(i), size_, out);
}

ImageSet image_set_of(std::shared_ptr<const ImageFolder> folder) {
  ImageSet set{folder->side(), folder->side()};
  set.channels = folder->channels();
  set.classes = static_cast<int>(folder->classes().size());
  for (std::size_t i = 0; i < folder->count(); ++i) {
    set.labels.push_back(folder->label(i));
    set.source_index.push_back(static_cast<std::uint32_t>(i));
  }
  set.source = std::move(folder);
  return set;
}

ImageSet load_image_folder(ThreadPool& pool, std::shared_ptr<const ImageFolder> folder,
                           std::uint64_t limit_bytes) {
  const std::uint64_t bytes = std::uint64_t{folder->count()} * folder->image_bytes();
  const double fitting =
      std::sqrt(static_cast<double>(limit_bytes) / 3 / static_cast<double>(folder->count()));
  WD_REQUIRE(bytes <= limit_bytes, folder->file(0).parent_path().parent_path().string(), ": ",
             folder->count(), " images of ", folder->side(), " x ", folder->side(), " x 3 take ", bytes,
             " bytes of memory, must be at most ", limit_bytes, "; choose an image size of at most ",
             static_cast<int>(fitting), ", a part of the set, or decoding on demand");
  ImageSet set = image_set_of(folder);
  set.pixels.resize(bytes);
  pool.run(folder->count(), [&](std::size_t i) {
    folder->load(i, std::span(set.pixels).subspan(i * folder->image_bytes(), folder->image_bytes()));
  });
  return set;
}

}  // namespace wd::algo
