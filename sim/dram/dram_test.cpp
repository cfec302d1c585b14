// SPDX-License-Identifier: Apache-2.0
// The DRAM's commands against the rules of its part, by a checker that only knows the rules; bandwidths against closed forms.
#include "sim/dram/dram.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>

#include "base/error.hpp"
#include "sim/dram/dram_checker.hpp"
#include "sim/dram/memory_timing.hpp"

namespace wd::sim {
namespace {

struct Traced {
  explicit Traced(const DramPart& part) : dram(part) {
    dram.on_command = [this](const DramCommand& c) { trace.push_back(c); };
  }
  std::vector<DramCommand> trace;
  Dram dram;
};

TEST_CASE("dram: random traffic breaks no rule", "[sim][property]") {
  for (const DramPart& part : dram_parts())
    for (unsigned seed = 0; seed < 12; ++seed) {
      std::mt19937 random(seed);
      Traced traced(part);
      std::uint64_t clock = 0, address = 0;
      // From a stream to no locality at all, from a trickle to a flood, reads and writes mixed by more or less.
      const unsigned jump = seed % 4 * 30, gap = seed % 3 == 0 ? 0 : seed % 3 == 1 ? 6 : 400;
      for (int i = 0; i < 6000; ++i) {
        address = random() % 100 < jump ? random() % part.bytes()
                                        : address + static_cast<unsigned>(part.access_bytes());
        if (gap != 0) clock += random() % gap;
        const std::uint64_t end =
            traced.dram.access(clock, address % part.bytes(), random() % 100 < seed * 8);
        REQUIRE(end > clock);
      }
      INFO(part.name << " seed " << seed);
      CHECK(broken_rule(traced.trace, part) == "");
      const DramFigures& figures = traced.dram.figures();
      CHECK(figures.reads + figures.writes == 6000);
      const auto refreshes = static_cast<std::uint64_t>(
          std::count_if(traced.trace.begin(), traced.trace.end(),
                        [](const auto& c) { return c.kind == DramCommand::Kind::refresh; }));
      CHECK(figures.refreshes == refreshes);
      std::uint64_t last = 0;
      for (const DramCommand& c : traced.trace) last = std::max(last, c.clock);
      CHECK(refreshes + 1 >= last / static_cast<std::uint64_t>(part.refi));
      CHECK(refreshes <= last / static_cast<std::uint64_t>(part.refi));
    }
}

TEST_CASE("dram: the checker sees each rule that a faster part breaks", "[sim][property]") {
  // Commands of a part with one time shortened are held to the true part's rules.
  struct Shortened {
    int DramPart::*time;
    int to;
    const char* rule;
  };
  const DramPart& part = dram_part("ddr3-1600");  // LPDDR4's tFAW is four tRRD
  for (const Shortened& s : {Shortened{&DramPart::rcd, 5, "tRCD"}, Shortened{&DramPart::rp, 4, "tRP"},
                             Shortened{&DramPart::ras, 9, "tRAS"}, Shortened{&DramPart::rrd, 2, "tRRD"},
                             Shortened{&DramPart::faw, 20, "tFAW"}, Shortened{&DramPart::wtr, 0, "tWTR"},
                             Shortened{&DramPart::wr, 0, "tWR"}, Shortened{&DramPart::rtp, 1, "tRTP"},
                             Shortened{&DramPart::rfc, 40, "tRFC"}, Shortened{&DramPart::ccd, 2, "tCCD"},
                             Shortened{&DramPart::turn, 0, "data bus"}}) {
    DramPart faster = part;
    faster.*s.time = s.to;
    std::string found;
    for (unsigned seed = 0; seed < 20 && found.find(s.rule) == std::string::npos; ++seed) {
      std::mt19937 random(seed);
      Traced traced(faster);
      std::uint64_t clock = 0;
      for (int i = 0; i < 3000; ++i)
        traced.dram.access(clock += random() % (seed % 2 ? 3 : 200),
                           random() % (1u << (seed % 3 == 0 ? 12 : 20)), random() % 2);
      found = broken_rule(traced.trace, part);
    }
    INFO(s.rule);
    CHECK(found.find(s.rule) != std::string::npos);
  }
}

TEST_CASE("dram: latencies of a hit, a closed bank and a conflict", "[sim]") {
  const DramPart& p = dram_part("ddr3-1600");
  Dram dram(p);
  const auto bank_stride = static_cast<std::uint64_t>(p.row_bytes) * static_cast<unsigned>(p.banks);
  const auto closed = static_cast<std::uint64_t>(p.rcd + p.cl + p.burst_length / 2);
  CHECK(dram.access(100, 0, false) == 100 + closed);
  CHECK(dram.access(1000, 64, false) == 1000 + static_cast<std::uint64_t>(p.cl + p.burst_length / 2));
  CHECK(dram.access(2000, bank_stride, false) == 2000 + static_cast<std::uint64_t>(p.rp) + closed);
  CHECK(dram.figures().hits == 1);
  CHECK(dram.figures().conflicts == 1);
}

TEST_CASE("dram: a stream within a row, and through rows, has the data bus's bandwidth", "[sim][oracle]") {
  for (const DramPart& p : dram_parts()) {
    const auto size = static_cast<std::uint64_t>(p.access_bytes());
    Dram row(p);
    const std::uint64_t n = static_cast<std::uint64_t>(p.row_bytes) / size;
    std::uint64_t end = 0;
    for (std::uint64_t i = 0; i < n; ++i) end = row.access(0, i * size, false);
    CHECK(end == static_cast<std::uint64_t>(p.rcd + p.cl + p.burst_length / 2) +
                     (n - 1) * static_cast<unsigned>(p.ccd));
    // Through banks and rows: rows are opened ahead, so that only refreshes cost. A request comes 16 accesses ahead of its data.
    Dram stream(p);
    std::vector<std::uint64_t> ends;
    const std::uint64_t accesses = 200000;
    for (std::uint64_t i = 0; i < accesses; ++i)
      ends.push_back(stream.access(i < 16 ? 0 : ends[i - 16], i * size, false));
    const double clocks = static_cast<double>(ends.back());
    const double refreshes = static_cast<double>(stream.figures().refreshes);
    const double ideal = static_cast<double>(accesses) * p.ccd;
    // A refresh costs at least tRFC, and what closes and opens a row around it.
    CHECK(refreshes == Approx(clocks / p.refi).margin(1));
    CHECK(clocks > ideal + refreshes * p.rfc);
    CHECK(clocks <
          ideal + refreshes * (p.rfc + p.ras + p.rp + p.rcd + p.cl + 16 * p.ccd) + p.rcd + p.cl + 16);
  }
}

TEST_CASE("dram: what has no name is refused", "[sim][bad-input]") {
  CHECK_THROWS_WITH(dram_part("ddr9"), "there is no DRAM 'ddr9'; there are ddr3-1600, lpddr4-3200");
}

TEST_CASE("memory timing: an ideal one answers after its latency", "[sim]") {
  MemoryTiming ideal(2000, 24, {});
  CHECK(ideal.answer(10000, 0, 256, false) == 10000 + 24 * 2000);
  CHECK(ideal.answer(12000, 256, 256, false) == 12000 + 24 * 2000);
  CHECK(ideal.answer(200001, 0, 16, false) == 202000 + 24 * 2000);
  CHECK(ideal.answer(300000, 0, 256, true) == 300000);
}

TEST_CASE("memory timing: a DRAM's beats never pass before their data", "[sim][oracle]") {
  const DramPart& p = dram_part("ddr3-1600");
  MemoryTiming memory(2000, 3, p);
  // A closed bank: 26 clocks to the first 16 bytes, 4 more for each of the next; all beats a cycle of 2 ns each.
  const double last = (p.rcd + p.cl + 4 + 15 * 4) * 1.25;
  const auto first = static_cast<double>(memory.answer(0, 0, 256, false)) / 1000;
  CHECK(first == Approx(std::ceil((last + 6) / 2) * 2 - 15 * 2));
}

}  // namespace
}  // namespace wd::sim
