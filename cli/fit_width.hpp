// SPDX-License-Identifier: Apache-2.0
// Text for a terminal that is narrower than its lines.
//
// What      tables too wide are cut between columns into several, each with the first column; other lines go on below, under their value. Nothing is left
//           out. Where standard output is no terminal, lines stay whole: programs read them.
// Test      fit_width_test.cpp, terminal_test.sh
#pragma once

#include <cstddef>
#include <string>

namespace wd::cli {

/// A table is lines next to each other with at least three columns, which two spaces or more part in all of them.
std::string fit_width(const std::string& text, std::size_t width);

/// Of the terminal that standard output is, 40 at least; 0: it is none.
std::size_t terminal_width();

}  // namespace wd::cli
