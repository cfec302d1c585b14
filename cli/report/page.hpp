// SPDX-License-Identifier: Apache-2.0
// Writes report.html: one self-contained page of all results, plots as inline SVG, no scripts.
//
// Errors    a plot without data, a value that is not finite: wd::Error naming it.
// Test      report_test.cpp
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "cli/report/results.hpp"

namespace wd::report {

/// @param summary of make_summary on the same results.
std::string make_page(const Results& results, const nlohmann::json& summary);

}  // namespace wd::report
