// SPDX-License-Identifier: Apache-2.0
// Writes report.html: one self-contained page of all results, plots as inline SVG, a script that sorts tables.
//
// Errors    a plot without data, a value that is not finite: wd::Error naming it.
// Test      report_test.cpp
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "cli/report/exhibits.hpp"
#include "cli/report/results.hpp"

namespace wd::report {

/// @param summary of make_summary on the same results.
/// @param out gets the page's tables and plots.
std::string make_page(const Results& results, const nlohmann::json& summary, Exhibits& out);

}  // namespace wd::report
