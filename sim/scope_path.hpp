// SPDX-License-Identifier: Apache-2.0
// A block's path, "wd_top.u_post", by its parts.
#pragma once

#include <string>
#include <vector>

namespace wd::sim {

std::vector<std::string> scope_parts(const std::string& scope);

/// How many parts two paths share from the start.
std::size_t same_parts(const std::vector<std::string>& one, const std::vector<std::string>& other);

}  // namespace wd::sim
