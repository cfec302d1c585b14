// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <utility>
#include <whitedwarf/chip.hpp>

#include "base/error.hpp"
#include "sim/tlm/bus.hpp"
#include "sim/tlm/core.hpp"
#include "sim/tlm/program_check.hpp"
#include "sim/tlm/register_file.hpp"
#include "sim/wave_writer.hpp"

namespace whitedwarf {

using sc_core::sc_time;

namespace {

wd::arch::Arch arch_of(const std::string& json) {
  if (json.empty()) return {};
  nlohmann::json all = wd::arch::to_json(wd::arch::Arch{});
  const nlohmann::json changes = nlohmann::json::parse(json, nullptr, false);
  WD_REQUIRE(changes.is_object(), "the chip's architecture is no JSON object: ", json);
  all.update(changes);
  return wd::arch::arch_from_json(all, "the chip's architecture");
}

}  // namespace

std::string chip_models() { return core_names(); }

struct Chip::Impl {
  Impl(Chip& chip, const ChipOptions& options)
      : arch(arch_of(options.architecture)),
        bus(chip.memory, options.period, options.outstanding),
        registers(arch, {[this] { return start(); }, [this] { return core->counters(); },
                         [this] { interrupt.notify(sc_core::SC_ZERO_TIME); }}),
        core(core_named(options.model)({arch, options.period, &bus, options.signals, options.threads,
                                        [this](const std::string& w) { finished(w); },
                                        [this](const CoreFault& f) { report(f); }})),
        period(options.period) {}

  bool start() {
    why.clear();
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
      why = error.what();
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
    stopping = false;
    if (std::exchange(fresh, false)) core->set_instructions(instructions);
    core->start({registers.entry(), registers.switches(), registers.watchdog()});
    if (registers.watchdog() == 0 || core->ahead()) return;
    const sc_time cycle_0 = next_edge(sc_core::sc_time_stamp(), period) + period;
    watchdog.notify(cycle_0 - sc_core::sc_time_stamp() + static_cast<double>(registers.watchdog()) * period +
                    period / 4);
  }

  /// Of the faults of a cycle, the one of the lowest number counts.
  void report(const CoreFault& found) {
    if (!started || draining || stopping) return;
    if (!fault || found.cause < fault->cause) fault = found;
    if (!core->ahead()) stop.notify(period / 2);
  }
  void bus_faulted() {
    if (bus.fault && !core->ahead())
      report({wd::arch::FaultCause::bus_error, bus.fault->instruction,
              static_cast<std::uint32_t>(bus.fault->beat)});
  }
  void stop_core() {
    if (!started || draining || stopping) return;
    stopping = true;
    bus.abandon();
    core->stop();
  }

  void finished(const std::string& what) {
    if (std::exchange(draining, false)) {  // the one before a reset; now the one behind it
      if (started) launch();
      return;
    }
    started = false;
    stop.cancel();
    watchdog.cancel();
    why = what;
    if (!fault && !what.empty())
      fault = CoreFault{wd::arch::FaultCause::stream_error, core->instruction(), 0};
    if (fault && what.empty())
      why = wd::text(
          "instruction ", fault->instruction, ": ", name_of(fault->cause),
          fault->cause == wd::arch::FaultCause::bus_error ? wd::text(", of beat ", fault->address) : "");
    registers.end(fault ? std::optional(RegisterFile::Fault{static_cast<std::uint32_t>(fault->cause),
                                                            fault->instruction, fault->address})
                        : std::nullopt);
  }

  void reset() {
    if (started && !draining) {
      draining = true;
      stop.cancel();
      watchdog.cancel();
      bus.abandon();
      if (!stopping) core->stop();
    }
    started = false;
    registers.reset();
  }

  const wd::arch::Arch arch;
  Bus bus;
  sc_core::sc_event interrupt;
  RegisterFile registers;
  std::unique_ptr<Core> core;
  const sc_time period;
  std::vector<wd::arch::Instr> instructions;
  bool fresh = false;     // the core does not have them yet
  bool accepted = false;  // the instructions
  bool started = false;   // and not finished
  bool draining = false;  // what was started before a reset is not finished
  bool stopping = false;  // by a fault
  std::optional<CoreFault> fault;
  sc_core::sc_event stop, watchdog;
  std::string why;
  std::unique_ptr<wd::sim::WaveWriter> writer;
  std::uint64_t last_cycle = 0;
};

Chip::Chip(sc_core::sc_module_name name, const ChipOptions& options)
    : sc_module(name), impl_(std::make_unique<Impl>(*this, options)) {
  registers.register_b_transport(this, &Chip::transport);
  registers.register_transport_dbg(this, &Chip::debug);
  memory.register_nb_transport_bw(this, &Chip::answered);
  memory.register_invalidate_direct_mem_ptr(this, &Chip::invalidated);
  SC_METHOD(reset);
  sensitive << rst_ni.neg();
  dont_initialize();
  SC_METHOD(retry);
  sensitive << impl_->bus.wants_retry();
  dont_initialize();
  SC_METHOD(drive_interrupt);
  sensitive << impl_->interrupt;
  SC_METHOD(bus_faulted);
  sensitive << impl_->bus.faulted();
  dont_initialize();
  SC_METHOD(expired);
  sensitive << impl_->watchdog;
  dont_initialize();
  SC_METHOD(stop);
  sensitive << impl_->stop;
  dont_initialize();
}

Chip::~Chip() = default;

const std::string& Chip::why() const { return impl_->why; }
bool Chip::uses_dmi() const { return impl_->bus.uses_dmi(); }

void Chip::transport(tlm::tlm_generic_payload& payload, sc_time& delay) {
  if (delay != sc_core::SC_ZERO_TIME) {  // an initiator that is ahead: what it asks for is of then
    wait(delay);
    delay = sc_core::SC_ZERO_TIME;
  }
  payload.set_response_status(impl_->registers.access(payload));
}

unsigned Chip::debug(tlm::tlm_generic_payload& payload) { return impl_->registers.peek(payload); }

tlm::tlm_sync_enum Chip::answered(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase, sc_time& delay) {
  return impl_->bus.answered(payload, phase, delay);
}

void Chip::invalidated(sc_dt::uint64, sc_dt::uint64) { impl_->bus.invalidate_dmi(); }

void Chip::retry() { impl_->bus.retry(); }

void Chip::reset() { impl_->reset(); }

void Chip::bus_faulted() { impl_->bus_faulted(); }

void Chip::expired() { impl_->report({wd::arch::FaultCause::watchdog, impl_->core->instruction(), 0}); }

void Chip::stop() { impl_->stop_core(); }

void Chip::drive_interrupt() { irq_o.write(impl_->registers.interrupt()); }

void Chip::waves(const std::string& path, std::uint64_t first_cycle, std::uint64_t last_cycle, bool fst) {
  impl_->writer = wd::sim::make_wave_writer(fst ? wd::sim::WaveFormat::fst : wd::sim::WaveFormat::vcd, path);
  impl_->last_cycle = last_cycle;
  wd::sim::SignalWindow window;
  window.first = first_cycle;
  window.last = last_cycle;
  impl_->core->watch(*impl_->writer, window);
}

void Chip::finish_waves() {
  if (!impl_->writer) return;
  WD_REQUIRE(impl_->core->watched(), "the program ended before cycle ", impl_->last_cycle,
             ", to which signals are wanted");
  impl_->writer->finish(2 * (impl_->last_cycle + 1));
  impl_->writer.reset();
}

}  // namespace whitedwarf
