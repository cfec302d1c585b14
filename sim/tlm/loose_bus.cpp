// SPDX-License-Identifier: Apache-2.0
// Ahead of time: b_transport and DMI, within the global quantum.
#include <algorithm>
#include <cstring>

#include "sim/systemc/transaction.hpp"
#include "sim/tlm/bus.hpp"

namespace whitedwarf {

using sc_core::sc_time;
using sc_core::sc_time_stamp;
using wd::sim::systemc::set_transaction;

void Bus::begin_loose(const sc_time& cycle_0) { cycle_0_ = cycle_0; }

/// The first cycle that begins at a time or behind it.
std::uint64_t Bus::cycle_of(const sc_time& time) const {
  if (time <= cycle_0_) return 0;
  return ((time - cycle_0_).value() + period_.value() - 1) / period_.value();
}

bool Bus::direct(std::uint64_t address, bool write, std::span<std::uint8_t> beats) {
  if (!dmi_ && dmi_wanted_) {
    tlm::tlm_generic_payload payload;
    payload.set_command(write ? tlm::TLM_WRITE_COMMAND : tlm::TLM_READ_COMMAND);
    payload.set_address(address);
    tlm::tlm_dmi dmi;
    dmi_wanted_ = false;  // until a transaction says that it is allowed
    if (socket_->get_direct_mem_ptr(payload, dmi)) dmi_ = dmi;
  }
  if (!dmi_ || address < dmi_->get_start_address() || address + beats.size() - 1 > dmi_->get_end_address() ||
      !(write ? dmi_->is_write_allowed() : dmi_->is_read_allowed()))
    return false;
  unsigned char* const place = dmi_->get_dmi_ptr() + (address - dmi_->get_start_address());
  if (write)
    std::memcpy(place, beats.data(), beats.size());
  else
    std::memcpy(beats.data(), place, beats.size());
  used_dmi_ = true;
  return true;
}

/// @param behind a cycle before which the answer does not come @return the cycle of the answer
std::uint64_t Bus::transfer(std::uint64_t cycle, bool write, std::uint64_t first,
                            std::span<std::uint8_t> beats, std::uint64_t behind) {
  if (abandoned_) {
    if (!write) std::fill(beats.begin(), beats.end(), std::uint8_t{0});
    return cycle;
  }
  const sc_time at = cycle_0_ + static_cast<double>(cycle) * period_;
  const std::uint64_t address = base_ + first * beat_bytes;
  sc_time delay = at > sc_time_stamp() ? at - sc_time_stamp() : sc_core::SC_ZERO_TIME;
  if (delay > tlm::tlm_global_quantum::instance().get()) {  // what others do until then comes first
    sc_core::wait(delay, abandons_);
    delay = sc_core::SC_ZERO_TIME;
    if (abandoned_) return transfer(cycle, write, first, beats, behind);
  }
  if (direct(address, write, beats))
    return cycle_of(at + (write ? dmi_->get_write_latency() : dmi_->get_read_latency()));
  tlm::tlm_generic_payload payload;
  set_transaction(payload, write ? tlm::TLM_WRITE_COMMAND : tlm::TLM_READ_COMMAND, address, beats.data(),
                  beats.size());
  socket_->b_transport(payload, delay);
  const std::uint64_t answer = cycle_of(sc_time_stamp() + delay);
  note(payload, {first, payload.get_response_status(), numbers_.last(), std::max(answer, behind)});
  if (payload.is_response_error()) abandoned_ = true;
  if (payload.is_response_error() && !write) std::fill(beats.begin(), beats.end(), std::uint8_t{0});
  if (payload.is_dmi_allowed() && !dmi_) dmi_wanted_ = true;
  return answer;
}

std::uint64_t Bus::read(std::uint64_t request, std::uint64_t first, std::span<std::uint8_t> beats,
                        const Take& take) {
  numbers_.take(beats.size() / beat_bytes);
  const std::uint64_t begin = first, end = first + beats.size() / beat_bytes;
  std::deque<std::uint64_t> last;  // beats' cycles of the transactions that are outstanding
  const auto delay = static_cast<std::uint64_t>(read_delay_);
  std::uint64_t issue = std::max(request + delay, written_ == 0 ? 0 : written_ + delay), behind = 0;
  for (std::uint64_t at = first; at != end;) {
    const std::uint64_t to = transaction_end(at, end), count = to - at;
    if (last.size() == outstanding_) {
      issue = std::max(issue, last.front() + delay);
      last.pop_front();
    }
    // A memory that took its time has made it later.
    issue = std::max(issue, cycle_of(sc_time_stamp()));
    behind = std::max(behind, issue + 1);
    behind = std::max(behind, transfer(issue, false, at,
                                       beats.subspan((at - begin) * beat_bytes, count * beat_bytes), behind));
    if (!take) {
      behind += count;
      last.push_back(behind - 1);
    } else {
      for (std::uint64_t beat = at; beat != to; ++beat) {
        const std::uint64_t taken = take(behind, &beats[(beat - begin) * beat_bytes]);
        if (beat + 1 == to) last.push_back(delay == 0 ? behind : taken);
        behind = taken + 1;
      }
    }
    ++issue;
    at = to;
  }
  return behind - 1;
}

void Bus::write(std::uint64_t sent, std::uint64_t first, std::span<const std::uint8_t> beats) {
  numbers_.take(beats.size() / beat_bytes);
  std::vector<std::uint8_t> bytes(beats.begin(), beats.end());
  const std::uint64_t issue =
      std::max(sent + static_cast<std::uint64_t>(write_delay_), cycle_of(sc_time_stamp()));
  const std::uint64_t soonest = std::max(issue, written_) + 1;
  written_ = std::max(soonest, transfer(issue, true, first, bytes, soonest));
}

std::uint64_t Bus::accepts_from() const {
  return read_delay_ == 0 || abandoned_ || written_ == 0 ? 0
                                                         : written_ + static_cast<std::uint64_t>(read_delay_);
}

bool Bus::peek(std::uint64_t first, std::span<std::uint8_t> bytes) {
  tlm::tlm_generic_payload payload;
  set_transaction(payload, tlm::TLM_READ_COMMAND, base_ + first * beat_bytes, bytes.data(), bytes.size());
  return bytes.empty() || socket_->transport_dbg(payload) == bytes.size();
}

}  // namespace whitedwarf
