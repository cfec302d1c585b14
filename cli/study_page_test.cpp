// SPDX-License-Identifier: Apache-2.0
// The page of a study: standard errors by hand, variants without figures, names that need escaping.
#include "cli/study_page.hpp"

#include <catch2/catch.hpp>
#include <cstdlib>

#include "base/files.hpp"

using namespace wd;
using Catch::Contains;

namespace {

flow::StudyReport sample() {
  flow::StudyReport report;
  report.name = "orderings <of> masks";
  report.seeds = {1, 2, 3};
  const auto variant = [](const std::string& name, double accuracy, double ratio) {
    flow::StudyReport::Variant v{name, {}, {}};
    v.spreads.accuracy_fp32 = flow::spread_of({accuracy - 0.01, accuracy, accuracy + 0.01});
    v.spreads.bits_per_weight = flow::spread_of({1.5, 1.5, 1.5});
    if (ratio > 0) v.spreads.offchip_ratio = flow::spread_of({ratio});
    v.spreads.energy_pj = flow::spread_of({1e6, 3e6});
    v.spreads.layer_energy_pj = {{"stem", flow::spread_of({1000, 2000})}};
    return v;
  };
  report.variants = {variant("three_coats", 0.9, 20), variant("one_coat", 0.85, 40),
                     variant("dense", 0.92, 0)};
  report.claims = {
      {{"three coats & more", "three_coats", "one_coat", 0},
       flow::judge(report.variants[0].spreads.accuracy_fp32, report.variants[1].spreads.accuracy_fp32, 0)}};
  return report;
}

}  // namespace

TEST_CASE("study page: points are means, bars are standard errors", "[cli][oracle]") {
  report::Exhibits exhibits;
  const std::string page = cli::study_page(sample(), exhibits);
  CHECK_THAT(page, Contains("Study: orderings &lt;of&gt; masks") && Contains("three coats &amp; more"));
  const report::Exhibit& ratio = exhibits.all().at(0);
  CHECK(ratio.title == "Accuracy against the off-chip ratio");
  REQUIRE(ratio.rows.size() == 2);  // dense has none
  CHECK(ratio.rows[0][2].value == Approx(20));
  CHECK(ratio.rows[0][3].value == Approx(90));
  CHECK(ratio.rows[0][4].value == Approx(0.57735));  // a deviation of 1 point by the root of 3
  CHECK(exhibits.all().at(1).rows.size() == 3);      // bits per weight
  for (const report::Exhibit& exhibit : exhibits.all()) CHECK(exhibit.title != "Accuracy against cycles");
  // Numbers for papers have the units of their headings: percent, and nJ of pJ.
  const auto named = [&](const std::string& title) {
    for (const report::Exhibit& exhibit : exhibits.all())
      if (exhibit.title.find(title) != std::string::npos) return exhibit;
    FAIL("no table is called " << title);
    return report::Exhibit();
  };
  const report::Exhibit variants = named("Variants"), layers = named("nergy by layer");
  CHECK(variants.columns[8].text == "#Chip energy (nJ)");
  CHECK(variants.rows[0][1].value == Approx(90));
  CHECK(variants.rows[0][8].value == Approx(2000));
  CHECK(layers.rows[0][2].value == Approx(1.5));
  CHECK_THAT(page, Contains("90.00 ± 0.58") && Contains("1.50 ± 0.50"));
  CHECK_THAT(ratio.svg, Contains("class=\"whisker l0\""));
  if (const char* path = std::getenv("WD_STUDY_PAGE")) write_file(path, page);
}
