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
  VcdText(SignalSink& sink, const SignalWindow& window) : sink_(sink), window_(window) {}

  /// Any part of the text.
  void take(std::string_view part);
  std::size_t declared() const { return declared_; }
  /// Of all signals, the one with the highest code: "wd_top.u_post.post_i".
  const std::string& last_signal() const { return last_signal_; }

 private:
  void line(std::string_view line);
  void definition(std::string_view line);
  void change(std::string_view bits, std::string_view code);

  SignalSink& sink_;
  const SignalWindow window_;
  std::string rest_;                  // of a line whose end has not come
  std::vector<std::string> scope_;    // by level
  std::vector<std::size_t> numbers_;  // of signals, by their code; 0: not declared, else 1 more
  std::size_t declared_ = 0, last_code_ = 0;
  std::string last_signal_;
  bool header_ = true;
};

}  // namespace wd::sim::rtl
