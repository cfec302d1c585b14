// SPDX-License-Identifier: Apache-2.0
// The registers in front of a model of the core: starts, faults, the watchdog, resets.
#include <utility>

#include "base/error.hpp"
#include "sim/tlm/bus.hpp"
#include "sim/tlm/chip_body.hpp"
#include "sim/tlm/core.hpp"
#include "sim/tlm/fault_text.hpp"
#include "sim/tlm/program_check.hpp"
#include "sim/tlm/register_file.hpp"

namespace whitedwarf {

using sc_core::sc_time;

namespace {

class ModelBody final : public ChipBody {
 public:
  explicit ModelBody(const BodySetting& setting)
      : arch_(setting.arch),
        bus_(*setting.bus),
        timed_(setting.options.bus_registers),
        registers_(arch_, {[this] { return start(); }, [this] { return counters(); },
                           [this, told = setting.interrupt] { told(interrupt_delay_); }}),
        core_(core_named(setting.options.model)(
            {arch_, setting.options.period, &bus_, setting.options.signals, setting.options.threads,
             [this](const std::string& w) { finished(w); }, [this](const CoreFault& f) { report(f); }})),
        period_(setting.options.period) {}

  tlm::tlm_response_status access(tlm::tlm_generic_payload& payload) override {
    return registers_.access(payload);
  }
  unsigned peek(tlm::tlm_generic_payload& payload) override { return registers_.peek(payload); }
  bool interrupt() const override { return registers_.interrupt(); }
  const std::string& why() const override { return reason_; }
  const sc_core::sc_event* ending() const override { return &end_at_; }
  /// The RTL's registers have it two cycles behind the end, and its event in the third: what they say from an edge on is there a bit before it.
  void end() override {
    if (std::exchange(ends_, false)) {
      end_registers();
      return end_at_.notify(period_);
    }
    interrupt_delay_ = period_ / 4;
    registers_.raise();
    interrupt_delay_ = period_;
  }
  void expired() override { report({wd::arch::FaultCause::watchdog, core_->instruction(), 0}); }
  const sc_core::sc_event* watchdog() const override { return &expiry_; }
  const sc_core::sc_event* stopping() const override { return &stop_at_; }
  void watch(wd::sim::SignalSink& sink, const wd::sim::SignalWindow& window) override {
    core_->watch(sink, window);
  }
  bool watched() override { return core_->watched(); }

  void bus_faulted() override {
    if (bus_.fault && !core_->ahead())
      report({wd::arch::FaultCause::bus_error, bus_.fault->instruction,
              static_cast<std::uint32_t>(bus_.fault->beat)});
  }
  void stop() override {
    if (!started_ || draining_ || is_stopping_) return;
    is_stopping_ = true;
    at_fault_ = core_->counters();  // of the cycles before this one
    bus_.abandon();
    core_->stop();
  }
  void reset() override {
    if (started_ && !draining_) {
      draining_ = true;
      stop_at_.cancel();
      expiry_.cancel();
      bus_.abandon();
      if (!is_stopping_) core_->stop();
    }
    started_ = counts_ = false;
    at_fault_.reset();
    end_at_.cancel();
    ends_ = false;
    interrupt_delay_ = sc_core::SC_ZERO_TIME;
    registers_.reset();
    if (timed_) interrupt_delay_ = period_;
  }

 private:
  bool start() {
    reason_.clear();
    try {
      wd::arch::check(registers_.switches(), arch_, "the chip");
      bus_.set_base(registers_.base());
      if (registers_.take_changed() || !accepted_) {
        accepted_ = false;
        std::vector<wd::arch::Instr> instrs = registers_.instructions();
        check_program(arch_, instrs, [this](auto first, auto bytes) { return bus_.peek(first, bytes); });
        instructions_ = std::move(instrs);
        fresh_ = accepted_ = true;
      }
      WD_REQUIRE(registers_.entry() < instructions_.size() || registers_.entry() >= registers_.written(),
                 "entry ", registers_.entry(), " is behind the program, whose last HALT is instruction ",
                 instructions_.size() - 1);
    } catch (const wd::Error& error) {
      reason_ = error.what();
      return false;
    }
    registers_.begin();
    started_ = true;
    if (!draining_) launch();
    return true;
  }

  void launch() {
    bus_.begin(registers_.base(), instructions_, registers_.entry());
    fault_.reset();
    at_fault_.reset();
    is_stopping_ = false;
    counts_ = true;
    if (std::exchange(fresh_, false)) core_->set_instructions(instructions_);
    core_->start({registers_.entry(), registers_.switches(), registers_.watchdog()});
    if (registers_.watchdog() == 0 || core_->ahead()) return;
    expires_ = next_edge(sc_core::sc_time_stamp(), period_) + period_ +
               static_cast<double>(registers_.watchdog()) * period_;
    expiry_.notify(expires_ - sc_core::sc_time_stamp() + period_ / 4);
  }

  /// After a reset there are none until a program begins.
  wd::arch::Counters counters() {
    if (!counts_) return {};
    return at_fault_ ? *at_fault_ : core_->counters();
  }

  /// Of the faults of a cycle, the one of the lowest number counts.
  void report(const CoreFault& found) {
    if (!started_ || draining_ || is_stopping_) return;
    if (!fault_ || found.cause < fault_->cause) fault_ = found;
    if (!core_->ahead()) stop_at_.notify(period_ / 2);
  }
  void finished(const std::string& what) {
    if (std::exchange(draining_, false)) {  // the one before a reset; now the one behind it
      if (started_) launch();
      return;
    }
    // Of the cycle in which it has ended, whatever was looked at first.
    bus_faulted();
    if (registers_.watchdog() != 0 && !core_->ahead() && sc_core::sc_time_stamp() >= expires_) expired();
    started_ = false;
    stop_at_.cancel();
    expiry_.cancel();
    reason_ = what;
    if (!fault_ && !what.empty())
      fault_ = CoreFault{wd::arch::FaultCause::stream_error, core_->instruction(), 0};
    if (fault_ && what.empty()) reason_ = fault_text(fault_->cause, fault_->instruction, fault_->address);
    if (timed_) {
      ends_ = true;
      end_at_.notify(2 * period_ - period_ / 4);
    } else {
      end_registers();
      registers_.raise();
    }
  }
  void end_registers() {
    registers_.end(fault_ ? std::optional(RegisterFile::Fault{static_cast<std::uint32_t>(fault_->cause),
                                                              fault_->instruction, fault_->address})
                          : std::nullopt);
  }

  const wd::arch::Arch arch_;
  Bus& bus_;
  const bool timed_;  // as the RTL's registers
  RegisterFile registers_;
  std::unique_ptr<Core> core_;
  const sc_time period_;
  std::vector<wd::arch::Instr> instructions_;
  bool fresh_ = false;        // the core does not have them yet
  bool accepted_ = false;     // the instructions
  bool started_ = false;      // and not finished
  bool counts_ = false;       // the core's counters are of a start behind the last reset
  bool draining_ = false;     // what was started before a reset is not finished
  bool is_stopping_ = false;  // by a fault
  std::optional<CoreFault> fault_;
  std::optional<wd::arch::Counters> at_fault_;
  sc_core::sc_event stop_at_, expiry_;
  sc_core::sc_event end_at_;
  bool ends_ = false;  // the registers do not say yet that it has
  sc_time interrupt_delay_ =
      timed_ ? period_ : sc_core::SC_ZERO_TIME;  // from what an access writes to the interrupt
  sc_time expires_;                              // when the watchdog's cycle begins
  std::string reason_;
};

}  // namespace

std::unique_ptr<ChipBody> make_model_body(const BodySetting& setting) {
  return std::make_unique<ModelBody>(setting);
}

}  // namespace whitedwarf
