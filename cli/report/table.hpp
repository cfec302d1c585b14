// SPDX-License-Identifier: Apache-2.0
// Writes the summary as an aligned ASCII table for the terminal, about 40 lines.
//
// Test      report_test.cpp
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "cli/report/results.hpp"

namespace wd::report {

/// @param summary of make_summary on the same results.
std::string make_table(const Results& results, const nlohmann::json& summary);

}  // namespace wd::report
