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
#include <vector>

#include "base/error.hpp"
#include "sim/rtl/vcd_text.hpp"

namespace wd::sim::rtl {

/// Whether a model was made with --trace.
template <typename Model>
inline constexpr bool traced = requires(Model& model, VerilatedVcdC* vcd) {
  model.trace(vcd, 0, 0);
};

/// Takes the text that would go to a file.
class VcdPipe final : public VerilatedVcdFile {
 public:
  explicit VcdPipe(SignalSink& sink) : text_(sink) {}
  bool open(const std::string&) override { return true; }
  void close() override {}
  ssize_t write(const char* text, ssize_t length) override {
    text_.take({text, static_cast<std::size_t>(length)});
    return length;
  }
  std::size_t declared() const { return text_.declared(); }

 private:
  VcdText text_;
};

template <typename Model>
class VerilatedSignals {
 public:
  VerilatedSignals(Model& model, SignalSink& sink, const std::string& scope, int depth)
      : pipe_(sink), vcd_(&pipe_) {
    constexpr int all = 1000;  // levels, more than there are
    model.trace(&vcd_, all);
    if (!scope.empty() || depth != 0)
      vcd_.dumpvars(depth == 0 ? all : depth, "TOP." + (scope.empty() ? "wd_top" : scope));
    vcd_.open("");
    vcd_.flush();
    if (pipe_.declared() == 0) refuse_block("the RTL", scope, blocks(model));
  }
  VerilatedSignals(Model& model, SignalSink& sink, const std::vector<std::string>& names)
      : pipe_(sink), vcd_(&pipe_) {
    model.trace(&vcd_, 1000);
    for (const std::string& name : names) vcd_.dumpvars(1, "TOP." + name);
    vcd_.open("");
    vcd_.flush();
  }
  void tell(std::uint64_t half_cycles) {
    vcd_.dump(half_cycles);
    vcd_.flush();
  }

 private:
  static std::set<std::string> blocks(Model& model) {
    BlockNames names;
    VcdPipe pipe(names);
    VerilatedVcdC vcd(&pipe);
    model.trace(&vcd, 1);
    vcd.open("");
    vcd.flush();
    return names.names;
  }

  VcdPipe pipe_;
  VerilatedVcdC vcd_;
};

}  // namespace wd::sim::rtl
