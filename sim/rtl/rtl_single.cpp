// SPDX-License-Identifier: Apache-2.0
#include "Vwd_single.h"
#include "Vwd_single___024root.h"
#include "sim/rtl/configurations.hpp"
#include "sim/rtl/rtl_core_impl.hpp"
#include "sim/rtl/walker_probe.hpp"

namespace wd::sim::rtl {

std::unique_ptr<RtlCore> make_rtl_single(int initial_state) {
  return std::make_unique<VerilatedCore<Vwd_single, Vwd_single___024root, WalkerProbe<Vwd_single___024root>,
                                        arch::Arch{}.acc_bits, 0>>(initial_state);
}

}  // namespace wd::sim::rtl
