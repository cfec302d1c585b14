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
                                        [this](const std::string& w) { finished(w); }})) {}

  bool start() {
    why.clear();
    try {
      wd::arch::check(registers.switches(), arch, "the chip");
      bus.set_base(registers.base());
      if (registers.take_changed() || !accepted) {
        accepted = false;
        std::vector<wd::arch::Instr> instrs = registers.instructions();
        check_program(arch, instrs, [this](auto first, auto bytes) { return bus.peek(first, bytes); });
        fresh = std::move(instrs);
        accepted = true;
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
    bus.begin(registers.base());
    if (fresh) core->set_instructions(*std::exchange(fresh, {}));
    core->start({registers.entry(), registers.switches()});
  }

  void finished(const std::string& what) {
    if (std::exchange(draining, false)) {  // the one before a reset; now the one behind it
      if (started) launch();
      return;
    }
    started = false;
    std::optional<RegisterFile::Fault> fault;
    if (bus.fault)
      fault = RegisterFile::Fault{static_cast<std::uint32_t>(wd::arch::FaultCause::bus_error), 0,
                                  static_cast<std::uint32_t>(bus.fault->beat)};
    else if (!what.empty())
      fault = RegisterFile::Fault{static_cast<std::uint32_t>(wd::arch::FaultCause::stream_error), 0, 0};
    why = what;
    if (bus.fault) why = wd::text("a transaction of beat ", bus.fault->beat, " was answered with an error");
    registers.end(fault);
  }

  void reset() {
    if (started && !draining) {
      draining = true;
      bus.abandon();
    }
    started = false;
    registers.reset();
  }

  const wd::arch::Arch arch;
  Bus bus;
  sc_core::sc_event interrupt;
  RegisterFile registers;
  std::unique_ptr<Core> core;
  std::optional<std::vector<wd::arch::Instr>> fresh;  // that the core does not have yet
  bool accepted = false;                              // the instructions
  bool started = false;                               // and not finished
  bool draining = false;                              // what was started before a reset is not finished
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
