// SPDX-License-Identifier: Apache-2.0
// Puts several result folders side by side: what each has, on one page.
//
// What      a figure that no folder has is left out; one that some lack is empty there. Switches, windows and inputs may be any.
// Errors    a folder without results, malformed files, files of one folder that do not belong together: wd::Error naming file and key.
// Test      report_test.cpp, ../comparison_test.sh
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/report/exhibits.hpp"
#include "cli/report/results.hpp"

namespace wd::report {

struct NamedRun {
  std::string name;
  Results results;  // null where the folder lacks a file
};

/// Each named by its folder, by the whole path where two folders are called the same. Errors: a folder that is named twice.
std::vector<NamedRun> load_runs(const std::vector<std::string>& folders);

/// {version, runs: [{name, figure: value or null}]}
nlohmann::json comparison_json(const std::vector<NamedRun>& runs, const std::string& version);
std::string comparison_page(const std::vector<NamedRun>& runs, Exhibits& out);
/// For the terminal: a line per figure, a column per run.
std::string comparison_text(const std::vector<NamedRun>& runs);

}  // namespace wd::report
