// SPDX-License-Identifier: Apache-2.0
// The signals of a Verilated model that was made with --trace, told to a sink.
//
// Errors    a block that the model does not have: wd::Error naming those that it has there.
#pragma once

#include <verilated_vcd_c.h>

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "base/error.hpp"
#include "sim/rtl/vcd_text.hpp"

namespace wd::sim::rtl {

/// Collects the paths of signals.
class SignalNames final : public SignalSink {
 public:
  void declare(std::size_t, const std::string& scope, const std::string& name, int) override {
    signals.push_back(scope + "." + name);
  }
  void time(std::uint64_t) override {}
  void change(std::size_t, std::string_view) override {}

  std::vector<std::string> signals;
};

/// Whether a model was made with --trace.
template <typename Model>
inline constexpr bool traced = requires(Model& model, VerilatedVcdC* vcd) {
  model.trace(vcd, 0, 0);
};

/// Takes the text that would go to a file.
class VcdPipe final : public VerilatedVcdFile {
 public:
  VcdPipe(SignalSink& sink, const SignalWindow& window) : text_(sink, window) {}
  bool open(const std::string&) override { return true; }
  void close() override {}
  ssize_t write(const char* part, ssize_t length) override {
    text_.take({part, static_cast<std::size_t>(length)});
    return length;
  }
  const VcdText& text() const { return text_; }

 private:
  VcdText text_;
};

template <typename Model>
class VerilatedSignals {
 public:
  /// @param others blocks that a user may name, which another model has
  VerilatedSignals(Model& model, SignalSink& sink, const SignalWindow& window,
                   std::set<std::string> others = {})
      : pipe_(sink, window), vcd_(&pipe_), others_(std::move(others)) {
    model.trace(&vcd_, all_levels);
    if (window.wanted || !window.scope.empty() || window.depth != 0) restrict(model, window);
    vcd_.open("");
    vcd_.flush();
  }
  void tell(std::uint64_t half_cycles) {
    vcd_.dump(half_cycles);
    vcd_.flush();
  }

 private:
  static constexpr int all_levels = 1000;  // more than there are

  void restrict(Model& model, const SignalWindow& window) {
    SignalNames names;
    VcdPipe pipe(names, window);
    VerilatedVcdC vcd(&pipe);
    model.trace(&vcd, all_levels);
    vcd.open("");
    vcd.flush();
    if (names.signals.empty()) {
      others_.merge(blocks(model));
      refuse_block("the RTL", window.scope, others_);
    }
    if (window.wanted)
      for (const std::string& signal : names.signals) vcd_.dumpvars(1, "TOP." + signal);
    else
      vcd_.dumpvars(window.depth == 0 ? all_levels : window.depth,
                    "TOP." + (window.scope.empty() ? "wd_top" : window.scope));
    // Verilator 5.006 knows of no signal behind the last one that it is to tell, and then tells some; ours are left out by VcdText.
    vcd_.dumpvars(1, "TOP." + pipe.text().last_signal());
  }
  static std::set<std::string> blocks(Model& model) {
    BlockNames names;
    VcdPipe pipe(names, {});
    VerilatedVcdC vcd(&pipe);
    model.trace(&vcd, all_levels);
    vcd.open("");
    vcd.flush();
    return names.names;
  }

  VcdPipe pipe_;
  VerilatedVcdC vcd_;
  std::set<std::string> others_;
};

}  // namespace wd::sim::rtl
