// SPDX-License-Identifier: Apache-2.0
// Blocking transactions as the initiators of chips and hosts make them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <tlm>

namespace wd::sim::systemc {

inline constexpr std::size_t host_transaction_bytes = 4096;  // at most

inline void set_transaction(tlm::tlm_generic_payload& payload, tlm::tlm_command command,
                            std::uint64_t address, std::uint8_t* bytes, std::size_t length) {
  payload.set_command(command);
  payload.set_address(address);
  payload.set_data_ptr(bytes);
  payload.set_data_length(static_cast<unsigned>(length));
  payload.set_streaming_width(static_cast<unsigned>(length));
}

/// Moves bytes in transactions of at most `host_transaction_bytes`. @param answered told of each, with its payload and delay
template <typename Answered>
void transfer(tlm::tlm_fw_transport_if<>& target, tlm::tlm_command command, std::uint64_t address,
              std::uint8_t* bytes, std::size_t length, Answered answered) {
  for (std::size_t at = 0; at < length; at += host_transaction_bytes) {
    tlm::tlm_generic_payload payload;
    sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
    set_transaction(payload, command, address + at, bytes + at,
                    std::min(host_transaction_bytes, length - at));
    target.b_transport(payload, delay);
    answered(payload, delay);
  }
}

}  // namespace wd::sim::systemc
