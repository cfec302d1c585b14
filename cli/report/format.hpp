// SPDX-License-Identifier: Apache-2.0
// Writes numbers and names as the page, its plots and the terminal table show them.
//
// Numerics  rounded for reading; summary.json keeps the full values. Never prints nan or inf: wd::Error.
// Test      report_test.cpp
#pragma once

#include <string>
#include <string_view>

namespace wd::report {

/// As text content or a quoted attribute of HTML, XML or SVG.
std::string escape(std::string_view text);

/// All digits, for programs to read.
std::string exact(double value);
std::string fixed(double value, int decimals);
/// A whole number with its thousands separated: 1,234,567.
std::string grouped(double value);
/// Four significant digits; from 10,000 on with k, M, G or T.
std::string compact(double value);
std::string percent(double fraction);

/// `factor` takes a value to `unit`; `ascii` is the unit for terminals.
struct Scale {
  double factor;
  const char* unit;
  const char* ascii;
};
Scale energy_scale(double picojoule);
Scale time_scale(double seconds);

/// At most `limit` characters, the middle of longer names left out.
std::string shortened(const std::string& name, std::size_t limit);
/// Characters, not bytes.
std::size_t text_length(std::string_view utf8);

}  // namespace wd::report
