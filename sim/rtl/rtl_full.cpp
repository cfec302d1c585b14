// SPDX-License-Identifier: Apache-2.0
#include "Vwd_full.h"
#include "Vwd_full___024root.h"
#include "sim/rtl/configurations.hpp"
#include "sim/rtl/rtl_chip_impl.hpp"
#include "sim/rtl/rtl_core_impl.hpp"
#include "sim/rtl/walker_probe.hpp"

namespace wd::sim::rtl {

std::unique_ptr<RtlCore> make_rtl_full(int initial_state) {
  return std::make_unique<VerilatedCore<Vwd_full, Vwd_full___024root, WalkerProbe<Vwd_full___024root>,
                                        arch::Arch{}.acc_bits, std::int64_t{1} << 21>>(initial_state);
}

std::unique_ptr<RtlChip> make_chip_full(const arch::Arch& arch, int initial_state) {
  return std::make_unique<JoinedChip<Vwd_full>>(arch, initial_state);
}

}  // namespace wd::sim::rtl
