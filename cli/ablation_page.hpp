// SPDX-License-Identifier: Apache-2.0
// The page of an ablation study: charts and tables of its rows, effects and interactions of its sweep.
//
// Test      cli/ablation_test.sh
#pragma once

#include <string>

#include "cli/report/exhibits.hpp"
#include "flow/ablation/ablation.hpp"

namespace wd::cli {

/// All of ablation.html. @param out gets its tables and plots
std::string ablation_page(const flow::ablation::StudyResult& result, report::Exhibits& out);

}  // namespace wd::cli
