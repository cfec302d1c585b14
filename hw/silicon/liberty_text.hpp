// SPDX-License-Identifier: Apache-2.0
// Reads the grammar of liberty files: groups, attributes, complex attributes, each with its line.
//
// What      names and values are left as text, but for quotes and continued lines. A semicolon may lack at a line's end.
// Errors    what is no liberty: wd::Error with file and line.
// Not       what the names mean: liberty.hpp.
// Source    Liberty User Guide, volume 1, "Liberty file format"
// Test      liberty_test.cpp
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace wd::silicon {

/// `name : value;` has one value, `name (a, b);` one for each argument.
struct LibertyAttribute {
  std::string name;
  std::vector<std::string> values;
  int line = 0;
};

/// `kind (arguments) { ... }`
struct LibertyGroup {
  std::string kind;
  std::vector<std::string> arguments;
  int line = 0;
  std::vector<LibertyAttribute> attributes;
  std::vector<LibertyGroup> groups;

  /// The last of this name, or null.
  const LibertyAttribute* find(std::string_view name) const;
  /// Its first value, or `otherwise`.
  std::string text(std::string_view name, std::string_view otherwise = "") const;
  std::string argument() const { return arguments.empty() ? "" : arguments.front(); }
};

/// The one group of a file. @param origin the file, for messages
LibertyGroup parse_liberty(std::string_view text, const std::string& origin);

}  // namespace wd::silicon
