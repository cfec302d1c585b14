// SPDX-License-Identifier: Apache-2.0
// The memory behind the core: a TLM-2.0 target with one socket for the host and one for the core's DMA.
//
// Units     byte addresses from 0.
// Timing    none of its own: MemoryLatency and the beat rate are counted by the core's DMA, on the clock.
// Errors    an access outside: TLM_ADDRESS_ERROR_RESPONSE; byte enables and streaming: their responses.
// Test      blocks_test.cpp
#pragma once

#include <tlm_utils/simple_target_socket.h>

#include <systemc>
#include <vector>

namespace wd::sim::systemc {

class Memory : public sc_core::sc_module {
 public:
  tlm_utils::simple_target_socket<Memory> host_socket{"host_socket"};
  tlm_utils::simple_target_socket<Memory> dma_socket{"dma_socket"};

  Memory(sc_core::sc_module_name name, std::size_t size_bytes);

 private:
  void transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);

  std::vector<unsigned char> bytes_;
};

}  // namespace wd::sim::systemc
