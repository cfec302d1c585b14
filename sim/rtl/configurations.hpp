// SPDX-License-Identifier: Apache-2.0
// What is elaborated: each architecture with its Verilated core.
#pragma once

#include <memory>
#include <vector>

#include "sim/rtl/rtl_core.hpp"

namespace wd::sim::rtl {

/// @param initial_state see RtlEngine
std::unique_ptr<RtlCore> make_rtl_full(int initial_state);
std::unique_ptr<RtlCore> make_rtl_small(int initial_state);

struct Configuration {
  arch::Arch arch;
  std::unique_ptr<RtlCore> (*make)(int initial_state);
};

/// The default first.
inline const std::vector<Configuration>& configurations() {
  static const std::vector<Configuration> all = [] {
    arch::Arch small;
    small.pes_per_group = 16;
    return std::vector<Configuration>{{arch::Arch{}, make_rtl_full}, {small, make_rtl_small}};
  }();
  return all;
}

}  // namespace wd::sim::rtl
