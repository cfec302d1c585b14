// SPDX-License-Identifier: Apache-2.0
// What is elaborated: each architecture with its Verilated core.
#pragma once

#include <memory>
#include <vector>

#include "sim/rtl/rtl_chip.hpp"
#include "sim/rtl/rtl_core.hpp"

namespace wd::sim::rtl {

/// Of its functions, initial_state is as in RtlEngine.
struct Configuration {
  arch::Arch arch;
  std::unique_ptr<RtlCore> (*make)(int initial_state);
  std::unique_ptr<RtlCore> (*make_with_signals)(int initial_state) =
      nullptr;  // null: has no signals to watch
  std::unique_ptr<RtlChip> (*make_chip)(const arch::Arch&,
                                        int initial_state) = nullptr;  // null: there is none
  std::unique_ptr<RtlChip> (*make_chip_with_signals)(const arch::Arch&, int initial_state) = nullptr;
};

/// Those that sim/rtl/CMakeLists.txt names, the default first; then those of WD_RTL_ARCHS.
const std::vector<Configuration>& configurations();

}  // namespace wd::sim::rtl
