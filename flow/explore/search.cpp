// SPDX-License-Identifier: Apache-2.0
#include "flow/explore/search.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <pagmo/algorithm.hpp>
#include <pagmo/algorithms/nsga2.hpp>
#include <pagmo/batch_evaluators/default_bfe.hpp>
#include <pagmo/bfe.hpp>
#include <pagmo/population.hpp>
#include <pagmo/problem.hpp>
#include <random>
#include <set>

#include "base/error.hpp"

namespace wd::flow::explore {
namespace {

constexpr std::size_t together = 256;  // points of a step, after which progress shows
constexpr double worst = 1e100;        // above every objective

/// Of the whole space, in steps.
void evaluate_all(const Plan& plan, const EvaluatePoints& evaluate) {
  std::vector<Point> step;
  for (std::uint64_t n = 0; n < plan.space.size(); ++n) {
    step.push_back(plan.space.point(n));
    if (step.size() == together || n + 1 == plan.space.size()) {
      evaluate(step);
      step.clear();
    }
  }
}

/// A number below `limit`: the standard library's distributions differ between libraries.
std::uint64_t below(std::mt19937_64& random, std::uint64_t limit) {
  const std::uint64_t fair = ~std::uint64_t{0} - ~std::uint64_t{0} % limit;
  std::uint64_t drawn = random();
  while (drawn >= fair) drawn = random();
  return drawn % limit;
}

void evaluate_random(const Plan& plan, const EvaluatePoints& evaluate) {
  const std::uint64_t all = plan.space.size();
  if (plan.search.evaluations >= all) return evaluate_all(plan, evaluate);
  std::mt19937_64 random(plan.search.seed);
  std::set<std::uint64_t> drawn;
  std::vector<Point> step;
  while (drawn.size() < plan.search.evaluations) {
    const std::uint64_t number = below(random, all);
    if (!drawn.insert(number).second) continue;
    step.push_back(plan.space.point(number));
    if (step.size() == together || drawn.size() == plan.search.evaluations) {
      evaluate(step);
      step.clear();
    }
  }
}

/// Every point once, whatever the algorithm asks for again.
class Asked {
 public:
  Asked(const Plan& plan, const EvaluatePoints& evaluate) : plan_(plan), evaluate_(evaluate) {
    for (std::size_t d = 0; d < plan.space.dimensions().size(); ++d)
      if (plan.space.dimensions()[d].values.size() > 1) free_.push_back(d);
  }

  std::size_t different() const { return known_.size(); }
  /// Dimensions that decide something: pagmo takes no others.
  const std::vector<std::size_t>& free() const { return free_; }
  /// pagmo's NSGA-II takes two at least: a single one counts twice, which orders points as it does alone.
  std::size_t objectives() const { return std::max<std::size_t>(2, plan_.objectives.size()); }

  /// @param decisions of several points, one after the other
  std::vector<double> operator()(const std::vector<double>& decisions) {
    std::vector<std::uint64_t> wanted;
    std::vector<Point> fresh;
    for (std::size_t first = 0; first < decisions.size(); first += free_.size()) {
      Point point(plan_.space.dimensions().size());
      for (std::size_t d = 0; d < free_.size(); ++d)
        point[free_[d]] = static_cast<std::size_t>(std::llround(decisions[first + d]));
      wanted.push_back(plan_.space.number(point));
      if (known_.emplace(wanted.back(), Fitness{}).second) fresh.push_back(std::move(point));
    }
    const std::vector<Fitness> found = evaluate_(fresh);
    for (std::size_t i = 0; i < fresh.size(); ++i) known_[plan_.space.number(fresh[i])] = found[i];
    std::vector<double> all;
    for (const std::uint64_t number : wanted) {
      const Fitness& fitness = known_.at(number);
      for (std::size_t i = 0; i < objectives(); ++i)
        all.push_back(fitness.objectives.empty() ? worst
                      : fitness.violation > 0    ? worst / 2 * (fitness.violation / (1 + fitness.violation))
                                                 : fitness.objectives[i % fitness.objectives.size()]);
    }
    return all;
  }

 private:
  const Plan& plan_;
  const EvaluatePoints& evaluate_;
  std::vector<std::size_t> free_;
  std::map<std::uint64_t, Fitness> known_;
};

/// The study as pagmo asks for it: indices of values, all whole numbers. Copies share what was asked.
struct Problem {
  const Plan* plan = nullptr;
  std::shared_ptr<Asked> asked;

  pagmo::vector_double fitness(const pagmo::vector_double& decisions) const { return (*asked)(decisions); }
  std::pair<pagmo::vector_double, pagmo::vector_double> get_bounds() const {
    pagmo::vector_double low, high;
    for (const std::size_t d : asked->free()) {
      low.push_back(0);
      high.push_back(static_cast<double>(plan->space.dimensions()[d].values.size() - 1));
    }
    return {low, high};
  }
  pagmo::vector_double::size_type get_nobj() const { return asked->objectives(); }
  pagmo::vector_double::size_type get_nix() const { return asked->free().size(); }
  template <typename Archive>
  void serialize(Archive&, unsigned) {}
};

struct Batch {
  std::shared_ptr<Asked> asked;

  pagmo::vector_double operator()(const pagmo::problem&, const pagmo::vector_double& decisions) const {
    return (*asked)(decisions);
  }
  template <typename Archive>
  void serialize(Archive&, unsigned) {}
};

void evaluate_nsga2(const Plan& plan, const EvaluatePoints& evaluate) {
  if (plan.search.evaluations >= plan.space.size()) return evaluate_all(plan, evaluate);
  const auto asked = std::make_shared<Asked>(plan, evaluate);
  const auto seed = static_cast<unsigned>(plan.search.seed);
  const pagmo::bfe batch(Batch{asked});
  pagmo::population population(pagmo::problem(Problem{&plan, asked}), batch, plan.search.population, seed);
  // Crossover and mutation for few whole numbers: a mutation of every third point's every dimension.
  const double mutation = 1.0 / static_cast<double>(asked->free().size());
  std::size_t without_news = 0;
  for (unsigned generation = 0;; ++generation) {
    const std::size_t before = asked->different();
    if (before + plan.search.population > plan.search.evaluations) break;
    pagmo::nsga2 step(1, 0.9, 10.0, mutation, 20.0, seed + 1 + generation);
    step.set_bfe(batch);
    population = pagmo::algorithm(step).evolve(population);
    without_news = asked->different() == before ? without_news + 1 : 0;
    if (without_news == 20) break;  // nothing new in reach
  }
}

}  // namespace

void search_points(const Plan& plan, const EvaluatePoints& evaluate) {
  switch (plan.search.method) {
    case Method::grid:
      return evaluate_all(plan, evaluate);
    case Method::random:
      return evaluate_random(plan, evaluate);
    case Method::nsga2:
      return evaluate_nsga2(plan, evaluate);
    case Method::points:
      evaluate(plan.search.points);
      return;
  }
}

}  // namespace wd::flow::explore
