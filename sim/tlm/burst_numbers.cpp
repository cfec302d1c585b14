// SPDX-License-Identifier: Apache-2.0
#include "sim/tlm/burst_numbers.hpp"

#include <algorithm>

namespace whitedwarf {

using wd::arch::Instr;
using wd::arch::Op;

void BurstNumbers::begin(const std::vector<Instr>& instrs, std::uint32_t entry) {
  *this = {};
  instrs_ = &instrs;
  pc_ = entry;
}

std::uint32_t BurstNumbers::take(std::uint64_t beats) {
  if (left_ == 0) advance();
  left_ -= std::min(left_, beats);
  return number_;
}

/// To behind the next burst.
void BurstNumbers::advance() {
  while (instrs_ != nullptr && pc_ < instrs_->size()) {
    const Instr& instr = (*instrs_)[pc_++];
    if (instr.operation() == Op::Halt) return;
    if (instr.operation() == Op::Loop) {
      loop_start_ = pc_;
      iteration_ = 0;
      iterations_ = instr.count;
    } else if (instr.operation() == Op::EndLoop) {
      if (++iteration_ < iterations_) pc_ = loop_start_;
    } else if (wd::arch::is_burst(instr.operation())) {
      number_ = static_cast<std::uint32_t>(pc_ - 1);
      left_ = static_cast<std::uint64_t>(instr.count);
      return;
    }
  }
}

}  // namespace whitedwarf
