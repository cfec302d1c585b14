// SPDX-License-Identifier: Apache-2.0
// The chip's side of its memory socket: cuts bursts into transactions, by blocking and by non-blocking transport.
//
// Timing    of a read burst requested in cycle r, transaction k is issued in the first cycle that is
//             at least r, behind transaction k - 1's, not before the last beat of transaction k - `outstanding`, and not before all writes are answered;
//           its beats come from its answer's cycle on, one a cycle, behind those of transaction k - 1. A write is issued in the cycle of its last beat.
//           An answer that is there sooner counts from the cycle behind the issue on, as on any bus of registers; those of writes come in order, one a cycle.
//           With `registers` it is that of wd_axi_master: a read is issued two cycles behind what it waits for, and a beat that the core has
//           not taken is not its transaction's last one yet; a write a cycle later; and a write burst's first beat is taken two cycles behind
//           the last answer to the writes before it.
// Errors    an answer with an error: the beats are zeros; the first one is kept, with the instruction whose burst it was. A read's counts
//           when its first beat would come, a write's when it is answered.
// Test      testbench/platform_test.cpp
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <tlm>
#include <vector>

#include "sim/burst_port.hpp"
#include "sim/fast/chip_memory.hpp"
#include "sim/tlm/burst_numbers.hpp"

namespace whitedwarf {

inline constexpr std::uint64_t beat_bytes = 16;

class Bus final : public wd::sim::BurstPort, public wd::sim::fast::ChipMemory, public tlm::tlm_mm_interface {
 public:
  struct Fault {
    std::uint64_t beat = 0;  // of the program's memory: the transaction's first
    tlm::tlm_response_status status = tlm::TLM_OK_RESPONSE;
    std::uint32_t instruction = 0;
    std::uint64_t cycle = 0;  // of the answer, ahead of time
  };

  Bus(tlm::tlm_initiator_socket<>& socket, const sc_core::sc_time& period, int outstanding, bool registers);
  ~Bus() override;

  /// Before a program. @param base in bytes, where its memory begins
  void begin(std::uint64_t base, const std::vector<wd::arch::Instr>& instrs, std::uint32_t entry);
  void set_base(std::uint64_t base) { base_ = base; }
  std::optional<Fault> fault;
  /// Notified in the cycle of a faulty answer, if not ahead of time.
  const sc_core::sc_event& faulted() const { return faulted_; }
  /// What is left of the program reads zeros and writes nothing. Transactions that were issued are answered.
  void abandon();
  /// The instruction of the burst that was requested last.
  std::uint32_t burst_instruction() const { return numbers_.last(); }

  // cycle by cycle, by nb_transport
  void request(bool write, std::uint32_t first, std::uint32_t count) override;
  const std::uint8_t* next() override;
  void hold() override;
  void send(const std::uint8_t* beat) override;
  bool accepts() const override;
  bool idle() const {
    return reads_.empty() && writes_ == 0 && unsent_.empty() && sc_core::sc_time_stamp() >= write_answer_;
  }
  /// Whether all of the last read burst has been asked for.
  bool takes_request() const { return read_at_ == read_end_; }
  /// Whether the beat that came last was answered with an error.
  bool erred() const { return erred_; }
  /// Told of each write's answer: its first beat, whether it is an error, and when it is.
  std::function<void(std::uint64_t first, bool error, const sc_core::sc_time& answer)> on_written;
  /// Notified when it has become idle.
  const sc_core::sc_event& became_idle() const { return idle_; }
  /// Notified when retry() is to be called: a request of a write has to wait.
  const sc_core::sc_event& wants_retry() const { return retry_; }
  void retry() { issue_next(); }
  tlm::tlm_sync_enum answered(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                              sc_core::sc_time& delay);

  // ahead of time, by b_transport or DMI, from a thread. @param cycle_0 when the program's cycle 0 begins
  void begin_loose(const sc_core::sc_time& cycle_0);
  std::uint64_t read(std::uint64_t request, std::uint64_t first, std::span<std::uint8_t> beats,
                     const Take& take) override;
  void write(std::uint64_t sent, std::uint64_t first, std::span<const std::uint8_t> beats) override;
  std::uint64_t accepts_from() const override;
  /// The cycle in which the last write is answered.
  std::uint64_t written() const { return written_; }
  void invalidate_dmi() { dmi_.reset(), dmi_wanted_ = true; }
  bool uses_dmi() const { return used_dmi_; }

  /// The program's memory without time. @return whether all of it could be read
  bool peek(std::uint64_t first, std::span<std::uint8_t> bytes) override;

 private:
  struct Transaction : tlm::tlm_generic_payload {
    explicit Transaction(tlm::tlm_mm_interface* mm) : tlm_generic_payload(mm) {}
    std::array<std::uint8_t, wd::sim::fast::bus_beats * beat_bytes> bytes;
    std::uint64_t first = 0, beats = 0, taken = 0;
    std::uint32_t instruction = 0;
    bool responded = false, ended = false;   // BEGIN_RESP has come; END_RESP is not needed, or was sent
    sc_core::sc_time issued, answer, ready;  // ready: from when on a write may be issued
  };

  Transaction* make(bool write, std::uint64_t first, std::uint64_t beats);
  void free(tlm::tlm_generic_payload* payload) override;
  void issue_next();
  void issue(Transaction& transaction);
  void respond(Transaction& transaction, const sc_core::sc_time& delay);
  void end_response(Transaction& transaction);
  void note(const tlm::tlm_generic_payload& payload, const Fault& where);
  std::uint64_t transfer(std::uint64_t cycle, bool write, std::uint64_t first, std::span<std::uint8_t> beats,
                         std::uint64_t behind);
  /// What a burst waits for that comes behind writes.
  sc_core::sc_time behind_writes() const {
    return write_answer_ + (write_answer_ == sc_core::SC_ZERO_TIME ? 0 : read_delay_) * period_;
  }
  bool direct(std::uint64_t address, bool write, std::span<std::uint8_t> beats);
  std::uint64_t cycle_of(const sc_core::sc_time& time) const;

  tlm::tlm_initiator_socket<>& socket_;
  const sc_core::sc_time period_;
  const std::uint64_t outstanding_;
  const int read_delay_, write_delay_;  // cycles
  std::uint64_t base_ = 0;
  bool abandoned_ = false;
  BurstNumbers numbers_;
  sc_core::sc_event faulted_, abandons_;
  // cycle by cycle
  std::vector<std::unique_ptr<Transaction>> all_;
  std::vector<Transaction*> free_;
  std::deque<Transaction*> reads_;   // issued, whose beats are not all taken
  std::deque<Transaction*> unsent_;  // writes that wait for the request phase
  Transaction* requesting_ = nullptr;
  sc_core::sc_time request_free_, last_issue_;
  bool issued_once_ = false;
  std::deque<sc_core::sc_time> freed_;  // cycles of last beats, from which a read's delay is not over
  bool last_beat_ = false,
       erred_ = false;             // of the beat that came last: its transaction's last, with an error
  sc_core::sc_time read_from_;     // the read burst may be issued from then on
  std::uint64_t writes_ = 0;       // issued, not answered
  sc_core::sc_time write_answer_;  // the last one
  std::uint64_t read_at_ = 0, read_end_ = 0;  // of the read burst: beats that are not issued yet
  std::uint64_t zeros_ = 0;                   // of an abandoned read burst
  Transaction* gathering_ = nullptr;          // of the write burst
  std::uint64_t write_first_ = 0, write_at_ = 0, write_end_ = 0;
  std::array<std::uint8_t, beat_bytes> beat_{};
  sc_core::sc_event idle_, retry_;
  // ahead of time
  sc_core::sc_time cycle_0_;
  std::uint64_t written_ = 0;
  std::optional<tlm::tlm_dmi> dmi_;
  bool dmi_wanted_ = true, used_dmi_ = false;
};

/// The beat behind a transaction that begins at one, of a burst that ends before `end`.
inline std::uint64_t transaction_end(std::uint64_t first, std::uint64_t end) {
  return std::min(end,
                  first / wd::sim::fast::bus_beats * wd::sim::fast::bus_beats + wd::sim::fast::bus_beats);
}

}  // namespace whitedwarf
