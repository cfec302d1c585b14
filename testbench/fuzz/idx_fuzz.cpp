// SPDX-License-Identifier: Apache-2.0
// A set's two IDX files, compressed or not.
//
// Shape     the length of the labels' file (two bytes, little-endian), that file, the images' file.
#include <algorithm>

#include "algo/data/idx.hpp"
#include "base/error.hpp"
#include "testbench/fuzz/memory_file.hpp"
#include "testbench/fuzz/target.hpp"

namespace wd::fuzz {

void read(std::span<const std::uint8_t> data) {
  if (data.size() < 2) return;
  const auto files = data.subspan(2);
  const std::size_t labels_bytes = std::min(files.size(), data[0] + std::size_t{256} * data[1]);
  const MemoryFile labels(files.first(labels_bytes)), images(files.subspan(labels_bytes));
  const algo::ImageSet set = algo::load_idx({images.path(), labels.path()});
  WD_ASSERT(set.count() > 0 && set.pixels.size() == set.count() * set.image(0).size());
}

}  // namespace wd::fuzz
