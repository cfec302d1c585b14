// SPDX-License-Identifier: Apache-2.0
#include "cli/command.hpp"
#include "flow/exchange.hpp"

namespace wd::cli {
namespace {

std::string show(const flow::ExportOptions&, const flow::ExportReport& r) {
  return text("written         ", r.file.string(), ", ", r.bytes, " bytes, ", r.weights, " weights\n");
}

}  // namespace

Command export_command() {
  return make_command(
      "export", "a training's checkpoint to safetensors (weights, masks, scores, norms) or ONNX (inference)",
      "  whitedwarf export --out run1 --file run1.safetensors --repository hidden-networks\n"
      "  whitedwarf export --out run1 --file run1.onnx\n",
      flow::export_network, show);
}

}  // namespace wd::cli
