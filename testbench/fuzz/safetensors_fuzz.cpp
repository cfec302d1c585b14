// SPDX-License-Identifier: Apache-2.0
#include "algo/interchange/safetensors.hpp"
#include "base/error.hpp"
#include "testbench/fuzz/target.hpp"

namespace wd::fuzz {

void read(std::span<const std::uint8_t> data) {
  const algo::NamedTensors tensors = algo::parse_safetensors(data, "fuzz");
  const algo::NamedTensors again = algo::parse_safetensors(algo::serialize_safetensors(tensors), "again");
  WD_ASSERT(again.size() == tensors.size() && again.data_bytes() == tensors.data_bytes());
  for (const auto& [name, tensor] : tensors.all()) WD_ASSERT(tensor.to_floats().size() == tensor.count());
  for (const auto& [name, tensor] : tensors.all())
    if (!tensor.is_real()) tensor.to_integers(name);
}

}  // namespace wd::fuzz
