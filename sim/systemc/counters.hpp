// SPDX-License-Identifier: Apache-2.0
// The activity counters of hw/arch/counters.def, cleared by a start.
//
// What      each block counts what it does; a counter is summed over them when it is read.
#pragma once

#include <systemc>

#include "hw/arch/arch.hpp"

namespace wd::sim::systemc {

class ActivityIf : public virtual sc_core::sc_interface {
 public:
  /// What the block has done since it was made; counters that are others' are zero.
  virtual const arch::Counters& activity() const = 0;
};

class Counters : public sc_core::sc_module {
 public:
  sc_core::sc_in<bool> start_i{"start_i"};
  sc_core::sc_port<ActivityIf, 0> activity_i{"activity_i"};  // of every block that counts

  SC_HAS_PROCESS(Counters);
  explicit Counters(sc_core::sc_module_name name) : sc_module(name) {
    SC_METHOD(clear);
    sensitive << start_i.pos();
    dont_initialize();
  }

  /// Counter number `index` of counters.def.
  std::uint64_t value(int index) const { return nth(total(), index) - nth(at_start_, index); }

 private:
  void clear() { at_start_ = total(); }
  arch::Counters total() const;
  static std::uint64_t nth(const arch::Counters& counts, int index);

  arch::Counters at_start_;
};

}  // namespace wd::sim::systemc
