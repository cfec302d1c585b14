// SPDX-License-Identifier: Apache-2.0
// Decides which weights and normalization rows are on the chip when: all for good where they fit, else each is brought by a burst
// (a transfer) before the run that needs it, as early as rows, order and the burst queue allow.
//
// What      a convolution is computed in parts of whole output-channel tiles, so that the first one can begin before the last
//           one's weights are there. A loop that is streamed is unrolled where the instruction memory allows it; else its
//           body is a piece of its own, which brings everything in every iteration.
// Numerics  rows of a tile = kernel positions x input chunks x bit-planes (one position if pooled).
// Errors    a single output-channel tile beyond the weight buffer, a convolution's normalization rows beyond theirs: wd::Error
//           naming layer and sizes.
// Test      schedule_test.cpp, testbench/engines_test.cpp
#pragma once

#include <optional>
#include <vector>

#include "compiler/lowering.hpp"
#include "compiler/stripe_graph.hpp"
#include "hw/arch/arch.hpp"

namespace wd::compiler {

/// Consecutive output-channel tiles of a convolution; `step`'s convs[conv].
struct Part {
  std::size_t conv = 0;
  int first_tile = 0, tiles = 0;
  int number = -1;  // of this convolution's parts, from 0; -1: it is whole
  int rows = 0;     // of weights
  int offset = 0;   // of them, in the step's
};

/// What the array computes between two waits.
struct Run {
  std::size_t step = 0;
  std::size_t first_part = 0, parts = 0;  // of the step's
  int iteration = 0;                      // of a loop that is unrolled
  bool loop = false;                      // all iterations
  int layer = -1;                         // of a graph in stripes, in a group; -1: whole
  std::size_t group = 0;
  RowRange rows = {};
  int slice = 0;
  int first_tile = 0, tiles = 0;  // of the part's channel tiles
};

/// Rows of a value from or to memory.
struct RowBurst {
  int value = 0;
  std::size_t group = 0;
  RowRange rows = {};
  int slice = 0, slices = 1;  // of the value's channels
};

/// A burst, and from which run to which its rows are needed.
struct Transfer {
  enum class Kind { weights, norms, rows };
  Kind kind = Kind::weights;
  std::size_t step = 0;
  std::size_t item = 0;  // part of the step (weights), convolution of the step (norms)
  int iteration = 0;     // norms: the first one's
  int rows = 0;
  std::size_t first_run = 0, last_run = 0;
  int group_rows =
      0;  // not 0: begins or continues rows that lie together, this one `offset` behind the first
  int offset = 0;
  bool stays = false;          // for later runs, with others in between: goes to the buffer's far end
  RowBurst burst = {};         // rows
  std::size_t not_before = 0;  // rows: the run before which their place is free, and they are in memory
  // decided by place_transfers()
  int row = 0;
  std::size_t issue =
      0;  // the run before which it is queued: before that run's wait if it needs it, else behind the wait
};

/// What goes to memory: queued before a run, beside which it may run.
struct Store {
  std::size_t before_run = 0;
  RowBurst burst = {};
  std::size_t over_before =
      static_cast<std::size_t>(-1);  // the run that writes over its rows, which waits for it
};

/// Whether it is queued right before a run that waits for it, and before stores: it needs none of their rows.
inline bool before_stores(const Transfer& t) {
  return t.kind != Transfer::Kind::rows && t.issue == t.first_run;
}

/// Runs one after another and their transfers, in the order of the first run that needs them.
struct Piece {
  int iterations = 1;  // more: it is the body of a loop
  std::vector<Run> runs;
  std::vector<Transfer> transfers;
  std::vector<Store> stores;  // in order
};

struct Schedule {
  bool weights_resident = true;  // all weights have their own rows: Part::offset behind step_rows[step]
  bool norms_resident = true;
  std::vector<std::vector<Part>> parts;  // of each step
  std::vector<int> step_rows;            // weight rows before the step's
  std::vector<Piece> pieces;
  double model_cycles = 0;  // of a frame in stripes: stripe_clock.hpp

  /// Of the frame's runs and transfers.
  std::size_t instructions() const;
};

int rows_per_tile(const LoweredConv& conv, const arch::Arch& arch);
int channel_tiles(const LoweredConv& conv, const arch::Arch& arch);
/// Normalization rows of a convolution in one iteration.
int norm_rows(const LoweredConv& conv);

/// Rows and times of a piece's transfers: first fit by the earliest run before which the rows are free.
void place_transfers(Piece& piece, const arch::Arch& arch);
/// The same where transfers that stay for many runs may leave no room: the first one that comes too late, if there is one.
std::optional<std::size_t> try_place_transfers(Piece& piece, const arch::Arch& arch);

/// Decides whether weights and norms stay for good, without parts and pieces. Refuses what can never be brought.
Schedule empty_schedule(const std::vector<LoweredStep>& steps, const arch::Arch& arch);
/// Instructions that are left for a frame's runs and transfers.
std::size_t schedule_instructions(const std::vector<LoweredStep>& steps, const arch::Arch& arch);

/// Divides into parts of at most so many weight rows, where tiles allow it.
void make_parts(Schedule& schedule, const std::vector<LoweredStep>& steps, int most_rows,
                const arch::Arch& arch);

/// @param instructions that are left for the frame's runs and transfers
Schedule make_schedule(const std::vector<LoweredStep>& steps, const arch::Arch& arch,
                       std::size_t instructions);

}  // namespace wd::compiler
