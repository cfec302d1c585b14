// SPDX-License-Identifier: Apache-2.0
// A Verilated core without its types: what the host, the memory model and the tracer need of it.
//
// Timing    settle() evaluates the cycle with the inputs set; advance() makes the clock edge.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "hw/arch/arch.hpp"
#include "sim/rtl/array_probe.hpp"
#include "sim/signals.hpp"

namespace wd::sim::rtl {

enum class SequencerState : std::uint8_t { idle, fetch, exec, setup, run, post };  // as in wd_sequencer

class RtlCore {
 public:
  struct Request {
    bool valid = false, write = false;
    std::uint32_t addr = 0, count = 0;
  };
  using Beat = std::array<std::uint32_t, 4>;
  /// What is wrong in the settled cycle; the core goes on unless it is reset.
  struct Trouble {
    bool illegal = false, past_end = false, outside = false;
    int stream = 0;  // why the last coded burst was given up, 0: it was not
    std::uint32_t instruction = 0, burst_instruction = 0;  // that is executed; of the present or last burst
    std::uint32_t outside_row = 0;
  };

  virtual ~RtlCore() = default;
  virtual void settle() = 0;
  virtual void advance() = 0;
  // host port
  virtual void reset(bool on) = 0;
  virtual void write_instr(bool on, std::uint32_t row, const arch::InstrWord& word) = 0;
  virtual void write_control(bool on, std::uint32_t value) = 0;
  virtual void start(bool on, std::uint32_t pc) = 0;
  virtual bool busy() const = 0;
  virtual std::uint64_t counter(int index) = 0;
  virtual Trouble trouble() const = 0;
  // memory port
  virtual Request request() const = 0;
  virtual void read_beat(bool valid, const std::uint8_t* bytes) = 0;
  virtual bool takes_beat() const = 0;  // that is shown in this cycle
  virtual bool write_beat(std::uint8_t* bytes) const = 0;
  virtual void take_beats(bool on) = 0;  // that it writes, in the coming cycle; on until it is said
  // observation, of the settled cycle
  virtual SequencerState state() const = 0;
  virtual arch::InstrWord instr() const = 0;
  virtual int iteration() const = 0;
  virtual std::array<int, 2> tile() const = 0;  // oc, t
  virtual ArrayProbe& array() = 0;
  /// Sum that the post unit has selected: pixel of the group row, channel of the block.
  virtual std::int64_t post_sum(int pixel, int channel) const = 0;
  virtual void act_word(int bank, int row, std::uint8_t* bytes) const = 0;
  virtual std::uint16_t score(int row, int channel) const = 0;
  // signals, of a core that has them
  /// Declares those of a block, or of all (see SignalWindow). Errors: no such block: wd::Error.
  virtual void open_signals(SignalSink& sink, const SignalWindow& window) = 0;
  /// What has changed. @param half_cycles the time, see SignalSink
  virtual void tell_signals(std::uint64_t half_cycles) = 0;
  virtual void close_signals() = 0;
};

}  // namespace wd::sim::rtl
