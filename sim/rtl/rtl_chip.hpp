// SPDX-License-Identifier: Apache-2.0
// A Verilated chip with its AXI buses, without its types: what a system around it sees, cycle by cycle.
//
// What      wd_chip as its two parts, wd_chip_shell and a wd_top that is Verilated anyhow, joined by their ports: no core is compiled twice.
// Timing    settle() evaluates the cycle with the inputs that are given; advance() makes the clock edge.
// Test      testbench/rtl/chip_test.cpp: every output as wd_chip's, in every cycle
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>

#include "hw/arch/arch.hpp"
#include "sim/signals.hpp"

namespace wd::sim::rtl {

class RtlChip {
 public:
  using Beat = std::array<std::uint32_t, 4>;
  struct In {
    bool rst_n = false;
    bool host_awvalid = false, host_wvalid = false, host_bready = false, host_arvalid = false,
         host_rready = false;
    std::uint32_t host_awaddr = 0, host_wdata = 0, host_wstrb = 15, host_araddr = 0;
    bool arready = false, rvalid = false, rlast = false, awready = false, wready = false, bvalid = false;
    unsigned rresp = 0, bresp = 0;
    Beat rdata{};
  };
  struct Out {
    bool interrupt = false;
    bool host_awready = false, host_wready = false, host_bvalid = false, host_arready = false,
         host_rvalid = false;
    unsigned host_bresp = 0, host_rresp = 0;
    std::uint32_t host_rdata = 0;
    bool arvalid = false, rready = false, awvalid = false, wvalid = false, wlast = false, bready = false;
    std::uint64_t araddr = 0, awaddr = 0;
    unsigned arlen = 0, awlen = 0, wstrb = 0;
    Beat wdata{};
    bool operator==(const Out&) const = default;
  };

  virtual ~RtlChip() = default;
  virtual const Out& settle(const In& in) = 0;
  virtual void advance() = 0;
  /// Whether a program runs, or is being stopped, in the settled cycle.
  virtual bool works() const = 0;
  // signals, as RtlCore has them
  virtual void open_signals(SignalSink& sink, const SignalWindow& window) = 0;
  virtual void tell_signals(std::uint64_t half_cycles) = 0;
  virtual void close_signals() = 0;
};

/// Errors: an architecture that has no such chip, or not with signals: wd::Error.
std::unique_ptr<RtlChip> make_chip(const arch::Arch& arch, int initial_state, bool signals);

}  // namespace wd::sim::rtl
