// SPDX-License-Identifier: Apache-2.0
// Proves that no instruction reads a word before it is there, or touches one while a burst may still need it.
//
// What      walks an entry as the core does, loops through all their iterations: control flow depends on no data. Bursts
//           are under way from their instruction until a WAIT shows that they have ended, or until so many were queued
//           behind them that they must have. How long a burst takes is never used.
// Shape     activations are looked at word by word (tensor_place.hpp), other buffers row by row, scratch memory beat by beat. What a
//           frame stores there is gone at its end.
// Errors    wd::Error naming the instruction, the row and what to wait for.
// Test      burst_order_test.cpp, testbench/programs/mutation_test.cpp
#pragma once

#include <array>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>

#include "hw/formats/program/program.hpp"
#include "hw/formats/program/tensor_place.hpp"
#include "hw/formats/program/weight_planes.hpp"

namespace wd::program {

/// Begins messages about an instruction. @param lines in the text that the program was read from; empty: none
std::string instruction_prefix(const Program& program, std::size_t pc, const std::string& origin,
                               std::span<const int> lines);

/// A set of rows, places or beats.
class RowSet {
 public:
  void add(int first, int end);
  /// The first row of [first, end) that is not in the set.
  std::optional<int> first_missing(int first, int end) const;

 private:
  std::map<int, int> end_of_;  // first -> end of disjoint, separated ranges
};

class BurstOrder {
 public:
  BurstOrder(const Program& program, std::string origin, std::span<const int> lines = {});
  /// @param bursts of the program, where they have been looked at
  BurstOrder(const Program& program, std::string origin, std::span<const int> lines, WeightBursts bursts);

  /// From an entry to its HALT, on what earlier entries left behind. Loops are closed and not nested.
  /// @param stores_scores must store them behind the last convolution that writes any
  void walk(std::uint32_t entry, bool stores_scores);

 private:
  enum class Buffer { weights, norms, activations, scores, scratch, table };
  struct Rows {
    Buffer buffer;
    std::vector<Span> spans;
  };
  struct Burst {
    std::size_t pc;
    Rows rows;
    bool reads;  // the buffer: a store
  };

  void step(std::size_t pc, int iteration);
  void queue(std::size_t pc);
  Rows rows_of(const arch::Instr& burst);
  void wait(int tag);
  void layer(const arch::Instr& conv, int iteration);
  void require_port(const arch::Instr& layer) const;
  std::string named(Buffer buffer, int at) const;
  RowSet& there(Buffer buffer) { return there_[static_cast<std::size_t>(buffer)]; }
  void read(const Rows& rows) const;
  void write(const Rows& rows);
  void halt(bool stores_scores) const;
  void require_idle(const Rows& rows, bool writes) const;
  std::string what() const;

  const Program& program_;
  const std::string origin_;
  const std::span<const int> lines_;
  WeightPlanes planes_;
  std::array<RowSet, 6> there_;
  std::deque<Burst> under_way_;
  bool scores_stored_ = false;
  std::size_t pc_ = 0;  // for messages
};

}  // namespace wd::program
