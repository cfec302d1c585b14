// SPDX-License-Identifier: Apache-2.0
// Formats figures for the terminal.
#pragma once

#include <cstdio>
#include <string>

namespace wd::cli {

/// As printf.
template <typename... Values>
std::string line(const char* format, Values... values) {
  char buffer[400];
  std::snprintf(buffer, sizeof buffer, format, values...);
  return buffer;
}

inline std::string percent(double fraction) { return line("%.2f %%", 100 * fraction); }

}  // namespace wd::cli
