// SPDX-License-Identifier: Apache-2.0
// Holds normalization rows: gamma and beta of 16 channels, filled by the DMA, 4 beats a row.
//
// Timing    a row read in cycle t is on row_o in cycle t + 1; a beat is written at the end of its cycle.
// Errors    a row outside of the buffer: SC_REPORT_ERROR.
#pragma once

#include <systemc>
#include <vector>

#include "sim/systemc/bus.hpp"
#include "sim/systemc/types.hpp"

namespace wd::sim::systemc {

class NormBuffer : public sc_core::sc_module {
 public:
  sc_core::sc_in<bool> clk_i{"clk_i"}, read_i{"read_i"}, beat_valid_i{"beat_valid_i"};
  sc_core::sc_in<std::uint32_t> row_i{"row_i"};
  BusOut<NormRow> row_o{"row_o"};
  BusIn<DmaBeat> beat_i{"beat_i"};

  SC_HAS_PROCESS(NormBuffer);
  NormBuffer(sc_core::sc_module_name name, int rows)
      : sc_module(name), rows_(static_cast<std::size_t>(rows)) {
    SC_METHOD(clocked);
    sensitive << clk_i.pos();
    dont_initialize();
  }

 private:
  void clocked() {
    if (!clk_i.posedge()) return;  // just woken
    if (read_i) row_o->next() = at(row_i.read());
    if (beat_valid_i && beat_i->read().target == arch::Op::LoadNorms) write(beat_i->read());
    if (!read_i && !beat_valid_i) next_trigger(read_i.posedge_event() | beat_valid_i.posedge_event());
  }
  void write(const DmaBeat& beat) {
    NormRow& row = at(static_cast<std::size_t>(beat.row));
    auto& half = beat.part < 2 ? row.gamma : row.beta;
    for (std::size_t i = 0; i < beat.data.size() / 2; ++i)
      half[static_cast<std::size_t>(beat.part % 2) * (beat.data.size() / 2) + i] =
          static_cast<numerics::Fp16>(beat.data[2 * i] | beat.data[2 * i + 1] << 8);
  }
  NormRow& at(std::size_t row) {
    if (row >= rows_.size()) SC_REPORT_ERROR(name(), "a row outside of the normalization buffer is used");
    return rows_[row];
  }

  std::vector<NormRow> rows_;
};

}  // namespace wd::sim::systemc
