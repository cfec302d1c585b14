// SPDX-License-Identifier: Apache-2.0
// libFuzzer's entry point of every target.
#include "testbench/fuzz/target.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  wd::fuzz::try_read({data, size});
  return 0;
}
