// SPDX-License-Identifier: Apache-2.0
#include "sim/systemc/expander.hpp"

#include <bit>

namespace wd::sim::systemc {

Expander::Expander(sc_core::sc_module_name name) : sc_module(name) {
  SC_METHOD(clocked);
  sensitive << clk_i.pos();
  dont_initialize();
}

void Expander::clocked() {
  if (!clk_i.posedge()) return;  // just woken
  if (!beat_valid_i) return next_trigger(beat_valid_i.posedge_event());
  const DmaBeat& beat = beat_i->read();
  if (beat.target != arch::Op::LoadWeights || beat.coded) return;
  if (beat.first) {
    row_ = beat.row;
    missing_ = 0;
  }
  if (missing_ == 0)
    take_header(beat.data);
  else
    take_words(beat.data);
  if (missing_ == 0) row_o->write(row_++, words_);
}

void Expander::take_header(const Beat& beat) {
  for (int i = 0; i < 8; ++i) missing_ |= std::uint64_t{beat[static_cast<std::size_t>(i)]} << 8 * i;
  words_ = {};
}

void Expander::take_words(const Beat& beat) {
  for (std::size_t at = 0; at < beat.size() && missing_ != 0; at += 4) {
    const auto pe = static_cast<std::size_t>(std::countr_zero(missing_));
    missing_ &= missing_ - 1;
    words_.mask[pe] = static_cast<std::uint16_t>(beat[at] | beat[at + 1] << 8);
    words_.sign[pe] = static_cast<std::uint16_t>(beat[at + 2] | beat[at + 3] << 8);
  }
}

}  // namespace wd::sim::systemc
