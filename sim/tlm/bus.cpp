// SPDX-License-Identifier: Apache-2.0
// Cycle by cycle: nb_transport, base protocol.
#include "sim/tlm/bus.hpp"

#include <algorithm>
#include <utility>

#include "base/error.hpp"

namespace whitedwarf {

using sc_core::sc_time;
using sc_core::sc_time_stamp;

Bus::Bus(tlm::tlm_initiator_socket<>& socket, const sc_time& period, int outstanding, bool registers)
    : socket_(socket),
      period_(period),
      outstanding_(static_cast<std::uint64_t>(std::max(1, outstanding))),
      read_delay_(registers ? 2 : 0),
      write_delay_(registers ? 1 : 0) {}

Bus::~Bus() = default;

void Bus::begin(std::uint64_t base, const std::vector<wd::arch::Instr>& instrs, std::uint32_t entry) {
  base_ = base;
  numbers_.begin(instrs, entry);
  zeros_ = 0;
  fault.reset();
  abandoned_ = used_dmi_ = false;
  written_ = 0;
}

void Bus::abandon() {
  abandoned_ = true;
  abandons_.notify();
  zeros_ += read_end_ - read_at_;
  read_at_ = read_end_;
  freed_.clear();
  if (gathering_ != nullptr) std::exchange(gathering_, nullptr)->release();
}

Bus::Transaction* Bus::make(bool write, std::uint64_t first, std::uint64_t beats) {
  if (free_.empty()) {
    all_.push_back(std::make_unique<Transaction>(this));
    free_.push_back(all_.back().get());
  }
  Transaction* const t = free_.back();
  free_.pop_back();
  t->acquire();
  t->set_command(write ? tlm::TLM_WRITE_COMMAND : tlm::TLM_READ_COMMAND);
  t->set_data_ptr(t->bytes.data());
  t->set_byte_enable_ptr(nullptr);
  t->set_dmi_allowed(false);
  t->set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
  t->first = first, t->beats = beats, t->taken = 0;
  t->instruction = numbers_.last();
  t->responded = t->ended = false;
  return t;
}

void Bus::free(tlm::tlm_generic_payload* payload) {
  payload->reset();
  free_.push_back(static_cast<Transaction*>(payload));
}

void Bus::request(bool write, std::uint32_t first, std::uint32_t count) {
  numbers_.take(count);
  if (write) {
    write_at_ = write_first_ = first, write_end_ = std::uint64_t{first} + count;
    return;
  }
  if (abandoned_) {
    zeros_ = count;
    return;
  }
  read_at_ = first, read_end_ = std::uint64_t{first} + count;
  read_from_ = sc_time_stamp() + read_delay_ * period_;
  issue_next();
}

const std::uint8_t* Bus::next() {
  const std::uint8_t* come = nullptr;
  if (!reads_.empty() && reads_.front()->responded && reads_.front()->answer <= sc_time_stamp()) {
    Transaction& t = *reads_.front();
    std::copy_n(t.bytes.begin() + static_cast<std::ptrdiff_t>(t.taken * beat_bytes), beat_bytes,
                beat_.begin());
    come = beat_.data();
    erred_ = t.is_response_error();
    if (erred_ && t.taken == 0) {
      if (!fault) faulted_.notify(sc_core::SC_ZERO_TIME);
      note(t, {t.first, t.get_response_status(), t.instruction, 0});
    }
    last_beat_ = ++t.taken == t.beats;
    if (last_beat_) {
      reads_.pop_front();
      if (read_delay_ != 0) freed_.push_back(sc_time_stamp());
      end_response(t);
      t.release();
    }
  } else if (reads_.empty() && zeros_ != 0) {
    --zeros_;
    beat_.fill(0);
    come = beat_.data();
  }
  issue_next();
  return come;
}

/// What came last is not taken yet.
void Bus::hold() {
  if (last_beat_ && !freed_.empty()) freed_.back() = sc_time_stamp();
  issue_next();
}

bool Bus::accepts() const {
  return read_delay_ == 0 || abandoned_ || gathering_ != nullptr || write_at_ != write_first_ ||
         (writes_ == 0 && unsent_.empty() && sc_time_stamp() >= behind_writes());
}

void Bus::send(const std::uint8_t* beat) {
  const std::uint64_t at = write_at_++;
  if (abandoned_) return;
  if (gathering_ == nullptr) gathering_ = make(true, at, 0);
  std::copy_n(beat, beat_bytes,
              gathering_->bytes.begin() + static_cast<std::ptrdiff_t>(gathering_->beats++ * beat_bytes));
  if (write_at_ != transaction_end(at, write_end_)) return;
  gathering_->ready = sc_time_stamp() + write_delay_ * period_;
  unsent_.push_back(gathering_);
  gathering_ = nullptr;
  issue_next();
}

void Bus::issue_next() {
  // NOLINTNEXTLINE(performance-unnecessary-copy-initialization): what it refers to goes on
  const sc_time now = sc_time_stamp();
  if (requesting_ != nullptr) return;
  if (now < request_free_ || (issued_once_ && last_issue_ == now)) {
    // A core that has sent its last beat does not ask again.
    if (!unsent_.empty()) retry_.notify(std::max(request_free_, last_issue_ + period_) - now);
    return;
  }
  while (!freed_.empty() && freed_.front() + read_delay_ * period_ <= now) freed_.pop_front();
  if (!unsent_.empty()) {
    Transaction& t = *unsent_.front();
    if (now < t.ready) return retry_.notify(t.ready - now);
    unsent_.pop_front();
    ++writes_;
    issue(t);
  } else if (read_at_ != read_end_ && reads_.size() + freed_.size() < outstanding_ && writes_ == 0 &&
             now >= read_from_ && now >= behind_writes()) {
    const std::uint64_t first = read_at_;
    read_at_ = transaction_end(first, read_end_);
    reads_.push_back(make(false, first, read_at_ - first));
    issue(*reads_.back());
  }
}

void Bus::issue(Transaction& t) {
  last_issue_ = t.issued = sc_time_stamp();
  issued_once_ = true;
  const auto length = static_cast<unsigned>(t.beats * beat_bytes);
  t.set_address(base_ + t.first * beat_bytes);
  t.set_data_length(length);
  t.set_streaming_width(length);
  tlm::tlm_phase phase = tlm::BEGIN_REQ;
  sc_time delay = sc_core::SC_ZERO_TIME;
  requesting_ = &t;
  const tlm::tlm_sync_enum status = socket_->nb_transport_fw(t, phase, delay);
  if (status == tlm::TLM_ACCEPTED) return;
  if (requesting_ == &t) requesting_ = nullptr;
  request_free_ = sc_time_stamp() + delay;
  if (status == tlm::TLM_COMPLETED) t.ended = true;
  if (status == tlm::TLM_COMPLETED || phase == tlm::BEGIN_RESP) {
    respond(t, delay);
    if (t.is_write() && !t.ended) end_response(t);
  }
}

tlm::tlm_sync_enum Bus::answered(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase, sc_time& delay) {
  auto& t = static_cast<Transaction&>(payload);
  if (requesting_ == &t) {  // BEGIN_RESP ends a request, too
    requesting_ = nullptr;
    request_free_ = sc_time_stamp() + delay;
  }
  if (!unsent_.empty()) issue_next();
  if (phase != tlm::BEGIN_RESP) return tlm::TLM_ACCEPTED;
  // The response phase lasts as long as its beats, if it is the turn of them.
  const bool holds = !t.is_write() && reads_.front() == &t;
  if (!holds) t.ended = true;
  respond(t, delay);
  return holds ? tlm::TLM_ACCEPTED : tlm::TLM_COMPLETED;
}

/// The data of a read, or the end of a write, are there.
void Bus::respond(Transaction& t, const sc_time& delay) {
  t.responded = true;
  t.answer = std::max(sc_time_stamp() + delay, t.issued + period_);
  if (t.is_write()) t.answer = std::max(t.answer, write_answer_ + period_);
  if (!t.is_write()) {
    if (t.is_response_error()) t.bytes.fill(0);
    return;
  }
  if (t.is_response_error() && !fault) faulted_.notify(t.answer - sc_time_stamp());
  note(t, {t.first, t.get_response_status(), t.instruction, 0});
  if (on_written) on_written(t.first, t.is_response_error(), t.answer);
  --writes_;
  write_answer_ = t.answer;
  if (t.ended) t.release();
  idle_.cancel();  // the last answer counts
  idle_.notify(write_answer_ - sc_time_stamp());
}

void Bus::end_response(Transaction& t) {
  if (!t.ended) {
    t.ended = true;
    tlm::tlm_phase phase = tlm::END_RESP;
    sc_time delay = sc_core::SC_ZERO_TIME;
    socket_->nb_transport_fw(t, phase, delay);
    if (t.is_write()) t.release();
  }
}

void Bus::note(const tlm::tlm_generic_payload& payload, const Fault& where) {
  if (payload.is_response_error() && !fault) fault = where;
}

}  // namespace whitedwarf
