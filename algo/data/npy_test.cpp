// SPDX-License-Identifier: Apache-2.0
// Arrays and sets of arrays written by hand, byte by byte, as numpy.lib.format says.
#include "algo/data/npy.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstring>

#include "algo/data/dataset.hpp"
#include "algo/data/numpy_set.hpp"
#include "algo/data/temporary_folder.hpp"
#include "base/error.hpp"
#include "base/files.hpp"

using namespace wd;
using namespace wd::algo;
using Catch::Contains;

namespace {

/// A file of format version 1.0 or 2.0, its header padded with blanks to a multiple of 64 bytes.
Bytes npy(const std::string& dictionary, const Bytes& data, int version = 1) {
  const std::size_t fixed = version == 1 ? 10 : 12;
  std::string header = dictionary;
  while ((fixed + header.size() + 1) % 64 != 0) header += ' ';
  header += '\n';
  Bytes file{0x93, 'N', 'U', 'M', 'P', 'Y', static_cast<std::uint8_t>(version), 0};
  for (std::size_t i = 0; i < (version == 1 ? 2 : 4); ++i)
    file.push_back(static_cast<std::uint8_t>(header.size() >> 8 * i));
  file.insert(file.end(), header.begin(), header.end());
  file.insert(file.end(), data.begin(), data.end());
  return file;
}

std::string dictionary(const std::string& type, const std::string& shape, bool fortran = false) {
  return "{'descr': '" + type + "', 'fortran_order': " + (fortran ? "True" : "False") +
         ", 'shape': " + shape + ", }";
}

template <typename T>
Bytes little_endian(const std::vector<T>& values) {
  Bytes bytes(values.size() * sizeof(T));
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

struct Folder : TemporaryFolder {
  std::filesystem::path put(const char* name, const Bytes& bytes) const {
    write_file(path / name, bytes);
    return path / name;
  }
};

}  // namespace

TEST_CASE("npy: both versions and every type of element are read", "[data]") {
  const Folder folder;
  for (const int version : {1, 2}) {
    const NpyArray bytes =
        read_npy(folder.put("a.npy", npy(dictionary("|u1", "(2, 3)"), {1, 2, 3, 4, 5, 255}, version)));
    CHECK(bytes.shape == std::vector<std::uint64_t>{2, 3});
    CHECK(whole_element(bytes, 5, 255, "a") == 255);
    const NpyArray reals = read_npy(
        folder.put("a.npy", npy(dictionary("<f4", "(2,)"), little_endian<float>({0.25F, -1.5F}), version)));
    CHECK(real_element(reals, 0) == 0.25F);
    CHECK(real_element(reals, 1) == -1.5F);
  }
  const NpyArray longs =
      read_npy(folder.put("a.npy", npy(dictionary("<i8", "(3,)"), little_endian<std::int64_t>({7, 9, -2}))));
  CHECK(whole_element(longs, 1, 9, "a") == 9);
  CHECK_THROWS_WITH(whole_element(longs, 0, 6, "a.npy"),
                    "a.npy: element 0 is 7, must be 0 to 6; number the classes from 0");
  CHECK_THROWS_WITH(whole_element(longs, 2, 9, "a.npy"), Contains("element 2 is -2, must be 0 to 9"));
  const NpyArray shorts =
      read_npy(folder.put("a.npy", npy(dictionary("<u2", "(1,)"), little_endian<std::uint16_t>({60000}))));
  CHECK(whole_element(shorts, 0, 65534, "a") == 60000);
  const NpyArray none = read_npy(folder.put("a.npy", npy(dictionary("|u1", "()"), {3})));
  CHECK(none.count() == 1);
}

TEST_CASE("npy: what is not such a file is refused with the call that mends it", "[data][bad-input]") {
  const Folder folder;
  const auto refused = [&](const Bytes& file, const std::string& why) {
    CHECK_THROWS_WITH(read_npy(folder.put("x.npy", file)), Contains("x.npy: ") && Contains(why));
  };
  const Bytes good = npy(dictionary("|u1", "(2,)"), {1, 2});
  CHECK_NOTHROW(read_npy(folder.put("x.npy", good)));
  refused({1, 2, 3}, "has 3 bytes, is no NumPy array; write the file with numpy.save");
  Bytes other = good;
  other[0] = 0x92;
  refused(other, "does not begin as a NumPy array does");
  other = good;
  other[6] = 3;
  refused(other, "is of format version 3.0, must be 1.0 or 2.0");
  other = good;
  other[9] = 0xff;
  refused(other, "says that its header has");
  refused(npy(dictionary("<f8", "(1,)"), Bytes(8)), "'descr' is '<f8', must be |u1");
  refused(npy(dictionary(">f4", "(1,)"), Bytes(4)), "'descr' is '>f4'");
  refused(npy(dictionary("|O", "(1,)"), Bytes(8)), "'descr' is '|O'");
  refused(npy(dictionary("|u1", "(2, 2)", true), Bytes(4)),
          "'fortran_order' is True, must be False; save numpy.ascontiguous");
  refused(npy(dictionary("|u1", "(2,)"), {1, 2, 3}),
          "has 3 bytes behind its header, its 'shape' takes 2; it is cut off");
  refused(npy(dictionary("|u1", "(3,)"), {1, 2}), "has 2 bytes behind its header, its 'shape' takes 3");
  refused(npy(dictionary("|u1", "(1, 1, 1, 1, 1)"), {1}), "'shape' of more than 4 dimensions");
  refused(npy(dictionary("|u1", "(999999999999, 999999999999)"), {1}),
          "'shape' takes more than 8589934592 bytes");
  refused(npy(dictionary("|u1", "(-1,)"), {1}), "'shape' with something else than numbers");
  refused(npy("{'descr': '|u1', 'shape': (1,)}", {1}), "lacks the key 'fortran_order'");
  refused(npy("{'descr': '|u1', 'descr': '|u1'}", {1}), "has the key 'descr' twice");
  refused(npy("{'a': 1}", {1}), "has the key 'a'");
  refused(npy("descr", {1}), "has no '{' at byte 0");
  refused(npy(dictionary("|u1", "(1,)") + "x", {1}), "goes on behind its dictionary");
}

TEST_CASE("numpy set: bytes and FP32, grey and colour, labels of any width", "[data][oracle]") {
  const Folder folder;
  folder.put("train_images.npy",
             npy(dictionary("|u1", "(2, 2, 3)"), {0, 1, 2, 3, 4, 5, 250, 251, 252, 253, 254, 255}));
  folder.put("train_labels.npy", npy(dictionary("<i8", "(2,)"), little_endian<std::int64_t>({2, 0})));
  const ImageSet grey = load_numpy(folder.path, true);
  CHECK((grey.height == 2 && grey.width == 3 && grey.channels == 1 && grey.classes == 3));
  CHECK(grey.pixels == Bytes{0, 1, 2, 3, 4, 5, 250, 251, 252, 253, 254, 255});
  CHECK(grey.labels == std::vector<std::uint16_t>{2, 0});
  folder.put("test_images.npy", npy(dictionary("<f4", "(1, 1, 2, 3)"),
                                    little_endian<float>({0, 1, 0.5F, 1.0F / 255, 0.4F / 255, 0.6F / 255})));
  folder.put("test_labels.npy", npy(dictionary("|u1", "(1,)"), {1}));
  const ImageSet colour = open_split("numpy", folder.path, false);
  CHECK((colour.height == 1 && colour.width == 2 && colour.channels == 3));
  CHECK(colour.classes == 3);                           // those of the training labels
  CHECK(colour.pixels == Bytes{0, 255, 128, 1, 0, 1});  // the nearest step; half of 255 away from zero
}

TEST_CASE("numpy set: shapes, values and labels that do not fit are refused", "[data][bad-input]") {
  const Folder folder;
  const auto refused = [&](bool train, const std::string& why) {
    CHECK_THROWS_WITH(load_numpy(folder.path, train), Contains(why));
  };
  refused(true, "train_images.npy: no such file; ");
  folder.put("train_images.npy", npy(dictionary("|u1", "(2, 1, 1)"), {7, 8}));
  refused(true, "train_labels.npy: no such file; ");
  folder.put("train_labels.npy", npy(dictionary("|u1", "(3,)"), {0, 1, 1}));
  refused(true, "train_labels.npy: has 3 labels for 2 images");
  folder.put("train_labels.npy", npy(dictionary("|u1", "(2, 1)"), {0, 1}));
  refused(
      true,
      "train_labels.npy: 'shape' is (2, 1), must be (N,), a label for each image; save labels.reshape(-1)");
  folder.put("train_labels.npy", npy(dictionary("<f4", "(2,)"), Bytes(8)));
  refused(true, "train_labels.npy: 'descr' is '<f4', must be whole numbers");
  folder.put("train_labels.npy", npy(dictionary("|u1", "(2,)"), {0, 1}));
  CHECK_NOTHROW(load_numpy(folder.path, true));
  folder.put("train_images.npy", npy(dictionary("|u1", "(2, 3, 1, 1)"), Bytes(6)));
  CHECK_NOTHROW(load_numpy(folder.path, true));
  folder.put("train_images.npy", npy(dictionary("|u1", "(2, 3, 4, 4)"), Bytes(96)));
  refused(true, "train_images.npy: 'shape' is (2, 3, 4, 4), must be (N, H, W) or (N, H, W, C) with C 1 or 3");
  folder.put("train_images.npy", npy(dictionary("<i8", "(2, 1, 1)"), Bytes(16)));
  refused(true, "train_images.npy: 'descr' is '<i8', must be |u1 or <f4");
  for (const float bad : {255.0F, -0.5F, std::numeric_limits<float>::quiet_NaN()}) {
    folder.put("train_images.npy", npy(dictionary("<f4", "(2, 1, 1)"), little_endian<float>({0.5F, bad})));
    refused(true, "train_images.npy: image 1 has the value ");
  }
  folder.put("train_images.npy", npy(dictionary("|u1", "(2, 1, 1)"), {7, 8}));
  folder.put("test_images.npy", npy(dictionary("|u1", "(1, 1, 1)"), {7}));
  // Labels from 1 would make a class that nothing has.
  folder.put("train_labels.npy", npy(dictionary("|u1", "(2,)"), {10, 1}));
  refused(true,
          "train_labels.npy: has labels from 1 to 10, none is 0; number the classes from 0 (labels - 1)");
  folder.put("train_labels.npy", npy(dictionary("|u1", "(2,)"), {0, 1}));
  folder.put("test_labels.npy", npy(dictionary("|u1", "(1,)"), {2}));
  refused(false, "test_labels.npy: has label 2, ");
}
