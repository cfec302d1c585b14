// SPDX-License-Identifier: Apache-2.0
// The host: a TLM-2.0 initiator that fills memory, programs the core, starts it and reads the results.
//
// What      run() queues one job and runs the kernel until it is done; the job itself is a process that only
//           uses its two sockets and the core's busy line.
// Errors    a transaction that is refused: SC_REPORT_ERROR.
#pragma once

#include <tlm_utils/simple_initiator_socket.h>

#include <cstdint>
#include <span>
#include <systemc>
#include <vector>

#include "hw/arch/arch.hpp"

namespace wd::sim::systemc {

class Host : public sc_core::sc_module {
 public:
  tlm_utils::simple_initiator_socket<Host> core_socket{"core_socket"}, memory_socket{"memory_socket"};
  sc_core::sc_in<bool> clk_i{"clk_i"}, busy_i{"busy_i"};

  struct Block {
    std::uint64_t address = 0;
    std::span<const std::uint8_t> bytes;
  };
  struct Job {
    std::span<const arch::Instr> instrs;  // to write first, from instruction 0
    std::vector<Block> memory;            // to write first
    std::uint32_t entry = 0, switches = 0, window = 0;
    std::uint64_t result_address = 0, result_bytes = 0;  // to read when done
  };
  struct Result {
    arch::Counters counters;
    std::vector<std::uint8_t> bytes;
  };

  SC_HAS_PROCESS(Host);
  explicit Host(sc_core::sc_module_name name);
  Result run(Job job);

 private:
  void work();
  void start();
  void finish();
  void write_instructions();
  void read_counters();
  void write_register(std::uint64_t address, std::uint32_t value);
  std::uint32_t read_register(std::uint64_t address);
  void transfer(tlm_utils::simple_initiator_socket<Host>& socket, tlm::tlm_command command,
                std::uint64_t address, std::uint8_t* bytes, std::size_t length);

  sc_core::sc_event wake_;
  bool pending_ = false, started_ = false;
  Job job_;
  Result result_;
};

}  // namespace wd::sim::systemc
