// SPDX-License-Identifier: Apache-2.0
// A study of trainings as a page: accuracy against size, cycles and energy with standard errors, all figures, the claims.
//
// Units     standard errors: deviations by the square root of the number of seeds; none of one seed.
// Test      study_page_test.cpp
#pragma once

#include <string>

#include "cli/report/exhibits.hpp"
#include "flow/study.hpp"

namespace wd::cli {

std::string study_page(const flow::StudyReport& report, report::Exhibits& out);

}  // namespace wd::cli
