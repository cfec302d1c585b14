// SPDX-License-Identifier: Apache-2.0
// Condenses the result files into summary.json: one object with the figures that people compare.
//
// Units     bytes, cycles and picojoules per image (a frame's by its images), operations per second; TFLOPS/W = operations per
//           picojoule, 2 operations per multiply-accumulate or executed operand. Keys are part of the interface.
// Errors    those of check() in results.hpp.
// Test      report_test.cpp
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/report/results.hpp"

namespace wd::report {

/// @param version of the program that makes the report.
nlohmann::json make_summary(const Results& results, const std::string& version);

/// What an entry of the ablation has off or other than the chip, parameters with their values; "–" for the baseline.
std::string off_text(const nlohmann::json& entry);
/// A sentence on the entries whose array the chip of the power table did not have; empty where there is none.
std::string extrapolated_text(const nlohmann::json& entries);

/// The engines' names from the plainest model to the RTL.
std::vector<std::string> engine_order(const nlohmann::json& engines);

}  // namespace wd::report
