// SPDX-License-Identifier: Apache-2.0
// A memory behind AXI4 that answers when it likes, and checks what it is asked: the rules of the protocol, in every cycle.
//
// Timing    drive() before the cycle settles, observe() behind it; each side is ready or valid in `percent` of the cycles.
// Errors    accesses outside of the memory are answered with DECERR, those of `refused` with SLVERR; a broken rule fails the test.
#pragma once

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cstdint>
#include <deque>
#include <random>
#include <vector>

namespace wd::testbench {

/// Cheaper than REQUIRE, for every cycle.
inline void axi_rule(bool holds, const char* rule) {
  if (!holds) FAIL("AXI: " << rule);
}

using AxiBeat = std::array<std::uint32_t, 4>;

struct FromMaster {
  bool arvalid = false, rready = false, awvalid = false, wvalid = false, wlast = false, bready = false;
  std::uint64_t araddr = 0, awaddr = 0;
  unsigned arlen = 0, awlen = 0, wstrb = 0;
  AxiBeat wdata{};
};
struct ToMaster {
  bool arready = false, rvalid = false, rlast = false, awready = false, wready = false, bvalid = false;
  unsigned rresp = 0, bresp = 0;
  AxiBeat rdata{};
};

class AxiSlave {
 public:
  static constexpr std::size_t outstanding = 4;

  AxiSlave(std::uint64_t base, std::size_t bytes, std::uint64_t seed)
      : base_(base), memory(bytes), bits_(seed) {}

  ToMaster drive() {
    ToMaster to;
    to.arready = chance(), to.awready = chance(), to.wready = chance();
    if (!rvalid_) rvalid_ = !reads_.empty() && chance();
    to.rvalid = rvalid_;
    if (rvalid_) {
      const Burst& burst = reads_.front();
      const std::uint64_t addr = burst.addr + 16 * burst.done;
      to.rresp = response(addr);
      to.rdata.fill(static_cast<std::uint32_t>(addr * 2654435761U));
      if (inside(addr)) std::copy_n(place(addr), 16, reinterpret_cast<std::uint8_t*>(to.rdata.data()));
      to.rlast = burst.done + 1 == burst.beats;
    }
    ++now_;
    if (!bvalid_) bvalid_ = !finished_.empty() && now_ >= finished_.front().answer_from && chance();
    to.bvalid = bvalid_;
    if (bvalid_)
      for (unsigned beat = 0; beat < finished_.front().beats; ++beat)
        to.bresp = std::max(to.bresp, response(finished_.front().addr + 16 * beat));
    most_reads = std::max(most_reads, reads_.size());
    return last_ = to;
  }

  void observe(const FromMaster& from) {
    ar_.check(from.arvalid, last_.arready, {from.araddr, from.arlen});
    aw_.check(from.awvalid, last_.awready, {from.awaddr, from.awlen});
    w_.check(from.wvalid, last_.wready,
             {from.wdata[0], from.wdata[1], from.wdata[2], from.wdata[3], from.wlast, from.wstrb});
    if (last_.rvalid && from.rready) {
      rvalid_ = false;
      if (++reads_.front().done == reads_.front().beats) reads_.pop_front();
    }
    stalled_reads += last_.rvalid && !from.rready;
    if (from.arvalid && last_.arready) {
      check_address(from.araddr, from.arlen + 1);
      axi_rule(writes_.empty() && finished_.empty(), "no read before a write's answer");
      reads_.push_back({from.araddr, from.arlen + 1});
      axi_rule(reads_.size() <= outstanding, "reads that are outstanding");
    }
    if (last_.bvalid && from.bready) {
      bvalid_ = false;
      finished_.pop_front();
    }
    if (from.awvalid && last_.awready) {
      check_address(from.awaddr, from.awlen + 1);
      writes_.push_back({from.awaddr, from.awlen + 1});
    }
    if (from.wvalid && last_.wready) data_.push_back({from.wdata, from.wlast, from.wstrb});
    while (!writes_.empty() && !data_.empty()) {
      Burst& burst = writes_.front();
      const Data data = data_.front();
      data_.pop_front();
      axi_rule(data.last == (burst.done + 1 == burst.beats), "the last beat says so");
      axi_rule(data.strobes == 0xffff || data.strobes == 0, "whole beats");
      empty_beats += data.strobes == 0;
      const std::uint64_t addr = burst.addr + 16 * burst.done;
      if (data.strobes != 0 && response(addr) == 0)
        std::copy_n(reinterpret_cast<const std::uint8_t*>(data.beat.data()), 16, place(addr));
      if (++burst.done != burst.beats) continue;
      burst.answer_from = now_ + answer_delay;
      finished_.push_back(burst);
      most_answers = std::max(most_answers, finished_.size());
      writes_.pop_front();
    }
  }

  /// Nothing is under way.
  bool idle() const { return reads_.empty() && writes_.empty() && data_.empty() && finished_.empty(); }
  /// With the system.
  void reset() {
    reads_.clear(), writes_.clear(), finished_.clear(), data_.clear();
    rvalid_ = bvalid_ = false;
    ar_ = aw_ = w_ = {};
  }

 private:
  const std::uint64_t base_;

 public:
  std::vector<std::uint8_t> memory;
  unsigned percent = 100;
  unsigned answer_delay = 0;  // cycles from a write's last beat to its answer, at least
  std::uint64_t refused_first = 1, refused_last = 0;  // byte addresses
  std::size_t most_reads = 0, most_answers = 0;       // outstanding
  int stalled_reads = 0, empty_beats = 0;

 private:
  struct Burst {
    std::uint64_t addr = 0;
    unsigned beats = 0, done = 0;
    std::uint64_t answer_from = 0;
  };
  struct Data {
    AxiBeat beat;
    bool last;
    unsigned strobes;
  };
  /// What a master's channel holds; while it is valid and not taken, nothing of it may change.
  struct Held {
    bool waits = false;
    std::array<std::uint64_t, 6> was{};
    void check(bool valid, bool ready, const std::array<std::uint64_t, 6>& now) {
      if (waits) axi_rule(valid && now == was, "what is offered stays until it is taken");
      waits = valid && !ready;
      if (waits) was = now;
    }
  };

  bool chance() { return bits_() % 100 < percent; }
  bool inside(std::uint64_t addr) const { return addr >= base_ && addr + 16 <= base_ + memory.size(); }
  std::uint8_t* place(std::uint64_t addr) { return memory.data() + (addr - base_); }
  unsigned response(std::uint64_t addr) const {
    if (!inside(addr)) return 3;
    return addr + 15 >= refused_first && addr <= refused_last ? 2 : 0;
  }
  static void check_address(std::uint64_t addr, unsigned beats) {
    axi_rule(addr % 16 == 0 && beats <= 16, "whole beats, 16 at most");
    axi_rule(addr / 4096 == (addr + 16 * beats - 1) / 4096, "no burst crosses 4 KiB");
  }

  std::mt19937_64 bits_;
  std::uint64_t now_ = 0;
  std::deque<Burst> reads_, writes_, finished_;
  std::deque<Data> data_;
  bool rvalid_ = false, bvalid_ = false;
  ToMaster last_;
  Held ar_, aw_, w_;
};

}  // namespace wd::testbench
