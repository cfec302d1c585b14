// SPDX-License-Identifier: Apache-2.0
// Reads value changes (VCD) as a stream: from a pipe, while the simulator writes them.
//
// Shape     one-bit variables; those of more bits are passed over. All changes of a time are told together.
// Errors    what is no VCD, a stream that ends before its header: wd::Error with the line.
// Source    IEEE 1364-2005, 18.2
// Test      vcd_test.cpp
#pragma once

#include <cstdint>
#include <cstdio>
#include <functional>
#include <span>
#include <string>

namespace wd::silicon {

struct Change {
  int variable = 0;
  std::uint8_t value = 0;  // 0, 1 or 2: not known
};

struct VcdSink {
  /// The number that changes of a variable are to have; -1: not wanted. @param scope "tb.dut"
  std::function<int(const std::string& scope, const std::string& name)> variable;
  /// What changed at a time.
  std::function<void(double time_ns, std::span<const Change> changes)> changes;
};

void read_vcd(std::FILE* file, const std::string& origin, const VcdSink& sink);

}  // namespace wd::silicon
