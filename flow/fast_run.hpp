// SPDX-License-Identifier: Apache-2.0
// Test images through the fast simulator on all threads: counters and right answers.
//
// Errors    the wish to stop: wd::Error.
#pragma once

#include "flow/context.hpp"
#include "hw/formats/program/program.hpp"

namespace wd::flow {

struct FastRun {
  arch::Counters counters;  // summed
  std::size_t images = 0, right = 0;
  std::size_t places = 0;  // of the frames: figures of an image are the counters by these

  double accuracy() const { return static_cast<double>(right) / static_cast<double>(images); }
};

/// The first `images` of the set (all, if there are fewer). @param threads 0: all of the machine
FastRun run_fast(const Context& context, const program::Program& program, const arch::Switches& switches,
                 const algo::ImageSet& set, std::size_t images, unsigned threads);

}  // namespace wd::flow
