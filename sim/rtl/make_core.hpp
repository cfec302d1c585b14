// SPDX-License-Identifier: Apache-2.0
// A Verilated core for an architecture, for whoever brings memory and host.
#pragma once

#include <memory>

#include "sim/rtl/rtl_core.hpp"

namespace wd::sim::rtl {

/// Errors: an architecture that is not elaborated, or not with signals: wd::Error naming the parameter that differs.
std::unique_ptr<RtlCore> make_core(const arch::Arch& arch, int initial_state, bool signals);

}  // namespace wd::sim::rtl
