// SPDX-License-Identifier: Apache-2.0
// Which layer a frame's bursts are for.
//
// What      a load is of the layer in front of which the program waits for it first, a store of the layer behind which it is queued;
//           what is waited for behind the last layer is that one's.
// Units     beats of a frame.
// Test      traffic_test.cpp
#pragma once

#include <cstdint>
#include <vector>

#include "hw/formats/program/program.hpp"

namespace wd::flow {

struct LayerTraffic {
  std::uint64_t beats_read = 0, beats_written = 0;

  std::uint64_t beats() const { return beats_read + beats_written; }
};

/// By Instr::layer; all of them add up to the frame's counters.
std::vector<LayerTraffic> traffic_of_layers(const program::Program& program);

}  // namespace wd::flow
