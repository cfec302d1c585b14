// SPDX-License-Identifier: Apache-2.0
// Holds class scores, up to four rows at once: written by the post unit at the end of a cycle, read by the DMA in the cycle itself.
#pragma once

#include <systemc>
#include <vector>

#include "sim/systemc/bus.hpp"
#include "sim/systemc/types.hpp"

namespace wd::sim::systemc {

class ScoreReadIf : public virtual sc_core::sc_interface {
 public:
  virtual const ScoreRow& scores(int row) const = 0;
};

class ScoreBuffer : public sc_core::sc_module, public ScoreReadIf {
 public:
  sc_core::sc_in<bool> clk_i{"clk_i"};
  BusIn<ScoreWrite> write_i{"write_i"};

  SC_HAS_PROCESS(ScoreBuffer);
  ScoreBuffer(sc_core::sc_module_name name, int rows)
      : sc_module(name), rows_(static_cast<std::size_t>(rows)) {
    SC_METHOD(clocked);
    sensitive << clk_i.pos();
    dont_initialize();
  }

  const ScoreRow& scores(int row) const override { return rows_.at(static_cast<std::size_t>(row)); }

 private:
  void clocked() {
    const ScoreWrite& write = write_i->read();
    for (std::size_t column = 0; column < group_columns; ++column)
      if (write.enable >> column & 1)
        rows_.at(static_cast<std::size_t>(write.row) + column) = write.scores[column];
  }

  std::vector<ScoreRow> rows_;
};

}  // namespace wd::sim::systemc
