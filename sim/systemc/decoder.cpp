// SPDX-License-Identifier: Apache-2.0
#include "sim/systemc/decoder.hpp"

#include "hw/formats/program/weight_bursts.hpp"

namespace wd::sim::systemc {

Decoder::Decoder(sc_core::sc_module_name name, const arch::Arch& arch)
    : sc_module(name), decoder_(program::decoder_shape(arch)) {
  SC_METHOD(clocked);
  sensitive << clk_i.pos();
  dont_initialize();
}

void Decoder::clocked() {
  if (!clk_i.posedge()) return;  // just woken
  if (decoder_.busy()) {
    write_row();
    const bool beat = beat_valid_i && decoder_.ready();
    if (!beat && !dma_busy_i) decoder_.end();
    decoder_.clock(beat ? beat_i->read().data.data() : nullptr);
    const stream::ChipActivity& done = decoder_.activity();
    activity_.decoder_cycles = done.cycles;
    activity_.coded_words = done.words;
    activity_.coded_rows = done.rows;
    activity_.sign_groups = done.sign_groups;
    if (decoder_.fault() != stream::ChipFault::none && fault_handler_) fault_handler_();
  } else if (!start_i) {
    return next_trigger(start_i.posedge_event());
  } else if (instr_i->read().operation() == arch::Op::LoadWeights && instr_i->read().coded) {
    row_ = instr_i->read().weight_row;
    decoder_.start();
  }
  busy_o.write(decoder_.busy());
  ready_o.write(!decoder_.busy() || decoder_.ready());
}

void Decoder::write_row() {
  const auto row = decoder_.row();
  if (!row) return;
  WeightRow words;
  words.mask = row->mask;
  words.sign = row->sign;
  row_o->write(row_++, words);
}

}  // namespace wd::sim::systemc
