// SPDX-License-Identifier: Apache-2.0
#include "flow/bench.hpp"

#include "cli/command.hpp"
#include "cli/lines.hpp"

namespace wd::cli {
namespace {

std::string show(const flow::CommonOptions&, const flow::BenchReport& report) {
  std::string out = "stage           figure  unit                  of products  peak MiB  measured\n";
  for (const flow::BenchRow& r : report.rows)
    out += line("%-10s %11.4g  %-20s %12s %9.1f  %s\n", r.stage.c_str(), r.figure, r.unit.c_str(),
                (r.of_peak_products ? line("%.3g %%", 100 * *r.of_peak_products) : "").c_str(), r.peak_mib,
                r.measured.c_str());
  return out +
         "of products: dense multiply-accumulates of an engine by the products that the core can make at "
         "most\n";
}

}  // namespace

Command bench_command() {
  return make_command("bench", "speed of every stage, beside what the machine can do at most",
                      "  whitedwarf bench --json\n", flow::bench, show);
}

}  // namespace wd::cli
