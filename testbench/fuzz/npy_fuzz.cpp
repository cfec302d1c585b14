// SPDX-License-Identifier: Apache-2.0
#include "algo/data/npy.hpp"
#include "base/error.hpp"
#include "testbench/fuzz/memory_file.hpp"
#include "testbench/fuzz/target.hpp"

namespace wd::fuzz {

void read(std::span<const std::uint8_t> data) {
  const MemoryFile file(data);
  const algo::NpyArray array = algo::read_npy(file.path());
  if (array.count() == 0) return;
  if (array.type == "<f4")
    algo::real_element(array, array.count() - 1);
  else
    algo::whole_element(array, array.count() - 1, 65534, "fuzz");
}

}  // namespace wd::fuzz
