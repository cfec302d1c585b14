// SPDX-License-Identifier: Apache-2.0
#include "flow/bench_train.hpp"

#include "cli/command.hpp"
#include "cli/lines.hpp"

namespace wd::cli {
namespace {

std::string show(const flow::BenchTrainOptions&, const flow::BenchTrainReport& report) {
  std::string out =
      "network       precision  threads   ms/step  forward  backward   update     fill   images/s  peak "
      "MiB\n";
  for (const flow::TrainStepRow& r : report.rows)
    out += line("%-13s %-9s %8u %9.2f %8.2f %9.2f %8.2f %8.2f %10.1f %9.1f\n", r.network.c_str(),
                r.precision.c_str(), r.threads, r.step_ms, r.forward_ms, r.loss_ms + r.backward_ms,
                r.update_ms, r.fill_ms, r.images_per_second, r.peak_mib);
  return out;
}

}  // namespace

Command bench_train_command() {
  return make_command("bench train", "time and memory of a training step of several networks",
                      "  whitedwarf bench train\n"
                      "  whitedwarf bench train --networks mlp --precision bf16 --steps 100\n",
                      flow::bench_train, show);
}

}  // namespace wd::cli
