// SPDX-License-Identifier: Apache-2.0
// Modules between chip and memory, and memories, as others write them: for tests of the chip's sockets.
#pragma once

#include <tlm_utils/multi_passthrough_target_socket.h>
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <cstring>
#include <memory>
#include <string>
#include <systemc>
#include <vector>

#include "base/error.hpp"

namespace wd::testbench {

using sc_core::sc_time;

/// Lies between the chip and memory, and notes what passes.
class Spy : public sc_core::sc_module {
 public:
  tlm_utils::simple_target_socket<Spy> in{"in"};
  tlm_utils::simple_initiator_socket<Spy> out{"out"};

  /// Of transports: those that it has; the sockets of tlm_utils make the others of them.
  enum class Has { both, blocking, non_blocking };
  Spy(sc_core::sc_module_name name, Has has) : sc_module(name) {
    if (has != Has::non_blocking) in.register_b_transport(this, &Spy::b_transport);
    if (has != Has::blocking) in.register_nb_transport_fw(this, &Spy::forward);
    in.register_get_direct_mem_ptr(this, &Spy::dmi);
    in.register_transport_dbg(this, &Spy::debug);
    out.register_nb_transport_bw(this, &Spy::backward);
    out.register_invalidate_direct_mem_ptr(this, &Spy::invalidate);
  }

  struct Seen {
    std::string what;
    sc_time at;
  };
  std::vector<Seen> all;
  std::vector<std::string> seen;

 private:
  void note(const tlm::tlm_generic_payload& p, const sc_time& delay) {
    const std::string what = text(p.is_write() ? "w" : "r", p.get_address(), "+", p.get_data_length());
    all.push_back({what, sc_core::sc_time_stamp() + delay});
    seen.push_back(text(what, "@", all.back().at.to_string()));
  }
  void b_transport(tlm::tlm_generic_payload& p, sc_time& delay) {
    note(p, delay);
    out->b_transport(p, delay);
  }
  tlm::tlm_sync_enum forward(tlm::tlm_generic_payload& p, tlm::tlm_phase& phase, sc_time& delay) {
    if (phase == tlm::BEGIN_REQ) note(p, delay);
    return out->nb_transport_fw(p, phase, delay);
  }
  tlm::tlm_sync_enum backward(tlm::tlm_generic_payload& p, tlm::tlm_phase& phase, sc_time& delay) {
    return in->nb_transport_bw(p, phase, delay);
  }
  bool dmi(tlm::tlm_generic_payload& p, tlm::tlm_dmi& d) { return out->get_direct_mem_ptr(p, d); }
  unsigned debug(tlm::tlm_generic_payload& p) { return out->transport_dbg(p); }
  void invalidate(sc_dt::uint64 a, sc_dt::uint64 b) { in->invalidate_direct_mem_ptr(a, b); }
};

/// A memory that grants a pointer to a page at a time, and now and then moves all of its bytes: who goes on with an old pointer reads what was never
/// written there, and what it writes is lost.
class MovingMemory : public sc_core::sc_module {
 public:
  tlm_utils::multi_passthrough_target_socket<MovingMemory> socket{"socket"};

  SC_HAS_PROCESS(MovingMemory);
  MovingMemory(sc_core::sc_module_name name, std::size_t bytes, const sc_time& latency, const sc_time& pause)
      : sc_module(name), size_(bytes), latency_(latency), pause_(pause) {
    places_.push_back(std::make_unique<std::uint8_t[]>(bytes));
    socket.register_b_transport(this, &MovingMemory::transport);
    socket.register_get_direct_mem_ptr(this, &MovingMemory::pointer);
    socket.register_transport_dbg(this, &MovingMemory::debug);
    SC_THREAD(move);
  }

  int granted = 0, moved_while_granted = 0;

 private:
  static constexpr std::uint64_t page_bytes = 1024;

  std::uint8_t* bytes() { return places_.back().get(); }
  void transport(int, tlm::tlm_generic_payload& p, sc_time& delay) {
    p.set_dmi_allowed(true);
    if (debug(0, p) != p.get_data_length()) return p.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
    p.set_response_status(tlm::TLM_OK_RESPONSE);
    if (p.is_read()) delay += latency_;
  }
  unsigned debug(int, tlm::tlm_generic_payload& p) {
    const std::uint64_t first = p.get_address(), length = p.get_data_length();
    if (first + length > size_) return 0;
    if (p.is_read()) std::memcpy(p.get_data_ptr(), bytes() + first, length);
    if (p.is_write()) std::memcpy(bytes() + first, p.get_data_ptr(), length);
    return static_cast<unsigned>(length);
  }
  bool pointer(int, tlm::tlm_generic_payload& p, tlm::tlm_dmi& dmi) {
    const std::uint64_t first = p.get_address() / page_bytes * page_bytes;
    dmi.set_dmi_ptr(bytes() + first);
    dmi.set_start_address(first);
    dmi.set_end_address(std::min(first + page_bytes, std::uint64_t{size_}) - 1);
    dmi.set_read_latency(latency_);
    dmi.allow_read_write();
    live_ = true;
    return ++granted != 0;
  }
  void move() {
    for (;;) {
      wait(pause_);
      places_.push_back(std::make_unique<std::uint8_t[]>(size_));
      std::uint8_t* const old = places_[places_.size() - 2].get();
      std::memcpy(bytes(), old, size_);
      std::memset(old, 0x5a, size_);
      moved_while_granted += live_;
      live_ = false;
      for (unsigned i = 0; i < socket.size(); ++i)
        socket[static_cast<int>(i)]->invalidate_direct_mem_ptr(0, size_ - 1);
      if (places_.size() > 64) places_.erase(places_.begin());  // long before anybody's last use
    }
  }

  const std::size_t size_;
  const sc_time latency_, pause_;
  std::vector<std::unique_ptr<std::uint8_t[]>> places_;
  bool live_ = false;
};

}  // namespace wd::testbench
