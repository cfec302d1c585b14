// SPDX-License-Identifier: Apache-2.0
// A host processor's driver of the chip: fills memory and instruction memory, starts programs, takes the interrupt, reads the scores.
//
// Timing    its calls are made from a thread of the caller's and wait as the bus demands; a program is waited for by its interrupt.
// Errors    an access that is answered with an error, a program that is refused or ends with a fault: std::runtime_error.
// Test      testbench/platform_test.cpp
#pragma once

#include <tlm_utils/simple_initiator_socket.h>

#include <cstdint>
#include <span>
#include <systemc>
#include <vector>
#include <whitedwarf/program.hpp>

namespace whitedwarf {

class Host : public sc_core::sc_module {
 public:
  tlm_utils::simple_initiator_socket<Host> registers{"registers"}, memory{"memory"};
  sc_core::sc_in<bool> irq_i{"irq_i"};

  /// @param base where the program's memory begins, a multiple of 4096
  Host(sc_core::sc_module_name name, std::uint64_t base = 0) : sc_module(name), base_(base) {}

  struct Run {
    std::vector<std::uint64_t> counters;  // of docs/isa.md, the first one cycles
    sc_core::sc_time begin, end;          // of the write to `start`, and of the interrupt
    std::uint64_t cycles() const { return counters.at(0); }
  };

  /// Writes memory and instructions; weights come into the chip with run() of the load entry.
  /// @param switches, window the registers' values
  void load(const ProgramImage& image, std::uint32_t switches, std::uint32_t window = 0);
  Run run(std::uint32_t entry);
  /// Puts an input tensor into memory, runs the frame, reads the scores.
  Run frame(const ProgramImage& image, std::span<const std::uint8_t> input,
            std::vector<std::uint16_t>& scores);
  /// That stand in memory behind a frame.
  std::vector<std::uint16_t> scores(const ProgramImage& image);

  void write_register(std::uint64_t address, std::uint32_t value);
  std::uint32_t read_register(std::uint64_t address);
  /// Addresses of the program's memory.
  void write_memory(std::uint64_t address, std::span<const std::uint8_t> bytes);
  void read_memory(std::uint64_t address, std::span<std::uint8_t> bytes);

 private:
  void transfer(tlm_utils::simple_initiator_socket<Host>& socket, tlm::tlm_command command,
                std::uint64_t address, std::uint8_t* bytes, std::size_t length);

  const std::uint64_t base_;
};

}  // namespace whitedwarf
