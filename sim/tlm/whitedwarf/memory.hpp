// SPDX-License-Identifier: Apache-2.0
// A memory as a TLM-2.0 target of any number of initiators: ideal, or a DRAM behind a controller.
//
// Timing    an answer's time is that of its first beat of 16 bytes, at a whole cycle; the others follow in the next cycles. A write is answered when
//           all of it is written. Deterministic in the sequence of (time, address, bytes, write); requests are served in the order of their calls.
// DMI       granted by an ideal memory, of all of it. A DRAM grants none: its times would be lost.
// Errors    an access outside, byte enables, streaming: their TLM responses. An unknown DRAM: std::runtime_error.
// Test      testbench/platform_test.cpp, sim/dram/dram_test.cpp
#pragma once

#include <tlm_utils/multi_passthrough_target_socket.h>

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <systemc>
#include <vector>

namespace whitedwarf {

struct MemoryOptions {
  std::uint64_t bytes = 0;
  sc_core::sc_time period{2, sc_core::SC_NS};  // of the bus: a beat each
  int latency = 24;                            // cycles to an ideal memory's answer, or added to a DRAM's
  std::string dram = {};                       // "ddr3-1600", "lpddr4-3200"; empty: ideal
  bool dmi = true;                             // whether an ideal memory grants it
};

struct MemoryFigures {
  std::uint64_t transactions = 0, bytes_read = 0, bytes_written = 0;
  // of a DRAM
  std::uint64_t accesses = 0, row_hits = 0, row_conflicts = 0, refreshes = 0;
  double data_bus_seconds = 0, peak_bytes_per_second = 0;
};

class Memory : public sc_core::sc_module {
 public:
  tlm_utils::multi_passthrough_target_socket<Memory> socket{"socket"};

  SC_HAS_PROCESS(Memory);
  /// Errors: options out of range: std::runtime_error.
  Memory(sc_core::sc_module_name name, const MemoryOptions& options);
  ~Memory() override;

  MemoryFigures figures() const;
  /// Takes DMI back from all initiators.
  void invalidate_dmi();
  /// Answers accesses to these bytes with an error; for tests of what an initiator does then.
  void fail_between(std::uint64_t first, std::uint64_t last);
  std::uint8_t* data() { return bytes_.data(); }

 private:
  struct Waiting {
    tlm::tlm_generic_payload* payload = nullptr;
    sc_core::sc_time answer;
  };
  struct Port {
    std::deque<Waiting> waiting;
    bool responding = false;
  };

  void b_transport(int id, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  tlm::tlm_sync_enum nb_transport(int id, tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                  sc_core::sc_time& delay);
  bool get_dmi(int id, tlm::tlm_generic_payload& payload, tlm::tlm_dmi& dmi);
  unsigned debug(int id, tlm::tlm_generic_payload& payload);
  tlm::tlm_response_status perform(tlm::tlm_generic_payload& payload);
  /// @return when it is answered
  sc_core::sc_time serve(tlm::tlm_generic_payload& payload, const sc_core::sc_time& at);
  void respond();
  void end(Port& port);

  struct Impl;
  const MemoryOptions options_;
  std::vector<std::uint8_t> bytes_;
  std::unique_ptr<Impl> impl_;
  std::map<int, Port> ports_;
  sc_core::sc_event changed_;
  std::uint64_t transactions_ = 0, read_ = 0, written_ = 0, fail_first_ = 1, fail_last_ = 0;
};

}  // namespace whitedwarf
