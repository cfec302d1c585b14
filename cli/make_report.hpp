// SPDX-License-Identifier: Apache-2.0
// report: summary.json and report.html from the stages' files.
//
// Errors    files that are missing, malformed or do not belong together: wd::Error naming the stage to run.
// Test      demo_test.sh, report/report_test.cpp
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "cli/report/results.hpp"
#include "flow/context.hpp"

namespace wd::cli {

struct ReportOptions {
  flow::CommonOptions common;

  void declare(flow::OptionSink& sink) { common.declare(sink); }
};

struct ReportResult {
  report::Results results;
  nlohmann::json summary;
  std::filesystem::path page;

  const nlohmann::json& to_json() const { return summary; }
  /// The summary as a table.
  std::string text() const;
};

ReportResult make_report(const ReportOptions& options, flow::Context& context);

}  // namespace wd::cli
