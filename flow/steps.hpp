// SPDX-License-Identifier: Apache-2.0
// Progress of a long job of named steps, of which some may be there already; with the time left over all of them.
//
// Numerics  durations are expected ones; the time left is theirs, by how long the finished ones took against what was expected.
// Test      steps_test.cpp
#pragma once

#include <chrono>
#include <string>

#include "base/progress.hpp"

namespace wd::flow {

class Steps {
 public:
  Steps(std::string label, int count, double expected_s)
      : label_(std::move(label)), count_(count), expected_s_(expected_s) {}

  /// Begins the next step.
  void begin(const std::string& name, double expected_s);
  /// Done of the present step, 0 to 1.
  void at(double share);
  /// Ends the present step. @param kept it was there: tells nothing about durations
  void end(bool kept);

  double left_s() const;
  /// "3 of 16: post, 4 min 10 s left"
  std::string name() const;

 private:
  std::string label_, name_;
  int count_ = 0, number_ = 0;
  double expected_s_ = 0, present_s_ = 0, share_ = 0;  // of what is not finished; of the present step
  double finished_s_ = 0, took_s_ = 0;                 // of steps that were not kept: expected, real
  std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
  Progress progress_{"", 0};
};

}  // namespace wd::flow
