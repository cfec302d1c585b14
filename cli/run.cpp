// SPDX-License-Identifier: Apache-2.0
#include "flow/run.hpp"

#include "cli/command.hpp"
#include "cli/lines.hpp"
#include "sim/energy.hpp"

namespace wd::cli {
namespace {

std::string number_or_dash(const std::optional<double>& value, int digits) {
  return value ? line("%.*f", digits, *value) : "-";
}

std::string show(const flow::RunOptions&, const flow::RunResult& result) {
  std::string out = "engine    images  accuracy   cycles/image  MAC/s per core  cycles/s per core\n";
  for (const flow::EngineFigures& e : result.engines)
    out += line("%-8s %7zu  %8s  %13s  %14.3g  %17s\n", e.name.c_str(), e.images,
                (e.accuracy ? percent(*e.accuracy) : "-").c_str(), number_or_dash(e.cycles, 1).c_str(),
                e.macs_per_second, number_or_dash(e.cycles_per_second, 0).c_str());
  out += batch_line(result.batch) + "values " + verdict(result.equal.values) + ", cycles " +
         verdict(result.equal.cycles) + ", counters " + verdict(result.equal.counters) + "\n";
  if (result.detailed && !result.detailed->energy.extrapolated.empty())
    out += "run.json: " + sim::extrapolation_caveat(result.detailed->energy.extrapolated) + "\n";
  return out;
}

}  // namespace

Command run_command() {
  return make_command(
      "run", "program.wdp on test images or others, on each engine",
      "  whitedwarf run --out run1\n  whitedwarf run --out run1 --engines golden,fast --images 500\n"
      "  whitedwarf run --out run1 --engines fast --off skip_zero_bits\n"
      "  whitedwarf run --out run1 --data random --seed 3 --images 4     random images, no accuracy\n"
      "  whitedwarf run --out run1 --inputs images.safetensors\n",
      flow::run, show);
}

}  // namespace wd::cli
