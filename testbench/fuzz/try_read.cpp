// SPDX-License-Identifier: Apache-2.0
#include "base/error.hpp"
#include "testbench/fuzz/memory_limit.hpp"
#include "testbench/fuzz/target.hpp"

namespace wd::fuzz {

bool try_read(std::span<const std::uint8_t> data) {
  const MemoryLimit limit(memory_limit(data.size()));
  try {
    read(data);
    return true;
  } catch (const Error&) {
    return false;
  }
}

}  // namespace wd::fuzz
