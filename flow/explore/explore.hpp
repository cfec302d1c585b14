// SPDX-License-Identifier: Apache-2.0
// explore: the points of a study, what they cost, and those that no other one beats.
//
// Units     of an image, on average: metrics.hpp.
// Errors    of plan.hpp, before anything runs; an engine that disagrees with the fast simulator on a point of the front: wd::Error.
// Test      cli/explore_test.sh
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "flow/context.hpp"
#include "flow/explore/evaluator.hpp"
#include "flow/figures.hpp"

namespace wd::flow::explore {

struct ExploreOptions {
  CommonOptions common;
  InputOptions inputs;
  PowerTableOptions power;
  std::filesystem::path config;  // the study; empty: usual_plan()
  std::string point;             // of the study, alone; empty: all that the search takes
  std::size_t images = 0;        // instead of the study's
  int batch = 0;                 // of the baseline, instead of the study's
  bool whole = false;
  bool no_confirm = false;  // the front is not run on other engines

  void declare(OptionSink& sink);
};

inline constexpr const char* confirmed_equal = "equal";

struct ExplorePoint {
  Point point;
  nlohmann::ordered_json values;
  Evaluation evaluation;
  double violation = 0;  // of constraints
  bool front = false;    // no other one is at least as good in all objectives
  std::map<std::string, std::string>
      confirmed;        // by engine: confirmed_equal, or why it does not run this chip
  std::string command;  // that measures it alone

  bool feasible() const { return evaluation.refused.empty() && violation == 0; }
};

struct ExploreResult {
  Plan plan;
  std::vector<std::string> model_sha256;  // of model.wdz, or of program.wdp
  std::string inputs, table, caveat, area_caveat;
  std::string folder;  // where the commands are to be started: paths in them are as they were given
  std::vector<ExplorePoint> points;  // in the order of their evaluation
  std::size_t computed = 0;          // that were not kept from before

  std::vector<const ExplorePoint*> front() const;  // by the first objective
  std::size_t refused() const;
  /// Points of the front that another one equals in all objectives.
  std::size_t tied() const;
  /// "9 of 12 points of the front confirmed by systemc, 2 by rtl"; empty if no engine was to.
  std::string confirmation() const;
  nlohmann::ordered_json to_json() const;
  std::string to_csv() const;
};

/// To explore.json and explore.csv of the output folder; with one point alone to point.json.
ExploreResult explore(const ExploreOptions& options, Context& context);

}  // namespace wd::flow::explore
