// SPDX-License-Identifier: Apache-2.0
// A model of the whole chip behind the sockets of whitedwarf::Chip: registers, core, and what drives the bus.
//
// What      either a Core (core.hpp) with the registers in front of it, or a chip that has registers and bus of its own.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <systemc>
#include <tlm>
#include <whitedwarf/chip.hpp>

#include "hw/arch/arch.hpp"
#include "sim/signals.hpp"

namespace whitedwarf {

class Bus;

class ChipBody {
 public:
  virtual ~ChipBody() = default;
  /// A thread of the host's, which may be made to wait.
  virtual tlm::tlm_response_status access(tlm::tlm_generic_payload& payload) = 0;
  /// Reads without effect and time. @return bytes; 0 where there is no such way
  virtual unsigned peek(tlm::tlm_generic_payload& payload) = 0;
  virtual bool interrupt() const = 0;
  virtual void reset() = 0;
  virtual const std::string& why() const = 0;
  // of a chip that does not find these by itself
  virtual void bus_faulted() {}
  virtual void expired() {}
  virtual void stop() {}
  virtual const sc_core::sc_event* watchdog() const { return nullptr; }
  virtual const sc_core::sc_event* stopping() const { return nullptr; }
  // of one whose registers take the times of the RTL's
  virtual void end() {}
  virtual const sc_core::sc_event* ending() const { return nullptr; }
  /// As Core's.
  virtual void watch(wd::sim::SignalSink& sink, const wd::sim::SignalWindow& window) = 0;
  virtual bool watched() = 0;
};

struct BodySetting {
  wd::arch::Arch arch;
  Bus* bus = nullptr;
  ChipOptions options;
  std::function<void(const sc_core::sc_time& delay)>
      interrupt;  // its level may have changed; told so long before
};

using MakeBody = std::unique_ptr<ChipBody> (*)(const BodySetting& setting);
/// For libraries that bring a whole chip.
void add_body(const std::string& name, MakeBody make);
/// By name, or nullptr.
MakeBody body_named(const std::string& name);
/// Registers in front of a core. Errors: no core of this name: wd::Error.
std::unique_ptr<ChipBody> make_model_body(const BodySetting& setting);

}  // namespace whitedwarf
