// SPDX-License-Identifier: Apache-2.0
// What instructions of a network in stripes say of rings, rows and memory.
//
// Shape     a value in memory is a burst after the other of StripeValue::unit rows, each block by block; a slice of its channels is a
//           part of each of them.
// Test      testbench/stripes_test.cpp
#pragma once

#include "compiler/schedule.hpp"
#include "compiler/stripes.hpp"
#include "hw/arch/isa.hpp"

namespace wd::compiler {

class StripeInstrs {
 public:
  StripeInstrs(const Stripes& stripes, const arch::Arch& arch);

  /// Beats of the values that are stored, one after the other.
  std::int64_t scratch_beats() const { return scratch_beats_; }

  /// Turns a layer's instruction, of all its rows, into a run's: rows, places, tiles over pixels.
  void set_rows(arch::Instr& instr, const Run& run) const;
  /// @param input, scratch where the program's input and the first stored value begin, in beats
  arch::Instr load(const RowBurst& burst, std::int64_t input, std::int64_t scratch) const;
  arch::Instr store(const RowBurst& burst, std::int64_t input, std::int64_t scratch) const;

 private:
  struct Place {
    int base = 0, pitch = 0;
  };
  const StripeValue& value(int v) const { return stripes_.graph.values[static_cast<std::size_t>(v)]; }
  /// Where rows that begin in bank 0 lie. @param word of the ring's
  Place place(std::size_t group, int v, int row, int word) const;
  arch::Instr burst_of(arch::Op op, const RowBurst& burst, std::int64_t input, std::int64_t scratch) const;
  void set_input(arch::Instr& instr, const Run& run, const StripeLayer& layer) const;

  const Stripes& stripes_;
  const arch::Arch& arch_;
  std::vector<std::int64_t> scratch_;  // of each value, in beats from the area's first
  std::int64_t scratch_beats_ = 0;
};

}  // namespace wd::compiler
