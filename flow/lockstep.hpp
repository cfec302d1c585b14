// SPDX-License-Identifier: Apache-2.0
// Runs engines on the same image and locates the first difference.
//
// Every engine reports its tiles and convolutions in program order. They are compared tile by tile: sums of
// all PEs, start and end cycles, and the details that the array's organisation names; then outputs.
// An engine without timing is compared by its values only.
// Errors    none thrown for a difference: it is the result.
// Test      lockstep_test.cpp (planted differences of each kind)
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "sim/engine.hpp"

namespace wd::flow {

using Event = std::variant<sim::TileTrace, sim::ConvTrace>;

/// Keeps all events of a frame.
class Recorder : public sim::Trace {
 public:
  void tile(const sim::TileTrace& tile) override { events.emplace_back(tile); }
  void conv(const sim::ConvTrace& conv) override { events.emplace_back(conv); }
  std::vector<Event> events;
};

struct Difference {
  bool value = false;  // else a cycle or counter
  std::string where;   // layer, iteration, tile, group, PE, cycle and both engines' figures
};

struct LayerSummary {
  std::string name;
  std::uint64_t tiles = 0, cycles = 0;  // cycles: of all its executions in one frame, 0 without timing
  bool equal = true;
};

struct LockstepResult {
  std::uint64_t tiles = 0, convolutions = 0;  // compared, over all engines but the first
  bool values_equal = true, cycles_equal = true, counters_equal = true;
  std::optional<Difference> first;
  std::vector<LayerSummary> layers;  // by Instr::layer
};

/// One frame on all engines; the first timed engine is the reference. Engines must have been loaded.
LockstepResult compare_frame(const std::vector<sim::Engine*>& engines, const program::Program& program,
                             std::span<const std::uint8_t> input);

/// The load entry's counters of all timed engines. @return the first difference
std::optional<Difference> compare_loaded(const std::vector<sim::Engine*>& engines,
                                         const std::function<arch::Counters(const sim::Engine&)>& counters);

/// First difference of two event lists; exposed for tests.
std::optional<Difference> first_difference(const std::vector<Event>& reference,
                                           const std::string& reference_name, const std::vector<Event>& other,
                                           const std::string& other_name, bool compare_cycles,
                                           const program::Program& program);

/// First counter that differs, as text.
std::optional<std::string> counter_difference(const arch::Counters& a, const std::string& a_name,
                                              const arch::Counters& b, const std::string& b_name);

}  // namespace wd::flow
