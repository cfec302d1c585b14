// SPDX-License-Identifier: Apache-2.0
#include "cli/make_report.hpp"

#include <whitedwarf/version.hpp>

#include "base/files.hpp"
#include "base/output_folder.hpp"
#include "cli/command.hpp"
#include "cli/report/comparison.hpp"
#include "cli/report/page.hpp"
#include "cli/report/papers.hpp"
#include "cli/report/summary.hpp"
#include "cli/report/table.hpp"

namespace wd::cli {
namespace {

std::string show(const ReportOptions&, const ReportResult& result) { return result.text; }

/// @return what there is to say about it
std::string write_papers(const ReportOptions& options, const report::Exhibits& exhibits) {
  if (options.papers.empty()) return "";
  report::write_papers(options.papers, exhibits.all());
  return "papers: " + std::to_string(exhibits.all().size()) + " tables and plots in " +
         options.papers.string() + "\n";
}

ReportResult compare(const ReportOptions& options) {
  std::vector<std::string> folders;
  for (const std::filesystem::path& run : options.runs) folders.push_back(run.string());
  const std::vector<report::NamedRun> runs = report::load_runs(folders);
  OutputFolder folder(options.common.out);
  report::Exhibits exhibits;
  const std::string page = report::comparison_page(runs, exhibits);
  const nlohmann::json summary = report::comparison_json(runs, whitedwarf::version);
  folder.make();
  const std::filesystem::path file = options.common.file("comparison.html");
  write_file(file, page);
  flow::write_json(options.common.file("comparison.json"), summary);
  return {summary, report::comparison_text(runs) + "\nreport: " + file.string() + "\n" +
                       write_papers(options, exhibits)};
}

}  // namespace

void ReportOptions::declare(flow::OptionSink& sink) {
  common.declare_out(sink);
  declare_papers(sink);
  sink.paths("runs", runs, flow::Takes::Place::folder,
             "folders to compare, with commas between them; a comma in a name has a backslash before it");
}

void ReportOptions::declare_papers(flow::OptionSink& sink) {
  sink.path("papers", papers, flow::Takes::Place::new_folder,
            "a folder for each table and plot as CSV, LaTeX and SVG");
}

ReportResult make_report(const ReportOptions& options, flow::Context&) {
  report::check_papers(options.papers);
  if (!options.runs.empty()) return compare(options);
  const report::Results results = report::load_results(options.common.out);
  OutputFolder folder(options.common.out);
  const nlohmann::json summary = report::make_summary(results, whitedwarf::version);
  report::Exhibits exhibits;
  const std::string page = report::make_page(results, summary, exhibits);
  folder.make();
  const std::filesystem::path file = options.common.file("report.html");
  write_file(file, page);
  flow::write_json(options.common.file("summary.json"), summary);
  return {summary, report::make_table(results, summary) + "\nreport: " + file.string() + "\n" +
                       write_papers(options, exhibits)};
}

Command report_command() {
  Command command = make_command(
      "report", "report.html of a folder's results, or several folders side by side",
      "  whitedwarf report --out run1                    summary.json and report.html from the stages' "
      "files\n"
      "  whitedwarf report --out run1 --papers figures   also CSV, LaTeX and SVG of every table and plot\n"
      "  whitedwarf report run1 run2 run3 --out compared comparison.json and comparison.html\n"
      "  whitedwarf report --runs run1,run2              the same\n",
      make_report, show);
  command.first = "runs";
  command.several = true;
  return command;
}

}  // namespace wd::cli
