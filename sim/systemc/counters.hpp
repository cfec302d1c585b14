// SPDX-License-Identifier: Apache-2.0
// The activity counters of hw/arch/counters.def, cleared by a start.
//
// Timing    the blocks report a cycle's activity through registers, so a count is complete one cycle later;
//           the last activity before HALT is older than that.
#pragma once

#include <array>
#include <systemc>

#include "hw/arch/arch.hpp"
#include "sim/systemc/bus.hpp"
#include "sim/systemc/types.hpp"

namespace wd::sim::systemc {

class Counters : public sc_core::sc_module {
 public:
  sc_core::sc_in<bool> clk_i{"clk_i"}, start_i{"start_i"}, busy_i{"busy_i"}, run_i{"run_i"},
      pool_run_i{"pool_run_i"};
  sc_core::sc_in<bool> beat_read_i{"beat_read_i"}, beat_written_i{"beat_written_i"};
  sc_core::sc_in<std::uint32_t> act_reads_i{"act_reads_i"}, pool_writes_i{"pool_writes_i"};
  BusIn<arch::Counters> array_i{"array_i"};  // those that are the organisation's
  BusIn<PostActivity> post_i{"post_i"};

  SC_HAS_PROCESS(Counters);
  explicit Counters(sc_core::sc_module_name name) : sc_module(name) {
    SC_METHOD(clocked);
    sensitive << clk_i.pos();
    dont_initialize();
  }

  /// Counter number `index` of counters.def.
  std::uint64_t value(int index) const {
    std::uint64_t result = 0;
    arch::for_each_counter(counts_, [&](const char*, std::uint64_t count) {
      if (index-- == 0) result = count;
    });
    return result;
  }

 private:
  void clocked();
  arch::Counters counts_;
};

}  // namespace wd::sim::systemc
