// SPDX-License-Identifier: Apache-2.0
// The rules of a DRAM part as the memory sees them, for tests: it knows no controller.
//
// Test      dram_rules_test.cpp (each rule obeyed by a hair, and broken by a clock)
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "sim/dram/dram.hpp"

namespace wd::sim {

/// Reads a trace of commands as a memory would obey it. @return the first rule that is broken; empty if none is
inline std::string broken_rule(std::vector<DramCommand> trace, const DramPart& p) {
  std::stable_sort(trace.begin(), trace.end(),
                   [](const auto& a, const auto& b) { return a.clock < b.clock; });
  using Kind = DramCommand::Kind;
  constexpr std::int64_t never = -1000000;
  struct Bank {
    bool open = false;
    int row = -1;
    std::int64_t act = never, pre = never, read = never, write = never;
  };
  std::map<int, Bank> banks;
  std::vector<std::int64_t> acts;
  std::int64_t last = never, refresh = never, read = never, write = never;
  std::int64_t data_end = never;
  bool data_written = false;
  for (const DramCommand& c : trace) {
    const auto t = static_cast<std::int64_t>(c.clock);
    const auto broken = [&](const char* rule) {
      return text(rule, " at clock ", c.clock, ", bank ", c.bank);
    };
    if (t == last) return broken("two commands in a clock");
    last = t;
    Bank& b = banks[c.bank];
    if (t < refresh + p.rfc && c.kind != Kind::precharge) return broken("tRFC");
    switch (c.kind) {
      case Kind::activate:
        if (b.open) return broken("ACT of an open bank");
        if (t < b.pre + p.rp) return broken("tRP");
        if (!acts.empty() && t < acts.back() + p.rrd) return broken("tRRD");
        if (acts.size() >= 4 && t < acts[acts.size() - 4] + p.faw) return broken("tFAW");
        acts.push_back(t);
        b.open = true, b.row = c.row, b.act = t;
        break;
      case Kind::precharge:
        if (t < b.act + p.ras) return broken("tRAS");
        if (t < b.read + p.rtp) return broken("tRTP");
        if (t < b.write + p.cwl + p.burst_length / 2 + p.wr) return broken("tWR");
        b.open = false, b.pre = t;
        break;
      case Kind::read:
      case Kind::write: {
        const bool writes = c.kind == Kind::write;
        if (!b.open || b.row != c.row) return broken("the row is not open");
        if (t < b.act + p.rcd) return broken("tRCD");
        if (t < (writes ? write : read) + p.ccd) return broken("tCCD");
        if (!writes && t < write + p.cwl + p.burst_length / 2 + p.wtr) return broken("tWTR");
        const std::int64_t data = t + (writes ? p.cwl : p.cl);
        if (data < data_end + (writes != data_written && data_end != never ? (writes ? p.turn : 0) : 0))
          return broken("the data bus is busy");
        data_end = data + p.burst_length / 2;
        data_written = writes;
        (writes ? write : read) = t;
        (writes ? b.write : b.read) = t;
        break;
      }
      case Kind::refresh:
        for (const auto& [number, bank] : banks) {
          if (bank.open) return broken("REF with an open bank");
          if (t < bank.pre + p.rp) return broken("tRP before REF");
        }
        if (refresh != never && t - refresh > 9 * std::int64_t{p.refi}) return broken("tREFI");
        refresh = t;
        break;
    }
  }
  return {};
}

}  // namespace wd::sim
