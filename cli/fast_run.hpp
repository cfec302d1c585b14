// SPDX-License-Identifier: Apache-2.0
// Test images through the fast simulator on all threads: counters and right answers.
#pragma once

#include "cli/job.hpp"

namespace wd::cli {

struct FastRun {
  arch::Counters counters;  // summed
  std::size_t images = 0, right = 0;

  double accuracy() const { return static_cast<double>(right) / static_cast<double>(images); }
};

/// The first `images` test images (all, if there are fewer). Ends early when interrupted: wd::Error.
FastRun run_fast(Job& job, const program::Program& program, const arch::Switches& switches,
                 std::size_t images);

/// The index of the largest class score (FP16); the first of equals.
std::size_t best_class(const std::vector<std::uint16_t>& scores);

}  // namespace wd::cli
