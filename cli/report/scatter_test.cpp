// SPDX-License-Identifier: Apache-2.0
// Plots of many series and of points that lie close: axes, names, colours.
#include "cli/report/scatter.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <regex>
#include <set>

#include "base/error.hpp"
#include "cli/report/pgfplots.hpp"

using Catch::Contains;
using namespace wd::report;

namespace {

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t n = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

}  // namespace

TEST_CASE("scatter: an axis ends at what no value can exceed", "[report]") {
  const auto ticks_of = [](double value, double error, const std::optional<double>& most) {
    Scatter chart{"a", "x", "y", {{"g", {{1, value, "", "", error}, {2, value, ""}}}}};
    chart.y_most = most;
    const std::string svg = scatter_chart(chart);
    CHECK((pgfplots(chart).find("ymax=100") != std::string::npos) == most.has_value());
    std::vector<double> ticks;
    const std::regex label(R"re(text-anchor="end">([-0-9.]+)<)re");
    for (std::sregex_iterator at(svg.begin(), svg.end(), label), end; at != end; ++at)
      ticks.push_back(std::stod((*at)[1]));
    return ticks;
  };
  CHECK(ticks_of(99, 5, {}).back() > 100);
  CHECK(ticks_of(99, 5, 100).back() == 100);
  CHECK(ticks_of(100, 0, {}).back() == 110);
  CHECK(ticks_of(100, 0, 100).back() == 100);
  CHECK(ticks_of(100, 0, 100).size() > 3);
}

TEST_CASE("scatter: points that lie close have their names, on lines where these are farther away",
          "[report]") {
  Scatter chart{"a", "x", "y", {{"g", {{0, 0, ""}, {100, 100, ""}}}}};
  for (int i = 0; i < 6; ++i) chart.groups[0].points.push_back({50.0 + i, 50, "", wd::text("variant_", i)});
  const std::string svg = scatter_chart(chart);
  std::vector<std::pair<double, double>> corners;
  for (int i = 0; i < 6; ++i) {
    const std::regex label(
        wd::text(R"re(x="([0-9.]+)" y="([0-9.]+)" text-anchor="(start|end)">variant_)re", i, "<"));
    std::smatch found;
    REQUIRE(std::regex_search(svg, found, label));
    const double wide = found[3] == "end" ? 9 * 6.7 : 0;
    corners.emplace_back(std::stod(found[1]) - wide, std::stod(found[2]));
    for (int other = 0; other < i; ++other) {
      const auto& [x, y] = corners[static_cast<std::size_t>(other)];
      CHECK((std::abs(x - corners.back().first) >= 9 * 6.7 || std::abs(y - corners.back().second) >= 11));
    }
  }
  CHECK(count_of(svg, "class=\"leader\"") > 0);
  // Dots of one name on one spot have it once, those of a place of their own have it, too.
  chart.groups[0].points = {{0, 0, "", "17"}, {0, 0, "", "17"}, {0, 1, "", "17"}, {100, 100, "", "17"}};
  CHECK(count_of(scatter_chart(chart), ">17<") == 2);
}

TEST_CASE("charts: what has the colour of another series looks otherwise", "[report]") {
  BarChart bars;
  bars.title = "runs";
  bars.labels = {"a"};
  for (int i = 0; i < 20; ++i) bars.series.push_back({wd::text("run ", i), {1}});
  std::set<std::string> classes;
  const std::string svg = bar_chart(bars);
  const std::regex rectangle(R"re(<rect class="(s[^"]*)")re");
  for (std::sregex_iterator at(svg.begin(), svg.end(), rectangle), end; at != end; ++at)
    classes.insert((*at)[1]);
  CHECK(classes.size() == 20);
  const std::string style = chart_style();
  for (const char* rule :
       {"rect.again", "circle.again", "rect.third", "circle.third", "polyline.again", "polyline.third"})
    CHECK_THAT(style, Contains(rule));
}
