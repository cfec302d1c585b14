// SPDX-License-Identifier: Apache-2.0
#include "cli/report/papers.hpp"

#include <unistd.h>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/output_folder.hpp"
#include "cli/report/format.hpp"
#include "cli/report/latex.hpp"
#include "cli/report/svg.hpp"

namespace wd::report {
namespace {

std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

/// All digits of a number; of the rest, what the page shows, and nothing for its "not there".
std::string csv_field(const Cell& cell) {
  if (cell.value) return exact(*cell.value);
  return cell.text == "–" ? "" : csv_field(cell.text);
}

}  // namespace

std::string csv_of(const Exhibit& exhibit) {
  // A column of means has their standard errors behind it.
  std::vector<bool> errors(exhibit.columns.size());
  for (const Row& row : exhibit.rows)
    for (std::size_t i = 0; i < row.size(); ++i) errors[i] = errors[i] || row[i].error.has_value();
  std::string out;
  for (std::size_t i = 0; i < exhibit.columns.size(); ++i) {
    const std::string heading = heading_of(exhibit.columns[i]).second;
    out += (i == 0 ? "" : ",") + csv_field(heading);
    if (errors[i]) out += "," + csv_field("standard error of " + (heading.empty() ? "it" : heading));
  }
  out += "\r\n";
  for (const Row& row : exhibit.rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      out += (i == 0 ? "" : ",") + csv_field(row[i]);
      if (errors[i]) out += "," + (row[i].error ? exact(*row[i].error) : "");
    }
    out += "\r\n";
  }
  return out;
}

std::string latex_of(const Exhibit& exhibit) {
  std::string alignment, head;
  for (const Cell& column : exhibit.columns) {
    const auto [number, heading] = heading_of(column);
    alignment += number ? 'r' : 'l';
    head += (head.empty() && alignment.size() == 1 ? "" : " & ") + latex_text(heading);
  }
  std::string out = "% " + latex_text(exhibit.title) +
                    "\n% needs \\usepackage{booktabs} and \\usepackage[T1]{fontenc}\n" + "\\begin{tabular}{" +
                    alignment + "}\n\\toprule\n" + head + " \\\\\n\\midrule\n";
  for (const Row& row : exhibit.rows) {
    for (std::size_t i = 0; i < row.size(); ++i) out += (i == 0 ? "" : " & ") + latex_text(row[i].text);
    out += " \\\\\n";
  }
  return out + "\\bottomrule\n\\end{tabular}\n";
}

void check_papers(const std::filesystem::path& folder) {
  if (folder.empty()) return;
  std::filesystem::path there = std::filesystem::absolute(folder).lexically_normal();
  std::error_code code;
  while (!std::filesystem::exists(there, code) && there.has_relative_path()) there = there.parent_path();
  const bool is_folder = std::filesystem::is_directory(there, code);
  WD_REQUIRE(is_folder && ::access(there.c_str(), W_OK) == 0, "--papers is ", folder.string(), ", but ",
             there.string(), is_folder ? " cannot be written" : " is no folder", "; name another folder");
  try {
    try_folder(folder);
  } catch (const Error&) {  // of --out
    fail("--papers is ", folder.string(), ", which ", there.string(),
         " takes no folders for; name another folder");
  }
}

void write_papers(const std::filesystem::path& folder, const std::vector<Exhibit>& exhibits) {
  make_output_folder(folder);
  for (const Exhibit& exhibit : exhibits) {
    write_file(folder / (exhibit.name + ".csv"), csv_of(exhibit));
    write_file(folder / (exhibit.name + ".tex"), latex_of(exhibit));
    if (exhibit.svg.empty()) continue;
    write_file(folder / (exhibit.name + ".svg"), chart_file(exhibit.svg));
    write_file(folder / (exhibit.name + "-plot.tex"), exhibit.pgfplots);
  }
}

}  // namespace wd::report
