// SPDX-License-Identifier: Apache-2.0
// The AXI4 master against a random slave: every beat at its address and in order, the protocol's rules in every cycle, error responses,
// late answers to writes, of which several are outstanding, stops in the middle of a burst.
#include <Vwd_axi_master.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <deque>
#include <map>
#include <memory>
#include <random>

#include "testbench/rtl/cover.hpp"

namespace {

using Beat = std::array<std::uint32_t, 4>;
constexpr std::size_t outstanding = 4;  // the module's parameter

struct Burst {
  std::uint64_t addr = 0;  // bytes
  unsigned beats = 0, done = 0;
  std::uint64_t answer_from = 0;  // cycle from which a write may be answered
};
/// What a master's channel holds; while it is valid and not taken, nothing of it may change.
struct Held {
  bool waits = false;
  std::vector<std::uint64_t> was;
  void check(bool valid, bool ready, std::vector<std::uint64_t> now) {
    if (waits) {
      REQUIRE(valid);
      REQUIRE(now == was);
    }
    waits = valid && !ready;
    was = std::move(now);
  }
};

struct Seen {
  int read_errors = 0, write_errors = 0, stops = 0, stopped_writes = 0;
};

Beat beat_of(std::uint64_t addr) {
  Beat beat;
  for (std::uint32_t i = 0; i < 4; ++i) {
    const std::uint64_t word = addr / 16 * 4 + i;
    beat[i] = static_cast<std::uint32_t>(word * 2654435761U ^ word >> 2);  // each bit changes
  }
  return beat;
}

class Bench {
 public:
  std::mt19937_64 bits{31};
  Seen seen;
  wd::Cover cover{"wd_axi_master",
                  {"read address waits",
                   "write address waits",
                   "write data wait",
                   "core lets a beat wait",
                   "core has no beat to write",
                   "answer is late",
                   "data before their address",
                   "most reads under way",
                   "many writes without an answer",
                   "request waits for answers",
                   "burst ends with a page",
                   "longest burst",
                   "burst of one beat",
                   "burst begins within its 16 beats",
                   "burst ends within its 16 beats",
                   "error of a beat that waits",
                   "error of a read",
                   "error of a write",
                   "error of a later burst",
                   "request behind the last beat",
                   "stop before the first address",
                   "stop as a read address waits",
                   "stop as a write address waits",
                   "stop as a beat waits",
                   "stop as data wait",
                   "stop with reads under way",
                   "stop with answers to come",
                   "stop of most beats",
                   "write burst ends without strobes"}};
  std::map<std::uint64_t, Beat> written;  // by byte address

  Bench() {
    rtl_->rst_ni = 0;
    rtl_->eval();  // the first evaluation has no edge
    edge();
    rtl_->rst_ni = 1;
  }

  struct Job {
    std::uint32_t base = 0, addr = 0, count = 0;
    bool write = false;
    std::uint64_t error = ~0ULL;  // byte address of the beat that is refused
    int stop = -1;                // cycle in which it is stopped
    unsigned percent = 100;       // chance that a side is ready or valid in a cycle
    unsigned answer_delay = 0;    // cycles from a write's last beat to its answer, at least
    unsigned tag = 0;
  };
  std::vector<std::uint32_t> errors;
  std::vector<unsigned> tags;  // of errors, of all runs since it was cleared
  int cycles = 0;
  std::uint32_t passed = 0;

  std::uint64_t byte_of(const Job& job, std::uint64_t beat) const {
    return (std::uint64_t{job.base} << 12) + (job.addr + beat) * 16;
  }

  void run(const Job& job, bool until_answered) {
    errors.clear();
    passed = 0;
    job_ = job;
    cover.hit("request waits for answers", answers_ != 0);
    cover.hit("stop before the first address", job.stop == 1);
    cover.hit("stop of most beats", job.count >> 23 != 0);
    rtl_->base_i = job.base;
    bool stopped = false;
    for (cycles = 0;; ++cycles) {
      REQUIRE(cycles < 200000);
      rtl_->request_i = cycles == 0;
      rtl_->addr_i = job.addr;
      rtl_->count_i = job.count;
      rtl_->tag_i = cycles == 0 ? job.tag : 0;
      rtl_->write_i = job.write;
      rtl_->stop_i = cycles == job.stop;
      stopped |= cycles == job.stop;
      rtl_->ready_i = chance();
      if (!offers_) offers_ = job.write && !stopped && passed < job.count && chance();
      if (stopped) offers_ = false;
      rtl_->valid_i = offers_;
      if (offers_) copy(beat_of(byte_of(job, passed)), rtl_->data_i.data());
      slave();
      rtl_->eval();
      core(stopped);
      channels(stopped);
      ++now_;
      edge();
      rtl_->request_i = rtl_->stop_i = 0;
      rtl_->eval();
      const bool beats_done = !stopped && passed == job.count;
      cover.hit("request behind the last beat", beats_done && !until_answered && rtl_->busy_o);
      if (cycles > 0 && (until_answered || !beats_done ? rtl_->busy_o == 0 : true)) break;
    }
    if (stopped) ++seen.stops;
  }

 private:
  bool chance() { return bits() % 100 < job_.percent; }
  static void copy(const Beat& beat, std::uint32_t* to) { std::copy(beat.begin(), beat.end(), to); }
  void edge() {
    rtl_->clk_i = 1;
    rtl_->eval();
    rtl_->clk_i = 0;
    rtl_->eval();
  }

  /// Drives the slave's side. What it has made valid stays until it is taken.
  void slave() {
    rtl_->arready_i = chance();
    rtl_->awready_i = chance();
    rtl_->wready_i = chance();
    if (!rvalid_) rvalid_ = !reads_.empty() && chance();
    rtl_->rvalid_i = rvalid_;
    if (rvalid_) {
      const Burst& burst = reads_.front();
      const std::uint64_t addr = burst.addr + 16 * burst.done;
      copy(beat_of(addr), rtl_->rdata_i.data());
      rtl_->rresp_i = addr == job_.error ? 2 + addr / 16 % 2 : 0;  // SLVERR or DECERR
      rtl_->rlast_i = burst.done + 1 == burst.beats;
    }
    if (!bvalid_) bvalid_ = answers_ != 0 && now_ >= finished_.front().answer_from && chance();
    rtl_->bvalid_i = bvalid_;
    if (bvalid_) {
      const Burst& burst = finished_.front();
      rtl_->bresp_i = job_.error >= burst.addr && job_.error < burst.addr + 16 * burst.beats
                          ? 2 + burst.addr / 256 % 2
                          : 0;
    }
  }

  void core(bool stopped) {
    // An error is told as soon as its beat is there, and until it is taken: counted once.
    const bool waits = rtl_->valid_o && !rtl_->ready_i && rtl_->rresp_i >= 2;
    if (waits) REQUIRE(rtl_->error_o);
    cover.hit("error of a beat that waits", waits);
    cover.hit("error of a read", !waits && rtl_->error_o && rtl_->valid_o);
    cover.hit("error of a write", rtl_->error_o && !rtl_->valid_o);
    cover.hit("error of a later burst", rtl_->error_o && rtl_->error_address_o != job_.addr);
    if (rtl_->error_o && !waits) {
      errors.push_back(rtl_->error_address_o);
      tags.push_back(rtl_->error_tag_o);
    }
    if (rtl_->valid_o && rtl_->ready_i) {
      REQUIRE_FALSE(stopped);
      Beat got;
      std::copy_n(rtl_->data_o.data(), 4, got.begin());
      REQUIRE(got == beat_of(byte_of(job_, passed)));
      ++passed;
    }
    if (rtl_->valid_i && rtl_->ready_o) {
      ++passed;
      offers_ = false;
    }
  }

  void check_address(std::uint64_t addr, unsigned beats) {
    REQUIRE(addr % 16 == 0);
    REQUIRE(beats <= 16);
    REQUIRE(addr / 4096 == (addr + 16 * beats - 1) / 4096);
    cover.hit("burst ends with a page", (addr + 16 * beats) % 4096 == 0);
    cover.hit("longest burst", beats == 16);
    cover.hit("burst of one beat", beats == 1);
    cover.hit("burst begins within its 16 beats", addr % 256 != 0);
    cover.hit("burst ends within its 16 beats", (addr + 16 * beats) % 256 != 0);
  }

  void channels(bool stopped) {
    Vwd_axi_master& r = *rtl_;
    ar_.check(r.arvalid_o, r.arready_i, {r.araddr_o, r.arlen_o});
    aw_.check(r.awvalid_o, r.awready_i, {r.awaddr_o, r.awlen_o});
    w_.check(r.wvalid_o, r.wready_i,
             {r.wdata_o[0], r.wdata_o[1], r.wdata_o[2], r.wdata_o[3], r.wlast_o, r.wstrb_o});
    cover.hit("read address waits", r.arvalid_o && !r.arready_i);
    cover.hit("write address waits", r.awvalid_o && !r.awready_i);
    cover.hit("write data wait", r.wvalid_o && !r.wready_i);
    cover.hit("core lets a beat wait", r.rvalid_i && !r.rready_o);
    cover.hit("core has no beat to write", r.ready_o && !r.valid_i);
    cover.hit("answer is late", answers_ != 0 && !r.bvalid_i);
    cover.hit("data before their address", !data_.empty() && writes_.empty());
    const bool stops_now = r.stop_i != 0;
    cover.hit("stop as a read address waits", stops_now && r.arvalid_o && !r.arready_i);
    cover.hit("stop as a write address waits", stops_now && r.awvalid_o && !r.awready_i);
    cover.hit("stop as a beat waits", stops_now && r.rvalid_i);
    cover.hit("stop as data wait", stops_now && r.wvalid_o && !r.wready_i);
    cover.hit("stop with reads under way", stops_now && !reads_.empty());
    cover.hit("stop with answers to come", stops_now && answers_ != 0);
    if (r.rvalid_i && r.rready_o) {
      rvalid_ = false;
      Burst& burst = reads_.front();
      seen.read_errors += r.rresp_i != 0 && !stopped;
      if (++burst.done == burst.beats) reads_.pop_front();
    }
    if (r.arvalid_o && r.arready_i) {
      check_address(r.araddr_o, r.arlen_o + 1U);
      REQUIRE(answers_ == 0);  // no read before a write's answer
      REQUIRE(writes_.empty());
      reads_.push_back({r.araddr_o, r.arlen_o + 1U});
      REQUIRE(reads_.size() <= outstanding);
      cover.hit("most reads under way", reads_.size() == outstanding);
    }
    if (r.bvalid_i && r.bready_o) {
      bvalid_ = false;
      seen.write_errors += r.bresp_i != 0 && !stopped;
      --answers_;
      finished_.pop_front();
    }
    if (r.awvalid_o && r.awready_i) {
      check_address(r.awaddr_o, r.awlen_o + 1U);
      writes_.push_back({r.awaddr_o, r.awlen_o + 1U});
    }
    if (r.wvalid_o && r.wready_i) {
      Beat got;
      std::copy_n(r.wdata_o.data(), 4, got.begin());
      data_.push_back({got, r.wlast_o != 0, r.wstrb_o});
    }
    while (!writes_.empty() && !data_.empty()) {
      Burst& burst = writes_.front();
      const auto [beat, last, strobes] = data_.front();
      data_.pop_front();
      REQUIRE(last == (burst.done + 1 == burst.beats));
      REQUIRE((strobes == 0xffff || (strobes == 0 && stopped)));
      seen.stopped_writes += strobes == 0;
      cover.hit("write burst ends without strobes", strobes == 0 && last);
      if (strobes != 0) {
        REQUIRE(written.count(burst.addr + 16 * burst.done) == 0);
        written[burst.addr + 16 * burst.done] = beat;
      }
      if (++burst.done != burst.beats) continue;
      burst.answer_from = now_ + job_.answer_delay;
      finished_.push_back(burst);
      writes_.pop_front();
      ++answers_;
      cover.hit("many writes without an answer", answers_ > 8);  // they do not wait for each other's
    }
  }

  struct Data {
    Beat beat;
    bool last;
    unsigned strobes;
  };
  std::unique_ptr<Vwd_axi_master> rtl_ = std::make_unique<Vwd_axi_master>();
  Job job_;
  std::deque<Burst> reads_, writes_, finished_;
  std::deque<Data> data_;
  int answers_ = 0;
  std::uint64_t now_ = 0;  // cycles of all runs
  bool rvalid_ = false, bvalid_ = false, offers_ = false;
  Held ar_, aw_, w_;
};

Bench::Job random_job(std::mt19937_64& bits) {
  Bench::Job job;
  job.base = static_cast<std::uint32_t>(bits() % ((1U << 28) - (1U << 25)));
  job.addr = static_cast<std::uint32_t>(bits() % (1U << 31));
  if (bits() % 2 == 0)
    job.addr += (1U << 31) - (1U << 25);  // so that no request leaves the core's 2^32 beats
  if (bits() % 4 == 0) job.addr = job.addr / 256 * 256 + 250;  // at a page's end
  job.count = static_cast<std::uint32_t>(1 + bits() % (bits() % 3 == 0 ? 400 : 24));
  job.write = bits() % 2;
  job.tag = static_cast<unsigned>(bits() % 256);
  job.percent = std::array{100U, 70U, 40U, 10U}[bits() % 4];
  if (bits() % 2 == 0) job.answer_delay = static_cast<unsigned>(1 + bits() % 400);
  return job;
}

/// Requests become legal bursts, beats come in order, errors have their addresses.
void whole_requests(Bench& bench) {
  for (int round = 0; round < 1500; ++round) {
    Bench::Job job = random_job(bench.bits);
    const std::uint64_t place = bench.bits() % job.count;
    if (bench.bits() % 4 == 0) job.error = bench.byte_of(job, place);
    INFO("round " << round << (job.write ? ", write of " : ", read of ") << job.count << " at " << job.addr);
    bench.written.clear();
    bench.tags.clear();
    bench.run(job, true);
    REQUIRE(bench.passed == job.count);
    REQUIRE(bench.tags == std::vector<unsigned>(job.error == ~0ULL ? 0 : 1, job.tag));
    if (job.write) {
      REQUIRE(bench.written.size() == job.count);
      for (std::uint32_t beat = 0; beat < job.count; ++beat)
        REQUIRE(bench.written.at(bench.byte_of(job, beat)) == beat_of(bench.byte_of(job, beat)));
    }
    if (job.error == ~0ULL) {
      REQUIRE(bench.errors.empty());
    } else {
      const auto beat = static_cast<std::uint32_t>(job.addr + place);
      REQUIRE(bench.errors == std::vector<std::uint32_t>{std::max(job.addr, beat / 16 * 16)});
    }
  }
  CHECK(bench.seen.read_errors > 50);
  CHECK(bench.seen.write_errors > 50);
}

/// A request waits for the answers of a write before it.
void requests_behind_writes(Bench& bench) {
  int waited = 0;
  for (int round = 0; round < 300; ++round) {
    INFO("round " << round);
    Bench::Job write = random_job(bench.bits), read = random_job(bench.bits);
    write.write = true;
    read.write = false;
    read.base = write.base;                                            // static while busy
    write.error = read.error = bench.byte_of(write, write.count - 1);  // it is often told when the read waits
    bench.written.clear();
    bench.tags.clear();
    bench.run(write, false);
    bench.run(read, true);
    REQUIRE(bench.passed == read.count);
    REQUIRE(bench.written.size() == write.count);
    REQUIRE(bench.tags == std::vector<unsigned>{write.tag});
    waited += !bench.errors.empty();  // of the second run
  }
  CHECK(waited > 100);
}

/// A stop at any time ends cleanly, and the next request is whole.
void stops(Bench& bench) {
  for (int round = 0; round < 600; ++round) {
    INFO("round " << round);
    Bench::Job job = random_job(bench.bits);
    job.stop = static_cast<int>(1 + bench.bits() % (2 + job.count));
    if (round % 8 == 0) job.count = static_cast<std::uint32_t>(1 + bench.bits() % ((1U << 24) - 1));
    bench.run(job, true);
    bench.written.clear();
    const Bench::Job next = random_job(bench.bits);
    bench.run(next, true);
    REQUIRE(bench.passed == next.count);
    REQUIRE(bench.errors.empty());
    REQUIRE((!next.write || bench.written.size() == next.count));
    bench.written.clear();
  }
  CHECK(bench.seen.stops == 600);
  CHECK(bench.seen.stopped_writes > 100);
}

TEST_CASE("axi master: requests, waits for answers and stops, with random stalls of all sides",
          "[rtl][bad-input]") {
  Bench bench;
  whole_requests(bench);
  requests_behind_writes(bench);
  stops(bench);
  CHECK(bench.cover.missed() == "");
}

TEST_CASE("axi master: with a memory that never waits a read takes its beats and four cycles", "[rtl]") {
  Bench bench;
  for (std::uint32_t count = 1; count < 200; ++count) {
    bench.run({.base = 3, .addr = 16 * count, .count = count}, true);
    INFO("count " << count);
    // Cycle 0 the request, 1 the piece, 2 the address, beats from 3 on.
    CHECK(bench.cycles + 1 == static_cast<int>(count) + 3);
  }
}

}  // namespace
