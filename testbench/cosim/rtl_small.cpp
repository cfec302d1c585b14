// SPDX-License-Identifier: Apache-2.0
#include "Vwd_small.h"
#include "Vwd_small___024root.h"
#include "testbench/cosim/rtl_core_impl.hpp"

namespace wd::testbench {

std::unique_ptr<RtlCore> make_rtl_small() {
  return std::make_unique<VerilatedCore<Vwd_small, Vwd_small___024root, arch::Arch{}.acc_bits>>();
}

}  // namespace wd::testbench
