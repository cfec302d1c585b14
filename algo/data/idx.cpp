// SPDX-License-Identifier: Apache-2.0
#include "algo/data/idx.hpp"

#include "base/error.hpp"
#include "base/files.hpp"

namespace wd::algo {
namespace {

constexpr std::size_t size_limit = std::size_t{252} << 20;  // with the labels, below 256 MiB
constexpr std::uint32_t max_count = 1 << 20, max_side = 255;
constexpr int idx_classes = 10;

struct IdxFile {
  std::vector<std::uint32_t> dimensions;
  std::vector<std::uint8_t> payload;
};

std::filesystem::path find_file(const std::filesystem::path& folder, const std::string& name,
                                const std::string& remedy) {
  WD_REQUIRE(std::filesystem::is_directory(folder), folder.string(), ": no such folder; ", remedy);
  for (const char* ending : {".gz", ""})
    if (std::filesystem::exists(folder / (name + ending))) return folder / (name + ending);
  fail((folder / name).string(), ": no such file, nor with .gz; the folder needs ", name, ", ", remedy);
}

std::uint32_t big_endian(const std::uint8_t* from) {
  return static_cast<std::uint32_t>(from[0]) << 24 | static_cast<std::uint32_t>(from[1]) << 16 |
         static_cast<std::uint32_t>(from[2]) << 8 | from[3];
}

/// Takes memory for what the header says, not for what the file expands to.
IdxFile read_idx(const std::filesystem::path& path, std::uint32_t magic, const char* what) {
  GzipFile in(path);
  const std::size_t rank = magic & 255;
  Bytes header(4 + 4 * rank);
  const std::size_t found_header = in.read(header);
  WD_REQUIRE(found_header == header.size(), path.string(), ": truncated: ", found_header,
             " bytes, the header alone has ", header.size(), "; fetch the file again");
  const std::uint32_t found = big_endian(header.data());
  WD_REQUIRE(found == magic, path.string(), ": 'magic' is ", found, ", must be ", magic, " for IDX ", what,
             "; this is another kind of file");
  IdxFile file;
  std::size_t payload = 1;
  for (std::size_t d = 0; d < rank; ++d) {
    const std::uint32_t size = big_endian(header.data() + 4 + 4 * d);
    const std::uint32_t limit = d == 0 ? max_count : max_side;
    WD_REQUIRE(size >= 1 && size <= limit, path.string(), ": dimension ", d, " is ", size, ", must be 1 to ",
               limit);
    file.dimensions.push_back(size);
    payload *= size;
  }
  WD_REQUIRE(payload <= size_limit, path.string(), ": its header says ", payload, " bytes of ", what,
             ", at most ", size_limit, " are read; this is not the expected file");
  file.payload.resize(payload);
  const std::size_t read = in.read(file.payload);
  std::uint8_t next = 0;
  const bool has_tail = read == payload && in.read({&next, 1}) == 1;
  WD_REQUIRE(read == payload && !has_tail, path.string(), ": has ", has_tail ? "at least " : "",
             header.size() + read + (has_tail ? 1 : 0), " bytes, its header says ", header.size() + payload,
             "; the file is truncated or has a tail, fetch it again");
  return file;
}

}  // namespace

IdxFiles find_idx_files(const std::filesystem::path& folder, bool train, const std::string& remedy) {
  const std::string stem = train ? "train" : "t10k";
  return {find_file(folder, stem + "-images-idx3-ubyte", remedy),
          find_file(folder, stem + "-labels-idx1-ubyte", remedy)};
}

ImageSet load_idx(const IdxFiles& files) {
  IdxFile images = read_idx(files.images, 0x803, "images");
  const IdxFile labels = read_idx(files.labels, 0x801, "labels");
  WD_REQUIRE(images.dimensions[0] == labels.dimensions[0], files.labels.string(), ": has ",
             labels.dimensions[0], " labels for ", images.dimensions[0], " images in ", files.images.string(),
             "; the two files must be of the same set");
  ImageSet set{static_cast<int>(images.dimensions[1]), static_cast<int>(images.dimensions[2])};
  set.classes = idx_classes;
  set.pixels = std::move(images.payload);
  set.labels.assign(labels.payload.begin(), labels.payload.end());
  for (std::size_t i = 0; i < set.count(); ++i)
    WD_REQUIRE(set.labels[i] < idx_classes, files.labels.string(), ": label ", i, " is ", set.labels[i],
               ", must be 0 to ", idx_classes - 1, "; the file is corrupted, fetch it again");
  return set;
}

ImageSet load_fashion_mnist(const std::filesystem::path& folder, bool train) {
  ImageSet set = load_idx(
      find_idx_files(folder, train, "install Debian's dataset-fashion-mnist or name the data set's folder"));
  set.name = "fashion-mnist";
  return set;
}

}  // namespace wd::algo
