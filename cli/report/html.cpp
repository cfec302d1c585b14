// SPDX-License-Identifier: Apache-2.0
#include "cli/report/html.hpp"

#include "base/error.hpp"
#include "cli/report/format.hpp"

namespace wd::report {
namespace {

bool is_number_column(const std::string& column) { return column.starts_with('#'); }

/// A percent sign stays on the line of its number.
std::string escape_prose(const std::string& text) {
  std::string out = escape(text);
  for (std::size_t at = out.find(" %"); at != std::string::npos; at = out.find(" %", at))
    out.replace(at, 1, "\u00a0");
  return out;
}

}  // namespace

std::string html_table(const Row& columns, const std::vector<Row>& rows) {
  std::string out = "<div class=\"scroll\"><table>\n<thead><tr>";
  for (const std::string& column : columns)
    out += is_number_column(column) ? "<th class=\"number\">" + escape(column.substr(1)) + "</th>"
                                    : "<th>" + escape(column) + "</th>";
  out += "</tr></thead>\n<tbody>\n";
  for (const Row& row : rows) {
    WD_ASSERT(row.size() == columns.size());
    out += "<tr>";
    for (std::size_t i = 0; i < row.size(); ++i)
      out += (is_number_column(columns[i]) ? "<td class=\"number\">" : "<td>") + escape(row[i]) + "</td>";
    out += "</tr>\n";
  }
  return out + "</tbody></table></div>\n";
}

std::string html_figure(const std::string& svg, const std::string& caption) {
  return "<figure>\n" + svg + "<figcaption>" + escape_prose(caption) + "</figcaption>\n</figure>\n";
}

std::string html_paragraph(const std::string& text) { return "<p>" + escape_prose(text) + "</p>\n"; }

std::string html_details(const std::string& title, const std::string& body) {
  return "<details><summary>" + escape(title) + "</summary>\n" + body + "</details>\n";
}

std::string html_section(const std::string& id, const std::string& title, const std::string& body) {
  return "<section id=\"" + escape(id) + "\">\n<h2>" + escape(title) + "</h2>\n" + body + "</section>\n";
}

std::string html_columns(const std::string& body) { return "<div class=\"columns\">\n" + body + "</div>\n"; }

std::string html_block(const std::string& body) { return "<div>\n" + body + "</div>\n"; }

}  // namespace wd::report
