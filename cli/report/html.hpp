// SPDX-License-Identifier: Apache-2.0
// Builds the page's HTML from plain text: everything that is not markup is escaped here.
//
// Shape     well-formed as XML too: every element is closed, every attribute quoted.
// Test      report_test.cpp
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace wd::report {

/// What a table shows, and the number behind it: tables are sorted by it, and papers get it unrounded.
struct Cell {
  Cell(std::string shown) : text(std::move(shown)) {}
  Cell(const char* shown) : text(shown) {}
  Cell(std::string shown, double number) : text(std::move(shown)), value(number) {}
  Cell(std::string shown, double number, std::optional<double> standard_error)
      : text(std::move(shown)), value(number), error(standard_error) {}

  std::string text;
  std::optional<double> value;
  std::optional<double> error;  // of the value, where it is a mean; papers get it as a column of its own
};
using Row = std::vector<Cell>;

// As the functions of format.hpp.
Cell grouped_cell(double value);
Cell fixed_cell(double value, int decimals);
Cell compact_cell(double value);
Cell percent_cell(double fraction);
/// Times something: 1.25×.
Cell times_cell(double ratio);

/// A heading with a '#' in front is of a column of numbers. @return whether it is, and the heading
std::pair<bool, std::string> heading_of(const Cell& column);

/// A whole page: styles for charts and tables, light and dark, and its title above the body. A script makes tables sortable; without it they
/// are what they are.
std::string html_page(const std::string& title, const std::string& body);
/// @param columns headings; a leading '#' right-aligns a column of numbers. @param caption above it; may be empty
std::string html_table(const Row& columns, const std::vector<Row>& rows, const std::string& caption = {});
/// @param svg a chart. @param caption one sentence: what to read off. @param narrow the chart for a telephone; may be empty
std::string html_figure(const std::string& svg, const std::string& caption, const std::string& narrow = {});
std::string html_paragraph(const std::string& text);
/// A part that opens on a click.
std::string html_details(const std::string& title, const std::string& body);
std::string html_section(const std::string& id, const std::string& title, const std::string& body);
/// Two columns where the window is wide enough.
std::string html_columns(const std::string& body);
/// One place of html_columns that holds several things.
std::string html_block(const std::string& body);

}  // namespace wd::report
