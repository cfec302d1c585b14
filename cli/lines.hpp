// SPDX-License-Identifier: Apache-2.0
// Formats figures for the terminal.
#pragma once

#include <cstdio>
#include <optional>
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

/// Of a comparison; nothing where there was none.
inline std::string verdict(const std::optional<bool>& equal) {
  return !equal ? "not compared" : *equal ? "equal" : "DIFFERENT";
}

}  // namespace wd::cli
