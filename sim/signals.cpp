// SPDX-License-Identifier: Apache-2.0
#include "sim/signals.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace wd::sim {

bool is_told(const SignalWindow& window, const std::string& scope, const std::string& name) {
  if (!scope.starts_with(window.scope)) return false;
  const std::string below = scope.substr(window.scope.size());
  if (!window.scope.empty() && !below.empty() && below.front() != '.') return false;
  const auto levels =
      std::count(below.begin(), below.end(), '.');  // of a scope's blocks, or from the top one on
  if (window.depth != 0 && levels >= window.depth) return false;
  return !window.wanted || window.wanted(scope, name);
}

void refuse_block(const std::string& engine, const std::string& scope, const std::set<std::string>& known) {
  // The blocks below the longest part of the path that is one.
  std::string parent = scope;
  while (!parent.empty() && known.count(parent) == 0)
    parent.resize(parent.rfind('.') == std::string::npos ? 0 : parent.rfind('.'));
  const std::string start = parent.empty() ? "" : parent + ".";
  std::set<std::string> below;
  for (const std::string& name : known)
    if (name.starts_with(start) && name.size() > start.size())
      below.insert(name.substr(0, name.find('.', start.size())));
  constexpr std::size_t most = 16;
  std::string list;
  std::size_t told = 0;
  for (const std::string& name : below)
    if (told++ < most) list += (list.empty() ? "" : ", ") + name;
  if (below.size() > most) list += text(" and ", below.size() - most, " more");
  fail(engine, " has no block '", scope, "'; ",
       below.empty() ? text("give ", parent) : text("give one of ", list));
}

}  // namespace wd::sim
