// SPDX-License-Identifier: Apache-2.0
// Power tables that come with the program: those of hw/power, which the build puts into it.
//
// Errors    a name that there is not and that is no file either: wd::Error with the names.
// Test      power_model_test.cpp
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "sim/power_table.hpp"

namespace wd::sim {

inline constexpr const char* default_power_table = "sg13g2";

/// Names and their JSON, as hw/power has them. Made by CMake.
const std::vector<std::pair<std::string, std::string>>& shipped_power_tables();
std::vector<std::string> shipped_power_table_names();
/// A shipped one by its name, else the file of that name. @param shown the option, for messages
PowerTable find_power_table(const std::string& name_or_file, const std::string& shown);

}  // namespace wd::sim
