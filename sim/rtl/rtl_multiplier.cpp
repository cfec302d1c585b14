// SPDX-License-Identifier: Apache-2.0
#include "Vwd_multiplier.h"
#include "Vwd_multiplier___024root.h"
#include "sim/rtl/configurations.hpp"
#include "sim/rtl/rtl_core_impl.hpp"
#include "sim/rtl/walker_probe.hpp"

namespace wd::sim::rtl {

std::unique_ptr<RtlCore> make_rtl_multiplier(int initial_state) {
  return std::make_unique<VerilatedCore<Vwd_multiplier, Vwd_multiplier___024root,
                                        WalkerProbe<Vwd_multiplier___024root>, arch::Arch{}.acc_bits, 0>>(
      initial_state);
}

}  // namespace wd::sim::rtl
