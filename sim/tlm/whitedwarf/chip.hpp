// SPDX-License-Identifier: Apache-2.0
// The chip as a TLM-2.0 module: a target socket for its registers, an initiator socket to memory, an interrupt, a reset.
//
// Registers  whitedwarf/registers.hpp: 32 bits at byte addresses, an access is whole, aligned registers in a row. Little-endian.
// Models     `fast`, loosely timed: exact values, and exact cycles given the memory's answers, at the speed of whole networks; `systemc` and `rtl`,
//            cycle by cycle. All of them take the same cycles and cause the same transactions at the same times. `axi` is the whole RTL chip
//            with its AXI buses: an access to a register takes cycles, too, and the others agree with it with `bus_registers`.
// Memory     bursts of at most 16 beats of 16 bytes, which end where an address is a multiple of 256 bytes. An answer's time is that of its first
//            beat, the others follow in the next cycles: with blocking transport the delay that is returned, with non-blocking transport
//            BEGIN_RESP. `fast` uses DMI where it is granted, else b_transport, ahead of time within the global quantum; the others nb_transport, four phases.
// Errors     of an access to registers: its TLM response. What stops a program is in the registers, with the same cause, instruction and address from
//            every model (docs/bus.md); how soon it ends then is the model's. A program that the chip could not execute, but for a
//            row that is no instruction, is refused when it is started: TLM_GENERIC_ERROR_RESPONSE; why(): the reason.
// Test       testbench/platform_test.cpp
#pragma once

#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <cstdint>
#include <memory>
#include <string>
#include <systemc>

namespace whitedwarf {

struct ChipOptions {
  std::string model = "fast";     // chip_models()
  std::string architecture = {};  // JSON, what differs from the default chip; empty: nothing
  sc_core::sc_time period{2, sc_core::SC_NS};
  int outstanding =
      4;  // transactions of a read burst that wait for their end: 1 to 64; `axi` has 4, whatever is given
  bool signals = false;  // a model `rtl` with signals for waves(), which is slower
  unsigned threads =
      1;  // of the model `fast`, for a layer's tiles; 0: as many as the machine has. Results do not change
  bool bus_registers =
      false;  // the other models take the cycles of `axi`, whose requests pass registers on their way to the bus
};

/// Those that are linked into this program: "fast", "systemc", and "rtl" and "axi" with their library.
std::string chip_models();

class Chip : public sc_core::sc_module {
 public:
  sc_core::sc_in<bool> rst_ni{"rst_ni"};
  sc_core::sc_out<bool> irq_o{"irq_o"};
  tlm_utils::simple_target_socket<Chip> registers{"registers"};
  tlm_utils::simple_initiator_socket<Chip> memory{"memory"};

  SC_HAS_PROCESS(Chip);
  /// Errors: an unknown model, an architecture that it does not have, options out of range: std::runtime_error.
  Chip(sc_core::sc_module_name name, const ChipOptions& options);
  ~Chip() override;

  /// Why the last start was refused, or its program faulted; empty if it was not, and for the model `axi`.
  const std::string& why() const;
  /// Whether bursts went through a pointer into memory lately.
  bool uses_dmi() const;
  /// Writes the signals of a window to a file, VCD or FST; not of the model `fast`. Cycles are those of the clock from the simulation's start, whatever
  /// goes on in them; while nothing does, the clock stands. Call it before the window, finish_waves() behind it.
  /// Errors: a block that is not there, a window that was not reached: std::runtime_error.
  /// @param scope a block by its path, "wd_top.u_post"; empty: all. @param depth levels of blocks from that one down; 0: all
  void waves(const std::string& path, std::uint64_t first_cycle, std::uint64_t last_cycle, bool fst = false,
             const std::string& scope = {}, int depth = 0);
  /// @param whole false: the simulation may have ended before the window did @return whether the file is there
  bool finish_waves(bool whole = true);

 private:
  void transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  unsigned debug(tlm::tlm_generic_payload& payload);
  tlm::tlm_sync_enum answered(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                              sc_core::sc_time& delay);
  void invalidated(sc_dt::uint64 first, sc_dt::uint64 last);
  void retry();
  void reset();
  void drive_interrupt();
  void bus_faulted();
  void expired();
  void stop();
  void end();

  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace whitedwarf
