// SPDX-License-Identifier: Apache-2.0
#include "flow/sizes.hpp"

#include "cli/command.hpp"
#include "cli/lines.hpp"

namespace wd::cli {
namespace {

/// What --fold said in vain.
std::string idle_folds(const flow::SizesReport& report) {
  if (report.idle_folds.empty()) return "";
  flow::Names stages;
  for (const int stage : report.idle_folds) stages.push_back(std::to_string(stage));
  return "fold            " + flow::join(stages) +
         (stages.size() == 1 ? ": no effect, its" : ": no effect, their") +
         " blocks have no weights of the same shape\n";
}

std::string show(const flow::SizesOptions&, const flow::SizesReport& report) {
  const compress::Sizes& s = report.sizes;
  return text("weights         ", s.weights, "\nby the papers   ",
              line("%.3f MB = %.3f MiB, %.4f bits per weight, %.2fx below dense %s", s.paper_mb, s.paper_mib,
                   s.bits_per_weight, s.ratio, report.baseline.c_str()),
              "\nreal bytes      ", s.real_bytes, ", ",
              line("%.4f bits per weight, %.2fx", s.real_bits_per_weight, s.real_ratio),
              " (random masks of these densities, norms in FP16)\n", idle_folds(report),
              report.model ? "model           " + report.model->string() + "\n" : "");
}

}  // namespace

Command sizes_command() {
  return make_command(
      "sizes", "a published network's size by the papers' formulas and in real coded bytes",
      "  whitedwarf sizes --net resnet50 --dataset cifar100 --fold 3,4\n"
      "  whitedwarf sizes --net resnet200 --dataset imagenet --fold 3,4 --baseline resnet34\n"
      "  whitedwarf sizes --net resnet152 --dataset imagenet --fold 3,4 --coats 0.7,0.9212,0.9685 --signs "
      "learned\n"
      "  whitedwarf sizes --net resnet152 --fold 3,4 --coats 0.95 --model --out r152\n"
      "  whitedwarf compress --out r152 && whitedwarf compile --out r152 && whitedwarf run --out r152 --data "
      "random\n",
      flow::sizes, show);
}

}  // namespace wd::cli
