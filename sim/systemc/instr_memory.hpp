// SPDX-License-Identifier: Apache-2.0
// The instruction memory: written by the host, read by the sequencer in its FETCH cycle.
#pragma once

#include <systemc>
#include <vector>

#include "hw/arch/arch.hpp"

namespace wd::sim::systemc {

class InstrReadIf : public virtual sc_core::sc_interface {
 public:
  virtual int rows() const = 0;
  virtual const arch::InstrWord& instruction(std::uint32_t row) const = 0;
};

class InstrMemory : public sc_core::sc_module, public InstrReadIf {
 public:
  InstrMemory(sc_core::sc_module_name name, int rows)
      : sc_module(name), instrs_(static_cast<std::size_t>(rows)) {}

  int rows() const override { return static_cast<int>(instrs_.size()); }
  const arch::InstrWord& instruction(std::uint32_t row) const override { return instrs_.at(row); }
  arch::InstrWord& instruction(std::uint32_t row) { return instrs_.at(row); }

 private:
  std::vector<arch::InstrWord> instrs_;
};

}  // namespace wd::sim::systemc
