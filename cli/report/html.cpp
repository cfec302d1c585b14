// SPDX-License-Identifier: Apache-2.0
#include "cli/report/html.hpp"

#include "base/error.hpp"
#include "cli/report/format.hpp"
#include "cli/report/svg.hpp"

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

std::string page_style() {
  return R"(body{margin:0 auto;max-width:1320px;padding:1rem 1.25rem 3rem;background:var(--paper);color:var(--ink);
font:15px/1.45 system-ui,"DejaVu Sans",sans-serif}
:root{color-scheme:light dark;--paper:#fff;--good:#00704f;--bad:#b03a00}
@media (prefers-color-scheme:dark){:root{--paper:#15181c;--good:#35c79e;--bad:#f08a4b}}
h1{font-size:1.6rem;margin:.4rem 0}h2{font-size:1.2rem;margin:2.2rem 0 .6rem;border-bottom:1px solid var(--axis)}
nav{display:flex;flex-wrap:wrap;gap:.2rem 1rem}nav a,summary{color:var(--s0)}
.columns{display:grid;align-items:start;gap:1.2rem 2rem;
grid-template-columns:repeat(auto-fit,minmax(min(100%,520px),1fr))}
figure{margin:0}figcaption{color:var(--muted);max-width:640px;font-size:.88rem;margin-top:.2rem}
.scroll{overflow-x:auto;margin:.8rem 0}table{border-collapse:collapse;font-size:.88rem}
th,td{padding:.22rem .9rem .22rem 0;text-align:left;vertical-align:top;border-bottom:1px solid var(--grid)}
th{border-bottom-color:var(--axis);vertical-align:bottom}.number{text-align:right;font-variant-numeric:tabular-nums}
td:first-child,td.number,#headline td:nth-child(2){white-space:nowrap}#headline td:nth-child(2){font-weight:600}
pre{font-size:.82rem;overflow-x:auto}.good{color:var(--good)}.bad{color:var(--bad)}.verdict{font-weight:600}
@media (max-width:640px){td:first-child,#headline td:first-child{white-space:normal}}
@media print{.columns{display:block}figure,table{break-inside:avoid}}
)";
}

}  // namespace

std::string html_page(const std::string& title, const std::string& body) {
  return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n<title>" +
         escape(title) + "</title>\n<style>\n" + chart_style() + page_style() +
         "</style>\n</head>\n<body>\n<h1>" + escape(title) + "</h1>\n" + body + "</body>\n</html>\n";
}

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
