// SPDX-License-Identifier: Apache-2.0
#include "Vwd_imagenet.h"
#include "Vwd_imagenet___024root.h"
#include "sim/rtl/configurations.hpp"
#include "sim/rtl/rtl_core_impl.hpp"
#include "sim/rtl/walker_probe.hpp"

namespace wd::sim::rtl {

std::unique_ptr<RtlCore> make_rtl_imagenet(int initial_state) {
  return std::make_unique<
      VerilatedCore<Vwd_imagenet, Vwd_imagenet___024root, WalkerProbe<Vwd_imagenet___024root>,
                    arch::Arch{}.acc_bits, std::int64_t{1} << 21>>(initial_state);
}

}  // namespace wd::sim::rtl
