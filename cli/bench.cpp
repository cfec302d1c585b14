// SPDX-License-Identifier: Apache-2.0
#include "flow/bench.hpp"

#include <algorithm>

#include "cli/command.hpp"
#include "cli/lines.hpp"

namespace wd::cli {
namespace {

std::string fraction(const std::optional<double>& of) { return of ? line("%.3g %%", 100 * *of) : ""; }

std::string show(const flow::ThreadOptions&, const flow::BenchReport& report) {
  std::size_t width = 0;
  for (const flow::BenchRow& r : report.rows) width = std::max(width, r.stage.size());
  const int stage = static_cast<int>(width);
  std::string out =
      line("%-*s       figure  unit                  of products   of memory  peak MiB  measured\n", stage,
           "stage");
  for (const flow::BenchRow& r : report.rows)
    out += line("%-*s  %11.4g  %-20s %12s %11s %9.1f  %s\n", stage, r.stage.c_str(), r.figure, r.unit.c_str(),
                fraction(r.of_peak_products).c_str(), fraction(r.of_memory).c_str(), r.peak_mib,
                r.measured.c_str());
  return out +
         "of products: dense multiply-accumulates of an engine by the products that the core can make at "
         "most\nof memory: each layer's input, residual and output codes, packed weights and norms, once "
         "each "
         "time it is executed,\n           by the bytes that the core can move at most\n";
}

}  // namespace

Command bench_command() {
  return make_command("bench", "speed of every stage, beside what the machine can do at most",
                      "  whitedwarf bench --json\n", flow::bench, show);
}

}  // namespace wd::cli
