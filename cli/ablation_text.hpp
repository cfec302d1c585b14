// SPDX-License-Identifier: Apache-2.0
// The tables of an ablation study, for the terminal.
//
// Test      cli/ablation_test.sh
#pragma once

#include <string>

#include "flow/ablation/ablation.hpp"

namespace wd::cli {

std::string ablation_text(const flow::ablation::AblationOptions& options,
                          const flow::ablation::StudyResult& result);

}  // namespace wd::cli
