// SPDX-License-Identifier: Apache-2.0
#include "cli/command.hpp"
#include "cli/lines.hpp"
#include "flow/exchange.hpp"

namespace wd::cli {
namespace {

std::string show(const flow::ImportOptions& options, const flow::ImportReport& r) {
  return text("weights         ", r.weights, r.masked ? ", masked\n" : ", dense\n", "accuracy FP32   ",
              percent(r.accuracy_fp32), "\naccuracy chip   ",
              r.accuracy_hw ? percent(*r.accuracy_hw) : "none: " + r.no_hardware, "\nmodel           ",
              r.no_network.empty() ? options.common.file("model.wdm").string() : "none: " + r.no_network,
              "\n");
}

}  // namespace

Command import_command() {
  return make_command(
      "import", "a network trained elsewhere (safetensors, ONNX) to model.wdm; measures it",
      "  whitedwarf import --config hfn50.json --file hfn50.safetensors --repository "
      "hidden-fold-networks --out r50\n"
      "  whitedwarf import --config net.json --file net.onnx --out net\n"
      "  whitedwarf import --dataset cifar10 --data cifar --file hfn18.safetensors --pruned 0.7 --out r18\n",
      flow::import_network, show);
}

}  // namespace wd::cli
