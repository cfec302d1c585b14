// SPDX-License-Identifier: Apache-2.0
#include "sim/scope_path.hpp"

#include <algorithm>

namespace wd::sim {

std::vector<std::string> scope_parts(const std::string& scope) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; at < scope.size();) {
    const std::size_t end = std::min(scope.find('.', at), scope.size());
    parts.push_back(scope.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

std::size_t same_parts(const std::vector<std::string>& one, const std::vector<std::string>& other) {
  const std::size_t most = std::min(one.size(), other.size());
  return static_cast<std::size_t>(
      std::mismatch(one.begin(), one.begin() + static_cast<std::ptrdiff_t>(most), other.begin()).first -
      one.begin());
}

}  // namespace wd::sim
