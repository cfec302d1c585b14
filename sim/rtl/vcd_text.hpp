// SPDX-License-Identifier: Apache-2.0
// Reads the value changes that a Verilated model writes, as it writes them, and tells them as signals.
//
// What      what generated code offers is VCD as text and nothing else; so a file, counts and the other engines' signals share one way.
// Shape     "TOP" and its doubles of the top module's ports are left out.
#pragma once

#include <string>
#include <vector>

#include "sim/signals.hpp"

namespace wd::sim::rtl {

class VcdText {
 public:
  explicit VcdText(SignalSink& sink) : sink_(sink) {}

  /// Any part of the text.
  void take(std::string_view part);
  std::size_t declared() const { return declared_; }

 private:
  void line(std::string_view line);
  void definition(std::string_view line);
  void change(std::string_view bits, std::string_view code);

  SignalSink& sink_;
  std::string rest_;                  // of a line whose end has not come
  std::vector<std::string> scope_;    // by level
  std::vector<std::size_t> numbers_;  // of signals, by their code; 0: not declared, else 1 more
  std::size_t declared_ = 0;
  bool header_ = true;
};

}  // namespace wd::sim::rtl
