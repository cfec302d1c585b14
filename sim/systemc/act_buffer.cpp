// SPDX-License-Identifier: Apache-2.0
#include "sim/systemc/act_buffer.hpp"

#include <bit>

#include "base/error.hpp"

namespace wd::sim::systemc {

ActBuffer::ActBuffer(sc_core::sc_module_name name, int rows)
    : sc_module(name), rows_(rows), words_(static_cast<std::size_t>(banks * rows)) {
  SC_METHOD(clocked);
  sensitive << clk_i.pos();
  dont_initialize();
}

const ActWord& ActBuffer::word(int bank, int row) const {
  if (row < 0 || row >= rows_)
    SC_REPORT_ERROR(name(), text("row ", row, " is outside of the activation buffer").c_str());
  return words_[static_cast<std::size_t>(bank * rows_ + row)];
}

void ActBuffer::clocked() {
  const BankRead &fetch = fetch_i->read(), &post = post_i->read();
  if (fetch.enable != 0 && post.enable != 0)
    SC_REPORT_ERROR(name(), "fetch and post unit read in the same cycle");
  if (fetch.enable != 0) read(fetch);
  if (post.enable != 0) read(post);
  const BankWrite& words = write_i->read();
  if (words.enable != 0) write(words);
  const BankWrite& pooled = pool_write_i->read();
  if (pooled.enable != 0) write(pooled);
  write(beat_i->read(), words.enable | pooled.enable);
}

/// @param taken banks that another writes in this cycle
void ActBuffer::write(const DmaBeat& beat, std::uint32_t taken) {
  if (held_.valid) {
    if (taken >> held_.part & 1) SC_REPORT_ERROR(name(), "a bank has no time for the DMA's word");
    taken |= 1u << held_.part;
    at(held_.part, held_.row) = held_.data;
    held_.valid = false;
  }
  if (!beat.valid || beat.target != arch::Op::LoadTensor) return;
  if (taken >> beat.part & 1)
    held_ = beat;
  else
    at(beat.part, beat.row) = beat.data;
}

/// At the end of the cycle before the one in which the word is on its way, as the scores'.
const ActWord* ActBuffer::read_word(int bank, int row) {
  const bool taken = ((fetch_i->read().enable | post_i->read().enable) >> bank & 1) != 0;
  return taken ? nullptr : &word(bank, row);
}

void ActBuffer::read(const BankRead& request) {
  BankData& data = data_o->next();
  for (std::uint32_t left = request.enable; left != 0; left &= left - 1) {
    const int bank = std::countr_zero(left);
    data[static_cast<std::size_t>(bank)] = word(bank, request.row[static_cast<std::size_t>(bank)]);
  }
}

void ActBuffer::write(const BankWrite& request) {
  for (std::uint32_t left = request.enable; left != 0; left &= left - 1) {
    const int bank = std::countr_zero(left);
    at(bank, request.row[static_cast<std::size_t>(bank)]) = request.data[static_cast<std::size_t>(bank)];
  }
}

}  // namespace wd::sim::systemc
