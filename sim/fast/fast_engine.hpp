// SPDX-License-Identifier: Apache-2.0
// The fast simulator: exact values, cycles and counters from the recurrences of docs/architecture.md.
//
// What      values are integer matrix products (kernels.hpp), whatever the organisation; no cycle is stepped: a tile's RUN is timed by the
//           array's organisation, all else by sums.
// Shape     any chunk of 16, 32 or 64 (for exploration; the other timed engines have 16). Where a tensor fills its last word in part, the
//           rest is read as zeros, whatever lies there.
// Threads   the tiles of a layer go to as many as asked for; no result depends on how many. Engines made beside one another share
//           what only depends on the program.
// Test      testbench/ (against golden values, SystemC and RTL cycles), walker_sets_test.cpp (against a plain
//           cycle-stepped reference), testbench/kernels_test.cpp (each kernel and number of threads)
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/parallel.hpp"
#include "hw/numerics/post_kernels.hpp"
#include "sim/chip_state.hpp"
#include "sim/engine.hpp"
#include "sim/fast/burst_times.hpp"
#include "sim/fast/chip_memory.hpp"
#include "sim/fast/decoded_weights.hpp"
#include "sim/fast/gather.hpp"
#include "sim/fast/known_decodings.hpp"
#include "sim/fast/maps.hpp"
#include "sim/fast/organisation.hpp"
#include "sim/fast/tile_record.hpp"

namespace wd::sim {

/// How the fast simulator computes; no result depends on it.
struct FastOptions {
  fast::Kernel kernel = fast::best_kernel();
  unsigned threads = 1;  // for the tiles of a layer; 0: as many as the machine has
  std::size_t weights_limit = fast::DecodedWeights::usual_limit;  // bytes
};

class FastEngine : public Engine, private fast::BurstMover {
 public:
  FastEngine(const program::Program& program, const arch::Switches& switches,
             const FastOptions& options = {});
  /// Another engine for the same program, with what `first` holds in its buffers; what is read alone is shared. `first` must not run meanwhile.
  FastEngine(const FastEngine& first, unsigned threads);

  std::string name() const override { return "fast"; }
  bool timed() const override { return true; }
  arch::Counters load() override;
  FrameResult frame(std::span<const std::uint8_t> input) override;
  void set_trace(Trace* trace) override { trace_ = trace; }
  /// Tells each tile's operands from now on; an empty function stops. With one thread only.
  void set_recorder(fast::TileRecorder recorder) { recorder_ = std::move(recorder); }

  /// Tells each burst's time from now on; an empty function stops.
  void set_burst_sink(std::function<void(const fast::BurstSpan&)> sink) { burst_sink_ = std::move(sink); }

  /// As frame(), and fills `maps`.
  FrameResult record(std::span<const std::uint8_t> input, fast::FrameMaps& maps);
  /// The same result without computing values: those that another engine has recorded of this input, for a program of the same
  /// layout. Not while traced.
  FrameResult replay(std::span<const std::uint8_t> input, const fast::FrameMaps& maps);

  /// A chip in a system, of a program without memory image: bursts go to memory outside from now on. It is not owned.
  void set_memory(fast::ChipMemory& memory) { memory_ = &memory; }
  struct Run {
    arch::Counters counters;
    std::uint64_t end = 0;  // the first cycle in which neither an instruction nor a burst is left
  };
  /// Called in front of each instruction, with its number and first cycle. It may throw, through execute(): the program ends there.
  void set_stepper(std::function<void(std::uint32_t number, std::uint64_t begin)> stepper) {
    stepper_ = std::move(stepper);
  }
  /// A coded burst that the decoder gave up, the first one of a program.
  struct GivenUp {
    std::uint64_t cycle = 0;  // in which that is known
    std::uint32_t instruction = 0;
  };
  const std::optional<GivenUp>& given_up() const { return given_up_; }
  /// Follows the bursts to a cycle; with a stepper that stops the program there.
  void follow_bursts(std::uint64_t cycle) { bursts_.tiles_read(cycle, 0); }
  /// So far.
  arch::Counters counters() const {
    arch::Counters result = counters_;
    result.cycles = cycle_;
    return result;
  }
  /// Executes from an instruction to HALT.
  Run execute(std::uint32_t entry);
  /// Goes on with what another engine of the same architecture holds in its buffers.
  void take_buffers(const FastEngine& other) { state_.take_buffers(other.state_); }

  /// Counters per layer since construction, by Instr::layer.
  const std::vector<arch::Counters>& layer_counters() const { return layer_counters_; }
  /// Value sparsity seen by each layer's operands.
  struct Sparsity {
    std::uint64_t activations = 0, zero_activations = 0;
  };
  const std::vector<Sparsity>& layer_sparsity() const { return layer_sparsity_; }

 private:
  /// What a tile adds to counters and time.
  struct Tile {
    fast::TileTiming timing;
    arch::Counters counters;  // all but those that are the organisation's
    Sparsity seen;
    std::vector<std::uint32_t> fetches;  // when its fetches start, in RUN cycles, where a store wants to know
  };

  void run(std::uint32_t entry);
  // system.cpp:
  std::uint64_t load(const arch::Instr& burst, int iteration, std::uint64_t start) override;
  void store(const arch::Instr& burst, int iteration, std::uint64_t word, std::uint64_t words,
             std::uint64_t sent) override;
  std::uint64_t accepts_from() override { return memory_->accepts_from(); }
  void burst(const arch::Instr& instr, int iteration);
  /// @param cycles with a coded burst
  void count_decoder(const stream::ChipActivity& activity, std::uint64_t cycles);
  void convolve(const arch::Instr& conv, int iteration);
  void for_tiles(int tiles, const std::function<void(int tile, fast::TileScratch& scratch)>& work);
  void gather(const arch::Instr& conv, int tile, fast::TileScratch& scratch, fast::TileActs& acts) const;
  Tile tile(const arch::Instr& conv, const TileId& id, const fast::TileRows& rows, const fast::TileActs& acts,
            fast::TileScratch& scratch);
  void book(const arch::Instr& conv, const TileId& id, Tile& tile, const fast::TileScratch& scratch);
  void elementwise(const arch::Instr& instr, int iteration);
  void take_input(const arch::Instr& instr, const TileId& id);
  void pool(const arch::Instr& instr, int iteration);
  void pool_tile(const arch::Instr& instr, const TileId& id);
  std::uint64_t pool_word(const arch::Instr& instr, int word, int y, int x);
  void transpose(const arch::Instr& instr, int iteration);
  void transpose_tile(const arch::Instr& instr, int word, int t);
  /// Books a layer's share of counters and cycles, and reports it.
  void finish(const arch::Instr& layer, int iteration, const arch::Counters& before, std::uint64_t begin);
  /// gamma and beta of a layer's channels, where they are by channel.
  void read_norms(const arch::Instr& layer, int iteration);
  /// The post unit on a tile's sums. @return what it counts
  arch::Counters post(const arch::Instr& layer, const TileId& id, fast::TileScratch& scratch);
  std::size_t post_rows(const arch::Instr& layer, std::size_t row, std::size_t rows, std::size_t channels,
                        const double* gamma, const double* beta, fast::TileScratch& scratch) const;
  void take_residuals(const arch::Instr& layer, const TileId& id, int rows, int blocks,
                      fast::TileScratch& scratch);
  void write_results(const arch::Instr& layer, const TileId& id, int rows, int blocks,
                     fast::TileScratch& scratch);
  void require_fits(const arch::Instr& layer, const TileId& id, int rows, int blocks,
                    const std::vector<double>& sums) const;
  /// Codes or scores of a tile, in their places. @return saturations
  std::uint64_t results(const arch::Instr& layer, const TileId& id, int rows, int blocks,
                        fast::TileScratch& scratch);
  std::uint64_t post_cycles(const arch::Instr& layer, const TileId& id) const;
  // replay.cpp:
  void record_maps(const arch::Instr& layer, int iteration);
  void record_saturations(const arch::Instr& layer, const TileId& id, std::size_t row, std::size_t rows,
                          std::size_t channels, const double* gamma, const double* beta,
                          fast::TileScratch& scratch);
  void replay_pool(const arch::Instr& pool, int iteration);
  std::uint64_t replay_results(const arch::Instr& layer, const TileId& id, int rows, int blocks);
  void make_map_layout();

  ChipState state_;
  arch::Switches switches_;
  FastOptions options_;
  const fast::KernelSet& kernels_;
  const numerics::PostKernels& post_kernels_;
  std::shared_ptr<const fast::Organisation> organisation_;
  std::shared_ptr<fast::DecodedWeights> weights_;
  fast::BurstTimes bursts_;
  fast::ChipMemory* memory_ = nullptr;  // null: the program's own, which is ideal
  std::vector<std::uint8_t> beats_;     // of the burst that is moved
  std::function<void(std::uint32_t, std::uint64_t)> stepper_;
  std::function<void(const fast::BurstSpan&)> burst_sink_;
  std::optional<GivenUp> given_up_;
  std::map<std::pair<std::uint64_t, std::int64_t>, fast::KnownDecoding> decodings_;  // by address and beats
  Trace* trace_ = nullptr;
  fast::TileRecorder recorder_;
  std::unique_ptr<ThreadPool> pool_;        // null: this thread alone
  std::vector<fast::TileScratch> scratch_;  // by thread
  std::vector<fast::TileActs> acts_;        // by pixel tile, of the present layer
  std::vector<double> gamma_, beta_;        // by channel, of the present layer
  arch::Counters counters_;
  std::vector<arch::Counters> layer_counters_;
  std::vector<Sparsity> layer_sparsity_;
  std::uint64_t cycle_ = 0;                            // those before the next one
  std::shared_ptr<const fast::MapLayout> map_layout_;  // made when it is needed first
  fast::FrameMaps* recorded_ = nullptr;                // of the frame that is being recorded
  const fast::FrameMaps* replayed_ = nullptr;          // of the one that is being replayed
};

}  // namespace wd::sim
