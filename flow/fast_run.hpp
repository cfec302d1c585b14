// SPDX-License-Identifier: Apache-2.0
// Test images through the fast simulator on all threads: counters and right answers.
//
// Errors    the wish to stop: wd::Error.
#pragma once

#include <vector>

#include "flow/context.hpp"
#include "flow/frames.hpp"
#include "hw/formats/program/program.hpp"
#include "sim/engine.hpp"
#include "sim/fast/maps.hpp"

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

/// Some frames' maps in memory, for programs of one model: recorded by the first one that runs them, replayed by all others.
struct SharedMaps {
  std::size_t first = 0;  // frame
  std::vector<sim::fast::FrameMaps> frames;
  std::vector<sim::fast::MapTensor> tensors;  // of the program that recorded; none yet

  /// Frames whose maps together take at most so many bytes, at least one, not more than there are.
  static std::size_t part_frames(const program::Program& program, std::size_t frames,
                                 std::size_t most_bytes = std::size_t{256} << 20);
};

/// A part of the frames; counters of each, in order. @param whole computes values, without maps
/// @param check_first also computes the part's first frame in whole, and refuses results that differ
std::vector<sim::FrameResult> run_part(const Context& context, const program::Program& program,
                                       const arch::Switches& switches, const Frames& frames, SharedMaps& maps,
                                       unsigned threads, bool whole, bool check_first = false);

}  // namespace wd::flow
