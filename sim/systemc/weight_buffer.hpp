// SPDX-License-Identifier: Apache-2.0
// Holds weight rows, one word for each PE of a group.
//
// Shape     a read gives `planes` consecutive rows; those of them behind the last row hold anything.
// Timing    what is read in cycle t is on rows_o from cycle t + 1 on, and stays there.
// Errors    a first row outside of the buffer: SC_REPORT_ERROR.
#pragma once

#include <algorithm>
#include <systemc>
#include <vector>

#include "sim/systemc/bus.hpp"
#include "sim/systemc/types.hpp"

namespace wd::sim::systemc {

class WeightWriteIf : public virtual sc_core::sc_interface {
 public:
  virtual void write(int row, const WeightRow& words) = 0;
};

class WeightBuffer : public sc_core::sc_module, public WeightWriteIf {
 public:
  sc_core::sc_in<bool> clk_i{"clk_i"}, read_i{"read_i"};
  sc_core::sc_in<std::uint32_t> read_row_i{"read_row_i"};
  BusOut<WeightRows> rows_o{"rows_o"};

  SC_HAS_PROCESS(WeightBuffer);
  /// @param planes that are read at once, at most max_planes
  WeightBuffer(sc_core::sc_module_name name, int rows, int planes)
      : sc_module(name), rows_(static_cast<std::size_t>(rows)), planes_(static_cast<std::size_t>(planes)) {
    SC_METHOD(clocked);
    sensitive << clk_i.pos();
    dont_initialize();
  }

  void write(int row, const WeightRow& words) override { at(static_cast<std::size_t>(row)) = words; }

 private:
  void clocked() {
    if (!clk_i.posedge()) return;  // just woken
    if (!read_i) return next_trigger(read_i.posedge_event());
    const std::size_t row = read_row_i.read();
    std::copy_n(&at(row), std::min(planes_, rows_.size() - row), rows_o->next().begin());
  }
  WeightRow& at(std::size_t row) {
    if (row >= rows_.size()) SC_REPORT_ERROR(name(), "a row outside of the weight buffer is used");
    return rows_[row];
  }

  std::vector<WeightRow> rows_;
  const std::size_t planes_;
};

}  // namespace wd::sim::systemc
