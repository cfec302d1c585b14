// SPDX-License-Identifier: Apache-2.0
// The Verilated core behind the chip's registers and bus: one activation a cycle, at its first edge.
//
// Timing    the host port takes no time: the core is stepped as often as it needs between programs.
#include "sim/rtl/rtl_core.hpp"

#include <optional>
#include <whitedwarf/rtl.hpp>

#include "base/error.hpp"
#include "sim/rtl/make_core.hpp"
#include "sim/tlm/bus.hpp"
#include "sim/tlm/chip_body.hpp"
#include "sim/tlm/core.hpp"

namespace whitedwarf {
namespace {

using wd::sim::rtl::RtlCore;

class VerilatedChip final : public sc_core::sc_module, public Core {
 public:
  SC_HAS_PROCESS(VerilatedChip);
  VerilatedChip(sc_core::sc_module_name name, const CoreSetting& setting)
      : sc_module(name), setting_(setting), core_(wd::sim::rtl::make_core(setting.arch, 0, setting.signals)) {
    core_->reset(true);
    core_->start(false, 0);
    core_->read_beat(false, nullptr);
    core_->write_control(false, 0);
    core_->write_instr(false, 0, {});
    for (int i = 0; i < 2; ++i) step();
    core_->reset(false);
    SC_METHOD(tick);
    sensitive << start_;
    dont_initialize();
    SC_METHOD(ended);
    sensitive << stopped_ << setting.bus->became_idle();
    dont_initialize();
  }

  void set_instructions(const std::vector<wd::arch::Instr>& instrs) override {
    std::uint32_t row = 0;
    for (const wd::arch::Instr& instr : instrs) {
      core_->write_instr(true, row++, wd::arch::encode(instr));
      step();
    }
    core_->write_instr(false, 0, {});
  }

  void start(const CoreJob& job) override {
    core_->write_control(true, job.switches.control());
    step();
    core_->write_control(false, 0);
    entry_ = job.entry;
    begins_ = running_ = true;
    start_.notify(next_edge(sc_core::sc_time_stamp(), setting_.period) - sc_core::sc_time_stamp());
  }

  void stop() override {
    stops_ = true;
    if (!busy_ && !begins_)
      start_.notify(next_edge(sc_core::sc_time_stamp(), setting_.period) - sc_core::sc_time_stamp());
  }
  std::uint32_t instruction() const override { return instruction_; }

  wd::arch::Counters counters() override {
    wd::arch::Counters counters;
    int index = 0;
    wd::arch::for_each_counter(counters,
                               [&](const char*, std::uint64_t& value) { value = core_->counter(index++); });
    return counters;
  }

  void watch(wd::sim::SignalSink& sink, const wd::sim::SignalWindow& window) override {
    WD_REQUIRE(setting_.signals,
               "the chip was made without signals; ChipOptions::signals makes it with them");
    core_->open_signals(sink, window);
    window_ = window;
    told_ = false;
  }
  bool watched() override {
    core_->close_signals();
    window_.reset();
    return told_;
  }

 private:
  void step() {
    core_->settle();
    core_->advance();
  }

  /// Behind all that memory does at the same time.
  void tick() {
    if (!settled_) {
      settled_ = true;
      return next_trigger(sc_core::SC_ZERO_TIME);
    }
    settled_ = false;
    if (stops_) return drain();
    if (begins_) {
      begins_ = false;
      core_->start(true, entry_);
      tell(false);
      core_->settle();
      tell(true);
      core_->advance();
      core_->start(false, 0);
      busy_ = true;
      return next_trigger(setting_.period);
    }
    cycle();
    if (busy_) return next_trigger(setting_.period);
    stopped_.notify(
        sc_core::
            SC_ZERO_TIME);  // busy_o says so a cycle later than status does: the end was before this cycle
  }

  /// The core is reset; then what memory still sends is taken.
  void drain() {
    if (busy_ || begins_) {
      core_->read_beat(false, nullptr);
      core_->reset(true);
      for (int i = 0; i < 2; ++i) step();
      core_->reset(false);
      for (int i = 0; i < 8; ++i) step();  // it clears its array
      busy_ = begins_ = false;
      shown_ = nullptr;
    }
    setting_.bus->next();
    if (!setting_.bus->idle()) return next_trigger(setting_.period);
    stops_ = false;
    stopped_.notify(sc_core::SC_ZERO_TIME);
  }

  void cycle() {
    if (shown_ == nullptr)
      shown_ = setting_.bus->next();
    else
      setting_.bus->hold();
    const std::uint8_t* const beat = shown_;
    tell(false);
    core_->read_beat(beat != nullptr, beat);
    core_->take_beats(setting_.bus->accepts());
    core_->settle();
    tell(true);
    look();
    if (core_->takes_beat()) shown_ = nullptr;
    const RtlCore::Request request = core_->request();
    if (request.valid) setting_.bus->request(request.write, request.addr, request.count);
    std::array<std::uint8_t, beat_bytes> sent;
    if (core_->write_beat(sent.data())) setting_.bus->send(sent.data());
    core_->advance();
    busy_ = core_->busy();
    if (!busy_) core_->read_beat(false, nullptr);
  }

  void look() {
    using enum wd::arch::FaultCause;
    const RtlCore::Trouble trouble = core_->trouble();
    instruction_ = trouble.instruction;
    if (trouble.illegal) setting_.faulted({illegal_opcode, trouble.instruction, 0});
    if (trouble.past_end) setting_.faulted({instruction_address, trouble.instruction, 0});
    if (trouble.outside) setting_.faulted({address_outside, trouble.instruction, trouble.outside_row});
    if (trouble.stream != 0) setting_.faulted({stream_error, trouble.burst_instruction, 0});
  }

  void tell(bool settled) {
    const std::uint64_t cycle = clock_cycle(setting_.period);
    if (!window_ || cycle < window_->first || cycle > window_->last) return;
    core_->tell_signals(2 * cycle + (settled ? 1 : 0));
    told_ = true;
  }

  void ended() {
    if (!running_ || busy_ || begins_ || stops_ || !setting_.bus->idle()) return;
    running_ = false;
    setting_.finished("");
  }

  const CoreSetting setting_;
  std::unique_ptr<RtlCore> core_;
  sc_core::sc_event start_, stopped_;
  std::uint32_t entry_ = 0;
  const std::uint8_t* shown_ = nullptr;  // a beat that the core has not taken
  bool settled_ = false, begins_ = false, busy_ = false, running_ = false, told_ = false;
  bool stops_ = false;             // a stop that is not done
  std::uint32_t instruction_ = 0;  // of the last cycle
  std::optional<wd::sim::SignalWindow> window_;
};

std::unique_ptr<Core> make_rtl_core(const CoreSetting& setting) {
  return std::make_unique<VerilatedChip>("core", setting);
}

}  // namespace

std::unique_ptr<ChipBody> make_axi_chip(const BodySetting& setting);

void add_rtl_model() {
  add_core("rtl", make_rtl_core);
  add_body("axi", make_axi_chip);
}

}  // namespace whitedwarf
