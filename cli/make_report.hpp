// SPDX-License-Identifier: Apache-2.0
// report: summary.json and report.html from the stages' files, or several folders side by side.
//
// Errors    files that are missing, malformed or do not belong together: wd::Error naming the stage to run.
// Test      demo_test.sh, report/report_test.cpp
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "flow/context.hpp"

namespace wd::cli {

struct ReportOptions {
  flow::CommonOptions common;
  std::vector<std::filesystem::path> runs;  // to compare; empty: a report of `common.out`
  std::filesystem::path papers;             // empty: no files for papers

  void declare(flow::OptionSink& sink);
  void declare_papers(flow::OptionSink& sink);
};

struct ReportResult {
  nlohmann::json summary;
  std::string text;  // for people

  const nlohmann::json& to_json() const { return summary; }
};

ReportResult make_report(const ReportOptions& options, flow::Context& context);

}  // namespace wd::cli
