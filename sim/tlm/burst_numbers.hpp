// SPDX-License-Identifier: Apache-2.0
// Which instruction a burst belongs to: bursts come to memory one after another, in the order of the program.
// Test      testbench/platform_faults_test.cpp (against the RTL's own number)
#pragma once

#include <cstdint>
#include <vector>

#include "hw/arch/arch.hpp"

namespace whitedwarf {

class BurstNumbers {
 public:
  void begin(const std::vector<wd::arch::Instr>& instrs, std::uint32_t entry);
  /// Beats of the burst that is in progress, or, if it has no more, of the next one. @return its instruction's number
  std::uint32_t take(std::uint64_t beats);
  /// Of the burst that was taken last.
  std::uint32_t last() const { return number_; }

 private:
  void advance();

  const std::vector<wd::arch::Instr>* instrs_ = nullptr;
  std::size_t pc_ = 0, loop_start_ = 0;
  int iteration_ = 0, iterations_ = 1;
  std::uint32_t number_ = 0;
  std::uint64_t left_ = 0;
};

}  // namespace whitedwarf
