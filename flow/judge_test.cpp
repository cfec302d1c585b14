// SPDX-License-Identifier: Apache-2.0
// Spreads, Student's t against printed tables, Welch's test against R's example, and the verdicts that
// docs/results/orderings.md prints against its own means and deviations.
#include "flow/judge.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

using namespace wd::flow;

namespace {

using Row = std::vector<std::string>;

std::string trimmed(const std::string& cell) {
  const std::size_t first = cell.find_first_not_of(' ');
  return first == std::string::npos ? "" : cell.substr(first, cell.find_last_not_of(' ') + 1 - first);
}

/// The rows of a page's tables by their first cell, each with its table's column names.
struct Page {
  std::map<std::string, std::map<std::string, std::string>> rows;
};

Page read_page(const std::string& path) {
  Page page;
  Row header;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with("|")) {
      header.clear();
      continue;
    }
    Row cells;
    std::istringstream parts(line.substr(1));
    for (std::string cell; std::getline(parts, cell, '|');) cells.push_back(trimmed(cell));
    if (header.empty()) {
      header = cells;
      continue;
    }
    for (std::size_t i = 0; i < cells.size() && i < header.size(); ++i)
      page.rows[cells[0]][header[i]] = cells[i];
  }
  return page;
}

/// Three seeds, in points of accuracy.
Spread spread_of_row(const Page& page, const std::string& variant) {
  const auto& row = page.rows.at(variant);
  const std::string mean = row.count("mean") ? row.at("mean") : row.at("accuracy");
  return {std::stod(mean), std::stod(row.at("deviation")), 3};
}

std::string points(const Judgement& judgement) {
  char text[64];
  std::snprintf(text, sizeof text, "%+.2f +- %.2f", judgement.difference, judgement.half_width.value());
  return text;
}

/// The variants of algo/studies/*.json as the page names them.
const std::map<std::string, std::string> row_names{
    {"sc", "signed constant weights, one coat"},
    {"kn", "normal weights, one coat"},
    {"coats3", "three coats (0.7, 0.9212, 0.9685)"},
    {"coats7", "seven coats, linear"},
    {"learned_signs", "learned signs"},
    {"freeze50", "half frozen, balanced"},
    {"sparse", "95 % pruned"},
    {"sparse_learned_signs", "95 % pruned, learned signs"},
    {"freeze60_prune_lock", "60 % frozen: 40 % pruned, 20 % locked"},
    {"freeze60_prune", "60 % frozen, all of it pruned"},
    {"folded", "folded, a norm for each iteration"},
    {"shared_norm", "folded, one norm for all iterations"},
    {"unfolded", "unfolded at equal mask bits"}};

}  // namespace

TEST_CASE("judge: mean and sample deviation; one value has no deviation", "[flow][oracle]") {
  const Spread spread = spread_of({2, 4, 4, 4, 5, 5, 7, 9});  // sum of squares around 5: 32
  CHECK(spread.mean == 5);
  CHECK(spread.deviation.value() == Approx(std::sqrt(32.0 / 7)));
  CHECK(spread.to_json() == nlohmann::json{{"mean", 5.0}, {"deviation", std::sqrt(32.0 / 7)}});
  CHECK(spread_of({0.5}).to_json() == nlohmann::json{{"mean", 0.5}, {"deviation", nullptr}});
}

TEST_CASE("judge: Student's t is that of the tables", "[flow][oracle]") {
  // NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.2, upper 2.5 %.
  for (const auto& [degrees, expected] : std::map<double, double>{
           {1, 12.706}, {2, 4.303}, {3, 3.182}, {4, 2.776}, {5, 2.571}, {10, 2.228}, {30, 2.042}})
    CHECK(student_t_95(degrees) == Approx(expected).margin(0.0005));
  // Fractional degrees: the incomplete beta function, inverted with 25 digits (mpmath).
  CHECK(student_t_95(2.5) == Approx(3.574654842).epsilon(1e-8));
  CHECK(student_t_95(3.18) == Approx(3.082925927).epsilon(1e-8));
}

TEST_CASE("judge: the interval is the one that R prints", "[flow][oracle]") {
  // R's `t.test(extra ~ group, data = sleep)`: t = -1.8608, df = 17.776, 95 percent confidence interval
  // -3.3654832 to 0.2054832, means 0.75 and 2.33.
  const Spread first = spread_of({0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0}),
               second = spread_of({1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4});
  const Judgement judgement = judge(first, second, 0);
  CHECK(judgement.difference == Approx(0.75 - 2.33));
  CHECK(judgement.difference / judgement.standard_error.value() == Approx(-1.8608).margin(0.00005));
  CHECK(judgement.degrees_of_freedom.value() == Approx(17.776).margin(0.0005));
  CHECK(judgement.half_width.value() == Approx((0.2054832 + 3.3654832) / 2).margin(1e-6));
  CHECK(judgement.verdict == Verdict::within_noise);
}

TEST_CASE("judge: two standard errors of three seeds are no verdict", "[flow]") {
  // Standard error 0.0816, difference 0.2: 2.4 standard errors, but t is 2.776 at 4 degrees.
  const Spread high{0.9, 0.1, 3}, low{0.7, 0.1, 3};
  CHECK(judge(high, low, 0).verdict == Verdict::within_noise);
  CHECK(judge(high, low, -0.1).verdict == Verdict::holds);
  CHECK(judge(low, high, 0.1).verdict == Verdict::does_not_hold);
  CHECK(judge({0.9, 0.1, 30}, {0.7, 0.1, 30}, 0).verdict == Verdict::holds);
}

TEST_CASE("judge: one seed has no verdict, equal seeds have one", "[flow]") {
  const Judgement single = judge({0.9, std::nullopt, 1}, {0.7, 0.1, 3}, 0);
  CHECK(single.verdict == Verdict::no_verdict);
  CHECK_FALSE(single.half_width.has_value());
  CHECK(judge({0.9, 0.0, 3}, {0.7, 0.0, 3}, 0).verdict == Verdict::holds);
  CHECK(judge({0.9, 0.0, 3}, {0.9, 0.0, 3}, 0).verdict == Verdict::within_noise);
}

TEST_CASE("judge: the verdicts of docs/results/orderings.md follow from its figures", "[flow][docs]") {
  const std::string root = WD_SOURCE_FOLDER;
  const Page page = read_page(root + "/docs/results/orderings.md");
  for (const char* study : {"mask_orderings", "fold_orderings"}) {
    const nlohmann::json claims =
        nlohmann::json::parse(std::ifstream(root + "/algo/studies/" + study + ".json")).at("claims");
    REQUIRE(!claims.empty());
    for (const nlohmann::json& claim : claims) {
      const auto text = claim.at("claim").get<std::string>();
      INFO(text);
      const Judgement judgement =
          judge(spread_of_row(page, row_names.at(claim.at("better"))),
                spread_of_row(page, row_names.at(claim.at("than"))), 100 * claim.value("margin", 0.0));
      CHECK(page.rows.at(text).at("difference ± 95 % (points)") == points(judgement));
      CHECK(page.rows.at(text).at("verdict") == verdict_text(judgement.verdict));
    }
  }
}
