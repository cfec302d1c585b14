// SPDX-License-Identifier: Apache-2.0
// What each unit of the chip does in a frame, cycle by cycle, as a trace that Perfetto and Chrome's tracing show.
//
// What      tracks: the sequencer's instructions, which fill the frame; the array's tiles (RUN); the post unit's; the memory port's beats; what the
//           port waits for a burst's first beat; the weight decoder's coded bursts.
// Units     a microsecond of the trace is a cycle of the chip.
// Source    Trace Event Format, complete events ("X")
// Test      timeline_test.cpp (against the counters)
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "hw/formats/program/program.hpp"
#include "sim/engine.hpp"

namespace wd::flow {

enum class Track : std::uint8_t { sequencer, array, post, port, latency, decoder };
inline constexpr int track_count = 6;

/// "sequencer", "array" ...
const char* track_name(Track track);

struct TimelineSlice {
  Track track;
  std::string name;                     // the layer's, or the instruction's
  std::uint64_t start = 0, cycles = 0;  // from the frame's first one
  nlohmann::json details;               // object: iteration, tile, beats ...
};

struct Timeline {
  std::string dataset;  // of the program
  arch::Counters counters;
  std::vector<TimelineSlice> slices;  // of each track in the order of time, without overlaps

  nlohmann::json to_json() const;
};

/// Executes the frame in the fast simulator.
Timeline timeline_of(const program::Program& program, const arch::Switches& switches,
                     std::span<const std::uint8_t> input);

}  // namespace wd::flow
