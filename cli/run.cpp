// SPDX-License-Identifier: Apache-2.0
#include "flow/run.hpp"

#include <algorithm>
#include <numeric>

#include "cli/command.hpp"
#include "cli/lines.hpp"

namespace wd::cli {
namespace {

std::string number_or_dash(const std::optional<double>& value, int digits) {
  return value ? line("%.*f", digits, *value) : "-";
}

std::string range_line(const std::string& name, std::uint64_t least, std::uint64_t sum, std::uint64_t frames,
                       std::uint64_t greatest, int batch) {
  const auto of_image = [&](std::uint64_t n) { return static_cast<double>(n) / batch; };
  return line("%-24s %15.1f %15.1f %15.1f\n", name.c_str(), of_image(least),
              of_image(sum) / static_cast<double>(frames), of_image(greatest));
}

/// Counters of an image, and the cycles of the layers that take most of them.
std::string ranges(const flow::DetailedFigures& detailed, int batch) {
  constexpr std::size_t most_shown = 12;
  std::string out =
      line("%-24s %15s %15s %15s\n", (detailed.engine + ", of an image").c_str(), "min", "mean", "max");
#define ARCH_COUNTER(name, sv, unit, meaning)                                        \
  out += range_line(#name, detailed.ranges.least().name, detailed.ranges.sum().name, \
                    detailed.ranges.frames(), detailed.ranges.greatest().name, batch);
#include "hw/arch/counters.def"
#undef ARCH_COUNTER
  std::vector<std::size_t> order(detailed.layers.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return detailed.layer_ranges[a].sum().cycles > detailed.layer_ranges[b].sum().cycles;
  });
  if (order.size() > most_shown) order.resize(most_shown);
  std::sort(order.begin(), order.end());
  out += "cycles of layers\n";
  for (const std::size_t i : order) {
    const flow::CounterRanges& of = detailed.layer_ranges[i];
    out += range_line("  " + detailed.layers[i].name, of.least().cycles, of.sum().cycles, of.frames(),
                      of.greatest().cycles, batch);
  }
  if (order.size() < detailed.layers.size())
    out += line("  and %zu layers of fewer cycles; run.json has all, with every counter\n",
                detailed.layers.size() - order.size());
  return out;
}

std::string show(const flow::RunOptions&, const flow::RunResult& result) {
  std::string out = "engine    images  accuracy   cycles/image  MAC/s per core  cycles/s per core\n";
  for (const flow::EngineFigures& e : result.engines)
    out += line("%-8s %7zu  %8s  %13s  %14.3g  %17s\n", e.name.c_str(), e.images,
                (e.accuracy ? percent(*e.accuracy) : "-").c_str(), number_or_dash(e.cycles, 1).c_str(),
                e.macs_per_second, number_or_dash(e.cycles_per_second, 0).c_str());
  for (const flow::EngineFigures& e : result.engines)
    if (e.replayed) out += e.name + ": timed from a recording, values were not computed\n";
  out += batch_line(result.batch) + "values " + verdict(result.equal.values) + ", cycles " +
         verdict(result.equal.cycles) + ", counters " + verdict(result.equal.counters) + "\n";
  if (result.detailed) out += ranges(*result.detailed, result.batch);
  if (result.detailed) {
    const sim::PowerEstimate& energy = result.detailed->energy;
    out += line("chip energy %.4g nJ/image at %.2f V, %.0f MHz; ", energy.chip_pj() / 1000, energy.point.volt,
                energy.point.megahertz) +
           energy.caveat() + "\n";
  }
  return out;
}

}  // namespace

Command run_command() {
  return make_command(
      "run", "program.wdp on test images or others, on each engine",
      "  whitedwarf run --out run1\n  whitedwarf run --out run1 --engines golden,fast --images 500\n"
      "  whitedwarf run --out run1 --engines fast --off skip_zero_bits\n"
      "  whitedwarf run --out run1 --data random --seed 3 --images 4     random images, no accuracy\n"
      "  whitedwarf run --out run1 --inputs images.safetensors\n"
      "  whitedwarf run --out run1 --engines fast --images 100 --record maps.wda\n"
      "  whitedwarf run --out run2 --engines fast --images 100 --replay maps.wda     the model on another "
      "chip\n"
      "  whitedwarf run --out run1 --engines rtl --waves 1000:1999     signals of these cycles\n"
      "  whitedwarf run --out run1 --engines systemc,rtl --activity\n",
      flow::run, show);
}

}  // namespace wd::cli
