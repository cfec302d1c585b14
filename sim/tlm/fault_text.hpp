// SPDX-License-Identifier: Apache-2.0
// A fault as users read it: cause, instruction, and the address where the cause has one (docs/bus.md).
// Test      cli/platform_test.sh
#pragma once

#include <cstdint>
#include <string>

#include "base/error.hpp"
#include "hw/arch/registers.hpp"

namespace whitedwarf {

inline std::string fault_text(wd::arch::FaultCause cause, std::uint32_t instruction, std::uint32_t address) {
  using enum wd::arch::FaultCause;
  const char* const what = cause == bus_error ? ", beat " : cause == address_outside ? ", row " : nullptr;
  return wd::text(name_of(cause), " of instruction ", instruction,
                  what == nullptr ? std::string() : wd::text(what, address));
}

}  // namespace whitedwarf
