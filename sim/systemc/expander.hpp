// SPDX-License-Identifier: Apache-2.0
// Expands the weight beats of a burst to whole rows; absent words become zero.
//
// Shape     a header beat (bit p: word p follows), then the present words {sign, mask}, four to a beat.
// Timing    the row is written at the end of the cycle in which its last beat is on beat_i.
// Test      program_test.cpp
#pragma once

#include <systemc>

#include "sim/systemc/bus.hpp"
#include "sim/systemc/types.hpp"
#include "sim/systemc/weight_buffer.hpp"

namespace wd::sim::systemc {

class Expander : public sc_core::sc_module {
 public:
  sc_core::sc_in<bool> clk_i{"clk_i"}, beat_valid_i{"beat_valid_i"};
  BusIn<DmaBeat> beat_i{"beat_i"};
  sc_core::sc_port<WeightWriteIf> row_o{"row_o"};

  SC_HAS_PROCESS(Expander);
  explicit Expander(sc_core::sc_module_name name);

 private:
  void clocked();
  void take_header(const Beat& beat);
  void take_words(const Beat& beat);

  int row_ = 0;
  std::uint64_t missing_ = 0;  // words of the row that are still to come
  WeightRow words_;
};

}  // namespace wd::sim::systemc
