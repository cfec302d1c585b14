// SPDX-License-Identifier: Apache-2.0
#include "flow/reca.hpp"

#include "cli/command.hpp"
#include "cli/lines.hpp"

namespace wd::cli {
namespace {

using nlohmann::json;

constexpr const char* variants[] = {"reservoir", "no_reservoir", "no_reservoir_same_draws"};

std::string accuracy_text(const json& summary, const char* readout, const char* variant) {
  const json& figures = summary.at(readout);
  if (figures.is_null() || !figures.contains(variant)) return "-";
  const json& accuracy = figures.at(variant).at("accuracy");
  const std::string mean = line("%.2f", 100 * accuracy.at("mean").get<double>());
  if (accuracy.at("deviation").is_null()) return mean + " %";
  return mean + line(" +- %.2f %%", 100 * accuracy.at("deviation").get<double>());
}

/// The mean over the seeds, without the decimals that nobody reads.
std::string count_text(const json& summary, const char* variant, const json::json_pointer& key) {
  double sum = 0;
  for (const json& seed : summary.at("seeds")) {
    const json& figures = seed.at(variant);
    if (!figures.contains(key)) return "-";
    sum += figures.at(key).get<double>();
  }
  return line("%.0f", sum / static_cast<double>(summary.at("seeds").size()));
}

std::string show(const flow::RecaOptions& options, const flow::RecaReport& report) {
  const json& summary = report.summary;
  const json& first = summary.at("seeds").at(0);
  std::string out =
      text(first.at("train_images"), " training images, accuracy on ", first.at("measured_images"), " ",
           first.at("measured_on").get<std::string>(), " images, ", summary.at("seeds").size(), " seeds\n\n");
  out += line("%-26s %18s %18s\n", "accuracy", "forest", "linear");
  for (const char* variant : variants)
    out += line("%-26s %18s %18s\n", variant, accuracy_text(summary, "forest", variant).c_str(),
                accuracy_text(summary, "linear", variant).c_str());
  const auto count_row = [&](const char* name, const char* key) {
    std::string row = line("%-34s", name);
    for (const char* variant : variants)
      row += line(" %12s", count_text(summary, variant, json::json_pointer(key)).c_str());
    out += row + "\n";
  };
  out += line("\n%-34s %12s %12s %12s\n", "per image", "reservoir", "none", "same draws");
  count_row("features", "/features");
  count_row("bit tests of the forest", "/lazy/bit_tests");
  count_row("cells computed, lazy", "/lazy/cells_computed");
  count_row("cells computed, full", "/full/cells_computed");
  count_row("operands of the rules, lazy", "/lazy/cells_read");
  count_row("operands of the rules, full", "/full/cells_read");
  count_row("state, lazy (bits)", "/lazy/state_bits");
  count_row("state, full (bits)", "/full/state_bits");
  count_row("additions of the linear readout", "/linear/additions");
  out += "\nmemory\n";
  count_row("inner nodes of the forest", "/forest/inner_nodes");
  count_row("forest by the formula (bits)", "/forest/formula_bits");
  count_row("forest, packed (bits)", "/forest/packed_bits");
  count_row("weights of the linear readout (bits)", "/linear/weight_bits");
  return out + "\nall figures: " + options.common.file("reca.json").string() + "\n";
}

}  // namespace

Command reca_command() {
  return make_command(
      "reca", "a cellular-automaton reservoir with a random forest, against the same forest without it",
      "  whitedwarf reca --config algo/reservoir/configs/reca_fmnist.json --out reca\n"
      "  whitedwarf reca --quick\n",
      flow::reca, show);
}

}  // namespace wd::cli
