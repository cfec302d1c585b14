// SPDX-License-Identifier: Apache-2.0
// Signals of the RTL, cycle by cycle, from the value changes (VCD) that Verilator writes.
//
// Shape     a signal is named by its scopes, "TOP.wd_top.u_dma.left_q"; its bits are told the least significant first.
// Timing    a cycle ends with a rising edge of the clock: what it tells are the values before the edge, and which watched signals rise
//           with it (gated clocks).
// Errors    what is no VCD: wd::Error with the line.
// Test      port_reader_test.cpp
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace wd::flow {

class PortReader {
 public:
  /// @param watch is called when the names are known: there watch() may be used  @param cycle at the end of every cycle
  PortReader(std::string clock, std::function<void(PortReader&)> watch, std::function<void(const PortReader&)> cycle);

  void feed(std::string_view text);

  /// The number of a signal, by which it is read; -1 where the stream has none of this name.
  int watch(const std::string& signal);
  std::span<const std::uint8_t> bits(int signal) const { return values_[at(signal)].bits; }
  /// Changed since the cycle before.
  bool changed(int signal) const { return values_[at(signal)].changed; }
  /// Of a signal of one bit: rises with the edge that ends the cycle.
  bool rises(int signal) const { return values_[at(signal)].rises; }

 private:
  struct Variable {
    std::string code;
    std::size_t width = 0;
  };
  struct Value {
    std::vector<std::uint8_t> bits;
    std::string next;  // at the present time, the most significant bit first; empty: as before
    bool changed = true, rises = false;
  };
  static std::size_t at(int i) { return static_cast<std::size_t>(i); }

  void line(std::string_view text);
  void header(std::string_view text);
  void change(std::string_view value, std::string_view code);
  void end_of_time();

  std::string clock_;
  std::function<void(PortReader&)> watch_;
  std::function<void(const PortReader&)> cycle_;
  std::string rest_;  // of a line that has not ended
  std::uint64_t line_ = 0;
  bool in_header_ = true;
  std::vector<std::string> scopes_;
  std::map<std::string, Variable> variables_;
  std::map<std::string, std::vector<int>, std::less<>> by_code_;
  std::map<std::string, int> numbers_;
  std::vector<Value> values_;
  std::vector<int> pending_;
  int clock_number_ = -1;
};

}  // namespace wd::flow
