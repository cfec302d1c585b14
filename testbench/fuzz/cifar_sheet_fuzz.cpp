// SPDX-License-Identifier: Apache-2.0
// The PNG sheets of CIFAR-10 and their labels.
//
// Shape     data that begins with '[' are labels, all else a sheet of two images.
#include <array>

#include "algo/data/cifar_sheet.hpp"
#include "base/error.hpp"
#include "testbench/fuzz/target.hpp"

namespace wd::fuzz {

void read(std::span<const std::uint8_t> data) {
  constexpr std::array<std::uint8_t, 2> labels{3, 7};
  if (!data.empty() && data[0] == '[')
    algo::parse_cifar_labels(data, labels.size(), "fuzz");
  else
    WD_ASSERT(algo::decode_cifar_sheet(data, labels, "fuzz").size() == 2 * 3073);
}

}  // namespace wd::fuzz
