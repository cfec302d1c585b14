// SPDX-License-Identifier: Apache-2.0
// Room for names, and bars of what only some have.
#include <catch2/catch.hpp>
#include <cmath>

#include "cli/report/comparison.hpp"
#include "cli/report/sample_results.hpp"
#include "cli/report/summary.hpp"
#include "cli/report/svg_canvas.hpp"

using namespace wd::report;
using Catch::Matchers::Contains;

TEST_CASE("charts: names are as wide as in DejaVu Sans, or narrower", "[report][oracle]") {
  // Advances of the font's hmtx table, in 2048 units of 12.
  const auto units = [](int sum) { return sum * 12 / 2048.0; };
  const auto near = [](double is, double font) { return is >= font && is < font * 1.03; };
  CHECK(near(text_width("HFN"), units(1540 + 1178 + 1532)));
  CHECK(near(text_width("0.5"), units(1303 + 651 + 1303)));
  CHECK(near(text_width("Wm_i"), units(2025 + 1995 + 1024 + 569)));
  CHECK(text_width("é") >= units(1260));
  CHECK(widest({"i", "W"}, 30) == text_width("W"));
  CHECK(widest({"WWWWW"}, 3) == text_width("W…W"));
}

TEST_CASE("charts: grouped bars may lack values, stacked ones may not", "[report][bad-input]") {
  BarChart chart;
  chart.title = "cycles";
  chart.labels = {"a", "b"};
  chart.series = {{"one", {7, 8}}, {"two", {std::nan(""), 9}}};
  const std::string drawn = bar_chart(chart);
  CHECK_THAT(drawn, !Contains("nan"));
  std::size_t bars = 0;
  for (std::size_t at = 0; (at = drawn.find("<title>", at)) != std::string::npos; ++at) ++bars;
  CHECK(bars == 3);
  chart.layout = Layout::stacked;
  CHECK_THROWS_WITH(bar_chart(chart), Contains("that is not a finite number"));
}

TEST_CASE("comparison: a layer that a run lacks has no figure there", "[report][oracle]") {
  Results other = sample();
  other.run["layers"][0]["name"] = "elsewhere";
  other.run["layers"][0]["dense_macs"] = 0;  // a pool
  Exhibits exhibits;
  comparison_page({{"one", sample()}, {"other", other}}, exhibits);
  bool found = false;
  for (const Exhibit& exhibit : exhibits.all()) {
    if (exhibit.title != "Cycles per image, by layer and run") continue;
    found = true;
    CHECK(exhibit.rows.front()[1].text != "–");
    CHECK(exhibit.rows.front()[2].text == "–");
    CHECK(exhibit.rows.back()[0].text == "elsewhere");
    CHECK(exhibit.rows.back()[1].text == "–");
  }
  CHECK(found);
}

TEST_CASE("results: layers without products, as pools, are layers", "[report]") {
  Results results = sample();
  results.run["layers"][0]["dense_macs"] = 0;
  CHECK_NOTHROW(make_summary(results, "1"));
  results.run["layers"][0]["dense_macs"] = -1;
  CHECK_THROWS_WITH(make_summary(results, "1"), Contains("dense_macs"));
}
