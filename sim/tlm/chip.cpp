// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <whitedwarf/chip.hpp>

#include "base/error.hpp"
#include "sim/tlm/bus.hpp"
#include "sim/tlm/chip_body.hpp"
#include "sim/tlm/core.hpp"
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

std::map<std::string, MakeBody>& bodies() {
  static std::map<std::string, MakeBody> all;
  return all;
}

}  // namespace

void add_body(const std::string& name, MakeBody make) { bodies()[name] = make; }

MakeBody body_named(const std::string& name) {
  const auto found = bodies().find(name);
  return found == bodies().end() ? nullptr : found->second;
}

std::string chip_models() {
  std::string all = core_names();
  for (const auto& [name, make] : bodies()) all += ", " + name;
  return all;
}

/// What the RTL chip's AXI4-Lite slave takes (wd_axi_registers): an access begins with the first edge behind it and is answered these cycles later;
/// what it reads is of a cycle before, and what it writes is decided then.
constexpr int answer_cycles = 3;

namespace {

const ChipOptions& checked(const ChipOptions& options) {
  WD_REQUIRE(options.period > sc_core::SC_ZERO_TIME, "the chip's period is 0, must be a time");
  WD_REQUIRE(options.outstanding >= 1 && options.outstanding <= 64, "the chip's outstanding is ",
             options.outstanding, ", must be 1 to 64");
  return options;
}

}  // namespace

struct Chip::Impl {
  Impl(Chip& chip, const ChipOptions& options)
      : timed(options.bus_registers && body_named(options.model) == nullptr),
        bus(chip.memory, options.period, options.outstanding, timed),
        period(options.period) {
    const MakeBody make = body_named(options.model);
    body = (make != nullptr ? make
                            : make_model_body)({arch_of(options.architecture), &bus, options,
                                                [this](const sc_time& delay) { interrupt.notify(delay); }});
  }

  const bool timed;  // registers take the times of the RTL's
  Bus bus;
  sc_core::sc_event interrupt;
  std::unique_ptr<ChipBody> body;
  std::unique_ptr<wd::sim::WaveWriter> writer;
  std::uint64_t last_cycle = 0;
  const sc_time period;
};

Chip::Chip(sc_core::sc_module_name name, const ChipOptions& options)
    : sc_module(name), impl_(std::make_unique<Impl>(*this, checked(options))) {
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
  if (const sc_core::sc_event* const watchdog = impl_->body->watchdog()) {
    SC_METHOD(expired);
    sensitive << *watchdog;
    dont_initialize();
  }
  if (const sc_core::sc_event* const stopping = impl_->body->stopping()) {
    SC_METHOD(stop);
    sensitive << *stopping;
    dont_initialize();
  }
  if (const sc_core::sc_event* const ending = impl_->body->ending()) {
    SC_METHOD(end);
    sensitive << *ending;
    dont_initialize();
  }
}

Chip::~Chip() = default;

const std::string& Chip::why() const { return impl_->body->why(); }
bool Chip::uses_dmi() const { return impl_->bus.uses_dmi(); }

void Chip::transport(tlm::tlm_generic_payload& payload, sc_time& delay) {
  if (delay != sc_core::SC_ZERO_TIME) {  // an initiator that is ahead: what it asks for is of then
    wait(delay);
    delay = sc_core::SC_ZERO_TIME;
  }
  if (!impl_->timed) return payload.set_response_status(impl_->body->access(payload));
  const std::uint64_t words = std::max<std::uint64_t>(1, payload.get_data_length() / 4);
  // The next word's access begins with the edge behind the answer.
  const sc_time before = (words - 1) * (answer_cycles + 1) * impl_->period;
  wait(next_edge(sc_core::sc_time_stamp(), impl_->period) - sc_core::sc_time_stamp() + before +
       (answer_cycles - 1) * impl_->period);
  payload.set_response_status(impl_->body->access(payload));
  wait(impl_->period);
}

unsigned Chip::debug(tlm::tlm_generic_payload& payload) { return impl_->body->peek(payload); }

tlm::tlm_sync_enum Chip::answered(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase, sc_time& delay) {
  return impl_->bus.answered(payload, phase, delay);
}

void Chip::invalidated(sc_dt::uint64, sc_dt::uint64) { impl_->bus.invalidate_dmi(); }

void Chip::retry() { impl_->bus.retry(); }

void Chip::reset() { impl_->body->reset(); }

void Chip::bus_faulted() { impl_->body->bus_faulted(); }

void Chip::expired() { impl_->body->expired(); }

void Chip::stop() { impl_->body->stop(); }

void Chip::end() { impl_->body->end(); }

void Chip::drive_interrupt() { irq_o.write(impl_->body->interrupt()); }

void Chip::waves(const std::string& path, std::uint64_t first_cycle, std::uint64_t last_cycle, bool fst,
                 const std::string& scope, int depth) {
  impl_->writer = wd::sim::make_wave_writer(fst ? wd::sim::WaveFormat::fst : wd::sim::WaveFormat::vcd, path);
  impl_->last_cycle = last_cycle;
  wd::sim::SignalWindow window;
  window.first = first_cycle;
  window.last = last_cycle;
  window.scope = scope;
  window.depth = depth;
  window.idle = true;
  impl_->body->watch(*impl_->writer, window);
}

bool Chip::finish_waves(bool whole) {
  if (!impl_->writer) return false;
  const std::uint64_t now = clock_cycle(impl_->period);
  WD_REQUIRE(!whole || now >= impl_->last_cycle, "signals are wanted to cycle ", impl_->last_cycle,
             ", the simulation ended in cycle ", now);
  const bool some = impl_->body->watched();
  WD_REQUIRE(!whole || some, "signals are wanted to cycle ", impl_->last_cycle,
             ", in none of those cycles the chip's clock ran: it stands while nothing happens");
  if (some) impl_->writer->finish(2 * (std::min(now, impl_->last_cycle) + 1));
  impl_->writer.reset();
  return some;
}

}  // namespace whitedwarf
