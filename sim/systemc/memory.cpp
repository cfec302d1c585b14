// SPDX-License-Identifier: Apache-2.0
#include "sim/systemc/memory.hpp"

#include <algorithm>

namespace wd::sim::systemc {

Memory::Memory(sc_core::sc_module_name name, std::size_t size_bytes) : sc_module(name), bytes_(size_bytes) {
  host_socket.register_b_transport(this, &Memory::transport);
  dma_socket.register_b_transport(this, &Memory::transport);
}

void Memory::transport(tlm::tlm_generic_payload& payload, sc_core::sc_time&) {
  const std::uint64_t first = payload.get_address(), length = payload.get_data_length();
  if (payload.get_byte_enable_ptr() != nullptr)
    return payload.set_response_status(tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE);
  if (payload.get_streaming_width() < length)
    return payload.set_response_status(tlm::TLM_BURST_ERROR_RESPONSE);
  if (first > bytes_.size() || length > bytes_.size() - first)
    return payload.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
  unsigned char* const place = bytes_.data() + first;
  if (payload.is_read())
    std::copy_n(place, length, payload.get_data_ptr());
  else if (payload.is_write())
    std::copy_n(payload.get_data_ptr(), length, place);
  payload.set_response_status(tlm::TLM_OK_RESPONSE);
}

}  // namespace wd::sim::systemc
