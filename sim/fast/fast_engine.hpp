// SPDX-License-Identifier: Apache-2.0
// The fast simulator: exact values, cycles and counters from the recurrences of docs/architecture.md.
//
// Timing    no cycle is stepped: a tile's time follows from the population counts of its walk maps and
//           non-zero maps, for all 16 groups side by side.
// Shape     any chunk of 16, 32 or 64 (for exploration; the other timed engines have 16).
// Test      testbench/ (against golden values, SystemC and RTL cycles), sim_test.cpp (against a plain
//           cycle-stepped reference)
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "sim/chip_state.hpp"
#include "sim/engine.hpp"

namespace wd::sim {

/// A layer's rows as the array sees them under the switches, per output-channel tile.
struct TileRows {
  std::vector<std::uint64_t> walk;   // [row][pe]
  std::vector<std::uint64_t> mask;   // [row][pe], for bit_ops when walks are not all bit-ops
  std::vector<std::int8_t> weights;  // [reduction][pe], signed levels
};

/// Activations of one 4 x 4 block of output pixels for the whole reduction.
struct TileActs {
  std::vector<const std::uint8_t*> words;  // [chunk][group], null outside of the input
  std::vector<std::uint64_t> walk;         // [chunk][group] non-zero map under the switches
  std::vector<std::uint64_t> nonzero;      // [chunk][group] true non-zero map
  int reads = 0;
};

/// What the recurrences say about one tile.
struct TileTiming {
  std::uint64_t run_cycles = 0, group_cycles = 0, pe_cycles = 0, walk_ops = 0, bit_ops = 0;
  std::vector<std::uint32_t> pe_walks, pe_last, row_issue;  // filled for traces only
};

struct TimingRequest {
  int rows = 0, planes = 1, window = 1, sub_reads = 1, pes = 64;
  bool walks_are_bit_ops = true, trace = false;
};

/// Evaluates the recurrences for 16 groups. Exposed for the exploration and for tests.
TileTiming time_tile(const TimingRequest& request, const TileRows& rows, const TileActs& acts, int chunk);

class FastEngine : public Engine {
 public:
  FastEngine(const program::Program& program, const arch::Switches& switches);

  std::string name() const override { return "fast"; }
  bool timed() const override { return true; }
  arch::Counters load() override;
  FrameResult frame(std::span<const std::uint8_t> input) override;
  void set_trace(Trace* trace) override { trace_ = trace; }

  /// Counters per layer since construction, by Instr::layer.
  const std::vector<arch::Counters>& layer_counters() const { return layer_counters_; }
  /// Value sparsity seen by each layer's operands.
  struct Sparsity {
    std::uint64_t activations = 0, zero_activations = 0;
  };
  const std::vector<Sparsity>& layer_sparsity() const { return layer_sparsity_; }

 private:
  void run(std::uint32_t entry, std::span<const std::uint8_t> input);
  void burst(const arch::Instr& instr, std::span<const std::uint8_t> input);
  void convolve(const arch::Instr& conv, int iteration);
  const std::vector<TileRows>& decoded(const arch::Instr& conv);
  TileRows decode_tile(const arch::Instr& conv, int tile) const;
  TileActs gather(const arch::Instr& conv, int ty, int tx);
  void add_sums(const TileRows& rows, const TileActs& acts);
  void post(const arch::Instr& conv, int iteration, const TileId& id);
  void report(const TileId& id, const TileTiming& timing, std::uint64_t setup);
  bool inside(const arch::Instr& conv, int ty, int tx, int group) const;

  ChipState state_;
  arch::Switches switches_;
  int window_;
  Trace* trace_ = nullptr;
  std::map<WeightKey, std::vector<TileRows>> decoded_;
  std::vector<std::int32_t> sums_;  // [group][pe], flushed into wide_ before it can overflow
  std::vector<std::int64_t> wide_;
  arch::Counters counters_;
  std::vector<arch::Counters> layer_counters_;
  std::vector<Sparsity> layer_sparsity_;
  std::uint64_t cycle_ = 0, burst_end_ = 0;  // burst_end_: first cycle with no burst in progress
};

}  // namespace wd::sim
