// SPDX-License-Identifier: Apache-2.0
// Prints tables that are JSON: an object of lists of flat objects, or of single values.
//
// Test      tables_test.cpp
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace wd::compiler {

/// Columns are the keys of a list's objects in order of first appearance, numbers right-aligned; single values come first.
std::string tables_text(const nlohmann::ordered_json& tables);

}  // namespace wd::compiler
