// SPDX-License-Identifier: Apache-2.0
#include "sim/systemc/walker_array.hpp"

#include <bit>

#include "base/error.hpp"
#include "hw/numerics/fp8.hpp"

namespace wd::sim::systemc {

WalkerArray::WalkerArray(sc_core::sc_module_name name, const arch::Arch& arch)
    : sc_module(name), arch_(arch) {
  SC_METHOD(clocked);
  sensitive << clk_i.pos();
  dont_initialize();
}

void WalkerArray::clocked() {
  if (setup_i) clear();
  activity_ = {};
  if (run_i) {
    if (issued_valid_i) take_issued(issued_i->read());
    activity_.rows_issued = issued_valid_i;
    left_ = 0;
    for (std::size_t g = 0; g < groups; ++g) {
      if (groups_[g].walked) add(groups_[g]);
      if (groups_[g].active == 0) continue;
      if (traced_)
        work<true>(g);
      else
        work<false>(g);
    }
    left_o.write(left_);
    ++run_cycle_;
  }
  const bool quiet = activity_.pe_cycles == 0 && activity_.rows_issued == 0;
  if (quiet_ && quiet) return;
  activity_o->next() = activity_;
  quiet_ = quiet;
}

void WalkerArray::clear() {
  window_ = window_i.read();
  oldest_slot_ = 0;
  run_cycle_ = 0;
  groups_ = {};
}

/// The row's slot is written, and each PE learns whether the row has work for it.
void WalkerArray::take_issued(const WalkerRow& row) {
  Slot& slot = slots_[static_cast<std::size_t>(row.slot)];
  slot.mask = row.words.mask;
  slot.sign = row.words.sign;
  slot.walk = row.walk;
  slot.entry = row.entry;
  oldest_slot_ = (static_cast<std::uint32_t>(row.slot) + 1) % window_;
  for (std::size_t g = 0; g < groups; ++g) {
    Entry& kept = entries_[static_cast<std::size_t>(row.entry)][g];
    if (row.first) {
      for (std::size_t i = 0; i < chunk; ++i) kept.units[i] = numerics::fp8_units(row.acts.acts[g][i]);
      kept.nonzero = row.nonzero[g];
    }
    if (kept.nonzero == 0) continue;
    for (std::size_t i = 0; i < chunk; ++i) slot.operands[g][i] = kept.units[i] << row.plane;
    announce(row, kept.nonzero, groups_[g]);
  }
}

void WalkerArray::announce(const WalkerRow& row, std::uint16_t nonzero, Group& group) {
  const auto bit = static_cast<std::uint8_t>(1u << row.slot);
  std::uint64_t news = 0;
  for (std::size_t pe = 0; pe < static_cast<std::size_t>(arch_.pes_per_group); ++pe) {
    const bool work = (row.walk[pe] & nonzero) != 0;
    group.pes[pe].pending |= work ? bit : 0;
    news |= std::uint64_t{work} << pe;
  }
  group.active |= news;
}

void WalkerArray::add(Group& group) {
  const std::uint64_t bias = std::uint64_t{1} << (arch_.acc_bits - 1);
  std::uint64_t outside = 0;
  for (std::size_t pe = 0; pe < max_pes; ++pe) {
    group.sum[pe] += group.operand[pe];
    outside |= static_cast<std::uint64_t>(group.sum[pe]) + bias;
  }
  group.operand = {};
  group.walked = false;
  if (outside >> arch_.acc_bits != 0)
    SC_REPORT_ERROR(name(), text("a sum left the ", arch_.acc_bits, " bits of parameter 'acc_bits'").c_str());
}

/// The lowest bit of `pending` counted upwards from the oldest row's slot, round the window.
std::uint32_t WalkerArray::oldest(std::uint32_t pending) const {
  const std::uint32_t not_wrapped = pending >> oldest_slot_ << oldest_slot_;
  return static_cast<std::uint32_t>(std::countr_zero(not_wrapped != 0 ? not_wrapped : pending));
}

/// The oldest row that has work for the PE and is not taken yet.
inline void WalkerArray::take(Pe& pe, std::size_t number, std::size_t group) const {
  const std::uint32_t at = oldest(pe.pending);
  const Slot& slot = slots_[at];
  pe.pending &= static_cast<std::uint8_t>(~(1u << at));
  pe.slot = static_cast<std::uint8_t>(at);
  pe.operands = slot.operands[group].data();
  pe.mask = slot.mask[number];
  pe.sign = slot.sign[number];
  pe.rem = slot.walk[number] & entries_[static_cast<std::size_t>(slot.entry)][group].nonzero;
}

/// A cycle of the PEs of a group that have work.
template <bool traced>
void WalkerArray::work(std::size_t number) {
  Group& group = groups_[number];
  unsigned walks = 0, bit_ops = 0;
  std::uint32_t busy = 0;
  std::uint64_t finished = 0;
  for (std::uint64_t left = group.active; left != 0; left &= left - 1) {
    const auto at = static_cast<std::size_t>(std::countr_zero(left));
    Pe& pe = group.pes[at];
    if (pe.rem != 0) {
      const int position = std::countr_zero(static_cast<unsigned>(pe.rem));
      const std::int32_t mask = -(pe.mask >> position & 1), sign = -(pe.sign >> position & 1);
      const std::int32_t operand = pe.operands[position] & mask;
      group.operand[at] = (operand ^ sign) - sign;
      bit_ops += operand != 0;
      ++walks;
      pe.rem &= static_cast<std::uint16_t>(pe.rem - 1);
      if constexpr (traced) {
        ++group.walks[at];
        group.last[at] = run_cycle_;
      }
    }
    if (pe.rem == 0 && pe.pending != 0) take(pe, at, number);
    busy |= pe.pending | static_cast<std::uint32_t>(pe.rem != 0) << pe.slot;
    finished |= std::uint64_t{(pe.rem | pe.pending) == 0} << at;
  }
  activity_.group_cycles += 1;
  activity_.pe_cycles += static_cast<unsigned>(std::popcount(group.active));
  activity_.walk_ops += walks;
  activity_.bit_ops += bit_ops;
  group.walked = walks != 0;
  group.active &= ~finished;
  left_ |= busy;
}

}  // namespace wd::sim::systemc
