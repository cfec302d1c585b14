// SPDX-License-Identifier: Apache-2.0
#include "cli/report/page.hpp"

#include "cli/report/format.hpp"
#include "cli/report/html.hpp"
#include "cli/report/sections.hpp"
#include "cli/report/svg.hpp"

namespace wd::report {
namespace {

using nlohmann::json;

std::string page_style() {
  return R"(body{margin:0 auto;max-width:1320px;padding:1rem 1.25rem 3rem;background:var(--paper);color:var(--ink);
font:15px/1.45 system-ui,"DejaVu Sans",sans-serif}
:root{color-scheme:light dark;--paper:#fff;--good:#00704f;--bad:#b03a00}
@media (prefers-color-scheme:dark){:root{--paper:#15181c;--good:#35c79e;--bad:#f08a4b}}
h1{font-size:1.6rem;margin:.4rem 0}h2{font-size:1.2rem;margin:2.2rem 0 .6rem;border-bottom:1px solid var(--axis)}
nav{display:flex;flex-wrap:wrap;gap:.2rem 1rem}nav a,summary{color:var(--s0)}
.columns{display:grid;align-items:start;gap:1.2rem 2rem;
grid-template-columns:repeat(auto-fit,minmax(min(100%,520px),1fr))}
figure{margin:0}figcaption{color:var(--muted);max-width:640px;font-size:.88rem;margin-top:.2rem}
.scroll{overflow-x:auto;margin:.8rem 0}table{border-collapse:collapse;font-size:.88rem}
th,td{padding:.22rem .9rem .22rem 0;text-align:left;vertical-align:top;border-bottom:1px solid var(--grid)}
th{border-bottom-color:var(--axis);vertical-align:bottom}.number{text-align:right;font-variant-numeric:tabular-nums}
td:first-child,td.number,#headline td:nth-child(2){white-space:nowrap}#headline td:nth-child(2){font-weight:600}
pre{font-size:.82rem;overflow-x:auto}.good{color:var(--good)}.bad{color:var(--bad)}.verdict{font-weight:600}
@media (max-width:640px){td:first-child,#headline td:first-child{white-space:normal}}
@media print{.columns{display:block}figure,table{break-inside:avoid}}
)";
}

std::string scaled(double value, Scale scale) { return compact(value * scale.factor) + " " + scale.unit; }

std::vector<Row> model_rows(const json& s) {
  return {
      {"test accuracy, chip model", percent(number(s, "accuracy_hw")),
       "bit-exact, " + grouped(number(s, "images")) + " images"},
      {"test accuracy, FP32 activations", percent(number(s, "accuracy_fp32")),
       "same masks, activations not quantized"},
      {"weights", grouped(number(s, "weights")), "stored; folded layers share theirs"},
      {"dense FP32 model", grouped(number(s, "dense_fp32_bytes")) + " bytes",
       "unfolded, 4 bytes a parameter"},
      {"compressed model", grouped(number(s, "compressed_bytes")) + " bytes",
       "the file, everything included"},
      {"off-chip ratio", compact(number(s, "offchip_ratio")) + "×", "dense FP32 bytes / compressed bytes"},
      {"on-chip ratio", compact(number(s, "onchip_ratio")) + "×",
       "weight bits that the dense, unfolded FP32 network stores and applies / those that this one does"},
      {"bits per weight", fixed(number(s, "bits_per_weight"), 3), "entropy-coded, with code tables"}};
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
  return {{"cycles per image", grouped(number(s, "cycles_per_image")),
           scaled(seconds, time_scale(seconds)) + " " + point + shared},
          {"chip energy per image", scaled(energy, energy_scale(energy)),
           point + "; off-chip memory " + scaled(offchip, energy_scale(offchip)) + " more"},
          {"executed", fixed(number(s, "tflops_per_watt_executed"), 3) + " TFLOPS/W",
           "2 per operand that a PE adds"},
          {"dense-equivalent", fixed(number(s, "tflops_per_watt_dense"), 3) + " TFLOPS/W",
           "2 per dense MAC; " + zeros}};
}

std::string headline_section(const json& s) {
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
                      html_table({"Figure", "#Value", "Conditions"}, rows) +
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

std::string make_page(const Results& results, const json& summary) {
  check(results);
  std::string title = "WhiteDwarf report";
  const json& config = results.train.at("config");
  if (config.contains("name") && config.at("name").is_string())
    title += ": " + config.at("name").get<std::string>();
  return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n<title>" +
         escape(title) + "</title>\n<style>\n" + chart_style() + page_style() +
         "</style>\n</head>\n<body>\n<h1>" + escape(title) + "</h1>\n" +
         html_paragraph("Version " + summary.at("version").get<std::string>() + ", seed " +
                        summary.at("seed").dump() + ".") +
         navigation() + headline_section(summary) + training_section(results, summary) +
         size_section(results, summary) + sparsity_section(results, summary) +
         cycles_section(results, summary) + ablation_section(results, summary) +
         energy_section(results, summary) + engines_section(results, summary) +
         architecture_section(results, summary) + "</body>\n</html>\n";
}

}  // namespace wd::report
