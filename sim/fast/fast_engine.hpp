// SPDX-License-Identifier: Apache-2.0
// The fast simulator: exact values, cycles and counters from the recurrences of docs/architecture.md.
//
// Timing    no cycle is stepped: a tile's RUN is timed by the array's organisation, all else by sums.
// Shape     any chunk of 16, 32 or 64 (for exploration; the other timed engines have 16).
// Test      testbench/ (against golden values, SystemC and RTL cycles), walker_sets_test.cpp (against a plain
//           cycle-stepped reference)
#pragma once

#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "sim/chip_state.hpp"
#include "sim/engine.hpp"
#include "sim/fast/burst_times.hpp"
#include "sim/fast/organisation.hpp"

namespace wd::sim {

class FastEngine : public Engine {
 public:
  FastEngine(const program::Program& program, const arch::Switches& switches);

  std::string name() const override { return "fast"; }
  bool timed() const override { return true; }
  arch::Counters load() override;
  FrameResult frame(std::span<const std::uint8_t> input) override;
  void set_trace(Trace* trace) override { trace_ = trace; }
  /// Tells each tile's operands from now on; an empty function stops.
  void set_recorder(fast::TileRecorder recorder) { recorder_ = std::move(recorder); }

  /// Counters per layer since construction, by Instr::layer.
  const std::vector<arch::Counters>& layer_counters() const { return layer_counters_; }
  /// Value sparsity seen by each layer's operands.
  struct Sparsity {
    std::uint64_t activations = 0, zero_activations = 0;
  };
  const std::vector<Sparsity>& layer_sparsity() const { return layer_sparsity_; }

 private:
  void run(std::uint32_t entry);
  void burst(const arch::Instr& instr, int iteration);
  void convolve(const arch::Instr& conv, int iteration);
  void elementwise(const arch::Instr& instr, int iteration);
  void take_input(const arch::Instr& instr, const TileId& id);
  void pool(const arch::Instr& instr, int iteration);
  void pool_tile(const arch::Instr& instr, const TileId& id);
  std::uint64_t pool_word(const arch::Instr& instr, int word, int y, int x);
  void transpose(const arch::Instr& instr, int iteration);
  void transpose_tile(const arch::Instr& instr, int word, int t);
  /// Books a layer's share of counters and cycles, and reports it.
  void finish(const arch::Instr& layer, int iteration, const arch::Counters& before, std::uint64_t begin);
  const std::vector<fast::TileRows>& decoded(const arch::Instr& conv);
  fast::TileRows decode_tile(const arch::Instr& conv, int tile) const;
  fast::TileActs gather(const arch::Instr& conv, int tile);
  void add_groups(int images);
  void post(const arch::Instr& conv, int iteration, const TileId& id);
  void post_block(const arch::Instr& conv, const NormRow& norm, int tile, int b, int block, int first_group,
                  int end_group);
  void report(const TileId& id, const fast::TileTiming& timing, std::uint64_t setup);

  ChipState state_;
  std::unique_ptr<fast::Organisation> organisation_;
  fast::BurstTimes bursts_;
  Trace* trace_ = nullptr;
  fast::TileRecorder recorder_;
  std::map<WeightKey, std::vector<fast::TileRows>> decoded_;
  std::vector<std::int64_t> wide_;  // [group][pe], of a tile
  arch::Counters counters_;
  std::vector<arch::Counters> layer_counters_;
  std::vector<Sparsity> layer_sparsity_;
  std::uint64_t cycle_ = 0;  // those before the next one
};

}  // namespace wd::sim
