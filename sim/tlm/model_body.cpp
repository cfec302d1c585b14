// SPDX-License-Identifier: Apache-2.0
// The registers in front of a model of the core: starts, faults, the watchdog, resets.
#include <utility>

#include "base/error.hpp"
#include "sim/tlm/bus.hpp"
#include "sim/tlm/chip_body.hpp"
#include "sim/tlm/core.hpp"
#include "sim/tlm/program_check.hpp"
#include "sim/tlm/register_file.hpp"

namespace whitedwarf {

using sc_core::sc_time;

namespace {

class ModelBody final : public ChipBody {
 public:
  explicit ModelBody(const BodySetting& setting)
      : arch(setting.arch),
        bus(*setting.bus),
        registers(arch, {[this] { return start(); },
                         [this] { return at_fault ? *at_fault : core->counters(); }, setting.interrupt}),
        core(core_named(setting.options.model)(
            {arch, setting.options.period, &bus, setting.options.signals, setting.options.threads,
             [this](const std::string& w) { finished(w); }, [this](const CoreFault& f) { report(f); }})),
        period(setting.options.period) {}

  tlm::tlm_response_status access(tlm::tlm_generic_payload& payload) override {
    return registers.access(payload);
  }
  unsigned peek(tlm::tlm_generic_payload& payload) override { return registers.peek(payload); }
  bool interrupt() const override { return registers.interrupt(); }
  const std::string& why() const override { return reason; }
  void expired() override { report({wd::arch::FaultCause::watchdog, core->instruction(), 0}); }
  const sc_core::sc_event* watchdog() const override { return &expiry; }
  const sc_core::sc_event* stopping() const override { return &stop_at; }
  void watch(wd::sim::SignalSink& sink, const wd::sim::SignalWindow& window) override {
    core->watch(sink, window);
  }
  bool watched() override { return core->watched(); }

  void bus_faulted() override {
    if (bus.fault && !core->ahead())
      report({wd::arch::FaultCause::bus_error, bus.fault->instruction,
              static_cast<std::uint32_t>(bus.fault->beat)});
  }
  void stop() override {
    if (!started || draining || is_stopping) return;
    is_stopping = true;
    at_fault = core->counters();  // of the cycles before this one
    bus.abandon();
    core->stop();
  }
  void reset() override {
    if (started && !draining) {
      draining = true;
      stop_at.cancel();
      expiry.cancel();
      bus.abandon();
      if (!is_stopping) core->stop();
    }
    started = false;
    at_fault.reset();
    registers.reset();
  }

 private:
  bool start() {
    reason.clear();
    try {
      wd::arch::check(registers.switches(), arch, "the chip");
      bus.set_base(registers.base());
      if (registers.take_changed() || !accepted) {
        accepted = false;
        std::vector<wd::arch::Instr> instrs = registers.instructions();
        check_program(arch, instrs, [this](auto first, auto bytes) { return bus.peek(first, bytes); });
        instructions = std::move(instrs);
        fresh = accepted = true;
      }
    } catch (const wd::Error& error) {
      reason = error.what();
      return false;
    }
    registers.begin();
    started = true;
    if (!draining) launch();
    return true;
  }

  void launch() {
    bus.begin(registers.base(), instructions, registers.entry());
    fault.reset();
    at_fault.reset();
    is_stopping = false;
    if (std::exchange(fresh, false)) core->set_instructions(instructions);
    core->start({registers.entry(), registers.switches(), registers.watchdog()});
    if (registers.watchdog() == 0 || core->ahead()) return;
    const sc_time cycle_0 = next_edge(sc_core::sc_time_stamp(), period) + period;
    expiry.notify(cycle_0 - sc_core::sc_time_stamp() + static_cast<double>(registers.watchdog()) * period +
                  period / 4);
  }

  /// Of the faults of a cycle, the one of the lowest number counts.
  void report(const CoreFault& found) {
    if (!started || draining || is_stopping) return;
    if (!fault || found.cause < fault->cause) fault = found;
    if (!core->ahead()) stop_at.notify(period / 2);
  }
  void finished(const std::string& what) {
    if (std::exchange(draining, false)) {  // the one before a reset; now the one behind it
      if (started) launch();
      return;
    }
    started = false;
    stop_at.cancel();
    expiry.cancel();
    reason = what;
    if (!fault && !what.empty())
      fault = CoreFault{wd::arch::FaultCause::stream_error, core->instruction(), 0};
    if (fault && what.empty())
      reason = wd::text(
          "instruction ", fault->instruction, ": ", name_of(fault->cause),
          fault->cause == wd::arch::FaultCause::bus_error ? wd::text(", of beat ", fault->address) : "");
    registers.end(fault ? std::optional(RegisterFile::Fault{static_cast<std::uint32_t>(fault->cause),
                                                            fault->instruction, fault->address})
                        : std::nullopt);
  }

  const wd::arch::Arch arch;
  Bus& bus;
  RegisterFile registers;
  std::unique_ptr<Core> core;
  const sc_time period;
  std::vector<wd::arch::Instr> instructions;
  bool fresh = false;        // the core does not have them yet
  bool accepted = false;     // the instructions
  bool started = false;      // and not finished
  bool draining = false;     // what was started before a reset is not finished
  bool is_stopping = false;  // by a fault
  std::optional<CoreFault> fault;
  std::optional<wd::arch::Counters> at_fault;
  sc_core::sc_event stop_at, expiry;
  std::string reason;
};

}  // namespace

std::unique_ptr<ChipBody> make_model_body(const BodySetting& setting) {
  return std::make_unique<ModelBody>(setting);
}

}  // namespace whitedwarf
