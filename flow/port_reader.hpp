// SPDX-License-Identifier: Apache-2.0
// Signals of the RTL, cycle by cycle, from their changes.
//
// Shape     a signal is named by its block, "wd_top.u_dma.left_q"; its bits are told the least significant first.
// Timing    a cycle ends with a rising edge of the clock: what it tells are the values before the edge, and which watched signals rise
//           with it (gated clocks).
// Test      port_reader_test.cpp
#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/signals.hpp"

namespace wd::flow {

class PortReader : public sim::SignalSink {
 public:
  /// @param watch is called when the names are known: there watch() may be used  @param cycle at the end of every cycle
  PortReader(std::string clock, std::function<void(PortReader&)> watch,
             std::function<void(const PortReader&)> cycle);

  void declare(std::size_t number, const std::string& scope, const std::string& name, int width) override;
  void time(std::uint64_t half_cycles) override;
  void change(std::size_t number, std::string_view bits) override;

  /// Throws what `watch` or `cycle` have thrown: an engine's signals are told by code that exceptions must not pass. After the first
  /// one nothing is told any more.
  void check() const {
    if (failed_) std::rethrow_exception(failed_);
  }

  /// The number of a signal, by which it is read; -1 where there is none of this name.
  int watch(const std::string& signal);
  std::span<const std::uint8_t> bits(int signal) const { return values_[at(signal)].bits; }
  /// Changed since the cycle before.
  bool changed(int signal) const { return values_[at(signal)].changed; }
  /// Of a signal of one bit: rises with the edge that ends the cycle.
  bool rises(int signal) const { return values_[at(signal)].rises; }

 private:
  struct Declared {
    std::size_t number = 0;  // the engine's
    int width = 0;
  };
  struct Value {
    std::vector<std::uint8_t> bits;
    std::string next;  // at the present time, the most significant bit first; empty: as before
    bool changed = true, rises = false;
  };
  static std::size_t at(int i) { return static_cast<std::size_t>(i); }

  void begin_or_end();

  std::string clock_;
  std::exception_ptr failed_;
  std::function<void(PortReader&)> watch_;
  std::function<void(const PortReader&)> cycle_;
  bool begun_ = false;
  std::map<std::string, Declared> declared_;
  std::vector<int> by_number_;  // of the engine's: ours, -1 where it is not watched
  std::vector<Value> values_;
  std::vector<int> pending_;
  int clock_number_ = -1;
};

}  // namespace wd::flow
