// SPDX-License-Identifier: Apache-2.0
// RtlCore over one Verilated configuration; included by configuration.hpp only.
//
// Model     the Verilated class, Root its ___024root. Members are reached by the names that Verilator
//           gives to signals marked public in hw/rtl. Probe the organisation's ArrayProbe. SumBias: see wd_top.
#pragma once

#include <verilated.h>

#include <cstring>

#include "sim/rtl/rtl_core.hpp"
#include "sim/rtl/verilated_signals.hpp"

namespace wd::sim::rtl {

template <typename Model, typename Root, typename Probe, int AccBits, std::int64_t SumBias>
class VerilatedCore final : public RtlCore {
 public:
  explicit VerilatedCore(int initial_state)
      : context_(make_context(initial_state)),
        model_(std::make_unique<Model>(context_.get())),
        probe_(root()) {
    model_->clk_i = 0;
    model_->mem_ready_i = 1;
    model_->instr_read_i = 0;
#define WD_BANK(b) \
  banks_[b] = &root().wd_top__DOT__u_act_buffer__DOT__g_bank__BRA__##b##__KET____DOT__u_bank__DOT__mem
    WD_BANK(0), WD_BANK(1), WD_BANK(2), WD_BANK(3), WD_BANK(4), WD_BANK(5), WD_BANK(6), WD_BANK(7);
    WD_BANK(8), WD_BANK(9), WD_BANK(10), WD_BANK(11), WD_BANK(12), WD_BANK(13), WD_BANK(14), WD_BANK(15);
#undef WD_BANK
#define WD_SCORES(b) \
  score_banks_[b] = &root().wd_top__DOT__u_score_buffer__DOT__g_bank__BRA__##b##__KET____DOT__mem
    WD_SCORES(0), WD_SCORES(1), WD_SCORES(2), WD_SCORES(3);
#undef WD_SCORES
  }
  ~VerilatedCore() override {
    Verilated::threadContextp(context_.get());  // where the model's scopes are, whichever model was made last
    signals_.reset();
    model_->final();
    model_.reset();
  }

  void settle() override {
    model_->clk_i = 0;
    model_->eval();
  }
  void advance() override {
    model_->clk_i = 1;
    model_->eval();
  }
  void reset(bool on) override { model_->rst_ni = !on; }
  void write_instr(bool on, std::uint32_t row, const arch::InstrWord& word) override {
    model_->instr_write_i = on ? (1u << arch::instr_bits / 32) - 1 : 0;
    model_->instr_row_i = row;
    for (int i = 0; i < arch::instr_bits / 32; ++i)
      model_->instr_i[i] = static_cast<std::uint32_t>(word[static_cast<std::size_t>(i / 2)] >> 32 * (i % 2));
  }
  void write_control(bool on, std::uint32_t value) override {
    model_->control_write_i = on;
    model_->control_i = value;
  }
  void start(bool on, std::uint32_t pc) override {
    model_->start_i = on;
    model_->start_pc_i = pc;
  }
  bool busy() const override { return model_->busy_o; }
  std::uint64_t counter(int index) override {
    model_->counter_select_i = index;
    settle();
    return model_->counter_o;
  }

  Trouble trouble() const override {
    return {model_->illegal_o != 0, model_->past_end_o != 0, model_->outside_o != 0,
            model_->stream_fault_o, model_->instruction_o,   model_->burst_instruction_o,
            model_->outside_row_o};
  }

  Request request() const override {
    return {model_->mem_request_o != 0, model_->mem_write_o != 0, model_->mem_addr_o, model_->mem_count_o};
  }
  void read_beat(bool valid, const std::uint8_t* bytes) override {
    model_->mem_valid_i = valid;
    if (valid) std::memcpy(model_->mem_data_i.data(), bytes, 16);
  }
  bool takes_beat() const override { return model_->mem_ready_o; }
  void take_beats(bool on) override { model_->mem_ready_i = on; }
  bool write_beat(std::uint8_t* bytes) const override {
    if (!model_->mem_valid_o || !model_->mem_ready_i) return false;
    std::memcpy(bytes, model_->mem_data_o.data(), 16);
    return true;
  }

  SequencerState state() const override {
    return static_cast<SequencerState>(root().wd_top__DOT__u_sequencer__DOT__state_q);
  }
  arch::InstrWord instr() const override {
    arch::InstrWord word{};
    for (int i = 0; i < arch::instr_bits / 32; ++i)
      word[static_cast<std::size_t>(i / 2)] |= std::uint64_t{root().wd_top__DOT__instr[i]} << 32 * (i % 2);
    return word;
  }
  int iteration() const override {
    return static_cast<int>(root().wd_top__DOT__u_sequencer__DOT__iteration_q);
  }
  std::array<int, 2> tile() const override {
    const Root& r = root();
    return {r.wd_top__DOT__u_sequencer__DOT__oc_q, r.wd_top__DOT__u_sequencer__DOT__t_q};
  }
  ArrayProbe& array() override { return probe_; }
  std::int64_t post_sum(int pixel, int channel) const override {
    const auto& bits = root().wd_top__DOT__u_post__DOT__acc_q;
    const int at = (pixel * arch::block + channel) * AccBits;
    std::uint64_t value = 0;
    for (int bit = 0; bit < AccBits; ++bit)
      value |= std::uint64_t{bits[(at + bit) / 32] >> (at + bit) % 32 & 1} << bit;
    value -= static_cast<std::uint64_t>(SumBias);
    return static_cast<std::int64_t>(value << (64 - AccBits)) >> (64 - AccBits);
  }
  void act_word(int bank, int row, std::uint8_t* bytes) const override {
    std::memcpy(bytes, (*banks_[static_cast<std::size_t>(bank)])[static_cast<std::size_t>(row)].data(), 16);
  }
  std::uint16_t score(int row, int channel) const override {
    const auto& bank = *score_banks_[static_cast<std::size_t>(row % 4)];
    return static_cast<std::uint16_t>(bank[static_cast<std::size_t>(row / 4)][channel / 2] >>
                                      16 * (channel % 2));
  }

  void open_signals(SignalSink& sink, const SignalWindow& window) override {
    if constexpr (traced<Model>) signals_ = std::make_unique<VerilatedSignals<Model>>(*model_, sink, window);
  }
  void tell_signals(std::uint64_t half_cycles) override {
    if constexpr (traced<Model>) signals_->tell(half_cycles);
  }
  void close_signals() override { signals_.reset(); }

 private:
  /// The model's constructor fills its registers and memories as its thread's context says.
  static std::unique_ptr<VerilatedContext> make_context(int initial_state) {
    auto context = std::make_unique<VerilatedContext>();
    context->randReset(initial_state == 0 ? 0 : 2);
    context->randSeed(initial_state);
    if constexpr (traced<Model>) context->traceEverOn(true);
    Verilated::threadContextp(context.get());
    return context;
  }

  Root& root() const { return *model_->rootp; }

  std::unique_ptr<VerilatedContext> context_;
  std::unique_ptr<Model> model_;
  Probe probe_;
  std::unique_ptr<VerilatedSignals<Model>> signals_;
  using Bank = decltype(Root::wd_top__DOT__u_act_buffer__DOT__g_bank__BRA__0__KET____DOT__u_bank__DOT__mem);
  std::array<const Bank*, 16> banks_;
  using ScoreBank = decltype(Root::wd_top__DOT__u_score_buffer__DOT__g_bank__BRA__0__KET____DOT__mem);
  std::array<const ScoreBank*, 4> score_banks_;
};

}  // namespace wd::sim::rtl
