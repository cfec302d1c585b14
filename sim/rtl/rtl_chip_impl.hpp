// SPDX-License-Identifier: Apache-2.0
// RtlChip over a Verilated core; included by configuration.hpp only.
//
// Model     the Verilated core's class.
#pragma once

#include <Vwd_shell.h>
#include <Vwd_shell___024root.h>
#include <verilated.h>

#include <algorithm>
#include <cstring>

#include "base/error.hpp"
#include "hw/arch/registers.hpp"
#include "sim/rtl/rtl_chip.hpp"
#include "sim/rtl/verilated_signals.hpp"

namespace wd::sim::rtl {

template <typename Model>
class JoinedChip final : public RtlChip {
 public:
  JoinedChip(const arch::Arch& arch, int initial_state)
      : context_(make_context(initial_state)),
        shell_(std::make_unique<Vwd_shell>(context_.get(), "TOP")),
        core_(std::make_unique<Model>(context_.get(), "TOP")) {
    for (int i = 0; i < arch::parameter_count; ++i)
      shell_->configuration_i[i] = static_cast<std::uint32_t>(arch::parameter(arch, i));
    shell_->clk_i = core_->clk_i = 0;
  }
  ~JoinedChip() override {
    Verilated::threadContextp(context_.get());
    close_signals();
    shell_->final();
    core_->final();
  }

  const Out& settle(const In& in) override {
    Vwd_shell& s = *shell_;
    s.rst_ni = in.rst_n;
    s.s_axil_awvalid_i = in.host_awvalid, s.s_axil_awaddr_i = in.host_awaddr;
    s.s_axil_wvalid_i = in.host_wvalid, s.s_axil_wdata_i = in.host_wdata, s.s_axil_wstrb_i = in.host_wstrb;
    s.s_axil_bready_i = in.host_bready, s.s_axil_rready_i = in.host_rready;
    s.s_axil_arvalid_i = in.host_arvalid, s.s_axil_araddr_i = in.host_araddr;
    s.m_axi_arready_i = in.arready, s.m_axi_awready_i = in.awready, s.m_axi_wready_i = in.wready;
    s.m_axi_rvalid_i = in.rvalid, s.m_axi_rlast_i = in.rlast, s.m_axi_rresp_i = in.rresp;
    std::copy(in.rdata.begin(), in.rdata.end(), s.m_axi_rdata_i.data());
    s.m_axi_bvalid_i = in.bvalid, s.m_axi_bresp_i = in.bresp;
    s.clk_i = core_->clk_i = 0;
    s.eval();
    to_core();
    core_->eval();
    from_core();
    s.eval();
    WD_ASSERT(settled());  // no path leads from the core through the shell to the core
    out_ = {s.interrupt_o != 0,     s.s_axil_awready_o != 0, s.s_axil_wready_o != 0,
            s.s_axil_bvalid_o != 0, s.s_axil_arready_o != 0, s.s_axil_rvalid_o != 0,
            s.s_axil_bresp_o,       s.s_axil_rresp_o,        s.s_axil_rdata_o,
            s.m_axi_arvalid_o != 0, s.m_axi_rready_o != 0,   s.m_axi_awvalid_o != 0,
            s.m_axi_wvalid_o != 0,  s.m_axi_wlast_o != 0,    s.m_axi_bready_o != 0,
            s.m_axi_araddr_o,       s.m_axi_awaddr_o,        s.m_axi_arlen_o,
            s.m_axi_awlen_o,        s.m_axi_wstrb_o,         {}};
    std::copy_n(s.m_axi_wdata_o.data(), 4, out_.wdata.begin());
    return out_;
  }
  void advance() override {
    shell_->clk_i = core_->clk_i = 1;
    shell_->eval();
    core_->eval();
  }
  bool works() const override {
    return shell_->start_o || core_->busy_o || shell_->rootp->wd_chip_shell__DOT__busy;
  }

  void open_signals(SignalSink& sink, const SignalWindow& window) override {
    if constexpr (traced<Model>) {
      const bool only_shell = window.scope.starts_with(shell_scope);
      if (!only_shell) {
        core_sink_ = std::make_unique<PartSink>(sink, 0, true);
        core_signals_ =
            std::make_unique<CoreSignals>(*core_, *core_sink_, window, std::set<std::string>{shell_scope});
      }
      if (!only_shell && !window.scope.empty()) return;
      SignalWindow of_shell = window;
      if (window.depth != 0 && !only_shell) of_shell.scope = shell_scope;
      shell_sink_ = std::make_unique<PartSink>(sink, only_shell ? 0 : core_sink_->numbers, only_shell);
      shell_signals_ = std::make_unique<VerilatedSignals<Vwd_shell>>(*shell_, *shell_sink_, of_shell);
    }
  }
  void tell_signals(std::uint64_t half_cycles) override {
    if (core_signals_) core_signals_->tell(half_cycles);
    if (shell_signals_) shell_signals_->tell(half_cycles);
  }
  void close_signals() override {
    core_signals_.reset();
    shell_signals_.reset();
  }

 private:
  using CoreSignals = VerilatedSignals<std::conditional_t<traced<Model>, Model, Vwd_shell>>;
  static constexpr const char* shell_scope = "wd_chip_shell";
  /// Signals of one model among those of both.
  class PartSink final : public SignalSink {
   public:
    PartSink(SignalSink& sink, std::size_t first, bool times) : sink_(sink), first_(first), times_(times) {}
    void declare(std::size_t number, const std::string& scope, const std::string& name, int width) override {
      numbers = std::max(numbers, number + 1);
      sink_.declare(first_ + number, scope, name, width);
    }
    void time(std::uint64_t half_cycles) override {
      if (times_) sink_.time(half_cycles);
    }
    void change(std::size_t number, std::string_view bits) override { sink_.change(first_ + number, bits); }

    std::size_t numbers = 0;

   private:
    SignalSink& sink_;
    const std::size_t first_;
    const bool times_;
  };

  static std::unique_ptr<VerilatedContext> make_context(int initial_state) {
    auto context = std::make_unique<VerilatedContext>();
    context->randReset(initial_state == 0 ? 0 : 2);
    context->randSeed(initial_state);
    context->traceEverOn(true);
    Verilated::threadContextp(context.get());
    return context;
  }

  void to_core() {
    const Vwd_shell& s = *shell_;
    Model& c = *core_;
    c.rst_ni = s.core_rst_no;
    c.instr_write_i = s.instr_write_o, c.instr_read_i = s.instr_read_o, c.instr_row_i = s.instr_row_o;
    std::fill_n(c.instr_i.data(), arch::instr_bits / 32, s.instr_word_o);
    c.control_write_i = c.start_i = s.start_o;
    c.control_i = s.control_o, c.start_pc_i = s.entry_o, c.counter_select_i = s.counter_select_o;
    c.mem_valid_i = s.read_valid_o, c.mem_ready_i = s.write_ready_o;
    std::copy_n(s.read_data_o.data(), 4, c.mem_data_i.data());
  }
  bool settled() const {
    const Vwd_shell& s = *shell_;
    const Model& c = *core_;
    return c.rst_ni == s.core_rst_no && c.instr_write_i == s.instr_write_o &&
           c.instr_read_i == s.instr_read_o && c.instr_row_i == s.instr_row_o && c.start_i == s.start_o &&
           c.counter_select_i == s.counter_select_o && c.mem_valid_i == s.read_valid_o &&
           c.mem_ready_i == s.write_ready_o;
  }
  void from_core() {
    Vwd_shell& s = *shell_;
    const Model& c = *core_;
    s.core_busy_i = c.busy_o;
    std::copy_n(c.instr_o.data(), arch::instr_bits / 32, s.instr_i.data());
    s.counter_i = c.counter_o;
    s.illegal_i = c.illegal_o, s.past_end_i = c.past_end_o, s.stream_fault_i = c.stream_fault_o;
    s.outside_i = c.outside_o, s.outside_row_i = c.outside_row_o;
    s.instruction_i = c.instruction_o, s.burst_instruction_i = c.burst_instruction_o;
    s.request_i = c.mem_request_o, s.request_write_i = c.mem_write_o;
    s.request_addr_i = c.mem_addr_o, s.request_count_i = c.mem_count_o;
    s.read_ready_i = c.mem_ready_o, s.write_valid_i = c.mem_valid_o;
    std::copy_n(c.mem_data_o.data(), 4, s.write_data_i.data());
  }

  std::unique_ptr<VerilatedContext> context_;
  std::unique_ptr<Vwd_shell> shell_;
  std::unique_ptr<Model> core_;
  std::unique_ptr<PartSink> core_sink_, shell_sink_;
  std::unique_ptr<CoreSignals> core_signals_;
  std::unique_ptr<VerilatedSignals<Vwd_shell>> shell_signals_;
  Out out_;
};

}  // namespace wd::sim::rtl
