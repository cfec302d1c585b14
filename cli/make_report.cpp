// SPDX-License-Identifier: Apache-2.0
#include "cli/make_report.hpp"

#include "base/files.hpp"
#include "base/output_folder.hpp"
#include "cli/command.hpp"
#include "cli/report/page.hpp"
#include "cli/report/summary.hpp"
#include "cli/report/table.hpp"

namespace wd::cli {
namespace {

std::string show(const ReportOptions&, const ReportResult& result) { return result.text(); }

}  // namespace

std::string ReportResult::text() const {
  return report::make_table(results, summary) + "\nreport: " + page.string() + "\n";
}

ReportResult make_report(const ReportOptions& options, flow::Context&) {
  ReportResult result{report::load_results(options.common.out), {}, options.common.file("report.html")};
  OutputFolder folder(options.common.out);
  result.summary = report::make_summary(result.results, WD_VERSION);
  folder.make();
  write_file(result.page, report::make_page(result.results, result.summary));
  flow::write_json(options.common.file("summary.json"), result.summary);
  return result;
}

Command report_command() {
  return make_command("report", "summary.json and report.html from the stages' files",
                      "  whitedwarf report --out run1\n", make_report, show);
}

}  // namespace wd::cli
