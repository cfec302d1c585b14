// SPDX-License-Identifier: Apache-2.0
// The checker of DRAM commands, rule by rule.
#include <algorithm>
#include <catch2/catch.hpp>

#include "sim/dram/dram_checker.hpp"

namespace wd::sim {
namespace {

using Kind = DramCommand::Kind;

/// A rule, and commands that obey it by a hair; with `off` they break it, by one clock where it is one of clocks.
struct Rule {
  const char* name;
  std::vector<DramCommand> (*commands)(const DramPart& part, bool off);
};

DramCommand at(std::int64_t clock, Kind kind, int bank = 0, int row = 1) {
  return {kind, static_cast<std::uint64_t>(clock), bank, row};
}

const std::vector<Rule>& rules() {
  using P = const DramPart&;
  constexpr auto act = Kind::activate, pre = Kind::precharge, rd = Kind::read, wr = Kind::write,
                 ref = Kind::refresh;
  static const std::vector<Rule> all{
      {"two commands in a clock",
       [](P, bool off) {
         return std::vector{at(100, act), at(101 - off, pre, 1)};
       }},
      {"ACT of an open bank",
       [](P p, bool off) {
         return std::vector{at(100, act), at(100 + p.ras, off ? act : pre)};
       }},
      {"the row is not open",
       [](P p, bool off) {
         return std::vector{at(100, act), at(100 + p.rcd, rd, 0, off ? 2 : 1)};
       }},
      {"the row is not open",
       [](P p, bool off) {
         return std::vector{at(100, act), at(100 + p.rcd, wr, off ? 1 : 0)};
       }},
      {"tRCD",
       [](P p, bool off) {
         return std::vector{at(100, act), at(100 + p.rcd - off, rd)};
       }},
      {"tRCD",
       [](P p, bool off) {
         return std::vector{at(100, act), at(100 + p.rcd - off, wr)};
       }},
      {"tRAS",
       [](P p, bool off) {
         return std::vector{at(100, act), at(100 + p.ras - off, pre)};
       }},
      {"tRP",
       [](P p, bool off) {
         return std::vector{at(100, act), at(100 + p.ras, pre), at(100 + p.ras + p.rp - off, act)};
       }},
      {"tRTP",
       [](P p, bool off) {
         return std::vector{at(100, act), at(100 + p.ras, rd), at(100 + p.ras + p.rtp - off, pre)};
       }},
      {"tWR",
       [](P p, bool off) {
         return std::vector{at(100, act), at(100 + p.ras, wr),
                            at(100 + p.ras + p.cwl + p.burst_length / 2 + p.wr - off, pre)};
       }},
      {"tRRD",
       [](P p, bool off) {
         return std::vector{at(100, act), at(100 + p.rrd - off, act, 1)};
       }},
      {"tFAW",
       [](P p, bool off) {
         return std::vector{at(100, act), at(100 + p.rrd, act, 1), at(100 + 2 * p.rrd, act, 2),
                            at(100 + 3 * p.rrd, act, 3), at(100 + std::max(p.faw, 4 * p.rrd) - off, act, 4)};
       }},
      {"tCCD",
       [](P p, bool off) {
         return std::vector{at(100, act), at(200, rd), at(200 + p.ccd - off, rd)};
       }},
      {"tCCD",
       [](P p, bool off) {
         return std::vector{at(100, act), at(200, wr), at(200 + p.ccd - off, wr)};
       }},
      {"tWTR",
       [](P p, bool off) {
         return std::vector{at(100, act), at(200, wr),
                            at(200 + p.cwl + p.burst_length / 2 + p.wtr - off, rd)};
       }},
      {"the data bus is busy",
       [](P p, bool off) {
         return std::vector{at(100, act), at(200, rd),
                            at(200 + p.cl + p.burst_length / 2 + p.turn - p.cwl - off, wr)};
       }},
      {"tRFC",
       [](P p, bool off) {
         return std::vector{at(100, ref), at(100 + p.rfc - off, act)};
       }},
      {"REF with an open bank",
       [](P p, bool off) {
         return std::vector{at(100, act), at(100 + p.ras, pre, off ? 1 : 0), at(100 + p.ras + p.rp, ref)};
       }},
      {"tRP before REF",
       [](P p, bool off) {
         return std::vector{at(100, act), at(100 + p.ras, pre), at(100 + p.ras + p.rp - off, ref)};
       }},
      {"tREFI",
       [](P p, bool off) {
         return std::vector{at(100, ref), at(100 + 9 * p.refi + off, ref)};
       }},
  };
  return all;
}

TEST_CASE("dram: the checker accepts what obeys a rule by a hair, and names it when it is broken by a clock",
          "[sim][property]") {
  for (const DramPart& part : dram_parts())
    for (const Rule& rule : rules()) {
      INFO(part.name << " " << rule.name);
      CHECK(broken_rule(rule.commands(part, false), part) == "");
      if (rule.name == std::string("tFAW") && part.faw <= 4 * part.rrd) continue;  // tRRD says it
      CHECK(broken_rule(rule.commands(part, true), part).find(rule.name) == 0);
    }
}

}  // namespace
}  // namespace wd::sim
