// SPDX-License-Identifier: Apache-2.0
#include "flow/study.hpp"

#include "base/files.hpp"
#include "cli/command.hpp"
#include "cli/lines.hpp"
#include "cli/report/papers.hpp"
#include "cli/study_page.hpp"

namespace wd::cli {
namespace {

std::string mean_of(const std::optional<flow::Spread>& spread, int digits) {
  return spread ? line("%.*f", digits, spread->mean) : "-";
}

std::string variant_line(const flow::StudyReport::Variant& variant) {
  const flow::TrainSpreads& s = variant.spreads;
  const std::string deviation =
      s.accuracy_fp32.deviation ? line("%7.2f %%", 100 * *s.accuracy_fp32.deviation) : line("%9s", "-");
  return line(
      "%-25s %8.2f %%  %s  %9s  %11.3f  %12s  %8s  %7s\n", variant.name.c_str(), 100 * s.accuracy_fp32.mean,
      deviation.c_str(), s.accuracy_hw ? percent(s.accuracy_hw->mean).c_str() : "-", s.bits_per_weight.mean,
      mean_of(s.cycles, 0).c_str(), mean_of(s.offchip_ratio, 1).c_str(), mean_of(s.onchip_ratio, 0).c_str());
}

std::string claim_line(const flow::StudyReport::JudgedClaim& judged) {
  const flow::Judgement& j = judged.judgement;
  const std::string interval = j.half_width ? line(" +- %.2f", 100 * *j.half_width) : "";
  return line("%+6.2f%s points  %s: ", 100 * j.difference, interval.c_str(),
              flow::verdict_text(j.verdict).c_str()) +
         judged.claim.text + "\n";
}

struct StudyPageOptions : flow::StudyOptions {
  std::filesystem::path papers;  // empty: no files for papers

  void declare(flow::OptionSink& sink) {
    StudyOptions::declare(sink);
    sink.path("papers", papers, flow::Takes::Place::new_folder,
              "a folder for each table and plot as CSV, LaTeX and SVG");
  }
};

flow::StudyReport study_with_page(const StudyPageOptions& options, flow::Context& context) {
  report::check_papers(options.papers);
  flow::StudyReport report = flow::study(options, context);
  report::Exhibits exhibits;
  write_file(options.common.file("study.html"), study_page(report, exhibits));
  if (!options.papers.empty()) report::write_papers(options.papers, exhibits.all());
  return report;
}

std::string show(const StudyPageOptions& options, const flow::StudyReport& report) {
  std::string out =
      "variant                    FP32 mean  deviation       chip  bits/weight  cycles/image  off-chip  "
      "on-chip\n";
  for (const flow::StudyReport::Variant& variant : report.variants) out += variant_line(variant);
  if (!report.claims.empty())
    out += "claims: difference of the means and its 95 % half width (Student's t)\n";
  for (const flow::StudyReport::JudgedClaim& claim : report.claims) out += claim_line(claim);
  return out + "all figures: " + options.common.file("study.json").string() +
         ", plots: " + options.common.file("study.html").string() + "\n";
}

}  // namespace

Command study_command() {
  Command command = make_command(
      "study", "several trainings that differ from a baseline, several seeds each, and the claims about them",
      "  whitedwarf study --config algo/studies/mask_orderings.json --out orderings\n"
      "  whitedwarf study --config algo/studies/mask_orderings.json --out orderings --papers figures\n"
      "  whitedwarf study algo/studies/mask_orderings.json --out orderings --slurm --slurm-tasks 16\n",
      study_with_page, show);
  command.first = "config";
  command.shared = true;
  return command;
}

}  // namespace wd::cli
