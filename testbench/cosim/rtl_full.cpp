// SPDX-License-Identifier: Apache-2.0
#include "Vwd_full.h"
#include "Vwd_full___024root.h"
#include "testbench/cosim/rtl_core_impl.hpp"

namespace wd::testbench {

std::unique_ptr<RtlCore> make_rtl_full() {
  return std::make_unique<VerilatedCore<Vwd_full, Vwd_full___024root, arch::Arch{}.acc_bits>>();
}

}  // namespace wd::testbench
