// SPDX-License-Identifier: Apache-2.0
// The ONNX file, and its import as a network.
#include "algo/interchange/import_onnx.hpp"
#include "base/error.hpp"
#include "testbench/fuzz/target.hpp"

namespace wd::fuzz {

void read(std::span<const std::uint8_t> data) {
  const algo::OnnxModel model = algo::parse_onnx(data, "fuzz");
  const algo::ImportedNetwork network = algo::import_onnx(model, "fuzz");
  WD_ASSERT(!network.graph.nodes.empty());
  const algo::OnnxModel again = algo::parse_onnx(algo::serialize_onnx(model), "again");
  WD_ASSERT(again.nodes.size() == model.nodes.size() &&
            again.initializers.size() == model.initializers.size());
}

}  // namespace wd::fuzz
