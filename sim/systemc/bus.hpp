// SPDX-License-Identifier: Apache-2.0
// A wide bus between blocks: like sc_signal, but without comparison, events or a second copy.
//
// What      a value written in one delta cycle is read in the next, whatever the order of processes.
// Timing    written by a clocked process it is a register; by a combinational one, a wire that is stable
//           at the next clock edge. Only clocked processes may read it as a wire: it wakes nobody.
// Not       bool and number signals that wake combinational processes are plain sc_signals.
#pragma once

#include <array>
#include <functional>
#include <span>
#include <systemc>

#include "sim/systemc/probe_fields.hpp"

namespace wd::sim::systemc {

template <typename T>
class BusReadIf : public virtual sc_core::sc_interface {
 public:
  virtual const T& read() const = 0;
};

template <typename T>
class BusWriteIf : public virtual sc_core::sc_interface {
 public:
  /// The value to fill in completely; readers see it from the next delta cycle on.
  virtual T& next() = 0;
};

/// A field: its name, its width, its bits with the least significant byte first.
using FieldVisit = std::function<void(const char* name, int width, std::span<const std::uint8_t> bytes)>;

/// Of any bus, for those who watch signals.
class BusFieldsIf {
 public:
  virtual ~BusFieldsIf() = default;
  virtual void visit(const FieldVisit& visit) const = 0;
};

template <typename T>
class Bus : public sc_core::sc_prim_channel, public BusReadIf<T>, public BusWriteIf<T>, public BusFieldsIf {
 public:
  explicit Bus(const char* name) : sc_prim_channel(name) {}
  const T& read() const override { return values_[current_]; }
  T& next() override {
    request_update();
    return values_[1 - current_];
  }
  void visit(const FieldVisit& visit) const override { visit_fields(values_[current_], visit); }

 private:
  void update() override { current_ = 1 - current_; }

  std::array<T, 2> values_{};
  unsigned current_ = 0;
};

template <typename T>
using BusIn = sc_core::sc_port<BusReadIf<T>>;
template <typename T>
using BusOut = sc_core::sc_port<BusWriteIf<T>>;

}  // namespace wd::sim::systemc
