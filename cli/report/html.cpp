// SPDX-License-Identifier: Apache-2.0
#include "cli/report/html.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "cli/report/format.hpp"
#include "cli/report/svg.hpp"

namespace wd::report {
namespace {

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
.columns+.columns{margin-top:1.2rem}figure{margin:0}figcaption{color:var(--muted);max-width:640px;font-size:.88rem;margin-top:.2rem}
.scroll{overflow-x:auto;margin:.8rem 0}table{border-collapse:collapse;font-size:.88rem}
th,td{padding:.22rem .9rem .22rem 0;text-align:left;vertical-align:top;border-bottom:1px solid var(--grid)}
th{border-bottom-color:var(--axis);vertical-align:bottom}.number{text-align:right;font-variant-numeric:tabular-nums}
caption{text-align:left;font-weight:600;padding:.2rem 0 .3rem}
th.number{min-width:4.5rem}th button{all:unset;cursor:pointer;font:inherit}th button:focus-visible{outline:2px solid var(--s0);outline-offset:2px}
th[aria-sort=ascending] button::after{content:" \25b2"}th[aria-sort=descending] button::after{content:" \25bc"}
.scroll:focus-visible{outline:2px solid var(--s0)}.narrow{display:none}
td:first-child,td.number,#headline td:nth-child(2){white-space:nowrap}#headline td:nth-child(2){font-weight:600}
td.long{overflow-wrap:anywhere}td.long:first-child{white-space:normal}
pre{font-size:.82rem;overflow-x:auto}.good{color:var(--good)}.bad{color:var(--bad)}.verdict{font-weight:600}
@media (max-width:640px){td:first-child,#headline td:first-child{white-space:normal;min-width:7rem}
body{padding:.6rem .8rem 2rem}}
@media (max-width:480px){.wide{display:none}.narrow{display:block}}
@media print{.columns{display:block}figure,table{break-inside:avoid}}
)";
}

/// Each heading becomes a button that sorts its column, again for the other direction: numbers by value, cells without one last.
/// Written without the characters that XML reserves.
std::string sort_script() {
  return R"(document.querySelectorAll('table').forEach(function (table) {
  var body = table.tBodies[0];
  table.querySelectorAll('thead th').forEach(function (head, column) {
    var button = document.createElement('button');
    button.type = 'button';
    while (head.firstChild) button.appendChild(head.firstChild);
    head.appendChild(button);
    button.addEventListener('click', function () {
      var down = head.getAttribute('aria-sort') === 'ascending';
      table.querySelectorAll('thead th').forEach(function (other) { other.removeAttribute('aria-sort'); });
      head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
      var numbers = head.className === 'number';
      var key = function (row) {
        var cell = row.cells[column];
        return numbers ? parseFloat(cell.dataset.value) : cell.textContent;
      };
      Array.from(body.rows).map(function (row) { return {row: row, key: key(row)}; }).sort(function (a, b) {
        if (numbers) {
          if (isNaN(a.key) || isNaN(b.key)) return isNaN(a.key) - isNaN(b.key);
          return down ? b.key - a.key : a.key - b.key;
        }
        return (down ? -1 : 1) * a.key.localeCompare(b.key, 'en', {numeric: true});
      }).forEach(function (one) { body.appendChild(one.row); });
    });
  });
});
)";
}

/// Long texts get room for few lines, so that no row is a tower of words: tables scroll.
std::string cell_style(const Cell& column, const Cell& cell) {
  constexpr std::size_t long_prose = 48, widest = 90;
  if (heading_of(column).first) return " class=\"number\"";
  const std::size_t length = text_length(cell.text);
  if (length <= long_prose) return "";
  return text(" class=\"long\" style=\"min-width:", std::min(widest, length / 2), "ch\"");
}

std::string data_value(const Cell& cell) {
  if (!cell.value) return "";
  WD_REQUIRE(std::isfinite(*cell.value), "report: a table has a value that is not a finite number");
  return " data-value=\"" + exact(*cell.value) + "\"";
}

}  // namespace

Cell grouped_cell(double value) { return {grouped(value), value}; }
Cell fixed_cell(double value, int decimals) { return {fixed(value, decimals), value}; }
Cell compact_cell(double value) { return {compact(value), value}; }
Cell percent_cell(double fraction) { return {percent(fraction), fraction}; }
Cell times_cell(double ratio) { return {fixed(ratio, 2) + "×", ratio}; }

std::pair<bool, std::string> heading_of(const Cell& column) {
  const bool number = column.text.starts_with('#');
  return {number, column.text.substr(number ? 1 : 0)};
}

std::string html_page(const std::string& title, const std::string& body) {
  return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n<title>" +
         escape(title) + "</title>\n<style>\n" + chart_style() + page_style() +
         "</style>\n</head>\n<body>\n<h1>" + escape(title) + "</h1>\n" + body + "<script>\n" + sort_script() +
         "</script>\n</body>\n</html>\n";
}

std::string html_table(const Row& columns, const std::vector<Row>& rows, const std::string& caption) {
  // A table that is wider than the window scrolls, by keys too.
  std::string out = "<div class=\"scroll\" tabindex=\"0\"><table>\n";
  if (!caption.empty()) out += "<caption>" + escape(caption) + "</caption>\n";
  out += "<thead><tr>";
  for (const Cell& column : columns) {
    const auto [number, heading] = heading_of(column);
    out +=
        (number ? "<th scope=\"col\" class=\"number\">" : "<th scope=\"col\">") + escape(heading) + "</th>";
  }
  out += "</tr></thead>\n<tbody>\n";
  for (const Row& row : rows) {
    WD_ASSERT(row.size() == columns.size());
    out += "<tr>";
    for (std::size_t i = 0; i < row.size(); ++i)
      out +=
          "<td" + cell_style(columns[i], row[i]) + data_value(row[i]) + ">" + escape(row[i].text) + "</td>";
    out += "</tr>\n";
  }
  return out + "</tbody></table></div>\n";
}

std::string html_figure(const std::string& svg, const std::string& caption, const std::string& narrow) {
  const std::string charts =
      narrow.empty() ? svg
                     : "<div class=\"wide\">" + svg + "</div>\n<div class=\"narrow\">" + narrow + "</div>\n";
  return "<figure>\n" + charts + "<figcaption>" + escape_prose(caption) + "</figcaption>\n</figure>\n";
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
