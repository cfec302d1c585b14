// SPDX-License-Identifier: Apache-2.0
#include "Vwd_full_signals.h"
#include "Vwd_full_signals___024root.h"
#include "sim/rtl/configurations.hpp"
#include "sim/rtl/rtl_chip_impl.hpp"
#include "sim/rtl/rtl_core_impl.hpp"
#include "sim/rtl/walker_probe.hpp"

namespace wd::sim::rtl {

std::unique_ptr<RtlCore> make_rtl_full_signals(int initial_state) {
  return std::make_unique<
      VerilatedCore<Vwd_full_signals, Vwd_full_signals___024root, WalkerProbe<Vwd_full_signals___024root>,
                    arch::Arch{}.acc_bits, std::int64_t{1} << 21>>(initial_state);
}

std::unique_ptr<RtlChip> make_chip_full_signals(const arch::Arch& arch, int initial_state) {
  return std::make_unique<JoinedChip<Vwd_full_signals>>(arch, initial_state);
}

}  // namespace wd::sim::rtl
