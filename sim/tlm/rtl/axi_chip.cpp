// SPDX-License-Identifier: Apache-2.0
// The RTL chip with its AXI buses behind the sockets: AXI4-Lite for accesses to registers, a TLM transaction for each AXI burst.
//
// Timing    the clock stands while nothing happens; an access begins with the first edge behind it. A burst's transaction begins in the cycle of its
//           address, a write's in that of its last beat; beats come as sim/tlm/bus.hpp has them. A reset takes two cycles and what memory still owes.
// Errors    SLVERR is TLM_GENERIC_ERROR_RESPONSE.
// Not       peek(): registers are read over the bus only.
// Test      testbench/platform_axi_test.cpp
#include <deque>
#include <optional>
#include <utility>

#include "base/error.hpp"
#include "sim/rtl/rtl_chip.hpp"
#include "sim/tlm/bus.hpp"
#include "sim/tlm/chip_body.hpp"
#include "sim/tlm/core.hpp"

namespace whitedwarf {
namespace {

using sc_core::sc_time;
using sc_core::sc_time_stamp;
using wd::sim::rtl::RtlChip;

constexpr unsigned slverr = 2;

/// The slave of the chip's master.
class AxiMemory {
 public:
  explicit AxiMemory(Bus& bus) : bus_(bus) {
    bus_.begin(0, none_, 0);
    bus_.on_written = [this](std::uint64_t, bool error, const sc_time& answer) {
      for (Write& write : writes_)
        if (write.sent && !write.answer) {
          write.error = error;
          write.answer = answer;
          return;
        }
    };
  }

  bool idle() const { return bus_.idle() && writes_.empty() && lengths_.empty(); }
  void drive(RtlChip::In& in) {
    if (shown_ == nullptr)
      shown_ = bus_.next();
    else
      bus_.hold();
    in.rvalid = shown_ != nullptr;
    if (in.rvalid) {
      std::copy_n(shown_, beat_bytes, reinterpret_cast<std::uint8_t*>(in.rdata.data()));
      in.rresp = bus_.erred() ? slverr : 0;
      in.rlast = lengths_.front() == 1;
    }
    in.arready = bus_.takes_request();
    in.awready = in.wready = true;
    in.bvalid = !writes_.empty() && writes_.front().answer && *writes_.front().answer <= sc_time_stamp();
    in.bresp = in.bvalid && writes_.front().error ? slverr : 0;
  }
  void observe(const RtlChip::In& in, const RtlChip::Out& out) {
    if (in.rvalid && out.rready) {
      shown_ = nullptr;
      if (--lengths_.front() == 0) lengths_.pop_front();
    }
    if (in.bvalid && out.bready) writes_.pop_front();
    if (out.arvalid && in.arready) {
      lengths_.push_back(out.arlen + 1);
      bus_.request(false, beat_of(out.araddr), out.arlen + 1);
    }
    if (out.awvalid) addresses_.push_back(out.awaddr);
    if (out.wvalid) {
      if (out.wstrb != 0) data_.push_back(out.wdata);
      ended_ += out.wlast;
    }
    if (ended_ == 0 || addresses_.empty()) return;
    --ended_;
    WD_ASSERT(ended_ == 0);  // the master offers an address before its data
    // Of a burst that was stopped, what is not meant to be written is not sent.
    Write& write = writes_.emplace_back();
    const std::uint64_t address = std::exchange(addresses_.front(), 0);
    addresses_.pop_front();
    write.sent = !data_.empty();
    if (!write.sent) write.answer = sc_time_stamp();
    if (write.sent) bus_.request(true, beat_of(address), static_cast<std::uint32_t>(data_.size()));
    for (const RtlChip::Beat& beat : std::exchange(data_, {}))
      bus_.send(reinterpret_cast<const std::uint8_t*>(beat.data()));
  }
  /// Of what was asked for, answers are dropped. To be called until idle().
  void drain() {
    bus_.next();
    shown_ = nullptr;
    lengths_.clear(), writes_.clear(), addresses_.clear(), data_.clear();
    ended_ = 0;
  }
  void abandon() { bus_.abandon(); }
  void begin() { bus_.begin(0, none_, 0); }

 private:
  /// Addresses of a burst lie in one page, and those of a program in 64 GiB of memory.
  std::uint32_t beat_of(std::uint64_t address) {
    bus_.set_base(address >> 36 << 36);
    return static_cast<std::uint32_t>(address >> 4);
  }

  struct Write {
    bool sent = false, error = false;
    std::optional<sc_time> answer;
  };
  Bus& bus_;
  const std::vector<wd::arch::Instr> none_;
  const std::uint8_t* shown_ = nullptr;  // a beat that the chip has not taken
  std::deque<unsigned> lengths_;         // beats that are left, of each read
  std::deque<std::uint64_t> addresses_;  // of writes without data
  std::deque<RtlChip::Beat> data_;       // of the write that comes
  unsigned ended_ = 0;                   // writes whose data are there
  std::deque<Write> writes_;             // not answered
};

class AxiChip final : public sc_core::sc_module, public ChipBody {
 public:
  SC_HAS_PROCESS(AxiChip);
  AxiChip(sc_core::sc_module_name name, const BodySetting& setting)
      : sc_module(name),
        setting_(setting),
        chip_(wd::sim::rtl::make_chip(setting.arch, 0, setting.options.signals)),
        memory_(*setting.bus) {
    SC_METHOD(tick);
    sensitive << wake_;
    dont_initialize();
    for (int i = 0; i < reset_cycles; ++i) {
      chip_->settle({});
      chip_->advance();
    }
  }

  tlm::tlm_response_status access(tlm::tlm_generic_payload& payload) override {
    if (payload.get_byte_enable_ptr() != nullptr) return tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE;
    if (!payload.is_read() && !payload.is_write()) return tlm::TLM_COMMAND_ERROR_RESPONSE;
    if (payload.get_data_length() == 0 || payload.get_data_length() % 4 != 0 ||
        payload.get_address() % 4 != 0 || payload.get_streaming_width() < payload.get_data_length())
      return tlm::TLM_BURST_ERROR_RESPONSE;
    if (payload.get_address() + payload.get_data_length() > register_bytes)
      return tlm::TLM_ADDRESS_ERROR_RESPONSE;
    while (access_) wait(free_);  // one host at a time
    for (unsigned at = 0; at < payload.get_data_length(); at += 4) {
      access_ = Access{payload.is_write(), static_cast<std::uint32_t>(payload.get_address() + at)};
      access_->begin = next_edge(sc_time_stamp(), setting_.options.period);
      std::uint8_t* const bytes = payload.get_data_ptr() + at;
      if (access_->write) std::copy_n(bytes, 4, reinterpret_cast<std::uint8_t*>(&access_->value));
      run();
      wait(answered_);
      if (!access_->write) std::copy_n(reinterpret_cast<const std::uint8_t*>(&access_->value), 4, bytes);
      if (access_->response == 0) continue;
      access_.reset();
      free_.notify();
      return tlm::TLM_GENERIC_ERROR_RESPONSE;
    }
    access_.reset();
    free_.notify();
    return tlm::TLM_OK_RESPONSE;
  }
  unsigned peek(tlm::tlm_generic_payload&) override { return 0; }
  bool interrupt() const override { return interrupt_; }
  const std::string& why() const override { return none_; }

  void reset() override {
    reset_left_ = reset_cycles;
    memory_.abandon();
    if (access_) access_->address_sent = access_->data_sent = false;
    run();
  }

  void watch(wd::sim::SignalSink& sink, const wd::sim::SignalWindow& window) override {
    WD_REQUIRE(setting_.options.signals,
               "the chip was made without signals; ChipOptions::signals makes it with them");
    chip_->open_signals(sink, window);
    window_ = window;
    told_ = false;
  }
  bool watched() override {
    chip_->close_signals();
    window_.reset();
    return told_;
  }

 private:
  static constexpr int reset_cycles = 2, last_cycles = 4;  // until the interrupt has come
  static constexpr std::uint64_t register_bytes = std::uint64_t{1} << 18;

  void run() {
    if (std::exchange(runs_, true)) return;
    wake_.notify(next_edge(sc_time_stamp(), setting_.options.period) - sc_time_stamp());
  }

  /// Behind all that memory does at the same time.
  void tick() {
    if (!settled_) {
      settled_ = true;
      return next_trigger(sc_core::SC_ZERO_TIME);
    }
    settled_ = false;
    cycle();
    const bool quiet = !access_ && !chip_->works() && reset_left_ == 0 && memory_.idle();
    quiet_ = quiet ? quiet_ + 1 : 0;
    if (quiet_ < last_cycles)
      next_trigger(setting_.options.period);
    else
      runs_ = false;
  }

  void cycle() {
    RtlChip::In in;
    in.rst_n = reset_left_ == 0;
    if (in.rst_n) {
      memory_.drive(in);
      drive_host(in);
    } else {
      memory_.drain();
    }
    tell(false);
    const RtlChip::Out& out = chip_->settle(in);
    tell(true);
    if (in.rst_n) {
      memory_.observe(in, out);
      observe_host(in, out);
    } else if (reset_left_ > 1 || memory_.idle()) {
      if (--reset_left_ == 0) memory_.begin();
    }
    if (std::exchange(interrupt_, in.rst_n && out.interrupt) != interrupt_)
      setting_.interrupt(sc_core::SC_ZERO_TIME);
    chip_->advance();
  }

  void tell(bool settled) {
    const std::uint64_t cycle = clock_cycle(setting_.options.period);
    if (!window_ || cycle < window_->first || cycle > window_->last) return;
    chip_->tell_signals(2 * cycle + (settled ? 1 : 0));
    told_ = true;
  }

  void drive_host(RtlChip::In& in) const {
    if (!access_ || access_->done || sc_time_stamp() < access_->begin) return;
    in.host_awaddr = in.host_araddr = access_->address;
    in.host_wdata = access_->value;
    in.host_awvalid = access_->write && !access_->address_sent;
    in.host_wvalid = access_->write && !access_->data_sent;
    in.host_arvalid = !access_->write && !access_->address_sent;
    in.host_bready = in.host_rready = true;
  }
  void observe_host(const RtlChip::In& in, const RtlChip::Out& out) {
    if (!access_ || access_->done || sc_time_stamp() < access_->begin) return;
    access_->address_sent |= (in.host_awvalid && out.host_awready) || (in.host_arvalid && out.host_arready);
    access_->data_sent |= in.host_wvalid && out.host_wready;
    if (!(access_->write ? out.host_bvalid : out.host_rvalid)) return;
    access_->response = access_->write ? out.host_bresp : out.host_rresp;
    if (!access_->write) access_->value = out.host_rdata;
    access_->done = true;
    answered_.notify(sc_core::SC_ZERO_TIME);
  }

  struct Access {
    bool write = false;
    std::uint32_t address = 0, value = 0;
    unsigned response = 0;
    sc_time begin = {};  // the edge behind the call, also where the clock runs
    bool address_sent = false, data_sent = false, done = false;
  };

  const BodySetting setting_;
  const std::string none_;
  std::unique_ptr<RtlChip> chip_;
  AxiMemory memory_;
  std::optional<Access> access_;
  sc_core::sc_event wake_, answered_, free_;
  bool runs_ = false, settled_ = false, interrupt_ = false, told_ = false;
  int reset_left_ = 0, quiet_ = 0;
  std::optional<wd::sim::SignalWindow> window_;
};

}  // namespace

std::unique_ptr<ChipBody> make_axi_chip(const BodySetting& setting) {
  return std::make_unique<AxiChip>("axi", setting);
}

}  // namespace whitedwarf
