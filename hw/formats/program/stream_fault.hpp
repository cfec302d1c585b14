// SPDX-License-Identifier: Apache-2.0
// What the register `fault_cause` says when the weight decoder has given a burst up: the one place that knows both numberings.
//
// Test      weight_bursts_test.cpp
#pragma once

#include "hw/arch/registers.hpp"
#include "hw/formats/stream/chip_code.hpp"

namespace wd::program {

inline arch::FaultCause fault_cause(stream::ChipFault fault) {
  switch (fault) {
    case stream::ChipFault::none:
      return arch::FaultCause::none;
    case stream::ChipFault::header:
    case stream::ChipFault::table:
    case stream::ChipFault::code:
    case stream::ChipFault::cut:
    case stream::ChipFault::overrun:
    case stream::ChipFault::excess:
      break;
  }
  return arch::FaultCause::stream_error;
}

}  // namespace wd::program
