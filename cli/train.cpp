// SPDX-License-Identifier: Apache-2.0
#include "flow/train.hpp"

#include "base/progress.hpp"
#include "cli/command.hpp"
#include "cli/lines.hpp"

namespace wd::cli {
namespace {

std::string show_seeds(const flow::SeedsReport& report) {
  std::string out = "seed   FP32      FP8       chip      time\n";
  for (const flow::TrainReport& run : report.runs)
    out += text(run.seed, "      ", percent(run.accuracy_fp32), "   ", percent(run.accuracy_fp8), "   ",
                run.accuracy_hw ? percent(*run.accuracy_hw) : "-      ", "   ", duration_text(run.seconds),
                "\n");
  const flow::TrainSpreads& s = report.spreads;
  std::string mean = "mean  ", deviation = "deviation  ";
  for (const std::optional<flow::Spread>& spread :
       {std::optional(s.accuracy_fp32), std::optional(s.accuracy_fp8), s.accuracy_hw}) {
    mean += spread ? percent(spread->mean) + "   " : "-  ";
    deviation += spread && spread->deviation ? percent(*spread->deviation) + "   " : "-  ";
  }
  return out + mean + "\n" + deviation + "\n";
}

std::string show_one(const flow::TrainOptions& options, const flow::TrainReport& r) {
  return text("accuracy FP32   ", percent(r.accuracy_fp32), "\naccuracy FP8    ", percent(r.accuracy_fp8),
              "\naccuracy chip   ", r.accuracy_hw ? percent(*r.accuracy_hw) : "none: " + r.no_hardware,
              "\nweights         ", r.weights, ", ", r.hardware.bytes, " bytes coded\ncycles/image    ",
              r.hardware.cycles ? line("%.0f", *r.hardware.cycles) : "none: " + r.hardware.no_cycles,
              "\ntime            ", duration_text(r.seconds), "\nmodel           ",
              r.no_network.empty() ? options.common.file("model.wdm").string() : "none: " + r.no_network,
              "\n");
}

std::string show(const flow::TrainOptions& options, const flow::TrainOutcome& outcome) {
  if (const auto* seeds = std::get_if<flow::SeedsReport>(&outcome.report)) return show_seeds(*seeds);
  return show_one(options, std::get<flow::TrainReport>(outcome.report));
}

}  // namespace

Command train_command() {
  Command command =
      make_command("train", "train a network; continues from its checkpoint after an interruption",
                   "  whitedwarf train --out run1\n"
                   "  whitedwarf train --config algo/configs/hfn_fmnist.json --seed 3 --out run3\n"
                   "  whitedwarf train --config algo/configs/mlp_fmnist.json --seeds 1,2,3 --out mlp\n"
                   "  whitedwarf train --arch arch.json --out run4   predicts cycles for "
                   "{\"pes_per_group\": 16}\n",
                   flow::train, show);
  command.shared = true;
  return command;
}

}  // namespace wd::cli
