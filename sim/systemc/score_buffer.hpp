// SPDX-License-Identifier: Apache-2.0
// Holds class scores: up to four rows are written by the post unit at the end of a cycle, read by the DMA in the cycle itself.
//
// Not       a process: both ports are calls, at the clock edges of their callers.
#pragma once

#include <systemc>
#include <vector>

#include "sim/systemc/types.hpp"

namespace wd::sim::systemc {

class ScoreReadIf : public virtual sc_core::sc_interface {
 public:
  virtual const ScoreRow& scores(int row) const = 0;
};

class ScoreWriteIf : public virtual sc_core::sc_interface {
 public:
  virtual void write(int row, const ScoreRow& scores) = 0;
};

class ScoreBuffer : public sc_core::sc_module, public ScoreReadIf, public ScoreWriteIf {
 public:
  ScoreBuffer(sc_core::sc_module_name name, int rows)
      : sc_module(name), rows_(static_cast<std::size_t>(rows)) {}

  const ScoreRow& scores(int row) const override { return rows_.at(static_cast<std::size_t>(row)); }
  void write(int row, const ScoreRow& scores) override { rows_.at(static_cast<std::size_t>(row)) = scores; }

 private:
  std::vector<ScoreRow> rows_;
};

}  // namespace wd::sim::systemc
