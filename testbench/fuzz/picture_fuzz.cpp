// SPDX-License-Identifier: Apache-2.0
#include "algo/data/picture.hpp"
#include "base/error.hpp"
#include "testbench/fuzz/target.hpp"

namespace wd::fuzz {

void read(std::span<const std::uint8_t> data) {
  const algo::Picture picture = algo::decode_picture(data, "fuzz");
  WD_ASSERT(picture.pixels.size() == std::size_t{3} * static_cast<std::size_t>(picture.height) *
                                         static_cast<std::size_t>(picture.width));
}

}  // namespace wd::fuzz
