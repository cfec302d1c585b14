// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <whitedwarf/memory.hpp>

#include "base/error.hpp"
#include "sim/dram/memory_timing.hpp"

namespace whitedwarf {

using sc_core::sc_time;

namespace {

std::uint64_t picoseconds(const sc_time& time) {
  return static_cast<std::uint64_t>(time / sc_time(1, sc_core::SC_PS) + 0.5);
}
sc_time from_picoseconds(std::uint64_t ps) { return static_cast<double>(ps) * sc_time(1, sc_core::SC_PS); }

std::optional<wd::sim::DramPart> part_of(const std::string& name) {
  if (name.empty()) return {};
  return wd::sim::dram_part(name);
}

const MemoryOptions& checked(const MemoryOptions& options) {
  WD_REQUIRE(options.period > sc_core::SC_ZERO_TIME, "the memory's period is 0, must be a time");
  WD_REQUIRE(options.latency >= 0, "the memory's latency is ", options.latency,
             ", must be at least 0 cycles");
  return options;
}

}  // namespace

struct Memory::Impl {
  wd::sim::MemoryTiming timing;
};

Memory::Memory(sc_core::sc_module_name name, const MemoryOptions& options)
    : sc_module(name),
      options_(checked(options)),
      bytes_(options.bytes),
      impl_(new Impl{wd::sim::MemoryTiming(
          picoseconds(options.period), static_cast<std::uint64_t>(options.latency), part_of(options.dram))}) {
  socket.register_b_transport(this, &Memory::b_transport);
  socket.register_nb_transport_fw(this, &Memory::nb_transport);
  socket.register_get_direct_mem_ptr(this, &Memory::get_dmi);
  socket.register_transport_dbg(this, &Memory::debug);
  SC_METHOD(respond);
  sensitive << changed_;
  dont_initialize();
}

Memory::~Memory() = default;

tlm::tlm_response_status Memory::perform(tlm::tlm_generic_payload& payload) {
  const std::uint64_t first = payload.get_address(), length = payload.get_data_length();
  if (payload.get_byte_enable_ptr() != nullptr) return tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE;
  if (length == 0 || payload.get_streaming_width() < length) return tlm::TLM_BURST_ERROR_RESPONSE;
  if (first > bytes_.size() || length > bytes_.size() - first) return tlm::TLM_ADDRESS_ERROR_RESPONSE;
  if (fail_first_ <= fail_last_ && first <= fail_last_ && first + length > fail_first_)
    return tlm::TLM_GENERIC_ERROR_RESPONSE;
  std::uint8_t* const place = bytes_.data() + first;
  if (payload.is_read()) std::copy_n(place, length, payload.get_data_ptr());
  if (payload.is_write()) std::copy_n(payload.get_data_ptr(), length, place);
  return tlm::TLM_OK_RESPONSE;
}

sc_time Memory::serve(tlm::tlm_generic_payload& payload, const sc_time& at) {
  payload.set_dmi_allowed(options_.dmi && impl_->timing.dram() == nullptr);
  const tlm::tlm_response_status status = perform(payload);
  payload.set_response_status(status);
  if (status != tlm::TLM_OK_RESPONSE || (!payload.is_read() && !payload.is_write())) return at;
  ++transactions_;
  (payload.is_read() ? read_ : written_) += payload.get_data_length();
  return from_picoseconds(impl_->timing.answer(picoseconds(at), payload.get_address(),
                                               payload.get_data_length(), payload.is_write()));
}

void Memory::b_transport(int, tlm::tlm_generic_payload& payload, sc_time& delay) {
  // NOLINTNEXTLINE(performance-unnecessary-copy-initialization): what it refers to goes on
  const sc_time now = sc_core::sc_time_stamp(), at = now + delay;
  delay = std::max(at, serve(payload, at)) - now;
}

tlm::tlm_sync_enum Memory::nb_transport(int id, tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                        sc_time& delay) {
  Port& port = ports_[id];
  if (phase == tlm::END_RESP) {
    port.responding = false;
    payload.release();
    changed_.notify(delay);
    return tlm::TLM_COMPLETED;
  }
  if (phase != tlm::BEGIN_REQ) {
    SC_REPORT_ERROR(name(), "a phase that is not the initiator's");
    return tlm::TLM_ACCEPTED;
  }
  payload.acquire();
  const sc_time at = sc_core::sc_time_stamp() + delay;
  port.waiting.push_back({&payload, std::max(at, serve(payload, at))});
  changed_.notify(sc_core::SC_ZERO_TIME);
  phase = tlm::END_REQ;
  return tlm::TLM_UPDATED;
}

void Memory::respond() {
  // NOLINTNEXTLINE(performance-unnecessary-copy-initialization): what it refers to goes on
  const sc_time now = sc_core::sc_time_stamp();
  for (auto& [id, port] : ports_) {
    while (!port.responding && !port.waiting.empty()) {
      const Waiting first = port.waiting.front();
      if (first.answer > now) {
        changed_.notify(first.answer - now);
        break;
      }
      port.waiting.pop_front();
      port.responding = true;
      tlm::tlm_phase phase = tlm::BEGIN_RESP;
      sc_time delay = sc_core::SC_ZERO_TIME;
      const tlm::tlm_sync_enum status = socket[id]->nb_transport_bw(*first.payload, phase, delay);
      if (status != tlm::TLM_COMPLETED && !(status == tlm::TLM_UPDATED && phase == tlm::END_RESP)) break;
      port.responding = false;
      first.payload->release();
    }
  }
}

bool Memory::get_dmi(int, tlm::tlm_generic_payload&, tlm::tlm_dmi& dmi) {
  if (!options_.dmi || impl_->timing.dram() != nullptr || fail_first_ <= fail_last_ || bytes_.empty())
    return false;
  dmi.set_dmi_ptr(bytes_.data());
  dmi.set_start_address(0);
  dmi.set_end_address(bytes_.size() - 1);
  dmi.set_read_latency(from_picoseconds(impl_->timing.read_latency_ps()));
  dmi.set_write_latency(sc_core::SC_ZERO_TIME);
  dmi.allow_read_write();
  return true;
}

void Memory::invalidate_dmi() {
  for (unsigned i = 0; i < socket.size(); ++i)
    socket[static_cast<int>(i)]->invalidate_direct_mem_ptr(0, bytes_.size() - 1);
}

unsigned Memory::debug(int, tlm::tlm_generic_payload& payload) {
  const std::uint64_t first = payload.get_address();
  if (first >= bytes_.size()) return 0;
  const auto length =
      static_cast<unsigned>(std::min<std::uint64_t>(payload.get_data_length(), bytes_.size() - first));
  if (payload.is_read()) std::copy_n(bytes_.data() + first, length, payload.get_data_ptr());
  if (payload.is_write()) std::copy_n(payload.get_data_ptr(), length, bytes_.data() + first);
  return length;
}

void Memory::fail_between(std::uint64_t first, std::uint64_t last) {
  fail_first_ = first, fail_last_ = last;
  invalidate_dmi();
}

MemoryFigures Memory::figures() const {
  MemoryFigures figures;
  figures.transactions = transactions_;
  figures.bytes_read = read_;
  figures.bytes_written = written_;
  if (const wd::sim::Dram* dram = impl_->timing.dram()) {
    figures.accesses = dram->figures().reads + dram->figures().writes;
    figures.row_hits = dram->figures().hits;
    figures.row_conflicts = dram->figures().conflicts;
    figures.refreshes = dram->figures().refreshes;
    figures.data_bus_seconds =
        static_cast<double>(dram->figures().data_clocks) * dram->part().clock_ps * 1e-12;
    figures.peak_bytes_per_second = dram->part().peak_bytes_per_second();
  }
  return figures;
}

}  // namespace whitedwarf
