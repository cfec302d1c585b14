// SPDX-License-Identifier: Apache-2.0
// Collects the tables and plots of a page while it is written: papers take them as files (papers.hpp).
//
// Errors    a plot without data: wd::Error naming it.
// Test      report_test.cpp
#pragma once

#include <string>
#include <vector>

#include "cli/report/html.hpp"
#include "cli/report/scatter.hpp"
#include "cli/report/svg.hpp"

namespace wd::report {

/// A table, or a plot with the numbers that it shows.
struct Exhibit {
  std::string name;  // of its files: letters, digits and hyphens, one of its kind
  std::string title;
  Row columns;
  std::vector<Row> rows;
  std::string svg;       // empty: a table
  std::string pgfplots;  // of a plot, for LaTeX
};

class Exhibits {
 public:
  /// As html_table, kept.
  std::string table(const std::string& title, const Row& columns, const std::vector<Row>& rows);
  /// A chart for wide and for narrow windows. @param caption one sentence: what to read off
  std::string figure(const LineChart& chart, const std::string& caption);
  std::string figure(const BarChart& chart, const std::string& caption);
  std::string figure(const Scatter& chart, const std::string& caption);

  const std::vector<Exhibit>& all() const { return all_; }

 private:
  void keep(const std::string& title, const Row& columns, const std::vector<Row>& rows,
            const std::string& svg, const std::string& pgfplots);

  std::vector<Exhibit> all_;
};

}  // namespace wd::report
