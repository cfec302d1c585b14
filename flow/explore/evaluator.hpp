// SPDX-License-Identifier: Apache-2.0
// Measures designs: the compiler and the fast simulator's timing for the counters, the power table for energy and area.
//
// What      values are computed once per model and batch, all other designs replay their maps. Designs that differ in voltage, clock or table
//           alone share their counters.
// Threads   designs at once; no result depends on how many, nor on how many processes share the work (KeptResults).
//           A study of a compiled program replays that one on every design.
// Errors    a model folder without model.wdz, the wish to stop: wd::Error. What is measured by then is kept. A design that the compiler
//           refuses is a result.
// Test      cli/explore_test.sh
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "flow/context.hpp"
#include "flow/explore/kept.hpp"
#include "flow/explore/opened_model.hpp"
#include "flow/explore/plan.hpp"
#include "flow/frames.hpp"
#include "hw/formats/program/program.hpp"
#include "sim/fast/maps.hpp"
#include "sim/power_area.hpp"
#include "sim/power_model.hpp"

namespace wd::flow::explore {

struct Evaluation {
  Metrics metrics;
  std::string refused;  // why there are no metrics
  Names extrapolated;   // parameters that the power table does not have
  Names area_unknown;   // of these, those whose area it does not have
};

class Evaluator {
 public:
  struct Settings {
    InputOptions inputs;
    unsigned threads = 0;
    bool whole = false;  // values for every design
  };
  /// Opens models and images. @param plan, table, kept not owned
  Evaluator(const Plan& plan, const Settings& settings, const sim::PowerTable& table, KeptResults& kept,
            Context& context);
  ~Evaluator();
  Evaluator(const Evaluator&) = delete;
  Evaluator& operator=(const Evaluator&) = delete;

  std::vector<Evaluation> evaluate(std::span<const Design> designs);
  /// Of a design, compiled anew.
  program::Program program(const Design& design) const;
  /// Names what a design is and runs on, and the running program: equal keys, equal results.
  std::string key(const Design& design) const;
  /// Of a design that was evaluated.
  Measured measured(const Design& design) const;
  /// What a design that was evaluated, and not refused, counted.
  sim::CounterAmounts counters(const Design& design) const;
  const model::Network& network(std::size_t model) const;
  const algo::ImageSet& images(std::size_t model) const;
  const std::string& model_sha256(std::size_t model) const;
  const std::string& inputs_source() const;
  /// How many were computed, not found among the kept.
  std::size_t computed() const { return computed_; }

 private:
  struct Maps;
  struct Job;

  void run(const std::vector<Job>& jobs);
  void run(const Job& job);
  Measured measure(const Design& design, const program::Program& compiled);
  Maps& maps_of(const Design& design, const program::Program& program);
  Evaluation evaluation(const Design& design, const Measured& measured) const;
  void measure_accuracy(const Design& design);

  const Plan& plan_;
  Settings settings_;
  const sim::PowerTable& table_;
  KeptResults& kept_;
  Context& context_;
  std::vector<OpenedModel> models_;
  std::mutex mutex_;
  std::map<std::pair<std::size_t, int>, std::vector<std::unique_ptr<Maps>>> maps_;  // by model and batch
  std::size_t computed_ = 0;
};

}  // namespace wd::flow::explore
