// SPDX-License-Identifier: Apache-2.0
// Writes tables and plots as papers take them: NAME.csv (all digits), NAME.tex (a booktabs table, rounded as on the page) and, of a plot,
// NAME.svg and NAME-plot.tex (pgfplots); the tables of a plot hold the numbers that it shows.
//
// Errors    a folder that cannot be written: wd::Error naming it.
// Source    RFC 4180 for CSV
// Test      report_test.cpp, ../papers_test.sh
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cli/report/exhibits.hpp"

namespace wd::report {

std::string csv_of(const Exhibit& exhibit);
std::string latex_of(const Exhibit& exhibit);

/// Refuses a folder that cannot be made or written, and makes nothing: to be asked before the work. Empty: nobody wants papers.
void check_papers(const std::filesystem::path& folder);
void write_papers(const std::filesystem::path& folder, const std::vector<Exhibit>& exhibits);

}  // namespace wd::report
