// SPDX-License-Identifier: Apache-2.0
// Builds the page's HTML from plain text: everything that is not markup is escaped here.
//
// Shape     well-formed as XML too: every element is closed, every attribute quoted.
// Test      report_test.cpp
#pragma once

#include <string>
#include <vector>

namespace wd::report {

using Row = std::vector<std::string>;

/// A whole page: styles for charts and tables, light and dark, and its title above the body.
std::string html_page(const std::string& title, const std::string& body);
/// @param columns headings; a leading '#' right-aligns a column of numbers.
std::string html_table(const Row& columns, const std::vector<Row>& rows);
/// @param svg a chart. @param caption one sentence: what to read off.
std::string html_figure(const std::string& svg, const std::string& caption);
std::string html_paragraph(const std::string& text);
/// A part that opens on a click.
std::string html_details(const std::string& title, const std::string& body);
std::string html_section(const std::string& id, const std::string& title, const std::string& body);
/// Two columns where the window is wide enough.
std::string html_columns(const std::string& body);
/// One place of html_columns that holds several things.
std::string html_block(const std::string& body);

}  // namespace wd::report
