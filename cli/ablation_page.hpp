// SPDX-License-Identifier: Apache-2.0
// The page of an ablation study: charts and tables of its rows, effects and interactions of its sweep.
//
// Test      cli/ablation_test.sh
#pragma once

#include <string>

#include "flow/ablation/ablation.hpp"

namespace wd::cli {

/// All of ablation.html.
std::string ablation_page(const flow::ablation::StudyResult& result);

}  // namespace wd::cli
