// SPDX-License-Identifier: Apache-2.0
// Watches the core's signals and ports in a window of a frame. No hardware; asleep outside of it.
//
// What      every port and signal of the hierarchy that carries a bit, a number or a bus; sc_trace() would follow addresses, which a
//           Bus has two of by turns. A bus is told field by field.
// Units     the model's registers and wires change with the rising edge: a cycle's settled values are told as of its start.
// Errors    a block that is not there: wd::Error.
// Test      testbench/signals_test.cpp
#pragma once

#include <functional>
#include <map>
#include <set>
#include <systemc>
#include <vector>

#include "sim/signals.hpp"
#include "sim/systemc/bus.hpp"

namespace wd::sim::systemc {

class Probe : public sc_core::sc_module {
 public:
  sc_core::sc_in<bool> clk_i{"clk_i"}, busy_i{"busy_i"};

  SC_HAS_PROCESS(Probe);
  /// @param cycle the present one, as windows count them
  Probe(sc_core::sc_module_name name, const sc_core::sc_module& top, std::function<std::uint64_t()> cycle);
  void watch(SignalSink& sink, const SignalWindow& window);
  /// Whether the window's last cycle was told, of one with idle cycles any; ends the watch.
  bool finish();

 private:
  struct Source {
    const sc_core::sc_interface* interface = nullptr;
    std::vector<std::size_t> numbers;  // of its fields
    std::vector<std::string> bits;     // as they were told
  };

  void settled();
  void collect(const sc_core::sc_object& object, const std::string& scope);
  void add(const sc_core::sc_interface* interface, const std::string& scope, const std::string& name);
  void tell(Source& source);

  const sc_core::sc_module& top_;
  std::function<std::uint64_t()> cycle_;
  sc_core::sc_event watched_;
  SignalSink* sink_ = nullptr;
  SignalWindow window_;
  std::set<std::string> blocks_;
  std::map<const sc_core::sc_interface*, std::size_t> known_;
  std::vector<Source> sources_;
  std::size_t numbers_ = 0;
  bool told_ = false, begun_ = false;
};

}  // namespace wd::sim::systemc
