// SPDX-License-Identifier: Apache-2.0
// Shows where energy goes: layers against blocks of the chip.
//
// Units     picojoules per image in the files, scaled for reading.
// Test      report_test.cpp
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "cli/report/exhibits.hpp"

namespace wd::report {

/// Plot and table. @param run run.json
std::string layer_energy_part(const nlohmann::json& run, Exhibits& out);

}  // namespace wd::report
