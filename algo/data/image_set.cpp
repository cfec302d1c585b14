// SPDX-License-Identifier: Apache-2.0
#include "algo/data/image_set.hpp"

#include <cmath>

#include "base/error.hpp"
#include "base/files.hpp"

namespace wd::algo {
namespace {

constexpr std::size_t size_limit = std::size_t{1} << 28;
constexpr std::uint32_t max_count = 1 << 20, max_side = 255;

struct IdxFile {
  std::filesystem::path path;
  Bytes bytes;
  std::vector<std::uint32_t> dimensions;
  std::size_t header_bytes() const { return 4 + 4 * dimensions.size(); }
};

std::filesystem::path find_file(const std::filesystem::path& folder, const std::string& name) {
  WD_REQUIRE(std::filesystem::is_directory(folder), folder.string(),
             ": no such folder; install Debian's dataset-fashion-mnist or name the data set's folder");
  for (const char* ending : {".gz", ""})
    if (std::filesystem::exists(folder / (name + ending))) return folder / (name + ending);
  fail((folder / name).string(), ": no such file, nor with .gz; the folder needs ", name,
       ", install Debian's dataset-fashion-mnist or name the data set's folder");
}

std::uint32_t big_endian(const Bytes& bytes, std::size_t at) {
  return static_cast<std::uint32_t>(bytes[at]) << 24 | static_cast<std::uint32_t>(bytes[at + 1]) << 16 |
         static_cast<std::uint32_t>(bytes[at + 2]) << 8 | bytes[at + 3];
}

IdxFile read_idx(const std::filesystem::path& path, std::uint32_t magic, const char* what) {
  IdxFile file{path, read_gzip_file(path, size_limit), {}};
  const std::size_t rank = magic & 255;
  WD_REQUIRE(file.bytes.size() >= 4 + 4 * rank, path.string(), ": truncated: ", file.bytes.size(),
             " bytes, the header alone has ", 4 + 4 * rank, "; fetch the file again");
  const std::uint32_t found = big_endian(file.bytes, 0);
  WD_REQUIRE(found == magic, path.string(), ": 'magic' is ", found, ", must be ", magic, " for IDX ", what,
             "; this is another kind of file");
  std::size_t payload = 1;
  for (std::size_t d = 0; d < rank; ++d) {
    const std::uint32_t size = big_endian(file.bytes, 4 + 4 * d);
    const std::uint32_t limit = d == 0 ? max_count : max_side;
    WD_REQUIRE(size >= 1 && size <= limit, path.string(), ": dimension ", d, " is ", size, ", must be 1 to ",
               limit);
    file.dimensions.push_back(size);
    payload *= size;
  }
  WD_REQUIRE(file.bytes.size() == file.header_bytes() + payload, path.string(), ": has ", file.bytes.size(),
             " bytes, its header says ", file.header_bytes() + payload,
             "; the file is truncated or has a tail, fetch it again");
  return file;
}

}  // namespace

ImageSet load_fashion_mnist(const std::filesystem::path& folder, bool train) {
  const std::string stem = train ? "train" : "t10k";
  const IdxFile images = read_idx(find_file(folder, stem + "-images-idx3-ubyte"), 0x803, "images");
  const IdxFile labels = read_idx(find_file(folder, stem + "-labels-idx1-ubyte"), 0x801, "labels");
  WD_REQUIRE(images.dimensions[0] == labels.dimensions[0], labels.path.string(), ": has ",
             labels.dimensions[0], " labels for ", images.dimensions[0], " images in ", images.path.string(),
             "; the two files must be of the same set");
  ImageSet set{static_cast<int>(images.dimensions[1]), static_cast<int>(images.dimensions[2]), {}, {}};
  set.pixels.assign(images.bytes.begin() + static_cast<std::ptrdiff_t>(images.header_bytes()),
                    images.bytes.end());
  set.labels.assign(labels.bytes.begin() + static_cast<std::ptrdiff_t>(labels.header_bytes()),
                    labels.bytes.end());
  for (std::size_t i = 0; i < set.count(); ++i)
    WD_REQUIRE(set.labels[i] < image_classes, labels.path.string(), ": label ", i, " is ", int{set.labels[i]},
               ", must be 0 to ", image_classes - 1, "; the file is corrupted, fetch it again");
  return set;
}

PixelStatistics pixel_statistics(const ImageSet& images) {
  std::uint64_t sum = 0, square = 0;
  for (std::uint64_t pixel : images.pixels) {
    sum += pixel;
    square += pixel * pixel;
  }
  const auto count = static_cast<double>(images.pixels.size());
  const double mean = static_cast<double>(sum) / count;
  const double variance = static_cast<double>(square) / count - mean * mean;
  WD_REQUIRE(variance > 0, "the training images are all of one grey; there is nothing to learn from");
  return {mean / 255, std::sqrt(variance) / 255};
}

}  // namespace wd::algo
