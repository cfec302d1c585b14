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

/// What figures of an image are where a frame computes several; nothing for one.
inline std::string batch_line(int batch) {
  return batch == 1 ? ""
                    : line("frames of %d images: figures of an image are a frame's by %d\n", batch, batch);
}

}  // namespace wd::cli
