// SPDX-License-Identifier: Apache-2.0
// Searches on spaces whose best points are known.
#include "flow/explore/search.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

namespace wd::flow::explore {
namespace {

using nlohmann::ordered_json;

/// Weight rows x window x two knobs more: 65 x 8 x 64 x 2 points.
Plan plan_of(Method method, std::size_t evaluations, std::uint64_t seed = 1) {
  Plan plan;
  plan.space =
      Space(ordered_json::parse(
                R"({"weight_rows": {"from": 16, "to": 1040, "step": 16}, "window": {"from": 1, "to": 8},
                                             "norm_rows": {"from": 1, "to": 64}, "gate_array": [true, false]})"),
            {}, {"net"}, "s");
  plan.objectives = {&metric("cycles", ""), &metric("energy_pj", "")};
  plan.search.method = method;
  plan.search.evaluations = evaluations;
  plan.search.seed = seed;
  return plan;
}

struct Asked {
  std::vector<Point> points;

  /// More weight rows: fewer cycles, more energy; window 8, one norm row and the gate are best in both.
  std::vector<Fitness> operator()(const std::vector<Point>& step) {
    std::vector<Fitness> all;
    for (const Point& p : step) {
      const double waste =
          static_cast<double>(7 - p[1]) + static_cast<double>(p[2]) + 10.0 * static_cast<double>(p[3]);
      const auto rows = static_cast<double>(p[0]);
      all.push_back({{64 - rows + waste, rows + waste}, p[0] > 60 ? rows - 60 : 0});
    }
    points.insert(points.end(), step.begin(), step.end());
    return all;
  }
};

std::vector<Point> asked_by(const Plan& plan) {
  Asked asked;
  search_points(plan, std::ref(asked));
  return asked.points;
}

std::size_t different(const std::vector<Point>& points) {
  return std::set<Point>(points.begin(), points.end()).size();
}

TEST_CASE("search: a grid asks for all, random points come once and by their seed", "[explore]") {
  Plan plan = plan_of(Method::grid, 0);
  CHECK(asked_by(plan).size() == plan.space.size());
  CHECK(different(asked_by(plan)) == plan.space.size());
  plan = plan_of(Method::random, 1000);
  const std::vector<Point> points = asked_by(plan);
  CHECK(points.size() == 1000);
  CHECK(different(points) == 1000);
  CHECK(asked_by(plan) == points);
  CHECK(asked_by(plan_of(Method::random, 1000, 2)) != points);
  // Evenly: the mean index of 65 weight rows is 32, its standard error 0.6.
  double sum = 0;
  for (const Point& point : points) sum += static_cast<double>(point[0]);
  CHECK(sum / 1000 == Approx(32).margin(3));
}

TEST_CASE("search: NSGA-II comes near the known front with few evaluations", "[explore]") {
  const Plan plan = plan_of(Method::nsga2, 3000);
  const std::vector<Point> points = asked_by(plan);
  CHECK(points.size() <= 3000);
  CHECK(different(points) == points.size());
  CHECK(asked_by(plan) == points);
  // The best have no waste. At random 3000 points of 66560 would have 3000 / 1024 of them.
  std::set<std::size_t> best;
  bool outside = false;
  for (const Point& p : points) {
    if (p[1] == 7 && p[2] == 0 && p[3] == 0) best.insert(p[0]);
    outside |= p[0] > 60;
  }
  CHECK(best.size() >= 30);
  CHECK(outside);  // the constraint was met, not unseen
  const auto kept = [](const std::vector<Point>& list) {
    return std::count_if(list.begin(), list.end(), [](const Point& p) { return p[0] <= 60; });
  };
  CHECK(kept(points) > static_cast<std::ptrdiff_t>(points.size() * 9 / 10));
}

TEST_CASE("search: NSGA-II of one objective, with a knob of one value", "[explore]") {
  Plan plan = plan_of(Method::nsga2, 250);
  plan.objectives = {&metric("energy_pj", "")};
  plan.space =
      Space(ordered_json::parse(
                R"({"weight_rows": [512], "window": {"from": 1, "to": 8}, "norm_rows": {"from": 1, "to": 64},
                             "gate_array": [true, false], "batch": [1]})"),
            {}, {"net"}, "s");
  Asked asked;
  const auto of_one = [&](const std::vector<Point>& points) {
    std::vector<Fitness> all = asked(points);
    for (Fitness& one : all) one.objectives.erase(one.objectives.begin());
    return all;
  };
  search_points(plan, of_one);
  CHECK(different(asked.points) == asked.points.size());
  CHECK(asked.points.size() <= 250);
  // The best of 1024 points, which as many random ones would miss three times of four.
  const Point best{0, 7, 0, 0, 0};
  CHECK(std::count(asked.points.begin(), asked.points.end(), best) == 1);
}

TEST_CASE("search: one objective, a space smaller than the evaluations", "[explore]") {
  Plan plan = plan_of(Method::nsga2, 1000000);
  CHECK(asked_by(plan).size() == plan.space.size());
  plan = plan_of(Method::points, 0);
  plan.search.points = {{1, 2, 3, 0}, {0, 0, 0, 1}};
  CHECK(asked_by(plan) == plan.search.points);
}

TEST_CASE("domination: better in one, worse in none", "[explore]") {
  const Metric* const objectives[] = {&metric("cycles", ""), &metric("accuracy", "")};
  const auto of = [](double cycles, double accuracy) {
    Metrics metrics;
    metrics.cycles = cycles;
    metrics.accuracy = accuracy;
    return metrics;
  };
  CHECK(dominates(of(1, 0.5), of(2, 0.5), objectives));
  CHECK(dominates(of(1, 0.6), of(1, 0.5), objectives));
  CHECK_FALSE(dominates(of(1, 0.5), of(1, 0.5), objectives));
  CHECK_FALSE(dominates(of(1, 0.4), of(2, 0.5), objectives));
  CHECK_FALSE(dominates(of(2, 0.5), of(1, 0.5), objectives));
}

}  // namespace
}  // namespace wd::flow::explore
