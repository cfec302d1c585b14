// SPDX-License-Identifier: Apache-2.0
// Lists the pictures of an ImageNet-style folder and decodes them one by one.
//
// Shape     root/train/<class>/*.jpg and root/val/<class>/*.jpg (or .jpeg, in any case); of own sets also root/test, .png, .ppm and .pgm.
//           Classes and files sorted by name; class k's label is k. An image is side x side x 3 bytes (resize.hpp).
// Units     an ImageSet of a folder holds at most image_set_limit_bytes; a larger one is refused, and an
//           ImageFolder, which keeps names only, decodes on demand.
// Errors    missing or empty folders, empty files, files that are no picture by name or content, halves whose classes differ:
//           wd::Error naming the folder or file. Names that begin with a dot are passed over.
// Test      image_folder_test.cpp
#pragma once

#include "algo/data/image_set.hpp"
#include "algo/data/resize.hpp"
#include "base/parallel.hpp"

namespace wd::algo {

inline constexpr std::uint64_t image_set_limit_bytes = std::uint64_t{8} << 30;

/// Files of which names a folder may hold: ImageNet's alone, or those of all that picture.hpp reads. What they are is told
/// by their content: one of ImageNet's JPEG files is a PNG.
enum class Pictures : std::uint8_t { jpeg, any };

class ImageFolder final : public ImageSource {
 public:
  /// Lists the files of one half; opens none.
  ImageFolder(const std::filesystem::path& root, bool train, const FolderImageSize& size,
              Pictures pictures = Pictures::jpeg);

  std::size_t count() const { return labels_.size(); }
  int side() const { return size_.side; }
  int channels() const { return 3; }
  std::size_t image_bytes() const {
    return static_cast<std::size_t>(side()) * static_cast<std::size_t>(side()) * 3;
  }
  const std::vector<std::string>& classes() const { return classes_; }
  std::uint16_t label(std::size_t i) const { return labels_[i]; }
  std::filesystem::path file(std::size_t i) const { return half_ / classes_[labels_[i]] / names_[i]; }

  void load(std::size_t i, std::span<std::uint8_t> out) const override;
  Picture decode(std::size_t i) const override;
  /// Of classes, names and sizes of the files.
  std::uint32_t checksum() const override { return checksum_; }

 private:
  std::filesystem::path half_;
  FolderImageSize size_;
  Pictures pictures_;
  std::vector<std::string> classes_, names_;
  std::vector<std::uint16_t> labels_;
  std::uint32_t checksum_ = 0;
};

/// The half as a set that decodes on demand.
ImageSet image_set_of(std::shared_ptr<const ImageFolder> folder);

/// Decodes the whole half; the set keeps the files as its source.
/// @param limit_bytes for tests.
ImageSet load_image_folder(ThreadPool& pool, std::shared_ptr<const ImageFolder> folder,
                           std::uint64_t limit_bytes = image_set_limit_bytes);

}  // namespace wd::algo
