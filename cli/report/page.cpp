// SPDX-License-Identifier: Apache-2.0
#include "cli/report/page.hpp"

#include "cli/report/format.hpp"
#include "cli/report/html.hpp"
#include "cli/report/sections.hpp"

namespace wd::report {
namespace {

using nlohmann::json;

std::string scaled(double value, Scale scale) { return compact(value * scale.factor) + " " + scale.unit; }

std::vector<Row> model_rows(const json& s) {
  return {
      {"test accuracy, chip model", percent_cell(number(s, "accuracy_hw")),
       "bit-exact, " + grouped(number(s, "images")) + " images"},
      {"test accuracy, FP32 activations", percent_cell(number(s, "accuracy_fp32")),
       "same masks, activations not quantized"},
      {"weights", grouped_cell(number(s, "weights")), "stored; folded layers share theirs"},
      {"dense FP32 model",
       {grouped(number(s, "dense_fp32_bytes")) + " bytes", number(s, "dense_fp32_bytes")},
       "unfolded, 4 bytes a parameter"},
      {"compressed model",
       {grouped(number(s, "compressed_bytes")) + " bytes", number(s, "compressed_bytes")},
       "the file, everything included"},
      {"off-chip ratio",
       {compact(number(s, "offchip_ratio")) + "×", number(s, "offchip_ratio")},
       "dense FP32 bytes / compressed bytes"},
      {"on-chip ratio",
       {compact(number(s, "onchip_ratio")) + "×", number(s, "onchip_ratio")},
       "weight bits that the dense, unfolded FP32 network stores and applies / those that this one does"},
      {"bits per weight", fixed_cell(number(s, "bits_per_weight"), 3), "entropy-coded, with code tables"}};
}

std::vector<Row> chip_rows(const json& s) {
  const double seconds = number(s, "seconds_per_image"), energy = number(s, "energy_pj_per_image");
  const std::string point =
      "at " + compact(number(s, "volt")) + " V, " + compact(number(s, "megahertz")) + " MHz";
  const double offchip = number(s, "offchip_pj_per_image");
  const std::string zeros = percent(number(s, "activation_sparsity")) + " of activations and " +
                            percent(number(s, "weight_sparsity")) + " of weights are zero";
  const double batch = number(s, "batch");
  const std::string shared = batch == 1 ? ""
                                        : "; a frame computes " + grouped(batch) +
                                              " images, figures of an image are its own by that";
  return {
      {"cycles per image", grouped_cell(number(s, "cycles_per_image")),
       scaled(seconds, time_scale(seconds)) + " " + point + shared},
      {"chip energy per image", scaled(energy, energy_scale(energy)),
       point + "; off-chip memory " + scaled(offchip, energy_scale(offchip)) + " more"},
      {"executed",
       {fixed(number(s, "tflops_per_watt_executed"), 3) + " TFLOPS/W", number(s, "tflops_per_watt_executed")},
       "2 per operand that a PE adds"},
      {"dense-equivalent",
       {fixed(number(s, "tflops_per_watt_dense"), 3) + " TFLOPS/W", number(s, "tflops_per_watt_dense")},
       "2 per dense MAC; " + zeros}};
}

std::string headline_section(const json& s, Exhibits& out) {
  std::vector<Row> rows = model_rows(s);
  for (Row& row : chip_rows(s)) rows.push_back(std::move(row));
  std::string verdict;
  for (const std::string what : {"values", "cycles", "counters"}) {
    const json& equal = s.at(what + "_equal");
    const std::string tone = equal.is_null() ? "" : equal.get<bool>() ? " good" : " bad";
    verdict += std::string(verdict.empty() ? "" : ", ") + "<span class=\"verdict" + tone + "\">" + what +
               " " + verdict_text(equal) + "</span>";
  }
  return html_section("headline", "Headline figures",
                      out.table("Accuracy, size, time and energy", {"Figure", "#Value", "Conditions"}, rows) +
                          html_paragraph("The " + s.at("energy_caveat").get<std::string>() + ".") +
                          "<p>Between the engines and in co-simulation: " + verdict + ".</p>\n");
}

std::string navigation() {
  std::string out = "<nav>";
  for (const auto& [id, name] :
       {std::pair{"training", "Training"}, std::pair{"size", "Model size"}, std::pair{"sparsity", "Sparsity"},
        std::pair{"cycles", "Cycles"}, std::pair{"ablation", "What each element is worth"},
        std::pair{"energy", "Energy"}, std::pair{"engines", "Engines"},
        std::pair{"architecture", "Architecture"}})
    out += std::string("<a href=\"#") + id + "\">" + name + "</a>";
  return out + "</nav>\n";
}

}  // namespace

std::string make_page(const Results& results, const json& summary, Exhibits& out) {
  check(results);
  std::string title = "WhiteDwarf report";
  const json& config = results.train.at("config");
  if (config.contains("name") && config.at("name").is_string())
    title += ": " + config.at("name").get<std::string>();
  return html_page(
      title, html_paragraph("Version " + summary.at("version").get<std::string>() + ", seed " +
                            summary.at("seed").dump() + ".") +
                 navigation() + headline_section(summary, out) + training_section(results, summary, out) +
                 size_section(results, summary, out) + sparsity_section(results, summary, out) +
                 cycles_section(results, summary, out) + ablation_section(results, summary, out) +
                 energy_section(results, summary, out) + engines_section(results, summary, out) +
                 architecture_section(results, summary, out));
}

}  // namespace wd::report
